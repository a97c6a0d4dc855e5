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
use horde_eas::probe::link::Link;
use horde_eas::probe::phone::Phone;
use horde_eas::probe::sync::Wish;
use horde_eas::wbxml::Limits;
use horde_eas::wbxml::element::{Element, Node};

use crate::hostile::case::{Case, Variables};
use crate::support::stack::{demo_folder, port};
use crate::support::world::{End, World, variable_or};

#[tokio::test]
async fn hostile_requests_have_their_answers() {
    let files = files();
    let n_cases: usize = files.iter().map(|(_, cases)| cases.len()).sum();
    assert!(n_cases >= 300, "only {n_cases} cases");
    let only = variable_or("HORDE_EAS_TEST_HOSTILE", "");
    let mut attacker = Attacker::new().await;
    let mut problems = Vec::new();
    let log_begins = log().len();
    let at_first = memory();
    for (file, cases) in &files {
        for case in cases.iter().filter(|case| case.name.contains(&only)) {
            let began = Instant::now();
            let answer = attacker.send(case).await;
            let took = began.elapsed();
            if !case.expected.contains(&answer) {
                problems.push(format!(
                    "{}: {answer}, not {}",
                    case.name,
                    case.expected.join(" or ")
                ));
            }
            if took > Duration::from_secs(case.seconds) {
                problems.push(format!("{}: took {took:?}", case.name));
            }
        }
        if let Err(why) = attacker.behave().await {
            problems.push(format!("{file}: a phone that behaves is not served: {why}"));
        }
        let grown = memory().saturating_sub(at_first);
        if grown > MOST_GROWTH {
            problems.push(format!("{file}: memory grew by {grown} kB"));
        }
    }
    let lines = log().split_off(log_begins);
    let broken = |line: &&str| line.contains("panicked") || line.contains("broke down");
    problems.extend(lines.lines().filter(broken).map(ToOwned::to_owned));
    println!("{n_cases} cases, memory {} kB before and {} kB after", at_first, memory());
    assert!(problems.is_empty(), "{} problems\n{}\n", problems.len(), problems.join("\n"));
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
    async fn new() -> Self {
        let mut world = World::new().await;
        for n in 0..20 {
            world.mail("INBOX", &format!("Letter {n}"));
        }
        let mut phone = world.phone(End::Sidecar, "14.1");
        let mut good = world.phone(End::Sidecar, "14.1");
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
        self.variables.insert("item", collection.items.keys().next().unwrap().clone());
        self.variables.insert("hierarchy", self.phone.hierarchy_key.clone());
    }

    /// Sends a case; the answer in the words of `expect`.
    async fn send(&mut self, case: &Case) -> String {
        if ["$key", "$hierarchy", "$item"].iter().any(|name| case.uses(name)) {
            self.renew().await;
        }
        let bytes = self.bytes(case);
        let (seconds, ends) = (case.seconds, case.ends);
        tokio::task::spawn_blocking(move || exchange(&bytes, seconds, ends)).await.unwrap()
    }

    /// The bytes of a case, from an address of its own.
    fn bytes(&mut self, case: &Case) -> Vec<u8> {
        self.n_sent += 1;
        self.variables.insert("address", format!("203.0.113.{}", self.n_sent % 250));
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

/// Sends bytes and reads what comes.
fn exchange(bytes: &[u8], seconds: u64, ends: bool) -> String {
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
    in_words(&answer, silent)
}

/// Statuses of HTTP, and of the last document.
fn in_words(mut bytes: &[u8], silent: bool) -> String {
    let (mut statuses, mut last) = (Vec::new(), Vec::new());
    while let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        statuses.push(lines.next().unwrap().split(' ').nth(1).unwrap_or("?").to_owned());
        let length = lines
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.parse().unwrap());
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
        words.push_str(&match Element::parse(&last, Limits::default()) {
            _ if last.is_empty() => " empty".to_owned(),
            Ok(document) => {
                let mut all = Vec::new();
                statuses_of(&document, &mut all);
                all.dedup();
                format!(" status {}", all.join(","))
            }
            Err(_) => " no document".to_owned(),
        });
    }
    words
}

fn statuses_of(element: &Element, all: &mut Vec<String>) {
    if element.tag.to_string().ends_with(":Status") {
        all.push(element.text());
    }
    for node in &element.nodes {
        if let Node::Element(child) = node {
            statuses_of(child, all);
        }
    }
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

/// kB: a body of 16 MiB, its document as a tree, and what the allocator keeps of it.
const MOST_GROWTH: u64 = 200_000;
