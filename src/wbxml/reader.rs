//! Bytes to events.

use std::borrow::Cow;

use crate::wbxml::{Error, Event, Limits, Problem, Tag};

/// Reads a document piece by piece.
///
/// Text in several pieces is put together, empty text is left out: `Text` never follows `Text`.
/// Bytes behind the root are not looked at.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    strings: &'a [u8],
    page: u8,
    open: Vec<Tag>,
    owes_end: bool,
    seen_root: bool,
    /// Elements, texts and opaque pieces so far.
    n_pieces: usize,
    /// Bytes of text so far; the string table can make them more than the document has.
    n_text: usize,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When the document is too large, or does not begin as one.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, Error> {
        let mut reader = Self {
            bytes,
            at: 0,
            strings: &[],
            page: 0,
            open: Vec::new(),
            owes_end: false,
            seen_root: false,
            n_pieces: 0,
            n_text: 0,
            limits,
        };
        if bytes.len() > limits.size {
            return Err(reader.error(Problem::TooLarge));
        }
        let version = reader.byte()?;
        let public_id = reader.number()?;
        if !(0x01..=0x03).contains(&version) {
            return Err(reader.error(Problem::Header));
        }
        if public_id == 0 {
            reader.number()?;
        }
        let charset = reader.number()?;
        if charset != UTF_8 && charset != US_ASCII && charset != 0 {
            return Err(reader.error(Problem::Header));
        }
        let length = reader.number()?;
        reader.strings = reader.slice(length)?;
        Ok(reader)
    }

    /// The next piece; `None` behind the root.
    ///
    /// # Errors
    /// When the bytes are no document, or one beyond the limits.
    #[expect(
        clippy::should_implement_trait,
        reason = "events borrow from the document and may fail"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, Error> {
        if self.owes_end {
            self.owes_end = false;
            self.open.pop();
            return Ok(Some(Event::End));
        }
        loop {
            if self.seen_root && self.open.is_empty() {
                return Ok(None);
            }
            let token = self.byte()?;
            match token {
                SWITCH_PAGE => self.page = self.byte()?,
                END if self.open.pop().is_some() => return Ok(Some(Event::End)),
                STR_I | STR_T | ENTITY => {
                    let text = self.text(token)?;
                    if !text.is_empty() {
                        return Ok(Some(Event::Text(text)));
                    }
                }
                OPAQUE => return self.opaque().map(Some),
                token if is_extension(token) => self.skip_extension(token)?,
                END | PI | LITERAL | LITERAL_C | LITERAL_A | LITERAL_AC => {
                    return Err(self.error(Problem::UnknownToken));
                }
                token => return self.start(token).map(Some),
            }
        }
    }

    /// The error of a document that has no element.
    #[must_use]
    pub fn no_element(&self) -> Error {
        self.error(Problem::NoElement)
    }

    fn start(&mut self, token: u8) -> Result<Event<'a>, Error> {
        if token & HAS_ATTRIBUTES != 0 {
            return Err(self.error(Problem::Attributes));
        }
        self.count()?;
        if self.open.len() >= self.limits.depth {
            return Err(self.error(Problem::TooDeep));
        }
        let tag = Tag { page: self.page, token: token & TOKEN };
        self.open.push(tag);
        self.seen_root = true;
        self.owes_end = token & HAS_CONTENT == 0;
        Ok(Event::Start(tag))
    }

    /// Reads text, and all text that follows without an element between.
    fn text(&mut self, first: u8) -> Result<Cow<'a, str>, Error> {
        self.count()?;
        let mut all = self.piece_of_text(first)?;
        while let Some(&token) = self.bytes.get(self.at) {
            match token {
                SWITCH_PAGE | STR_I | STR_T | ENTITY => {}
                token if is_extension(token) => {}
                _ => break,
            }
            self.at = self.at.saturating_add(1);
            match token {
                SWITCH_PAGE => self.page = self.byte()?,
                STR_I | STR_T | ENTITY => {
                    let piece = self.piece_of_text(token)?;
                    if all.is_empty() {
                        all = piece;
                    } else if !piece.is_empty() {
                        all.to_mut().push_str(&piece);
                    }
                }
                token => self.skip_extension(token)?,
            }
        }
        Ok(all)
    }

    fn piece_of_text(&mut self, token: u8) -> Result<Cow<'a, str>, Error> {
        if self.open.is_empty() {
            return Err(self.error(Problem::Outside));
        }
        let piece = match token {
            ENTITY => {
                let code = u32::try_from(self.number()?).unwrap_or_default();
                let letter = char::from_u32(code).filter(|&letter| letter != '\0');
                Cow::Owned(letter.ok_or_else(|| self.error(Problem::Utf8))?.to_string())
            }
            STR_T => self.utf8(Self::table_entry)?,
            _ => self.utf8(Self::terminated)?,
        };
        self.n_text = self.n_text.saturating_add(piece.len());
        if self.n_text > self.limits.size {
            return Err(self.error(Problem::TooLarge));
        }
        Ok(piece)
    }

    fn utf8(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<&'a [u8], Error>,
    ) -> Result<Cow<'a, str>, Error> {
        let bytes = read(self)?;
        std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| self.error(Problem::Utf8))
    }

    fn table_entry(&mut self) -> Result<&'a [u8], Error> {
        let offset = self.number()?;
        let from = self.strings.get(offset..).ok_or_else(|| self.error(Problem::Truncated))?;
        let end = from.iter().position(|&byte| byte == 0).unwrap_or(from.len());
        Ok(from.get(..end).unwrap_or_default())
    }

    fn opaque(&mut self) -> Result<Event<'a>, Error> {
        if self.open.is_empty() {
            return Err(self.error(Problem::Outside));
        }
        self.count()?;
        let length = self.number()?;
        self.slice(length).map(|bytes| Event::Opaque(Cow::Borrowed(bytes)))
    }

    /// Extensions have no meaning in ActiveSync.
    fn skip_extension(&mut self, token: u8) -> Result<(), Error> {
        match token {
            EXT_I_0 | EXT_I_1 | EXT_I_2 => self.terminated().map(drop),
            EXT_T_0 | EXT_T_1 | EXT_T_2 => self.number().map(drop),
            _ => Ok(()),
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.n_pieces = self.n_pieces.saturating_add(1);
        if self.n_pieces > self.limits.elements {
            return Err(self.error(Problem::TooMany));
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.bytes.get(self.at).ok_or_else(|| self.error(Problem::Truncated))?;
        self.at = self.at.saturating_add(1);
        Ok(*byte)
    }

    /// A number in groups of seven bits, the highest first; at most 32 bits.
    fn number(&mut self) -> Result<usize, Error> {
        let mut value: u32 = 0;
        for _ in 0..5 {
            let byte = self.byte()?;
            if value > u32::MAX >> 7 {
                return Err(self.error(Problem::Number));
            }
            value = value << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|_| self.error(Problem::Number));
            }
        }
        Err(self.error(Problem::Number))
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(length).ok_or_else(|| self.error(Problem::Truncated))?;
        let bytes = self.bytes.get(self.at..end).ok_or_else(|| self.error(Problem::Truncated))?;
        self.at = end;
        Ok(bytes)
    }

    fn terminated(&mut self) -> Result<&'a [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|&byte| byte == 0)
            .ok_or_else(|| self.error(Problem::Truncated))?;
        let bytes = self.slice(length)?;
        self.at = self.at.saturating_add(1);
        Ok(bytes)
    }

    fn error(&self, problem: Problem) -> Error {
        let mut path = String::new();
        for (n, tag) in self.open.iter().enumerate() {
            path.push_str(if n == 0 { " in /" } else { "/" });
            path.push_str(&tag.to_string());
        }
        Error { problem, offset: self.at, path }
    }
}

