//! Requests of somebody who means ill, against the sidecar of the stack: each has its answer, in
//! bounded time and memory, and a phone that behaves is served after each group of them.

mod case;
mod crowd;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::eas::multipart;
use horde_eas::probe::link::Link;
use horde_eas::probe::node::Look as _;
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::Wish;
use horde_eas::wbxml::Limits;
use horde_eas::wbxml::element::{Element, Node};
use horde_eas::wbxml::pages::AirSyncBase;

use crate::hostile::case::{Case, Variables};
use crate::support::stack::{demo_folder, port};
use crate::support::world::{End, World, variable_or};

#[tokio::test]
async fn hostile_requests_have_their_answers() {
    let only = variable_or("HORDE_EAS_TEST_HOSTILE", "");
    let mut files = files();
    let n_cases: usize = files.iter().map(|(_, cases)| cases.len()).sum();
    assert!(n_cases >= 300, "only {n_cases} cases");
    for (_, cases) in &mut files {
        cases.retain(|case| case.name.contains(&only));
    }
    let log_begins = log().len();
    let at_first = memory();
    let rounds = VERSIONS.map(|version| round(&files, version, at_first));
    let mut problems = futures_util::future::join_all(rounds).await.concat();
    let lines = log().split_off(log_begins);
    let broken = |line: &&str| line.contains("panicked") || line.contains("broke down");
    problems.extend(lines.lines().filter(broken).map(ToOwned::to_owned));
    println!("{n_cases} cases, memory {} kB before and {} kB after", at_first, memory());
    assert!(problems.is_empty(), "{} problems\n{}\n", problems.len(), problems.join("\n"));
}

/// Sends the cases of one version; what went wrong.
async fn round(files: &[(String, Vec<Case>)], version: &str, at_first: u64) -> Vec<String> {
    let mut attacker = Attacker::new(version).await;
    let mut problems = Vec::new();
    for (file, cases) in files {
        for case in cases.iter().filter(|case| case.version == version) {
            let (answer, took) = attacker.send(case).await;
            let name = format!("{} at {version}", case.name);
            if answer != case.expected {
                problems.push(format!("{name}: {answer}, not {}", case.expected));
            }
            if took > Duration::from_secs(case.seconds) {
                problems.push(format!("{name}: took {took:?}"));
            }
        }
        if let Err(why) = attacker.behave().await {
            problems.push(format!("{file} at {version}: a good phone is not served: {why}"));
        }
        let grown = memory().saturating_sub(at_first);
        if grown > MOST_GROWTH {
            problems.push(format!("{file} at {version}: memory grew by {grown} kB"));
        }
    }
    problems
}

/// All cases, by file.
fn files() -> Vec<(String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let read = |path: &std::path::PathBuf| {
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let cases = case::parse(&file, &std::fs::read_to_string(path).unwrap());
        (file, cases)
    };
    paths.iter().map(read).collect()
}

/// Somebody with a password and a device, who means ill; and a phone of the same user.
struct Attacker {
    variables: Variables,
    phone: Phone,
    good: Phone,
    /// The good phone's; each device has its own ids of folders.
    inbox: String,
    n_sent: usize,
}

impl Attacker {
    async fn new(version: &str) -> Self {
        let mut world = World::new().await;
        for n in 0..20 {
            world.mail("INBOX", &format!("Letter {n}"));
        }
        world.append("INBOX", WITH_ATTACHMENT);
        let mut phone = world.phone(End::Sidecar, version);
        let mut good = world.phone(End::Sidecar, version);
        good.folder_sync()
            .await
            .unwrap_or_else(|error| panic!("no sidecar: start the stack with tests/run ({error})"));
        phone.folder_sync().await.unwrap();
        let mut alice =
            Link::new(End::Sidecar.url(), "alice", "alice-pw", "HOSTILENEIGHBOUR").unwrap();
        alice.version = "14.1".to_owned();
        let mut alice = Phone::new(alice);
        alice.folder_sync().await.unwrap();
        let own = |phone: &Phone, kind| {
            phone.folders.values().find(|folder| folder.kind == kind).unwrap().id.clone()
        };
        let is_alien = |id: &&String| !phone.folders.contains_key(*id);
        let mut variables = Variables::new();
        variables.insert("alien", alice.folders.keys().find(is_alien).unwrap().clone());
        variables.insert("auth", STANDARD.encode(format!("{0}:{0}-pw", world.user)));
        variables.insert("contacts", own(&phone, 9));
        variables.insert("device", phone.link.device_id.clone());
        variables.insert("inbox", own(&phone, 2));
        variables.insert("trash", own(&phone, 4));
        variables.insert("user", world.user.clone());
        let inbox = own(&good, 2);
        let mut new = Self { variables, phone, good, inbox, n_sent: 0 };
        new.renew().await;
        new
    }

