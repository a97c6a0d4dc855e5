//! How mailbox names, strings and sets of uids are written in IMAP.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::uids::SortedUids;

/// A mailbox name as IMAP has it on the wire: modified UTF-7.
#[must_use]
pub fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut units: Vec<u8> = Vec::new();
    let flush = |units: &mut Vec<u8>, encoded: &mut String| {
        if !units.is_empty() {
            encoded.push('&');
            encoded.push_str(&UTF7.encode(&*units));
            encoded.push('-');
            units.clear();
        }
    };
    for character in name.chars() {
        match character {
            ' '..='~' => {
                flush(&mut units, &mut encoded);
                encoded.push(character);
                if character == '&' {
                    encoded.push('-');
                }
            }
            other => {
                let mut buffer = [0; 2];
                for unit in other.encode_utf16(&mut buffer) {
                    units.extend_from_slice(&unit.to_be_bytes());
                }
            }
        }
    }
    flush(&mut units, &mut encoded);
    encoded
}

/// What a quoted string stands for: the parser leaves the backslashes in.
pub(super) fn unquoted(text: &str) -> String {
    let mut unquoted = String::with_capacity(text.len());
    let mut escaped = false;
    for character in text.chars() {
        escaped = character == '\\' && !escaped;
        if !escaped {
            unquoted.push(character);
        }
    }
    unquoted
}

/// A name from the wire in UTF-8; what is no modified UTF-7 stays as it is.
#[must_use]
pub fn decoded(name: &str) -> String {
    let name = unquoted(name);
    try_decoded(&name).unwrap_or(name)
}

fn try_decoded(name: &str) -> Option<String> {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, from)) = rest.split_once('&') {
        decoded.push_str(before);
        let (shifted, after) = from.split_once('-')?;
        rest = after;
        if shifted.is_empty() {
            decoded.push('&');
            continue;
        }
        let bytes = UTF7.decode(shifted).ok()?;
        let (units, []) = bytes.as_chunks::<2>() else {
            return None;
        };
        let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
        decoded.push_str(&String::from_utf16(&units).ok()?);
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// A mailbox name as the argument of a command.
#[must_use]
pub fn mailbox(name: &str) -> String {
    quoted(&encoded(name))
}

/// A string in quotes; it must not hold line ends.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Sets of uids as short as they can be written, each at most `n_bytes` long.
pub(super) fn uid_sets(imap_uids: &[u32], n_bytes: usize) -> Vec<String> {
    sets_of(&imap_uids.iter().copied().collect(), n_bytes)
}

/// The same of a set.
pub(super) fn sets_of(imap_uids: &SortedUids, n_bytes: usize) -> Vec<String> {
    let mut sets = Vec::new();
    let mut set = String::new();
    for range in imap_uids.runs() {
        let (first, last) = range.into_inner();
        let item = if first == last { first.to_string() } else { format!("{first}:{last}") };
        if !set.is_empty() && set.len() + item.len() + 1 > n_bytes {
            sets.push(std::mem::take(&mut set));
        }
        if !set.is_empty() {
            set.push(',');
        }
        set.push_str(&item);
    }
    if !set.is_empty() {
        sets.push(set);
    }
    sets
}

/// A day as SEARCH wants it, such as `24-Nov-2026`; Unix time, UTC.
pub(super) fn day(unix_time: i64) -> Option<String> {
    let date = jiff::Timestamp::from_second(unix_time).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let month = MONTHS.get(usize::try_from(date.month()).ok()?.checked_sub(1)?)?;
    Some(format!("{}-{month}-{}", date.day(), date.year()))
}

/// The Unix time of an INTERNALDATE, such as ` 1-Feb-2026 07:00:00 +0100`.
pub(super) fn internal_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .and_then(|broken_down| broken_down.to_timestamp())
        .ok()
}

const UTF7: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use crate::backend::imap::names::{day, decoded, encoded, internal_date, mailbox, uid_sets};

    #[test]
    fn names_go_there_and_back() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Entw\u{fc}rfe/a & b", "Entw&APw-rfe/a &- b"),
            ("\u{53f0}\u{5317}", "&U,BTFw-"),
            ("\u{1f600}x", "&2D3eAA-x"),
        ] {
            assert_eq!(encoded(name), wire);
            assert_eq!(decoded(wire), name);
        }
        assert_eq!(decoded("a&b"), "a&b");
        assert_eq!(decoded("A&-B \\\"q\\\" \\\\"), "A&B \"q\" \\");
        assert_eq!(mailbox("a\"\\\r\n"), "\"a\\\"\\\\&AA0ACg-\"");
    }

    #[test]
    fn sets_are_short_and_split() {
        assert_eq!(uid_sets(&[3, 1, 2, 9, 9, 11], 100), ["1:3,9,11"]);
        assert_eq!(uid_sets(&[1, 3, 5, 7], 3), ["1,3", "5,7"]);
        assert!(uid_sets(&[], 3).is_empty());
        assert_eq!(uid_sets(&[u32::MAX - 1, u32::MAX], 99), ["4294967294:4294967295"]);
    }

    #[test]
    fn dates_are_read_and_written() {
        assert_eq!(day(1_795_503_600).unwrap(), "24-Nov-2026");
        let time = internal_date(" 1-Feb-2026 07:00:00 +0100").unwrap();
        assert_eq!(time.to_string(), "2026-02-01T06:00:00Z");
        assert!(internal_date("nonsense").is_none());
    }
}
