//! The request's query string, plain and base64.
//!
//! [MS-ASHTTP] §2.2.1.1.1

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::eas::ids::DeviceId;
use crate::eas::version::ProtocolVersion;

/// What the query string says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestLine {
    /// Name of the command; `None` when there is none, a number when that is nobody's.
    pub command: Option<String>,
    /// The user, when the client names one.
    pub user: Option<String>,
    /// The device.
    pub device: Option<DeviceId>,
    /// The device's type.
    pub device_type: Option<String>,
    /// The version; in the base64 form alone. `None` also when its number is nobody's: the header
    /// counts (remdev: says 14.5 here).
    pub version: Option<ProtocolVersion>,
    /// The policy key; in the base64 form alone.
    pub policy_key: Option<u32>,
    /// Parameters of single commands.
    pub parameters: Parameters,
}

/// Parameters of single commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Names an attachment.
    pub attachment_name: Option<String>,
    /// A collection.
    pub collection_id: Option<String>,
    /// An item.
    pub item_id: Option<String>,
    /// The result of a search.
    pub long_id: Option<String>,
    /// One occurrence of a series.
    pub occurrence: Option<String>,
    /// Whether a message sent is to be kept.
    pub save_in_sent: bool,
    /// Whether the client takes answers in several parts.
    pub accepts_multipart: bool,
}

/// Why a query string can not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is longer than any client's.
    #[error("query string too long")]
    TooLong,
    /// It is no base64, or ends within a field.
    #[error("base64 query can not be read")]
    Base64,
    /// A field is too long or has bytes that do not belong there.
    #[error("a parameter can not be read")]
    Parameter,
}

impl RequestLine {
    /// Reads a query string; an empty one says nothing.
    ///
    /// # Errors
    /// When it is neither of the two forms.
    pub fn parse(query: &str) -> Result<Self, Error> {
        if query.len() > LONGEST_QUERY {
            return Err(Error::TooLong);
        }
        let is_plain = query.is_empty()
            || query.split('&').any(|part| {
                let name = part.split('=').next().unwrap_or_default();
                ["Cmd", "DeviceId", "DeviceType", "User"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name))
            });
        if is_plain { Self::plain(query) } else { Self::base64(query) }
    }

    fn plain(query: &str) -> Result<Self, Error> {
        let mut line = Self::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = percent_decode(value)?;
            if value.len() > LONGEST_VALUE || value.contains('\0') {
                return Err(Error::Parameter);
            }
            line.set(&name.to_ascii_lowercase(), value)?;
        }
        Ok(line)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), Error> {
        match name {
            "cmd" => self.command = Some(value),
            "user" => self.user = Some(value),
            "deviceid" => self.device = Some(device(&value)?),
            "devicetype" => self.device_type = Some(value),
            "attachmentname" => self.parameters.attachment_name = Some(value),
            "collectionid" => self.parameters.collection_id = Some(value),
            "itemid" => self.parameters.item_id = Some(value),
            "longid" => self.parameters.long_id = Some(value),
            "occurrence" => self.parameters.occurrence = Some(value),
            "saveinsent" => self.parameters.save_in_sent = value == "T",
            _ => {}
        }
        Ok(())
    }

    fn base64(query: &str) -> Result<Self, Error> {
        let query = percent_decode(query)?;
        let bytes = BASE64.decode(query.as_bytes()).map_err(|_| Error::Base64)?;
        let mut fields = Fields(&bytes);
        let version = fields.byte()?;
        let command = fields.byte()?;
        fields.take(2)?;
        let mut line = Self {
            version: version_of(version),
            command: Some(command_of(command)),
            ..Self::default()
        };
        let id = fields.counted()?;
        line.device =
            Some(device(&id.iter().map(|byte| format!("{byte:02X}")).collect::<String>())?);
        let mut device_type = fields.counted()?;
        line.policy_key = match device_type {
            &[a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
            _ => None,
        };
        // go-activesync: leaves the policy key out; see tests/wire/go-activesync-base64.
        if device_type.is_empty() || line.policy_key.is_some() {
            device_type = fields.counted()?;
        }
        line.device_type = Some(map_device_type(&text(device_type)?).to_owned());
        while !fields.0.is_empty() {
            let tag = fields.byte()?;
            match tag {
                0 => line.parameters.attachment_name = fields.text()?,
                1 => line.parameters.collection_id = fields.text()?,
                3 => line.parameters.item_id = fields.text()?,
                4 => line.parameters.long_id = fields.text()?,
                6 => line.parameters.occurrence = fields.text()?,
                7 => {
                    let bits = fields.counted()?.first().copied().unwrap_or(0);
                    line.parameters.save_in_sent = bits & 0x01 != 0;
                    line.parameters.accepts_multipart = bits & 0x02 != 0;
                }
                8 => line.user = fields.text()?,
                _ => drop(fields.counted()?),
            }
        }
        Ok(line)
    }
}

