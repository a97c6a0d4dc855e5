//! A message on its way out: its header is touched where it must be, everything else stays as it
//! is, byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mime::header_block;
use crate::mime::headers::Headers;
use crate::mime::text::clean_line;

/// A message with CRLF at the end of each line, its header taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    fields: Vec<Field>,
    /// What follows the empty line.
    body: Vec<u8>,
}

/// A field of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    /// Its name in lower case; empty for a line that is no field.
    name: String,
    /// Its lines, name and line ends included.
    lines: Vec<u8>,
}

/// Why a message can not be sent as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It names nobody.
    NoRecipient,
    /// A recipient is no address.
    BadRecipient,
    /// It names more than anybody would.
    TooMany,
    /// Its header is larger than any that somebody would write.
    Header,
}

impl Outgoing {
    /// Takes a message apart; lines may end in CR, LF or both.
    ///
    /// # Errors
    /// When its header is larger than any that somebody would write.
    pub fn read(raw: &[u8]) -> Result<Self, Problem> {
        let mut message = with_crlf(raw);
        let block = header_block(&message);
        let first = block.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        // What does not even begin with a field has no header at all.
        if first != b"\r\n" && name_of(first).is_empty() {
            return Ok(Self { fields: Vec::new(), body: message });
        }
        if block.len() > LARGEST_HEADER {
            return Err(Problem::Header);
        }
        let mut fields: Vec<Field> = Vec::new();
        for line in block.split_inclusive(|byte| *byte == b'\n').filter(|line| *line != b"\r\n") {
            match fields.last_mut() {
                Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    field.lines.extend_from_slice(line);
                }
                _ => fields.push(Field { name: name_of(line), lines: line.to_vec() }),
            }
        }
        // A line that is no field would be the end of the header to some, and nothing to others.
        fields.retain(|field| !field.name.is_empty());
        let n_header = block.len();
        message.drain(..n_header);
        Ok(Self { fields, body: message })
    }

    /// Whether there is a field of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first field of that name, unfolded.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        let text = String::from_utf8_lossy(&field.lines);
        Some(clean_line(text.split_once(':')?.1))
    }

    /// Puts a field where the first of its name stands, or at the end of the header; there is no
    /// second one then.
    pub fn set(&mut self, name: &str, value: &str) {
        let at = self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name));
        self.remove(name);
        // Nothing but a folded line may follow a line end.
        let value = value.replace("\r\n ", "\n ").replace('\r', "");
        let value = value.split('\n').filter(|line| !line.trim().is_empty());
        let value: Vec<&str> = value.map(str::trim).collect();
        let lines = format!("{name}: {}\r\n", value.join("\r\n ")).into_bytes();
        let field = Field { name: name.to_ascii_lowercase(), lines };
        let end = self.fields.len();
        self.fields.insert(at.map_or(end, |at| at.min(end)), field);
    }

    /// Takes all fields of a name out.
    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|field| !field.name.eq_ignore_ascii_case(name));
    }

    /// The header in words.
    #[must_use]
    pub fn headers(&self) -> Headers {
        Headers::read(&self.header())
    }

    /// The addresses of To, Cc and Bcc, each once.
    ///
    /// # Errors
    /// When there is none, or one that can not be sent to.
    pub fn recipients(&self) -> Result<Vec<String>, Problem> {
        let headers = self.headers();
        let mut recipients: Vec<String> = Vec::new();
        for (name, list) in [("to", &headers.to), ("cc", &headers.cc), ("bcc", &headers.bcc)] {
            if list.len() > MOST_RECIPIENTS {
                return Err(Problem::TooMany);
            }
            let mut fields = self.fields.iter().filter(|field| field.name == name);
            let has_groups = fields.any(|field| field.lines.contains(&b';'));
            for mailbox in list {
                let address = match mailbox.address.as_str() {
                    // A group without members has a name alone.
                    "" if has_groups => continue,
                    // So has a user of this host.
                    "" => &mailbox.name,
                    address => address,
                };
                if !is_address(address) {
                    return Err(Problem::BadRecipient);
                }
                if !recipients.iter().any(|known| known == address) {
                    recipients.push(address.to_owned());
                }
            }
        }
        match recipients.len() {
            0 => Err(Problem::NoRecipient),
            number if number > MOST_RECIPIENTS => Err(Problem::TooMany),
            _ => Ok(recipients),
        }
    }

    /// What stays the same when a client writes the same mail anew: to whom and about what.
    #[must_use]
    pub fn gist(&self) -> Vec<u8> {
        let mut gist = Vec::new();
        for name in ["to", "cc", "bcc", "subject"] {
            let fields = self.fields.iter().filter(|field| field.name == name);
            for field in fields {
                gist.extend(field.lines.iter().filter(|byte| !byte.is_ascii_whitespace()));
            }
            gist.push(0);
        }
        gist
    }

    /// The whole message.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_without("")
    }

    /// The whole message but for the fields of a name.
    #[must_use]
    pub fn bytes_without(&self, name: &str) -> Vec<u8> {
        let fields = self
            .fields
            .iter()
            .filter(|field| name.is_empty() || !field.name.eq_ignore_ascii_case(name));
        let lines = fields.map(|field| field.lines.as_slice());
        lines.chain([b"\r\n".as_slice(), &self.body]).collect::<Vec<_>>().concat()
    }

    fn header(&self) -> Vec<u8> {
        let lines = self.fields.iter().map(|field| field.lines.as_slice());
        lines.collect::<Vec<_>>().concat()
    }
}

