//! Texts, numbers, dates and bytes as elements hold them.
//!
//! [MS-ASDTYPE] §2

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::eas::schema::{Error, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Writer;
use crate::wbxml::element::{Element, Node};

/// A tag whose being there is its meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Present;

/// A date with `-` and `:`, such as `2026-11-24T08:00:00.000Z`: mail, contacts, tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DashDate(pub Timestamp);

/// A day that a client may also clear, with an empty tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClearableDate(pub Option<Timestamp>);

/// A date without, such as `20261124T080000Z`: calendars and notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasicDate(pub Timestamp);

/// Bytes that travel as base64 text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

/// Bytes that travel as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opaque(pub Vec<u8>);

/// Text or bytes as they are: a body, a message.
///
/// Written as text where it is UTF-8 without NUL, as opaque bytes otherwise.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Data(pub Vec<u8>);

impl std::fmt::Debug for Data {
    /// Shows the size alone: the content is the user's.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Data({} bytes)", self.0.len())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl Data {
    /// The content as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl Value for String {
    fn shape() -> Shape {
        Shape::Text
    }

    fn read(element: Element) -> Result<Self, Error> {
        let mut nodes = element.nodes;
        let only = (nodes.len() == 1)
            .then(|| nodes.pop_if(|node| matches!(node, Node::Text(_))))
            .flatten();
        let mut text = match only {
            Some(Node::Text(text)) => text,
            _ => Element { tag: element.tag, nodes }.text(),
        };
        // Bytes and entities can bring it; no text of the protocol has one.
        if text.contains('\0') {
            text.retain(|letter| letter != '\0');
        }
        Ok(text)
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        if !self.is_empty() {
            out.text(self);
        }
    }
}

impl Value for Present {
    fn shape() -> Shape {
        Shape::Empty
    }

    fn read(_: Element) -> Result<Self, Error> {
        Ok(Self)
    }

    fn write(&self, _: ProtocolVersion, _: &mut Writer) {}
}

impl Value for bool {
    fn shape() -> Shape {
        Shape::Number(0, 1)
    }

    /// An empty tag means yes: clients send `<GetChanges/>`.
    fn read(element: Element) -> Result<Self, Error> {
        match element.text().trim() {
            "" | "1" => Ok(true),
            "0" => Ok(false),
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Error::wrong("boolean")),
        }
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        out.text(if *self { "1" } else { "0" });
    }
}

/// Numbers are read with spaces around them and a sign, and must fit.
macro_rules! number {
    ($($type:ty),*) => { $(
        impl Value for $type {
            fn shape() -> Shape {
                Shape::Number(
                    i64::try_from(<$type>::MIN).unwrap_or(i64::MIN),
                    i64::try_from(<$type>::MAX).unwrap_or(i64::MAX),
                )
            }

            fn read(element: Element) -> Result<Self, Error> {
                element.text().trim().parse().map_err(|_| Error::wrong("number in range"))
            }

            fn write(&self, _: ProtocolVersion, out: &mut Writer) {
                out.text(&self.to_string());
            }
        }
    )* };
}
number!(u8, u16, u32, i32, u64);

impl Value for Base64 {
    fn shape() -> Shape {
        Shape::Bytes
    }

    fn read(element: Element) -> Result<Self, Error> {
        if let [Node::Opaque(_)] = element.nodes.as_slice() {
            return Data::read(element).map(|data| Self(data.0));
        }
        let text: String =
            element.text().chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        STANDARD.decode(text).map(Self).map_err(|_| Error::wrong("base64 text"))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        if !self.0.is_empty() {
            out.text(&STANDARD.encode(&self.0));
        }
    }
}

impl Value for Opaque {
    fn shape() -> Shape {
        Shape::Bytes
    }

    fn read(element: Element) -> Result<Self, Error> {
        Data::read(element).map(|data| Self(data.0))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        if !self.0.is_empty() {
            out.opaque(&self.0);
        }
    }
}

impl Value for Data {
    fn shape() -> Shape {
        Shape::Bytes
    }