const fn is_extension(token: u8) -> bool {
    matches!(
        token,
        EXT_I_0 | EXT_I_1 | EXT_I_2 | EXT_T_0 | EXT_T_1 | EXT_T_2 | EXT_0 | EXT_1 | EXT_2
    )
}

const UTF_8: usize = 0x6a;
const US_ASCII: usize = 0x03;
const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const ENTITY: u8 = 0x02;
const STR_I: u8 = 0x03;
const LITERAL: u8 = 0x04;
const EXT_I_0: u8 = 0x40;
const EXT_I_1: u8 = 0x41;
const EXT_I_2: u8 = 0x42;
const PI: u8 = 0x43;
const LITERAL_C: u8 = 0x44;
const EXT_T_0: u8 = 0x80;
const EXT_T_1: u8 = 0x81;
const EXT_T_2: u8 = 0x82;
const STR_T: u8 = 0x83;
const LITERAL_A: u8 = 0x84;
const EXT_0: u8 = 0xc0;
const EXT_1: u8 = 0xc1;
const EXT_2: u8 = 0xc2;
const OPAQUE: u8 = 0xc3;
const LITERAL_AC: u8 = 0xc4;
const TOKEN: u8 = 0x3f;
const HAS_CONTENT: u8 = 0x40;
const HAS_ATTRIBUTES: u8 = 0x80;

