//! The outline of a message out of the server's BODYSTRUCTURE.

use imap_proto::{BodyContentCommon, BodyContentSinglePart, BodyStructure, ContentEncoding};

use crate::backend::imap::names;
use crate::mime::headers::decoded_words;
use crate::mime::outline::{Outline, Part};
use crate::mime::text::Encoding;

/// Name and value pairs as the parser gives them.
type Parameters<'a> = Option<Vec<(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>>;

/// The outline, as if the message had been read whole.
pub(super) fn outline(structure: &BodyStructure<'_>) -> Outline {
    let common = common(structure);
    let media_type = media_type(common);
    let purpose = if media_type == "multipart/report" { "report-type" } else { "protocol" };
    let mut outline = Outline {
        parts: Vec::new(),
        purpose: parameter(&common.ty.params, purpose).map(|value| value.to_ascii_lowercase()),
        media_type,
    };
    let mut stack = vec![(structure, String::new(), None::<String>)];
    while let Some((structure, number, choice)) = stack.pop() {
        match structure {
            BodyStructure::Multipart { common, bodies, .. } => {
                let media_type = self::media_type(common);
                let chooses =
                    matches!(media_type.as_str(), "multipart/alternative" | "multipart/related");
                let choice = choice.or_else(|| chooses.then(|| format!("{number}/")));
                for (index, body) in bodies.iter().enumerate().rev() {
                    let index = index + 1;
                    let number = if number.is_empty() {
                        index.to_string()
                    } else {
                        format!("{number}.{index}")
                    };
                    stack.push((body, number, choice.clone()));
                }
            }
            BodyStructure::Basic { common, other, .. }
            | BodyStructure::Text { common, other, .. }
            | BodyStructure::Message { common, other, .. } => {
                if outline.parts.len() >= MAX_PARTS {
                    break;
                }
                let number = if number.is_empty() { "1".to_owned() } else { number };
                outline.parts.push(part(common, other, number, choice));
            }
        }
    }
    outline
}

fn common<'a>(structure: &'a BodyStructure<'a>) -> &'a BodyContentCommon<'a> {
    match structure {
        BodyStructure::Basic { common, .. }
        | BodyStructure::Text { common, .. }
        | BodyStructure::Message { common, .. }
        | BodyStructure::Multipart { common, .. } => common,
    }
}

fn part(
    common: &BodyContentCommon<'_>,
    other: &BodyContentSinglePart<'_>,
    number: String,
    choice: Option<String>,
) -> Part {
    let disposition = common.disposition.as_ref();
    let file_name = disposition.and_then(|disposition| parameter(&disposition.params, "filename"));
    let name = match file_name {
        Some(name) if !name.contains(char::REPLACEMENT_CHARACTER) => Some(name),
        odd => parameter(&common.ty.params, "name").or(odd),
    };
    let bare = |text: &std::borrow::Cow<'_, str>| {
        text.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
    };
    Part {
        number,
        media_type: media_type(common),
        charset: parameter(&common.ty.params, "charset"),
        encoding: match &other.transfer_encoding {
            ContentEncoding::Base64 => Encoding::Base64,
            ContentEncoding::QuotedPrintable => Encoding::QuotedPrintable,
            ContentEncoding::Other(name) => Encoding::of(name),
            ContentEncoding::SevenBit | ContentEncoding::EightBit | ContentEncoding::Binary => {
                Encoding::Identity
            }
        },
        name,
        description: other.description.as_deref().map(|text| decoded_words(&names::unquoted(text))),
        content_id: other.id.as_ref().map(bare),
        content_location: common.location.as_ref().map(bare),
        is_attachment: disposition
            .is_some_and(|disposition| disposition.ty.eq_ignore_ascii_case("attachment")),
        size: other.octets,
        choice,
        span: None,
        counted_size: None,
    }
}

fn media_type(common: &BodyContentCommon<'_>) -> String {
    format!("{}/{}", common.ty.ty, common.ty.subtype).to_ascii_lowercase()
}

/// A parameter, put together from its RFC 2231 pieces and decoded.
fn parameter(parameters: &Parameters<'_>, wanted: &str) -> Option<String> {
    let parameters = parameters.as_ref()?;
    let find = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| names::unquoted(value))
    };
    if let Some(value) = find(&format!("{wanted}*")) {
        let value = extended(&value);
        // A name that can not be read may stand in the older form, too.
        let older = find(wanted).map(|older| decoded_words(&older));
        return match older {
            Some(older) if value.contains(char::REPLACEMENT_CHARACTER) => Some(older),
            _ => Some(value),
        };
    }
    if let Some(value) = find(wanted) {
        return Some(decoded_words(&value));
    }
    // `name*0`, `name*1*`: the first may carry the charset of all that is encoded.
    let mut joined = String::new();
    let mut is_extended = false;
    for number in 0..MAX_PIECES {
        if let Some(piece) = find(&format!("{wanted}*{number}*")) {
            is_extended = true;
            joined.push_str(&piece);
        } else if let Some(piece) = find(&format!("{wanted}*{number}")) {
            joined.push_str(&piece);
        } else {
            break;
        }
    }
    match (joined.is_empty(), is_extended) {
        (true, _) => None,
        (false, true) => Some(extended(&joined)),
        (false, false) => Some(decoded_words(&joined)),
    }
}

/// `charset'language'percent-encoded`
fn extended(value: &str) -> String {
    let mut pieces = value.splitn(3, '\'');
    let (charset, text) = match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(text)) => (Some(charset), text),
        _ => (None, value),
    };
    let bytes = crate::mime::html::percent_decoded_bytes(text);
    crate::mime::text::to_utf8(&bytes, charset)
}

/// As many as [`Outline::of_message`] takes.
const MAX_PARTS: usize = 1_000;
const MAX_PIECES: usize = 100;

#[cfg(test)]
mod tests {
    use imap_proto::{AttributeValue, Response};

    use crate::backend::imap::structure::outline;

    #[test]
    fn structure_and_source_give_the_same_outline() {
        let line = b"* 1 FETCH (BODYSTRUCTURE (((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \
            \"7bit\" 5 1 NIL NIL NIL NIL)(\"text\" \"html\" NIL NIL NIL \"base64\" 78 1 NIL NIL NIL NIL) \
            \"alternative\" (\"boundary\" \"a\") NIL NIL NIL)(\"application\" \"pdf\" (\"name*0*\" \
            \"utf-8''Gr%C3%BC\" \"name*1\" \".pdf\") \"<x@y>\" \"=?utf-8?q?=C3=BC?=\" \"base64\" 780 NIL \
            (\"attachment\" NIL) NIL NIL) \"mixed\" (\"boundary\" \"m\") NIL NIL NIL))\r\n";
        let (_, response) = imap_proto::parser::parse_response(line).unwrap();
        let Response::Fetch(_, attributes) = response else { panic!("no FETCH") };
        let Some(AttributeValue::BodyStructure(structure)) = attributes.first() else {
            panic!("no structure")
        };
        let outline = outline(structure);
        assert_eq!(outline.media_type, "multipart/mixed");
        assert_eq!(outline.plain().unwrap().number, "1.1");
        assert_eq!(outline.html().unwrap().number, "1.2");
        let pdf = outline.attachments().next().unwrap();
        assert_eq!((pdf.number.as_str(), pdf.name.as_deref()), ("2", Some("Gr\u{fc}.pdf")));
        assert_eq!(pdf.content_id.as_deref(), Some("x@y"));
        assert_eq!(pdf.description.as_deref(), Some("\u{fc}"));
        assert!(pdf.is_attachment);
    }
}
