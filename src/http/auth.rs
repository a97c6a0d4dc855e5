//! Basic credentials to an account.
//!
//! [MS-ASHTTP] §2.2.1.1.2.2

use std::net::IpAddr;
use std::time::Instant;

use actix_web::HttpRequest;

use crate::backend::profile::Site;
use crate::backend::{Account, Credentials, Kind};
use crate::eas::ids::DeviceId;
use crate::eas::version::ProtocolVersion;
use crate::http::State;
use crate::http::basic::basic;
use crate::http::reply::Refusal;
use crate::http::request::{header_of, plain};
use crate::http::throttle::{Admission, Attempt};
use crate::secret::Secret;
use crate::state::model::Owner;

/// What a request says of who calls, beside the credentials.
pub(super) struct Caller<'a> {
    /// The device.
    pub(super) device: Option<&'a DeviceId>,
    /// Where the client is.
    pub(super) address: Option<IpAddr>,
}

/// Proves who calls.
///
/// Wrong user and wrong password have one answer, after one time; when nobody can tell, it is 503
/// and never 401. Who was wrong too often gets 503 without a look at the password.
pub(super) async fn login(
    http: &HttpRequest,
    state: &State,
    site: &Site,
    versions: &[ProtocolVersion],
    caller: &Caller<'_>,
) -> Result<Account, Refusal> {
    let began = Instant::now();
    let Some((user, password)) = header_of(http, "Authorization").and_then(basic) else {
        return Err(Refusal::unauthorized(versions, site));
    };
    let credentials = Credentials {
        login: site.login_rule.apply(&user).to_owned(),
        password: Secret::new(password),
        address: caller.address,
    };
    let device = caller.device.map(DeviceId::as_str).unwrap_or_default();
    let attempt = Attempt { credentials: &credentials, device, address: caller.address };
    let mut admission = state.throttle.admit(&attempt).await;
    if matches!(admission, Admission::Full) && is_paired(state, &attempt).await {
        admission = Admission::Paired;
    }
    if matches!(admission, Admission::Full) {
        log::warn!("Login throttled {}", said_of(&attempt));
        return Err(Refusal::unavailable());
    }
    let outcome = if credentials.can_be() {
        state.services.accounts.login(&credentials).await
    } else {
        Err(crate::backend::Error::new(Kind::Refused, "credentials that can not be"))
    };
    match outcome {
        Ok(account) => {
            state.throttle.succeeded(&attempt).await;
            Ok(account)
        }
        Err(error) if error.kind == Kind::Refused => {
            state.throttle.failed(&attempt, &admission);
            log::warn!("Login failed {}", said_of(&attempt));
            // Others may try now.
            drop(admission);
            tokio::time::sleep(state.throttle.hold_back(began.elapsed())).await;
            Err(Refusal::unauthorized(versions, site))
        }
        Err(error) if error.kind == Kind::Denied => {
            Err(Refusal::new(403, "this user may not use ActiveSync"))
        }
        Err(error) => Err(Refusal::outage(&error)),
    }
}

/// Whether the counts are full, but the device is paired with the user and has room in its own.
async fn is_paired(state: &State, attempt: &Attempt<'_>) -> bool {
    if attempt.device.is_empty() || !state.throttle.has_room_for_device(attempt) {
        return false;
    }
    let user = attempt.credentials.login.clone();
    let owner = Owner { device: attempt.device.to_owned(), user };
    let known = state.services.devices.load(&owner).await.ok().flatten();
    known.is_some_and(|device| device.policy_key.is_some())
}

/// Who failed, in the form that deploy/fail2ban reads.
fn said_of(attempt: &Attempt<'_>) -> String {
    let user = plain(&attempt.credentials.login);
    let peer = attempt.address.map(|address| address.to_string()).unwrap_or_default();
    format!("user={user} device={} peer={peer}", plain(attempt.device))
}