    fn read(element: Element) -> Result<Self, Error> {
        let mut all = Vec::new();
        for node in element.nodes {
            match node {
                Node::Element(_) => return Err(Error::wrong("text")),
                Node::Opaque(bytes) if all.is_empty() => all = bytes,
                Node::Text(text) if all.is_empty() => all = text.into_bytes(),
                Node::Opaque(bytes) => all.extend(bytes),
                Node::Text(text) => all.extend(text.into_bytes()),
            }
        }
        Ok(Self(all))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        match std::str::from_utf8(&self.0) {
            Ok("") => {}
            Ok(text) if !text.contains('\0') => out.text(text),
            Ok(_) | Err(_) => out.opaque(&self.0),
        }
    }
}

impl Value for DashDate {
    fn shape() -> Shape {
        Shape::Date
    }

    fn read(element: Element) -> Result<Self, Error> {
        parse_date(&element.text()).map(Self).ok_or_else(|| Error::wrong("date"))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        out.text(&format!("{:.3}", self.0.round(jiff::Unit::Millisecond).unwrap_or(self.0)));
    }
}

impl Value for ClearableDate {
    fn shape() -> Shape {
        Shape::Date
    }

    fn read(element: Element) -> Result<Self, Error> {
        if element.text().trim().is_empty() {
            return Ok(Self(None));
        }
        DashDate::read(element).map(|date| Self(Some(date.0)))
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        if let Some(instant) = self.0 {
            DashDate(instant).write(version, out);
        }
    }
}

impl Value for BasicDate {
    fn shape() -> Shape {
        Shape::Date
    }

    fn read(element: Element) -> Result<Self, Error> {
        parse_date(&element.text()).map(Self).ok_or_else(|| Error::wrong("date"))
    }

    fn write(&self, _: ProtocolVersion, out: &mut Writer) {
        out.text(&self.0.strftime("%Y%m%dT%H%M%SZ").to_string());
    }
}

/// Reads both notations, with or without a time and with or without parts of a second.
///
/// Anything behind the date that is no time is refused; a missing zone means UTC.
#[must_use]
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches('Z');
    let (date, time) = text.split_once('T').map_or((text, ""), |(date, time)| (date, time));
    let mut days = numbers(date, '-', &[4, 2, 2])?.into_iter();
    let (year, month, day) = (days.next()?, days.next()?, days.next()?);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let (hour, minute, second) = if time.is_empty() {
        (0, 0, 0)
    } else {
        let mut parts = numbers(time, ':', &[2, 2, 2])?.into_iter();
        (parts.next()?, parts.next()?, parts.next()?)
    };
    let nanosecond = match fraction {
        "" => 0,
        digits if digits.len() <= 9 => {
            digits.parse::<i32>().ok()?.checked_mul(10_i32.pow(9 - digits.len() as u32))?
        }
        _ => return None,
    };
    civil::DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second.min(59)).ok()?,
        nanosecond,
    )
    .ok()?
    .to_zoned(TimeZone::UTC)
    .ok()
    .map(|zoned| zoned.timestamp())
}

/// Splits `2026-11-24` at its separator, or `20261124` by widths.
fn numbers(text: &str, separator: char, widths: &[usize]) -> Option<Vec<i32>> {
    let parts: Vec<&str> = if text.contains(separator) {
        text.split(separator).collect()
    } else {
        let mut rest = text;
        let mut parts = Vec::new();
        for &width in widths {
            parts.push(rest.get(..width)?);
            rest = rest.get(width..)?;
        }
        if !rest.is_empty() {
            return None;
        }
        parts
    };
    if parts.len() != widths.len() {
        return None;
    }
    parts
        .into_iter()
        .map(|part| {
            part.bytes().all(|digit| digit.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::eas::scalar::parse_date;

    #[test]
    fn both_notations_are_the_same_date() {
        let dashes = parse_date("2026-11-24T08:00:05.250Z").unwrap();
        assert_eq!(dashes.as_millisecond(), 1_795_507_205_250);
        let basic = parse_date("20261124T080005Z").unwrap();
        assert_eq!(basic.as_second(), 1_795_507_205);
        assert_eq!(parse_date("2026-11-24").unwrap().as_second(), 1_795_478_400);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "x", "2026-13-01T00:00:00Z", "20261124T08", "2026-11-24T08:00:00Zx", "é"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