    /// New keys of the hierarchy and of the inbox.
    async fn renew(&mut self) {
        self.phone.hierarchy_key.clear();
        self.phone.folder_sync().await.unwrap();
        let inbox = self.variables["inbox"].clone();
        self.phone.collections.clear();
        self.phone.sync_all(Wish::of(&inbox, "Email")).await.unwrap();
        let collection = &self.phone.collections[&inbox];
        self.variables.insert("key", collection.key.clone());
        // Of a mailbox that was emptied the last ones stay.
        let reference =
            [AirSyncBase::Attachments, AirSyncBase::Attachment, AirSyncBase::FileReference];
        for (id, item) in &collection.items {
            self.variables.insert("item", id.clone());
            if let Some(reference) = item.value(&reference) {
                let message = reference.rsplit_once(':').unwrap().0;
                self.variables.insert("empty", format!("{message}:3"));
                self.variables.insert("file", reference);
            }
        }
        self.variables.insert("hierarchy", self.phone.hierarchy_key.clone());
    }

    /// Sends a case; the answer in the words of `expect`, and how long it took.
    async fn send(&mut self, case: &Case) -> (String, Duration) {
        if ["$key", "$hierarchy", "$item", "$file", "$empty"].iter().any(|name| case.uses(name)) {
            self.renew().await;
        }
        self.turn();
        let (case, variables) = (case.clone(), self.variables.clone());
        let sending = move || {
            let bytes = case.bytes(&variables);
            let began = Instant::now();
            (exchange(&bytes, case.seconds, case.ends), began.elapsed())
        };
        tokio::task::spawn_blocking(sending).await.unwrap()
    }

    /// Another address of the client.
    fn turn(&mut self) {
        self.n_sent += 1;
        let network = self.phone.link.version.replace('.', "");
        self.variables.insert("address", format!("203.0.{network}.{}", self.n_sent % 250));
    }

    /// The bytes of a case, from an address of its own.
    fn bytes(&mut self, case: &Case) -> Vec<u8> {
        self.turn();
        case.bytes(&self.variables)
    }

    /// What a phone does that means well.
    async fn behave(&mut self) -> Result<(), String> {
        let went = self.good.folder_sync().await.map_err(|error| error.to_string())?;
        if went.status != 1 {
            return Err(format!("FolderSync: {}", went.status));
        }
        let inbox = self.inbox.clone();
        self.good
            .sync_all(Wish::of(&inbox, "Email"))
            .await
            .map_err(|error| format!("Sync: {error}"))?;
        Ok(())
    }
}

/// Sends bytes and says what comes.
fn exchange(bytes: &[u8], seconds: u64, ends: bool) -> String {
    let (answer, silent) = exchanged(bytes, seconds, ends);
    in_words(&answer, silent)
}

/// Sends bytes and reads what comes; whether the server left it at that.
fn exchanged(bytes: &[u8], seconds: u64, ends: bool) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(("127.0.0.1", port(8480))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(seconds + 1))).unwrap();
    let mut reader = stream.try_clone().unwrap();
    // The server may answer, and close, before all is sent.
    let sending = {
        let bytes = bytes.to_vec();
        std::thread::spawn(move || {
            drop(stream.write_all(&bytes));
            if ends {
                drop(stream.shutdown(Shutdown::Write));
            }
            stream
        })
    };
    let mut answer = Vec::new();
    let mut buffer = [0; 65_536];
    let silent = loop {
        match reader.read(&mut buffer) {
            Ok(0) => break false,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) => {
                break [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind());
            }
        }
    };
    drop(reader.shutdown(Shutdown::Both));
    drop(sending.join());
    (answer, silent)
}

