//! Reads what PHP wrote, strictly and within bounds.

use std::collections::BTreeSet;

use crate::php::{Array, Error, Key, Value, What};

/// What a caller accepts.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// How deep arrays and objects may be nested.
    pub depth: usize,
    /// Classes whose objects are accepted, as `C:` or `O:`.
    pub classes: &'a [&'a str],
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Self { depth: 16, classes: &[] }
    }
}

/// Reads one value that fills the bytes to their end.
///
/// # Errors
/// Anything that PHP's `serialize` would not have written, or that is out of the limits.
pub fn unserialize(bytes: &[u8], limits: &Limits<'_>) -> Result<Value, Error> {
    let mut reader = Reader { bytes, at: 0, limits };
    let value = reader.value(limits.depth)?;
    if reader.at < bytes.len() { Err(reader.error(What::Trailing)) } else { Ok(value) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: &'a Limits<'a>,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        let start = self.at;
        match self.byte()? {
            b'N' => self.expect(b";").map(|()| Value::Null),
            b'b' => match self.field(b';')? {
                b"0" => Ok(Value::Bool(false)),
                b"1" => Ok(Value::Bool(true)),
                _ => Err(Error { what: What::Syntax, at: start }),
            },
            b'i' => self.int().map(Value::Int),
            b'd' => self.float().map(Value::Float),
            b's' => {
                let text = self.quoted()?;
                self.expect(b";")?;
                Ok(Value::Str(text.to_vec()))
            }
            b'a' => {
                self.expect(b":")?;
                self.elements(depth).map(Value::Array)
            }
            b'C' => {
                let class = self.class()?;
                let length = self.length(b':')?;
                self.expect(b"{")?;
                let payload = self.take(length)?.to_vec();
                self.expect(b"}")?;
                Ok(Value::Custom { class, payload })
            }
            b'O' => {
                let class = self.class()?;
                let props = self.elements(depth)?;
                Ok(Value::Object { class, props })
            }
            _ => Err(Error { what: What::Type, at: start }),
        }
    }

    /// `<count>:{key value …}`
    fn elements(&mut self, depth: usize) -> Result<Array, Error> {
        let Some(depth) = depth.checked_sub(1) else { return Err(self.error(What::Depth)) };
        let count = self.length(b':')?;
        self.expect(b"{")?;
        let left = self.bytes.len().saturating_sub(self.at);
        if count > left.checked_div(SMALLEST_ELEMENT).unwrap_or(0) {
            return Err(self.error(What::Count));
        }
        let mut elements: Vec<(Key, Value)> = Vec::with_capacity(count.min(PREALLOCATED));
        // While the keys are 0, 1, 2 … none can be repeated, and nothing has to be remembered.
        let mut seen: Option<BTreeSet<Key>> = None;
        for n in 0..count {
            let at = self.at;
            let key = self.key()?;
            let is_next = i64::try_from(n).is_ok_and(|n| key == Key::Int(n));
            if seen.is_some() || !is_next {
                let seen = seen
                    .get_or_insert_with(|| elements.iter().map(|(key, _)| key.clone()).collect());
                if !seen.insert(key.clone()) {
                    return Err(Error { what: What::DuplicateKey, at });
                }
            }
            let value = self.value(depth)?;
            elements.push((key, value));
        }
        self.expect(b"}")?;
        Ok(elements.into_iter().collect())
    }

    fn key(&mut self) -> Result<Key, Error> {
        let at = self.at;
        match self.byte()? {
            b'i' => self.int().map(Key::Int),
            b's' => {
                let text = self.quoted()?.to_vec();
                self.expect(b";")?;
                Ok(Key::from(text))
            }
            _ => Err(Error { what: What::Key, at }),
        }
    }

    fn int(&mut self) -> Result<i64, Error> {
        let at = self.at;
        let field = self.field(b';')?;
        std::str::from_utf8(field)
            .ok()
            .and_then(|text| text.parse::<i64>().ok().filter(|int| int.to_string() == text))
            .ok_or(Error { what: What::Number, at })
    }

    fn float(&mut self) -> Result<f64, Error> {
        let at = self.at;
        let field = self.field(b';')?;
        let error = Error { what: What::Number, at };
        match field {
            b"NAN" => Ok(f64::NAN),
            b"INF" => Ok(f64::INFINITY),
            b"-INF" => Ok(f64::NEG_INFINITY),
            _ if field.iter().all(|byte| b"0123456789.E+-".contains(byte)) => {
                let text = std::str::from_utf8(field).map_err(|_| error)?;
                text.parse::<f64>().ok().filter(|float| float.is_finite()).ok_or(error)
            }
            _ => Err(error),
        }
    }

    /// `:<length of name>:"<name>":`
    fn class(&mut self) -> Result<String, Error> {
        let at = self.at;
        let name = self.quoted()?;
        self.expect(b":")?;
        match self.limits.classes.iter().find(|class| class.as_bytes() == name) {
            Some(class) => Ok((*class).to_owned()),
            None => Err(Error { what: What::Class, at }),
        }
    }

    /// `:<length>:"<bytes>"`
    fn quoted(&mut self) -> Result<&'a [u8], Error> {
        self.expect(b":")?;
        let length = self.length(b':')?;
        self.expect(b"\"")?;
        let text = self.take(length)?;
        self.expect(b"\"")?;
        Ok(text)
    }

    /// A length without sign or leading zeros, up to `end`.
    fn length(&mut self, end: u8) -> Result<usize, Error> {
        let at = self.at;
        let field = self.until(end)?;
        std::str::from_utf8(field)
            .ok()
            .and_then(|text| text.parse::<usize>().ok().filter(|n| n.to_string() == text))
            .ok_or(Error { what: What::Number, at })
    }

    /// `:<bytes><end>`
    fn field(&mut self, end: u8) -> Result<&'a [u8], Error> {
        self.expect(b":")?;
        self.until(end)
    }

    fn until(&mut self, end: u8) -> Result<&'a [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        // No number is longer than this, whatever its sort.
        let window = rest.get(..rest.len().min(LONGEST_NUMBER)).unwrap_or_default();
        match window.iter().position(|byte| *byte == end) {
            Some(length) => {
                let field = self.take(length)?;
                self.expect(&[end])?;
                Ok(field)
            }
            None if window.len() == LONGEST_NUMBER => Err(self.error(What::Number)),
            None => Err(self.error(What::End)),
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| self.error(What::End))?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(length).ok_or_else(|| self.error(What::End))?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.error(What::End))?;
        self.at = end;
        Ok(taken)
    }

    fn expect(&mut self, wanted: &[u8]) -> Result<(), Error> {
        let at = self.at;
        if self.take(wanted.len())? == wanted {
            Ok(())
        } else {
            Err(Error { what: What::Syntax, at })
        }
    }

    const fn error(&self, what: What) -> Error {
        Error { what, at: self.at }
    }
}