/// The fields of a base64 query, from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(Error::Base64)?;
        self.0 = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take(1)?.first().copied().ok_or(Error::Base64)
    }

    fn counted(&mut self) -> Result<&'a [u8], Error> {
        let length = self.byte()?;
        self.take(usize::from(length))
    }

    /// Text; empty is as good as none.
    fn text(&mut self) -> Result<Option<String>, Error> {
        let text = text(self.counted()?)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

fn text(bytes: &[u8]) -> Result<String, Error> {
    if bytes.contains(&0) {
        return Err(Error::Parameter);
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Parameter)
}

/// Letters, digits and a few signs, as phones have them; anything else is nobody's device.
fn device(text: &str) -> Result<DeviceId, Error> {
    let is_sane = !text.is_empty()
        && text.len() <= LONGEST_DEVICE_ID
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:{}".contains(&byte));
    if is_sane { Ok(DeviceId::new(text)) } else { Err(Error::Parameter) }
}

fn version_of(number: u8) -> Option<ProtocolVersion> {
    format!("{}.{}", number / 10, number % 10).parse().ok()
}

fn command_of(code: u8) -> String {
    let known = COMMANDS.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| code.to_string(), |&(_, name)| name.to_owned())
}

/// Names that Horde gives to types which clients shorten in the base64 form.
fn map_device_type(sent: &str) -> &str {
    match sent {
        "PPC" => "PocketPC",
        "SP" => "SmartPhone",
        "WP" | "WP8" => "WindowsPhone",
        "android" | "android40" => "android",
        other => other,
    }
}

fn percent_decode(text: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let high = digit(rest.next()).ok_or(Error::Parameter)?;
            let low = digit(rest.next()).ok_or(Error::Parameter)?;
            bytes.push(u8::try_from(high * 16 + low).map_err(|_| Error::Parameter)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::Parameter)
}

/// Padding may be missing, as some clients leave it out; bits behind the last byte mean nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
const LONGEST_QUERY: usize = 8_192;
const LONGEST_VALUE: usize = 2_048;
const LONGEST_DEVICE_ID: usize = 128;
/// The numbers of the commands. [MS-ASHTTP] §2.2.1.1.1.1.2
const COMMANDS: [(u8, &str); 20] = [
    (0, "Sync"),
    (1, "SendMail"),
    (2, "SmartForward"),
    (3, "SmartReply"),
    (4, "GetAttachment"),
    (9, "FolderSync"),
    (10, "FolderCreate"),
    (11, "FolderDelete"),
    (12, "FolderUpdate"),
    (13, "MoveItems"),
    (14, "GetItemEstimate"),
    (15, "MeetingResponse"),
    (16, "Search"),
    (17, "Settings"),
    (18, "Ping"),
    (19, "ItemOperations"),
    (20, "Provision"),
    (21, "ResolveRecipients"),
    (22, "ValidateCert"),
    (23, "Find"),
];

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::eas::request_line::{Error, RequestLine};
    use crate::eas::version::ProtocolVersion;

    #[test]
    fn plain_queries_are_read() {
        let line =
            RequestLine::parse("Cmd=Sync&User=a%40b&DeviceId=abc123DEF&DeviceType=iPhone").unwrap();
        assert_eq!(line.command.as_deref(), Some("Sync"));
        assert_eq!(line.user.as_deref(), Some("a@b"));
        assert_eq!(line.device.unwrap().as_str(), "ABC123DEF");
        assert_eq!(RequestLine::parse("").unwrap(), RequestLine::default());
    }

    #[test]
    fn base64_queries_are_read() {
        let mut bytes = vec![141, 9, 0x09, 0x04, 2, 0xab, 0x01, 4, 1, 0, 0, 0, 2];
        bytes.extend(b"SP");
        bytes.extend([7, 1, 3]);
        let line = RequestLine::parse(&STANDARD.encode(&bytes)).unwrap();
        assert_eq!(line.version, Some(ProtocolVersion::V14_1));
        assert_eq!(line.command.as_deref(), Some("FolderSync"));
        assert_eq!(line.device.unwrap().as_str(), "AB01");
        assert_eq!(line.policy_key, Some(1));
        assert_eq!(line.device_type.as_deref(), Some("SmartPhone"));
        assert!(line.parameters.save_in_sent && line.parameters.accepts_multipart);
    }

    #[test]
    fn unknown_numbers_are_left_to_the_caller() {
        let line = RequestLine::parse(&STANDARD.encode([145, 99, 0, 0, 1, 0, 0, 0])).unwrap();
        assert_eq!((line.version, line.command.as_deref()), (None, Some("99")));
    }

    #[test]
    fn broken_queries_are_refused() {
        assert_eq!(RequestLine::parse("Cmd=%zz"), Err(Error::Parameter));
        assert_eq!(RequestLine::parse("DeviceId=a%00b"), Err(Error::Parameter));
        assert_eq!(RequestLine::parse("!!!!"), Err(Error::Base64));
        assert_eq!(RequestLine::parse(&STANDARD.encode([141, 9])), Err(Error::Base64));
        assert_eq!(RequestLine::parse(&"x".repeat(10_000)), Err(Error::TooLong));
    }
}