/// The value of an address field: a name, which may be empty, and an address.
#[must_use]
pub fn spelled(name: &str, address: &str) -> String {
    let name = clean_line(name);
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&byte));
    if name.is_empty() {
        address.to_owned()
    } else if !name.is_ascii() {
        format!("{}\r\n <{address}>", encoded_words(&name).join("\r\n "))
    } else if is_plain && !name.contains("=?") {
        format!("{name} <{address}>")
    } else {
        format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Words of RFC 2047, none cut through a character.
fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len().saturating_add(letter.len_utf8()) > LONGEST_WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    words.into_iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect()
}

/// Whether a text can stand in a command of SMTP as an address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let local = text.rsplit_once('@').map_or(text, |(local, _)| local);
    let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let (local_part, domain) = text.split_at(local.len());
    let inner = local_part.trim_matches('"');
    !text.is_empty()
        && text.len() <= LONGEST_ADDRESS
        && !local.is_empty()
        && domain != "@"
        && !text.chars().any(char::is_control)
        && !domain.contains(|letter: char| letter.is_whitespace() || "<>\"(),;\\".contains(letter))
        && if is_quoted {
            !inner.contains(['"', '\\'])
        } else {
            !local.contains(|letter: char| {
                letter.is_whitespace() || "<>\"(),;:\\[]@".contains(letter)
            })
        }
}

/// Every line end as CRLF: nothing else may pass for the end of a message.
fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len().saturating_add(raw.len() / 32));
    let mut after_cr = false;
    for &byte in raw {
        match byte {
            b'\n' if after_cr => after_cr = false,
            b'\r' | b'\n' => {
                out.extend_from_slice(b"\r\n");
                after_cr = byte == b'\r';
            }
            other => {
                out.push(other);
                after_cr = false;
            }
        }
    }
    if !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The name of a field in lower case; empty when the line is no field.
fn name_of(line: &[u8]) -> String {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_field = name.len() < line.len();
    let name = name.trim_ascii_end();
    if is_field && !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
        String::from_utf8_lossy(name).to_ascii_lowercase()
    } else {
        String::new()
    }
}

const LARGEST_HEADER: usize = 512 * 1_024;
const MOST_RECIPIENTS: usize = 1_000;
const LONGEST_ADDRESS: usize = 320;
/// Bytes of an encoded word before it is encoded: 60 letters after that.
const LONGEST_WORD: usize = 45;

#[cfg(test)]
mod tests {
    use crate::mime::outgoing::{LARGEST_HEADER, Outgoing, Problem, is_address, spelled};

    fn outgoing(raw: &[u8]) -> Outgoing {
        Outgoing::read(raw).unwrap()
    }

    fn text(message: &Outgoing) -> String {
        String::from_utf8(message.bytes()).unwrap()
    }

    #[test]
    fn what_is_not_touched_stays_byte_for_byte() {
        let raw = b"From: a@x.test\r\nX-Odd :  kept \r\n\tfolded\r\nTo: b@x.test\r\n\r\n.\r\n..two\r\n\xff\xfe\r\n\r\n";
        let message = outgoing(raw);
        assert_eq!(message.bytes(), raw);
        assert_eq!(message.recipients().unwrap(), ["b@x.test"]);
    }

    #[test]
    fn every_line_end_is_crlf() {
        let message = outgoing(b"To: b@x.test\n\na\rb\r\nc\n.\nd");
        assert_eq!(text(&message), "To: b@x.test\r\n\r\na\r\nb\r\nc\r\n.\r\nd\r\n");
    }

    #[test]
    fn fields_are_set_in_place_and_taken_out_with_their_folds() {
        let mut message =
            outgoing(b"from: x@x.test\r\nBcc: a@x.test,\r\n b@x.test\r\nFROM: y\r\n\r\nbody\r\n");
        assert_eq!(message.recipients().unwrap(), ["a@x.test", "b@x.test"]);
        message.set("From", "Me <me@x.test>");
        message.remove("bcc");
        message.set("Date", "today");
        assert_eq!(text(&message), "From: Me <me@x.test>\r\nDate: today\r\n\r\nbody\r\n");
    }

    #[test]
    fn a_value_can_not_add_a_field() {
        let mut message = outgoing(b"To: b@x.test\r\n\r\n");
        message.set("From", "a\r\nBcc: evil@x.test\r\n\r\nbody");
        let header = text(&message);
        assert!(!outgoing(header.as_bytes()).has("Bcc"), "{header}");
        assert!(header.ends_with("\r\n\r\n"), "{header}");
    }

