//! The versions of the protocol.

use std::fmt;
use std::str::FromStr;

/// A version of Exchange ActiveSync. [MS-ASHTTP] §2.2.1.1.2.4
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "a version is its number")]
pub enum ProtocolVersion {
    V2_5,
    V12_0,
    V12_1,
    V14_0,
    V14_1,
    V16_0,
    V16_1,
}

impl ProtocolVersion {
    /// The oldest that a phone still speaks.
    pub const FIRST: Self = Self::V2_5;
    /// The newest that exists.
    pub const LAST: Self = Self::V16_1;
    /// All of them, oldest first.
    pub const ALL: [Self; 7] =
        [Self::V2_5, Self::V12_0, Self::V12_1, Self::V14_0, Self::V14_1, Self::V16_0, Self::V16_1];

    /// The number as it stands in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2_5 => "2.5",
            Self::V12_0 => "12.0",
            Self::V12_1 => "12.1",
            Self::V14_0 => "14.0",
            Self::V14_1 => "14.1",
            Self::V16_0 => "16.0",
            Self::V16_1 => "16.1",
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ProtocolVersion {
    type Err = UnknownVersion;

    /// Takes `14.1`; and `12` and `14`, as Horde writes them in its configuration.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|version| {
                version.as_str() == text || version.as_str().strip_suffix(".0") == Some(text)
            })
            .ok_or_else(|| UnknownVersion(text.chars().take(16).collect()))
    }
}

/// A version that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown protocol version: `{0}`")]
pub struct UnknownVersion(String);

#[cfg(test)]
mod tests {
    use crate::eas::version::ProtocolVersion;

    #[test]
    fn versions_are_read_and_ordered() {
        assert_eq!("14.1".parse(), Ok(ProtocolVersion::V14_1));
        assert_eq!("12".parse(), Ok(ProtocolVersion::V12_0));
        assert!("3.0".parse::<ProtocolVersion>().is_err());
        assert!(ProtocolVersion::V2_5 < ProtocolVersion::V12_0);
    }
}
