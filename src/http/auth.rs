//! Basic credentials to an account.
//!
//! [MS-ASHTTP] §2.2.1.1.2.2

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::backend::profile::Site;
use crate::backend::{Account, Credentials, Kind};
use crate::eas::version::ProtocolVersion;
use crate::http::State;
use crate::http::reply::Refusal;
use crate::http::request::{client_address, header_of, plain};
use crate::secret::Secret;

/// Proves who calls.
///
/// Wrong user and wrong password have one answer; when nobody can tell, it is 503 and never 401.
pub(super) async fn login(
    http: &HttpRequest,
    state: &State,
    site: &Site,
    versions: &[ProtocolVersion],
) -> Result<Account, Refusal> {
    let Some((user, password)) = header_of(http, "Authorization").and_then(basic) else {
        return Err(Refusal::unauthorized(versions, site));
    };
    if password.is_empty() || password.contains('\0') || user.contains('\0') {
        return Err(Refusal::unauthorized(versions, site));
    }
    let credentials = Credentials {
        login: site.login_rule.apply(&user).to_owned(),
        password: Secret::new(password),
    };
    match state.services.accounts.login(&credentials).await {
        Ok(account) => Ok(account),
        Err(error) if error.kind == Kind::Refused => {
            let peer = client_address(http, &state.config.proxies);
            log::warn!("Login failed user={} peer={peer}", plain(&credentials.login));
            Err(Refusal::unauthorized(versions, site))
        }
        Err(error) if error.kind == Kind::Denied => {
            Err(Refusal::new(403, "this user may not use ActiveSync"))
        }
        Err(error) => Err(Refusal::outage(&error)),
    }
}

/// User and password of a Basic header: UTF-8, or Latin-1 as old clients send it.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    };
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::http::auth::basic;

    #[test]
    fn the_first_colon_parts_user_and_password() {
        let header = format!("Basic {}", STANDARD.encode("ann:a:b"));
        assert_eq!(basic(&header), Some(("ann".to_owned(), "a:b".to_owned())));
        let latin = format!("basic {}", STANDARD.encode(b"ann:\xe4"));
        assert_eq!(basic(&latin), Some(("ann".to_owned(), "ä".to_owned())));
        assert_eq!(basic("Bearer x"), None);
        assert_eq!(basic("Basic !!"), None);
    }
}