    #[test]
    fn what_has_no_header_or_no_body_is_a_message_too() {
        assert_eq!(text(&outgoing(b"just text\r\n")), "\r\njust text\r\n");
        assert_eq!(text(&outgoing(b"To: a@x.test")), "To: a@x.test\r\n\r\n");
        assert_eq!(text(&outgoing(b"\r\nbody\r\n")), "\r\nbody\r\n");
        assert_eq!(outgoing(b"").recipients(), Err(Problem::NoRecipient));
    }

    #[test]
    fn recipients_are_addresses_and_each_stands_once() {
        let of = |header: &str| outgoing(format!("{header}\r\n\r\n").as_bytes()).recipients();
        assert_eq!(
            of("To: =?utf-8?Q?J=C3=B6rg?= <j@x.test>, \"A, B\" <ab@x.test>\r\nCc: j@x.test, c@x.test")
                .unwrap(),
            ["j@x.test", "ab@x.test", "c@x.test"]
        );
        assert_eq!(of("To: bob").unwrap(), ["bob"]);
        assert_eq!(of("To: Bob and Ann"), Err(Problem::BadRecipient));
        assert_eq!(of("To: Friends: a@x.test, b@x.test;").unwrap(), ["a@x.test", "b@x.test"]);
        assert_eq!(of("To: undisclosed-recipients:;"), Err(Problem::NoRecipient));
        assert_eq!(of("Subject: nobody"), Err(Problem::NoRecipient));
        let many: Vec<String> = (0..1_001).map(|number| format!("u{number}@x.test")).collect();
        assert_eq!(of(&format!("To: {}", many.join(",\r\n "))), Err(Problem::TooMany));
    }

    #[test]
    fn addresses_can_not_carry_commands() {
        for good in ["a@x.test", "bob", "\"a b\"@x.test", "jörg@müller.test", "a+b@[192.0.2.1]"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "@x.test",
            "a@",
            "a b@x.test",
            "a>b@x.test",
            "a@x.test> SIZE=1",
            "a\r\nb@x",
            "\"a\"b\"@x.test",
            "a@b@x.test",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_written_as_mail_wants_them() {
        assert_eq!(spelled("", "a@x.test"), "a@x.test");
        assert_eq!(spelled("Ann Other", "a@x.test"), "Ann Other <a@x.test>");
        assert_eq!(spelled("Other, Ann \"A\"", "a@x.test"), r#""Other, Ann \"A\"" <a@x.test>"#);
        let long = "Đorđević ".repeat(12);
        let mut message = outgoing(b"To: b@x.test\r\n\r\n");
        message.set("From", &spelled(&long, "d@x.test"));
        let from = message.headers().from.remove(0);
        assert_eq!((from.name.as_str(), from.address.as_str()), (long.trim(), "d@x.test"));
        assert!(text(&message).lines().all(|line| line.len() <= 78), "{}", text(&message));
    }

    #[test]
    fn the_gist_is_the_same_however_the_mail_is_written() {
        let one = outgoing(b"To: a@x.test,\r\n b@x.test\r\nSubject: x\r\nDate: 1\r\n\r\n1");
        let two = outgoing(b"Date: 2\r\nTo: a@x.test, b@x.test\r\nSubject: x\r\n\r\n2");
        let other = outgoing(b"To: a@x.test, b@x.test\r\nSubject: y\r\n\r\n2");
        assert_eq!(one.gist(), two.gist());
        assert_ne!(one.gist(), other.gist());
    }

    #[test]
    fn a_line_that_is_no_field_is_left_out() {
        let message =
            outgoing(b"To: b@x.test\r\nnot a field\r\n folded\r\nSubject: x\r\n\r\nbody\r\n");
        assert_eq!(text(&message), "To: b@x.test\r\nSubject: x\r\n\r\nbody\r\n");
    }

    #[test]
    fn whatever_comes_is_read_and_stays_a_message() {
        let pieces =
            ["To: a@x.test", "\r\n", "\n", "\r", " ", ":", ".", "Bcc:", "<>", "\0", "\u{e9}", "a"];
        arbtest::arbtest(|generator| {
            let words: Vec<u8> = generator.arbitrary()?;
            let raw: Vec<u8> = words
                .iter()
                .filter_map(|word| pieces.iter().cycle().nth(usize::from(*word)))
                .flat_map(|piece| piece.bytes())
                .collect();
            let mut message = outgoing(&raw);
            let bytes = message.bytes();
            let mut lines = bytes.split(|byte| *byte == b'\n').rev();
            assert_eq!(lines.next(), Some(b"".as_slice()));
            assert!(lines.all(|line| line.ends_with(b"\r")));
            drop(message.recipients());
            message.set("From", "me@x.test");
            message.remove("Bcc");
            let again = outgoing(&message.bytes());
            assert!(!again.has("Bcc") && again.value("From").as_deref() == Some("me@x.test"));
            Ok(())
        });
    }

    #[test]
    fn a_header_has_its_limit_and_a_body_has_none_here() {
        let field = b"a:\r\n".repeat(LARGEST_HEADER / 4 + 1);
        assert_eq!(Outgoing::read(&field), Err(Problem::Header));
        let lines = b"a\n".repeat(LARGEST_HEADER);
        assert!(!outgoing(&lines).has("a"));
    }
}