#[cfg(test)]
mod tests {
    use crate::wbxml::{Event, Limits, Problem, Reader};

    fn problem(bytes: &[u8]) -> Problem {
        let read = || {
            let mut reader = Reader::new(bytes, Limits::default())?;
            while reader.next()?.is_some() {}
            Ok(())
        };
        let result: Result<(), crate::wbxml::Error> = read();
        result.unwrap_err().problem
    }

    #[test]
    fn a_folder_sync_is_read() {
        let bytes = b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01\x01";
        let mut reader = Reader::new(bytes, Limits::default()).unwrap();
        let mut all = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            all.push(match event {
                Event::Start(tag) => tag.to_string(),
                Event::Text(text) => text.into_owned(),
                Event::Opaque(_) => "opaque".to_owned(),
                Event::End => "end".to_owned(),
            });
        }
        assert_eq!(
            all,
            ["FolderHierarchy:FolderSync", "FolderHierarchy:SyncKey", "0", "end", "end"]
        );
    }

    #[test]
    fn text_in_pieces_is_one_text() {
        let bytes =
            b"\x03\x01\x6a\x03st\0\x45\x03\0\x83\x00\x40x\0\x02\x81\x1e\x00\x11\x03!\0\x8a\x01";
        let mut reader = Reader::new(bytes, Limits::default()).unwrap();
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
        assert_eq!(reader.next(), Ok(Some(Event::Text("st\u{9e}!".into()))));
        assert!(reader.next().is_err());
    }

    #[test]
    fn the_string_table_does_not_blow_up() {
        let mut bytes = b"\x03\x01\x6a\x8f\x10".to_vec();
        bytes.extend([b'a'; 0x790]);
        bytes.push(0x45);
        for _ in 0..1_000 {
            bytes.extend(b"\x83\x00\xc3\x00");
        }
        bytes.push(1);
        let limits = Limits { size: 10_000, ..Limits::default() };
        let mut reader = Reader::new(&bytes, limits).unwrap();
        let result = loop {
            match reader.next() {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        assert_eq!(result.unwrap_err().problem, Problem::TooLarge);
    }

    #[test]
    fn bad_bytes_have_their_reason() {
        assert_eq!(problem(b""), Problem::Truncated);
        assert_eq!(problem(b"<xml/>"), Problem::Header);
        assert_eq!(problem(b"\x03\x01\x6a\x00"), Problem::Truncated);
        assert_eq!(problem(b"\x03\x01\x6a\x00\x01"), Problem::UnknownToken);
        assert_eq!(problem(b"\x03\x01\x6a\x00\x45"), Problem::Truncated);
        assert_eq!(
            problem(b"\x03\x01\x6a\x00\x45\xc3\x8f\xff\xff\xff\x7f\x01"),
            Problem::Truncated
        );
        assert_eq!(problem(b"\x03\x01\x6a\x00\x45\xc3\xff\xff\xff\xff\x7f"), Problem::Number);
        assert_eq!(problem(b"\x03\x01\x6a\x00\x45\x03\xff\x00\x01"), Problem::Utf8);
        assert_eq!(problem(b"\x03\x01\x6a\x00\xc5\x01"), Problem::Attributes);
        assert_eq!(problem(b"\x03\x01\x6a\x00\x03a\x00"), Problem::Outside);
        let mut deep = b"\x03\x01\x6a\x00".to_vec();
        deep.extend([0x45; 40]);
        assert_eq!(problem(&deep), Problem::TooDeep);
    }
}