/// Statuses of HTTP, and of the last document.
fn in_words(mut bytes: &[u8], silent: bool) -> String {
    let (mut statuses, mut last, mut kind) = (Vec::new(), Vec::new(), String::new());
    while let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        statuses.push(lines.next().unwrap().split(' ').nth(1).unwrap_or("?").to_owned());
        let value_of = |name: &str| {
            let mut headers = head.split("\r\n").filter_map(|line| line.split_once(": "));
            headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = value_of("content-length").map_or(0, |value| value.parse().unwrap());
        let media_type = value_of("content-type").unwrap_or_default();
        kind = media_type.split(';').next().unwrap_or_default().to_owned();
        let rest = &bytes[end + 4..];
        let body = rest.get(..length).unwrap_or(rest);
        last = body.to_vec();
        bytes = &rest[body.len()..];
    }
    let mut words = match (statuses.is_empty(), silent) {
        (true, true) => "silence".to_owned(),
        (true, false) => "closed".to_owned(),
        (false, _)
            if statuses.len() > 9 && statuses.iter().all(|status| *status == statuses[0]) =>
        {
            format!("{} answers of {}", statuses.len(), statuses[0])
        }
        (false, _) => statuses.join(","),
    };
    if !bytes.is_empty() {
        words.push_str(" and rubbish");
    }
    if statuses.last().is_some_and(|status| status == "200") {
        words.push_str(&content_in_words(&kind, &last));
    }
    words
}

/// What a body says, by its type.
fn content_in_words(kind: &str, body: &[u8]) -> String {
    match kind {
        _ if body.is_empty() => " empty".to_owned(),
        "application/vnd.ms-sync.wbxml" => document_in_words(body),
        "application/vnd.ms-sync.multipart" => match multipart::split(body).as_deref() {
            Some([document, parts @ ..]) => {
                format!(" and {} parts{}", parts.len(), document_in_words(document))
            }
            _ => " no parts".to_owned(),
        },
        other => format!(" file {other}"),
    }
}

fn document_in_words(body: &[u8]) -> String {
    let Ok(document) = Element::parse(body, Limits::default()) else {
        return " no document".to_owned();
    };
    let mut statuses = texts_of(&document, "Status");
    statuses.dedup();
    let mut words = format!(" status {}", statuses.join(","));
    for (name, word) in [("Limit", "limit"), ("Range", "range"), ("Total", "of")] {
        for text in texts_of(&document, name) {
            words.push_str(&format!(" {word} {text}"));
        }
    }
    words
}

/// The texts of all elements of a name.
fn texts_of(element: &Element, name: &str) -> Vec<String> {
    let is_it = element.tag.name().is_some_and(|tag| tag.split(':').nth(1) == Some(name));
    let mut all: Vec<String> = is_it.then(|| element.text()).into_iter().collect();
    for node in &element.nodes {
        if let Node::Element(child) = node {
            all.extend(texts_of(child, name));
        }
    }
    all
}

fn log() -> String {
    std::fs::read_to_string(demo_folder().join("log/sidecar.log")).unwrap()
}

/// The sidecar's memory, its share of what it has in common with others counted, in kB.
fn memory() -> u64 {
    let pid = std::fs::read_to_string(demo_folder().join("run/sidecar.pid")).unwrap();
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.trim())).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Those at which cases are sent, each by somebody else at the same time.
const VERSIONS: [&str; 3] = ["12.1", "14.0", "14.1"];
/// A letter with a small file.
const WITH_ATTACHMENT: &[u8] = b"From: a@example.test\r\nSubject: Attached\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mm\r\n\r\n\
    --mm\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n\
    --mm\r\nContent-Type: text/csv; name=\"t.csv\"\r\n\
    Content-Disposition: attachment; filename=\"t.csv\"\r\n\r\n0123456789\r\n\
    --mm\r\nContent-Type: text/csv; name=\"e.csv\"\r\n\
    Content-Disposition: attachment; filename=\"e.csv\"\r\n\r\n\r\n--mm--\r\n";
/// kB: a body of 16 MiB, its document as a tree, and what the allocator keeps of it.
const MOST_GROWTH: u64 = 200_000;
