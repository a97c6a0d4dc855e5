//! Hostile requests as data: `tests/hostile/*.txt`, whose README says how they are written.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use horde_eas::wbxml::{Writer, xml};

/// One request with what is expected.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// File, name, and what tells it from others of that name.
    pub(crate) name: String,
    /// The version at which it is sent.
    pub(crate) version: String,
    /// Which command's answers to bad documents `expect bad` means.
    command: String,
    lines: Vec<(String, String)>,
    /// The answer.
    pub(crate) expected: String,
    /// Seconds within which it must have come.
    pub(crate) seconds: u64,
    /// Whether the client stops sending when all is sent.
    pub(crate) ends: bool,
}

/// What cases are told: `$name`.
pub(crate) type Variables = BTreeMap<&'static str, String>;

/// A case as it is written: for several commands and versions.
struct Written {
    case: Case,
    commands: Vec<String>,
    /// By version; the answer of all others has none.
    expected: BTreeMap<String, String>,
}

impl Written {
    fn new(file: &str, name: &str) -> Self {
        let case = Case {
            name: format!("{file}: {name}"),
            version: String::new(),
            command: "Sync".to_owned(),
            lines: Vec::new(),
            expected: String::new(),
            seconds: 5,
            ends: false,
        };
        Self { case, commands: Vec::new(), expected: BTreeMap::new() }
    }

    fn read(&mut self, word: &str, rest: &str) {
        let mut expect = |version: &str, answer: &str| {
            let before = self.expected.insert(version.to_owned(), answer.to_owned());
            assert!(before.is_none(), "{} expects two answers", self.case.name);
        };
        match word {
            "each" => self.commands = words(rest),
            "cmd" => rest.clone_into(&mut self.case.command),
            "expect" => expect("", rest),
            "at" => {
                let (version, answer) = rest.split_once(' ').unwrap();
                expect(version, answer);
            }
            "within" => self.case.seconds = rest.parse().unwrap(),
            "ends" => self.case.ends = true,
            _ => self.case.lines.push((word.to_owned(), rest.to_owned())),
        }
    }

    /// Whether it says itself at which version it is sent.
    fn has_own_version(&self) -> bool {
        self.case.lines.iter().any(|(word, rest)| {
            word == "raw" || word == "header" && rest.starts_with("MS-ASProtocolVersion:")
        })
    }

    /// One case for each command and version.
    fn cases(self, versions: &[String], bad: &BTreeMap<(String, String), String>) -> Vec<Case> {
        let own = [LAST.to_owned()];
        let versions = if self.has_own_version() { &own } else { versions };
        let commands = if self.commands.is_empty() {
            vec![self.case.command.clone()]
        } else {
            self.commands.clone()
        };
        let mut all = Vec::new();
        for (version, command) in versions
            .iter()
            .flat_map(|version| commands.iter().map(move |command| (version, command)))
        {
            let mut one = self.case.clone();
            if !self.commands.is_empty() {
                one.name = format!("{} ({command})", one.name);
            }
            let expected = self.expected.get(version).or_else(|| self.expected.get(""));
            let expected = expected.unwrap_or_else(|| panic!("{} expects nothing", one.name));
            one.expected = if expected == "bad" {
                let at = |version: &str| bad.get(&(version.to_owned(), command.clone()));
                at(version).or_else(|| at("")).unwrap_or_else(|| panic!("bad {command}")).clone()
            } else {
                expected.clone()
            };
            command.clone_into(&mut one.command);
            version.clone_into(&mut one.version);
            all.push(one);
        }
        all
    }
}

/// Reads a file; a case becomes one for each of its commands and versions.
pub(crate) fn parse(file: &str, text: &str) -> Vec<Case> {
    let mut bad = BTreeMap::new();
    let mut versions = vec![LAST.to_owned()];
    let mut all: Vec<Written> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "#" => {}
            "bad" => {
                let mut version = String::new();
                for word in words(rest) {
                    match word.split_once('=') {
                        Some((command, answer)) => {
                            let is_status = answer.len() < 3 || answer.starts_with('1');
                            let status = if is_status { "200 status " } else { "" };
                            let key = (version.clone(), command.to_owned());
                            bad.insert(key, format!("{status}{answer}"));
                        }
                        None => version = word,
                    }
                }
            }
            "versions" => versions = words(rest),
            "case" => all.push(Written::new(file, rest)),
            word => all.last_mut().expect("a line before the first case").read(word, rest),
        }
    }
    all.into_iter().flat_map(|one| one.cases(&versions, &bad)).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(ToOwned::to_owned).collect()
}