/// Bytes of the smallest element there is: `i:0;N;`.
const SMALLEST_ELEMENT: usize = 6;
/// Room made for elements before the first is read.
const PREALLOCATED: usize = 1024;
/// Bytes of the longest number with its end, floats included.
const LONGEST_NUMBER: usize = 32;

#[cfg(test)]
mod tests {
    use crate::php::{Limits, What, unserialize};

    fn refused(bytes: &str) -> What {
        let limits = Limits { depth: 3, classes: &["Known"] };
        unserialize(bytes.as_bytes(), &limits).unwrap_err().what
    }

    #[test]
    fn refuses_what_php_would_not_write() {
        for (bytes, what) in [
            ("", What::End),
            ("i:5", What::End),
            ("i:05;", What::Number),
            ("i:-0;", What::Number),
            ("i:9223372036854775808;", What::Number),
            ("d:1e400;", What::Number),
            ("d:1.0E+400;", What::Number),
            ("b:2;", What::Syntax),
            ("s:3:\"ab\";", What::Syntax),
            ("s:99:\"ab\";", What::End),
            ("s:18446744073709551615:\"\";", What::End),
            ("a:1:{i:0;N;", What::End),
            ("a:2:{i:0;N;}", What::Count),
            ("a:1:{i:0;N;i:1;N;}", What::Syntax),
            ("a:99999999999:{}", What::Count),
            ("a:2:{i:0;N;i:0;N;}", What::DuplicateKey),
            ("a:2:{s:1:\"0\";N;i:0;N;}", What::DuplicateKey),
            ("a:1:{b:0;N;}", What::Key),
            ("a:1:{i:0;a:1:{i:0;a:1:{i:0;a:0:{}}}}", What::Depth),
            ("N;N;", What::Trailing),
            ("R:1;", What::Type),
            ("O:3:\"Foo\":0:{}", What::Class),
            ("C:5:\"Known\":3:{ab}", What::End),
            ("C:5:\"Known\":1:{ab}", What::Syntax),
        ] {
            assert_eq!(refused(bytes), what, "{bytes}");
        }
    }
}
