//! What somebody else does in a mailbox: a second, very small IMAP client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use horde_eas::backend::profile::{MailProfile, Profile};
use horde_eas::backend::{Account, Credentials};
use horde_eas::secret::Secret;

use crate::support::stack;

/// A user of the stack as the mail port wants it.
pub(crate) fn account(user: &str, edit: impl FnOnce(&mut MailProfile)) -> Account {
    let mut mail = MailProfile {
        host: "127.0.0.1".to_owned(),
        port: stack::port(8143),
        login: user.to_owned(),
        ..MailProfile::default()
    };
    edit(&mut mail);
    let password = Secret::new(format!("{user}-pw"));
    Account {
        credentials: Credentials { login: user.to_owned(), password, address: None },
        profile: Arc::new(Profile {
            user: user.to_owned(),
            mail: Some(mail),
            ..Profile::default()
        }),
    }
}

/// The other client; its mailbox is deleted with it.
pub(crate) struct Other {
    stream: BufReader<TcpStream>,
    /// The mailbox of the test, ASCII.
    pub(crate) mailbox: String,
}

impl Other {
    /// Logs in and makes a mailbox of the test's own.
    pub(crate) fn new(user: &str) -> Self {
        let port = stack::port(8143);
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|error| {
            panic!(
                "no mail server at 127.0.0.1:{port}: start the stack with tests/run or deploy/demo up ({error})"
            )
        });
        let mailbox = format!("t{}", uuid::Uuid::new_v4().simple());
        let mut other = Self { stream: BufReader::new(stream), mailbox };
        other.line();
        other.run(&format!("LOGIN {user} {user}-pw"));
        other.run(&format!("CREATE {}", other.mailbox));
        other.run(&format!("SELECT {}", other.mailbox));
        other
    }

    /// Runs a command that must succeed; answers all lines.
    pub(crate) fn run(&mut self, command: &str) -> String {
        let answer = self.try_run(command);
        let last = answer.lines().last().unwrap_or_default();
        assert!(last.starts_with("x OK"), "{command}: {answer}");
        answer
    }

    fn try_run(&mut self, command: &str) -> String {
        write!(self.stream.get_mut(), "x {command}\r\n").unwrap();
        let mut answer = String::new();
        loop {
            let line = self.line();
            answer.push_str(&line);
            if line.starts_with("x ") {
                return answer;
            }
        }
    }

    /// Puts a message into the test's mailbox; answers its uid.
    pub(crate) fn append(&mut self, flags: &str, date: &str, message: &[u8]) -> u32 {
        let date = if date.is_empty() { String::new() } else { format!(" \"{date}\"") };
        let mailbox = self.mailbox.clone();
        let size = message.len();
        write!(self.stream.get_mut(), "x APPEND {mailbox} ({flags}){date} {{{size}}}\r\n").unwrap();
        loop {
            if self.line().starts_with('+') {
                break;
            }
        }
        self.stream.get_mut().write_all(message).unwrap();
        self.stream.get_mut().write_all(b"\r\n").unwrap();
        loop {
            let line = self.line();
            if let Some((_, rest)) = line.split_once("APPENDUID ") {
                let uid = rest.split([' ', ']']).nth(1).unwrap();
                return uid.parse().unwrap();
            }
            assert!(!line.starts_with("x "), "{line}");
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).unwrap();
        let text = String::from_utf8_lossy(&line).into_owned();
        assert!(!text.is_empty(), "the mail server hung up");
        // A literal belongs to its line.
        let size = text
            .trim_end()
            .strip_suffix('}')
            .and_then(|line| line.rsplit_once('{'))
            .and_then(|(_, size)| size.parse::<usize>().ok());
        match size {
            Some(size) => {
                let mut literal = vec![0; size];
                self.stream.read_exact(&mut literal).unwrap();
                format!("{text}{}{}", String::from_utf8_lossy(&literal), self.line())
            }
            None => text,
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let mailbox = self.mailbox.clone();
        if !std::thread::panicking() {
            self.run("CLOSE");
            self.run(&format!("DELETE {mailbox}"));
        }
    }
}
