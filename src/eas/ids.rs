//! The ids that client and server give to things.

use std::fmt;

use crate::eas::schema::{Error, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Writer;
use crate::wbxml::element::Element;

/// Declares a text with a meaning of its own.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Value for $name {
            fn shape() -> Shape {
                Shape::Text
            }

            fn read(element: Element) -> Result<Self, Error> {
                let text = String::read(element)?;
                if text.len() > MAX_ID { Err(Error::wrong("id of a sane length")) } else { Ok(Self(text)) }
            }

            fn write(&self, version: ProtocolVersion, out: &mut Writer) {
                self.0.write(version, out);
            }
        }
    };
}

id! {
    /// A collection: the folder's ServerId. At most 64 characters.
    ///
    /// [MS-ASCMD] §2.2.3.30.5
    CollectionId
}
id! {
    /// The server's id of an item or a folder; at most 64 characters on the wire.
    ///
    /// [MS-ASCMD] §2.2.3.166
    ServerId
}
id! {
    /// The client's id of a new item or of a message that it sends; at most 64 characters.
    ///
    /// [MS-ASCMD] §2.2.3.28
    ClientId
}
id! {
    /// Names an attachment.
    ///
    /// [MS-ASAIRS] §2.2.2.24
    FileReference
}
id! {
    /// Names a search result.
    ///
    /// [MS-ASCMD] §2.2.3.98
    LongId
}
id! {
    /// The state that a client holds of a collection; `0` means none yet.
    ///
    /// Opaque to the client, at most 64 characters; ours are `{uuid}N`, as Horde writes them.
    ///
    /// [MS-ASCMD] §2.2.3.181.4
    SyncKey
}
id! {
    /// The device that calls; always upper case, as Horde's tables have it.
    ///
    /// [MS-ASHTTP] §2.2.1.1.1.1.1
    DeviceId
}

impl DeviceId {
    /// An id as a client sends it, in upper case.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_ascii_uppercase())
    }
}

impl SyncKey {
    /// Whether the client has no state yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.0 == "0"
    }

    /// The key of a series, `{uuid}`, with the counter behind it.
    #[must_use]
    pub fn in_series(series: &str, counter: u64) -> Self {
        Self(format!("{{{series}}}{counter}"))
    }

    /// Series (without braces) and counter; `None` when it is not of our form.
    #[must_use]
    pub fn parts(&self) -> Option<(&str, u64)> {
        let (series, counter) = self.0.strip_prefix('{')?.split_once('}')?;
        let is_series = !series.is_empty()
            && series.bytes().all(|letter| letter.is_ascii_hexdigit() || letter == b'-');
        let is_counter = !counter.is_empty()
            && counter.bytes().all(|digit| digit.is_ascii_digit())
            && (counter == "0" || !counter.starts_with('0'));
        if is_series && is_counter { Some((series, counter.parse().ok()?)) } else { None }
    }

    /// The key that follows it.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        let (series, counter) = self.parts()?;
        Some(Self::in_series(series, counter.checked_add(1)?))
    }

    /// The key before it; `None` for the first.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        let (series, counter) = self.parts()?;
        (counter > 1).then(|| Self::in_series(series, counter - 1))
    }
}

/// Longest id that is looked at; longer ones are nobody's.
const MAX_ID: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::SyncKey;

    #[test]
    fn keys_follow_each_other() {
        let key = SyncKey::from("{6b024447-242c-4029-a0be-50019d69ef93}9");
        assert_eq!(key.parts(), Some(("6b024447-242c-4029-a0be-50019d69ef93", 9)));
        assert_eq!(key.next().unwrap().as_str(), "{6b024447-242c-4029-a0be-50019d69ef93}10");
        assert_eq!(key.previous().unwrap().as_str(), "{6b024447-242c-4029-a0be-50019d69ef93}8");
    }

    #[test]
    fn other_forms_are_nobodys() {
        for text in ["", "0", "{}1", "{xyz}1", "{ab}", "{ab}01", "{ab}-1", "ab}1", "{ab}1x"] {
            assert_eq!(SyncKey::from(text).parts(), None, "{text}");
        }
        let last = SyncKey::from(format!("{{ab}}{}", u64::MAX));
        assert_eq!(last.next(), None);
    }
}
