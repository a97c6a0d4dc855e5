//! A phone that is nothing but a few bytes: for rows that a real Horde makes.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::support::stack::port;

/// A phone at Horde's own server.
pub(crate) struct Phone {
    client: reqwest::Client,
    url: String,
    user: String,
    password: String,
}

impl Phone {
    /// A phone of a user (whose password is `<user>-pw`), at `rpc.php`.
    pub(crate) fn new(user: &str, device: &str) -> Self {
        // Fails when another test was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!(
            "http://127.0.0.1:{}/Microsoft-Server-ActiveSync?User={user}&DeviceId={device}&DeviceType=Test",
            port(8481)
        );
        Self { client, url, user: user.to_owned(), password: format!("{user}-pw") }
    }

    /// FolderSync with a key.
    pub(crate) async fn folder_sync(&self, key: &str) -> Vec<u8> {
        // Page FolderHierarchy: FolderSync, SyncKey.
        let body = [b"\x03\x01\x6a\x00\x00\x07\x56\x52\x03", key.as_bytes(), b"\x00\x01\x01"];
        self.post("FolderSync", body.concat()).await
    }

    /// Sync of one collection, for at most `window` (a digit) changes.
    pub(crate) async fn sync(&self, key: &str, folder: &str, window: &str) -> Vec<u8> {
        self.sync_with(key, folder, window, &[]).await
    }

    /// The same, whatever HTTP says.
    pub(crate) async fn try_sync(&self, key: &str, folder: &str, window: &str) -> Vec<u8> {
        self.send("Sync", sync_body(key, folder, window, &[])).await.1
    }

    /// Adds a contact with nothing but a name, and asks for no changes.
    pub(crate) async fn add_contact(&self, key: &str, folder: &str, name: &str) -> Vec<u8> {
        // Commands, Add, ClientId, ApplicationData; page Contacts: FileAs, LastName; page AirSync.
        let commands = [
            b"\x56\x47\x4c\x03".as_slice(),
            name.as_bytes(),
            b"\x00\x01\x5d\x00\x01\x5e\x03",
            name.as_bytes(),
            b"\x00\x01\x69\x03",
            name.as_bytes(),
            b"\x00\x01\x00\x00\x01\x01\x01",
        ];
        self.sync_with(key, folder, "9", &commands.concat()).await
    }

    async fn sync_with(&self, key: &str, folder: &str, window: &str, commands: &[u8]) -> Vec<u8> {
        self.post("Sync", sync_body(key, folder, window, commands)).await
    }

    async fn post(&self, command: &str, body: Vec<u8>) -> Vec<u8> {
        let (status, answer) = self.send(command, body).await;
        assert_eq!(status, 200, "{command}");
        answer
    }

    async fn send(&self, command: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let answer = self
            .client
            .post(format!("{}&Cmd={command}", self.url))
            .basic_auth(&self.user, Some(&self.password))
            .header("MS-ASProtocolVersion", "14.1")
            .header("Content-Type", "application/vnd.ms-sync.wbxml")
            .body(body)
            .send()
            .await
            .unwrap_or_else(|error| panic!("no Horde: start the stack with tests/run ({error})"));
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }
}

fn sync_body(key: &str, folder: &str, window: &str, commands: &[u8]) -> Vec<u8> {
    // A first Sync must not ask for changes: Horde would send them.
    let get_changes = if key == "0" { b"".as_slice() } else { b"\x13" };
    // Page AirSync: Sync, Collections, Collection, SyncKey, CollectionId, GetChanges, WindowSize.
    let body = [
        b"\x03\x01\x6a\x00\x45\x5c\x4f\x4b\x03".as_slice(),
        key.as_bytes(),
        b"\x00\x01\x52\x03",
        folder.as_bytes(),
        b"\x00\x01",
        get_changes,
        b"\x55\x03",
        window.as_bytes(),
        b"\x00\x01",
        commands,
        b"\x01\x01\x01",
    ];
    body.concat()
}

/// Delivers a mail by SMTP.
pub(crate) fn deliver(user: &str, subject: &str) {
    let stream = TcpStream::connect(("127.0.0.1", port(8025))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut stream = stream;
    let mut expect = |code: &str| {
        loop {
            let line = lines.next().unwrap().unwrap();
            assert!(line.starts_with(code), "{line}");
            if !line[3..].starts_with('-') {
                return;
            }
        }
    };
    expect("220");
    for (line, code) in [
        ("HELO test.example".to_owned(), "250"),
        ("MAIL FROM:<sender@example.test>".to_owned(), "250"),
        (format!("RCPT TO:<{user}@example.test>"), "250"),
        ("DATA".to_owned(), "354"),
        (format!("Subject: {subject}\r\nFrom: sender@example.test\r\n\r\nHello\r\n."), "250"),
    ] {
        write!(stream, "{line}\r\n").unwrap();
        expect(code);
    }
}

/// Sends commands to the user's inbox by IMAP.
pub(crate) fn in_inbox(user: &str, commands: &[&str]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port(8143))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let login = format!("LOGIN {user} {user}-pw");
    for command in [login.as_str(), "SELECT INBOX"].iter().chain(commands) {
        write!(stream, "tag {command}\r\n").unwrap();
        let answer = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("tag "));
        assert!(answer.as_ref().is_some_and(|line| line.starts_with("tag OK")), "{answer:?}");
    }
}
