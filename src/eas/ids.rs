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

impl FileReference {
    /// The reference of a part of a message, as Horde writes it.
    #[must_use]
    pub fn of(mailbox: &str, imap_uid: u32, number: &str) -> Self {
        Self(format!("{mailbox}:{imap_uid}:{number}"))
    }

    /// Mailbox, uid and part; a mailbox's name may hold colons.
    #[must_use]
    pub fn parts(&self) -> Option<(&str, u32, &str)> {
        let mut parts = self.0.rsplitn(3, ':');
        let (number, imap_uid, mailbox) = (parts.next()?, parts.next()?, parts.next()?);
        Some((mailbox, self::number(imap_uid)?, number)).filter(|_| !mailbox.is_empty())
    }
}

impl SyncKey {
    /// Whether the client has no state yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.0 == "0"
    }
}

/// A number as this server writes it in an id: nothing but digits, and none of them needless.
///
/// What only means the same is nobody's id.
#[must_use]
pub fn number(text: &str) -> Option<u32> {
    let is_ours = text.starts_with(|first: char| ('1'..='9').contains(&first));
    text.parse().ok().filter(|_| is_ours)
}

/// Longest id that is looked at; longer ones are nobody's.
const MAX_ID: usize = 1_024;

#[cfg(test)]
mod tests {
    use crate::eas::ids::{FileReference, number};

    #[test]
    fn references_come_back_whatever_the_mailbox_is_called() {
        for mailbox in ["INBOX", "a:b:3:2", "W\u{f6}rk/x y", ":"] {
            let reference = FileReference::of(mailbox, 17, "2.1");
            assert_eq!(reference.parts(), Some((mailbox, 17, "2.1")));
        }
        for bad in
            ["", ":", "::", "INBOX", "INBOX:1", ":1:1", "INBOX:x:1", "INBOX:-1:1", "INBOX:0:1"]
        {
            assert_eq!(FileReference::from(bad).parts(), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_written_in_one_way() {
        assert_eq!(number("1"), Some(1));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        for bad in ["", "0", "+1", "-1", "01", " 1", "1 ", "4294967296", "1:*", "\u{661}"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
