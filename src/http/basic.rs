//! User and password of a Basic header.
//!
//! [MS-ASHTTP] §2.2.1.1.2.2

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// User and password of a Basic header: UTF-8, or Latin-1 as old clients send it.
#[must_use]
pub fn basic(header: &str) -> Option<(String, String)> {
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

    use crate::http::basic::basic;

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