impl Case {
    /// Whether it uses a variable.
    pub(crate) fn uses(&self, variable: &str) -> bool {
        self.lines.iter().any(|(_, rest)| rest.contains(variable))
    }

    /// The bytes of the request.
    pub(crate) fn bytes(&self, variables: &Variables) -> Vec<u8> {
        let mut variables = variables.clone();
        variables.insert("cmd", self.command.clone());
        let mut line = format!(
            "POST {PATH}?Cmd={}&User={}&DeviceId={}&DeviceType=Test HTTP/1.1",
            self.command, variables["user"], variables["device"]
        );
        let mut headers: Vec<(String, String)> = [
            ("Host", "test"),
            ("Authorization", &format!("Basic {}", variables["auth"])),
            ("MS-ASProtocolVersion", &*self.version),
            ("Content-Type", "application/vnd.ms-sync.wbxml"),
            ("User-Agent", "Hostile/1.0"),
            ("X-Forwarded-For", &variables["address"]),
            ("Connection", "close"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let (mut body, mut raw) = (Vec::new(), None);
        let (mut zipped, mut chunk, mut counted) = (0, 0, true);
        for (word, rest) in &self.lines {
            let text = expand(&substitute(rest, &variables), "");
            match word.as_str() {
                "line" => line = text,
                "raw" => raw.get_or_insert_with(Vec::new).extend(unescape(&text)),
                "header" | "add" => {
                    let (name, value) = text.split_once(':').unwrap();
                    if word == "header" {
                        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                    }
                    if word == "add" || !value.trim().is_empty() {
                        headers.push((name.to_owned(), value.trim().to_owned()));
                    }
                }
                "hex" => body.extend(unhex(&text)),
                "text" => body.extend(unescape(&text)),
                "xml" => {
                    let mut out = Writer::new();
                    xml::from_xml(&text)
                        .unwrap_or_else(|error| panic!("{}: {error}", self.name))
                        .write(&mut out);
                    body.extend(out.finish());
                }
                "cut" => body.truncate(body.len() - text.parse::<usize>().unwrap()),
                "gzip" => zipped += 1,
                "chunked" => chunk = text.parse().unwrap(),
                "nolength" => counted = false,
                other => panic!("{}: {other}", self.name),
            }
        }
        if let Some(raw) = raw {
            return raw;
        }
        for _ in 0..zipped {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&body).unwrap();
            body = encoder.finish().unwrap();
        }
        let says_length =
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
        if chunk > 0 {
            headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
            body = in_chunks(&body, chunk);
        } else if counted && !says_length {
            headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        let mut bytes = unescape(&line);
        bytes.extend(b"\r\n");
        for (name, value) in headers {
            bytes.extend(unescape(&format!("{name}: {value}")));
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }
}

fn in_chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for piece in body.chunks(size) {
        chunks.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        chunks.extend(piece);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    chunks
}

fn substitute(text: &str, variables: &Variables) -> String {
    let mut text = text.to_owned();
    for (name, value) in variables {
        text = text.replace(&format!("${name}"), value);
    }
    text
}

/// `[[3|x]]` is `xxx`, `[[#]]` the number of the innermost repetition around it.
fn expand(text: &str, number: &str) -> String {
    let Some(start) = text.find("[[") else { return text.to_owned() };
    let (before, rest) = (&text[..start], &text[start + 2..]);
    if let Some(rest) = rest.strip_prefix("#]]") {
        return format!("{before}{number}{}", expand(rest, number));
    }
    let (mut depth, mut at) = (1, 0);
    while depth > 0 {
        let next = &rest[at..];
        let step = if next.starts_with("[[") {
            depth += 1;
            2
        } else if next.starts_with("]]") {
            depth -= 1;
            2
        } else {
            next.chars().next().expect("]]").len_utf8()
        };
        at += step;
    }
    let (count, content) = rest[..at - 2].split_once('|').expect("[[count|content]]");
    let count: usize = count.parse().unwrap();
    let mut out = before.to_owned();
    if content.contains("[[") {
        for number in 0..count {
            out.push_str(&expand(content, &number.to_string()));
        }
    } else {
        out.push_str(&content.repeat(count));
    }
    out + &expand(&rest[at..], number)
}

/// `\r`, `\n`, `\0`, `\\` and `\x00` to `\xff`.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b'0') => out.push(0),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                out.extend(unhex(std::str::from_utf8(&digits).unwrap()));
            }
            other => panic!("\\{other:?}"),
        }
    }
    out
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(|byte| *byte != b' ').collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

const PATH: &str = "/Microsoft-Server-ActiveSync";
/// The version of what has no other.
const LAST: &str = "14.1";
