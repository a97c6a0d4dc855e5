//! One session: a command at a time, what the server can, which mailbox is open.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use imap_proto::{MailboxDatum, Response, ResponseCode};

use crate::backend::imap::patience::Patience;
use crate::backend::imap::stream::{Connector, Stream};
use crate::backend::imap::{Counters, names};
use crate::backend::mail::MailboxStatus;
use crate::backend::profile::MailProfile;
use crate::backend::{Error, Kind};
use crate::secret::Secret;

/// A session of one user.
pub(super) struct Session {
    inner: imap::Session<Stream>,
    capabilities: BTreeSet<String>,
    selected: Option<Selected>,
    qresync: bool,
    /// When it was used last.
    pub(super) used: Instant,
    /// Whether a command was sent that must not be sent again.
    pub(super) committed: bool,
    /// Whether the server took too long: another try would take as long.
    pub(super) late: bool,
    patience: Patience,
    open: Open,
    opener: Arc<Opener>,
}

/// What it takes to open a session.
#[derive(Debug)]
pub(super) struct Opener {
    pub(super) connector: Arc<Connector>,
    pub(super) profile: MailProfile,
    pub(super) password: Secret<String>,
}

/// Counts a session as long as it lives.
struct Open(Arc<Counters>);

impl Open {
    fn new(counters: &Arc<Counters>) -> Self {
        counters.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counters))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The mailbox that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selected {
    mailbox: String,
    writable: bool,
}

/// What opening a mailbox told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// It was opened just now.
    Fresh(MailboxStatus),
    /// It was open already: newer messages may not be seen yet.
    Still,
}

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server refused it; the session is in order.
    Refused(Error),
    /// The session is out of step or dead.
    Lost(Error),
    /// The answer makes no sense to the parser; the session is out of step.
    Unreadable(Error),
}

impl Fault {
    /// The error without what it means for the session.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Refused(error) | Self::Lost(error) | Self::Unreadable(error) => error,
        }
    }
}

/// The answer to one command.
pub(super) struct Reply {
    data: Vec<u8>,
}

impl Reply {
    /// Its responses, the tagged one last.
    pub(super) fn responses(&self) -> impl Iterator<Item = Response<'_>> {
        let mut rest = self.data.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (after, response) = imap_proto::parser::parse_response(rest).ok()?;
            rest = after;
            Some(response)
        })
    }

    /// All uids or numbers of its SEARCH responses.
    pub(super) fn search(&self) -> Vec<u32> {
        self.responses()
            .filter_map(|response| match response {
                Response::MailboxData(MailboxDatum::Search(found)) => Some(found),
                _ => None,
            })
            .flatten()
            .collect()
    }
}

impl Session {
    /// Connects and logs in.
    pub(super) fn open(opener: &Arc<Opener>, counters: &Arc<Counters>) -> Result<Self, Error> {
        let Opener { connector, profile, password } = opener.as_ref();
        let password = password.expose();
        let place = format!("{}:{}", profile.host, profile.port);
        let (stream, patience) =
            connector.connect(&profile.host, profile.port, profile.security).map_err(|error| {
                Error::because(Kind::Unavailable, format!("no connection to {place}"), error)
            })?;
        let client = imap::Client::new(stream);
        counters.sessions.fetch_add(1, Ordering::Relaxed);
        let open = Open::new(counters);
        counters.commands.fetch_add(2, Ordering::Relaxed);
        let plain = [profile.login.as_str(), password]
            .iter()
            .all(|text| text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let logged_in = if plain {
            client.login(&profile.login, password)
        } else {
            let plain = Plain { login: profile.login.clone(), password: password.to_owned() };
            client.authenticate("PLAIN", &plain)
        };
        let inner = logged_in.map_err(|(error, _)| login_error(error, &place))?;
        let mut session = Self {
            inner,
            capabilities: BTreeSet::new(),
            selected: None,
            qresync: false,
            used: Instant::now(),
            committed: false,
            late: false,
            patience,
            open,
            opener: Arc::clone(opener),
        };
        session.read_capabilities(&profile.ignored_capabilities).map_err(Fault::into_error)?;
        log::debug!("IMAP session opened server={place}");
        Ok(session)
    }

    fn read_capabilities(&mut self, ignored: &[String]) -> Result<(), Fault> {
        let reply = self.run("CAPABILITY")?;
        for response in reply.responses() {
            if let Response::Capabilities(capabilities) = response {
                self.capabilities.extend(capabilities.iter().filter_map(|capability| {
                    match capability {
                        imap_proto::Capability::Atom(name) => Some(name.to_ascii_uppercase()),
                        _ => None,
                    }
                }));
            }
        }
        for name in ignored {
            self.capabilities.remove(&name.to_ascii_uppercase());
        }
        // QRESYNC stands on CONDSTORE (RFC 7162).
        if ignored.iter().any(|name| name.eq_ignore_ascii_case("CONDSTORE")) {
            self.capabilities.remove("QRESYNC");
        } else if self.capabilities.contains("QRESYNC") {
            self.capabilities.insert("CONDSTORE".to_owned());
        }
        Ok(())
    }

    /// Begins anew after an answer that could not be read.
    pub(super) fn reopen(&mut self) -> Result<(), Fault> {
        let committed = self.committed;
        let counters = Arc::clone(&self.open.0);
        *self = Self::open(&Arc::clone(&self.opener), &counters).map_err(Fault::Lost)?;
        self.committed = committed;
        Ok(())
    }

    /// Whether the server can something, and Horde does not say to ignore it.
    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// All of what it can.
    pub(super) fn capabilities(&self) -> Vec<String> {
        self.capabilities.iter().cloned().collect()
    }

    /// Sends a command and reads the answer to its end.
    pub(super) fn run(&mut self, command: &str) -> Result<Reply, Fault> {
        if command.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            let message = "a command would hold a line end";
            return Err(Fault::Refused(Error::new(Kind::Invalid, message)));
        }
        self.open.0.commands.fetch_add(1, Ordering::Relaxed);
        self.used = Instant::now();
        let verb = verb_of(command);
        self.patience.renew();
        let result = self.inner.run(command);
        log::debug!("IMAP command={verb} ms={}", self.used.elapsed().as_millis());
        match result {
            Ok((data, _)) => Ok(Reply { data }),
            Err(error) => {
                self.late |= is_late(&error);
                let fault = fault(error, verb);
                if !matches!(fault, Fault::Refused(_)) {
                    self.selected = None;
                }
                Err(fault)
            }
        }
    }

    /// Sends a command that names a mailbox.
    ///
    /// A server may refuse it with words that hold the name in UTF-8, which the parser can not
    /// read: whether the mailbox is there is asked in another way then.
    pub(super) fn run_on(&mut self, mailbox: &str, command: &str) -> Result<Reply, Fault> {
        let fault = match self.run(command) {
            Err(Fault::Unreadable(error)) => Fault::Unreadable(error),
            result => return result,
        };
        self.reopen()?;
        let reply = self.run(&format!("LIST \"\" {}", names::mailbox(mailbox)))?;
        let is_there = reply.responses().any(|response| {
            matches!(
                response,
                Response::MailboxData(MailboxDatum::List { name, .. })
                    if names::decoded(&name) == mailbox
            )
        });
        if is_there {
            return Err(fault);
        }
        Err(Fault::Refused(Error::new(Kind::Gone, "the mailbox is not there")))
    }

    /// Sends a command that must not be sent twice.
    pub(super) fn run_once(&mut self, command: &str) -> Result<Reply, Fault> {
        self.committed = true;
        self.run(command)
    }

    /// Stores a message as read; never sent twice.
    pub(super) fn append(&mut self, mailbox: &str, message: &[u8]) -> Result<(), Fault> {
        if mailbox.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            let message = "the name of a mailbox would hold a line end";
            return Err(Fault::Refused(Error::new(Kind::Invalid, message)));
        }
        self.committed = true;
        self.open.0.commands.fetch_add(1, Ordering::Relaxed);
        self.used = Instant::now();
        // The crate puts the quotes around the name itself.
        let name = names::mailbox(mailbox);
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(&name);
        let done = self.inner.append(name, message).flag(imap::types::Flag::Seen).finish();
        log::debug!("IMAP command=APPEND ms={}", self.used.elapsed().as_millis());
        done.map(drop).map_err(|error| match fault(error, "APPEND") {
            refused @ Fault::Refused(_) => refused,
            other => {
                self.selected = None;
                other
            }
        })
    }

    /// Opens a mailbox for reading and tells its state.
    pub(super) fn examine(&mut self, mailbox: &str) -> Result<MailboxStatus, Fault> {
        self.select(mailbox, false)
    }

    /// Sees to it that a mailbox is open.
    pub(super) fn opened(&mut self, mailbox: &str, writable: bool) -> Result<Opened, Fault> {
        match &self.selected {
            Some(selected) if selected.mailbox == mailbox && (selected.writable || !writable) => {
                Ok(Opened::Still)
            }
            _ => self.select(mailbox, writable).map(Opened::Fresh),
        }
    }

    /// Opens a mailbox anew.
    pub(super) fn select(&mut self, mailbox: &str, writable: bool) -> Result<MailboxStatus, Fault> {
        // Servers repeat the name where it is not theirs: a line end in it would begin a line of
        // its own, and be taken for the answer to the next command.
        if mailbox.chars().any(char::is_control) {
            let message = "no mailbox has such a name";
            return Err(Fault::Refused(Error::new(Kind::Gone, message)));
        }
        if self.can("QRESYNC") && !self.qresync {
            self.run("ENABLE QRESYNC")?;
            self.qresync = true;
        }
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        self.selected = None;
        // Without QRESYNC modseqs are asked for at each mailbox.
        let with = if !self.qresync && self.can("CONDSTORE") { " (CONDSTORE)" } else { "" };
        let command = format!("{verb} {}{with}", names::mailbox(mailbox));
        let reply = self.run_on(mailbox, &command)?;
        let mut status = MailboxStatus::default();
        for response in reply.responses() {
            match response {
                Response::MailboxData(MailboxDatum::Exists(number)) => status.messages = number,
                Response::Data { code: Some(code), .. } => match code {
                    ResponseCode::HighestModSeq(number) => status.highest_mod_seq = number,
                    ResponseCode::UidNext(number) => status.uid_next = number,
                    ResponseCode::UidValidity(number) => status.uid_validity = number,
                    _ => {}
                },
                _ => {}
            }
        }
        if !self.can("CONDSTORE") {
            status.highest_mod_seq = 0;
        }
        self.selected = Some(Selected { mailbox: mailbox.to_owned(), writable });
        if status.uid_next == 0 {
            // Old servers do not tell; the highest uid does.
            let highest = self.run("UID SEARCH *")?.search().into_iter().max().unwrap_or(0);
            status.uid_next = highest.saturating_add(1);
        }
        Ok(status)
    }

    /// Lets go of the mailbox that is open: the state of one that is open may be an old one.
    pub(super) fn unselect(&mut self) -> Result<(), Fault> {
        if self.selected.is_some() {
            if self.can("UNSELECT") {
                self.selected = None;
                self.run("UNSELECT")?;
            } else {
                self.run("NOOP")?;
            }
        }
        Ok(())
    }

    /// Whether QRESYNC is in force.
    pub(super) fn has_qresync(&self) -> bool {
        self.qresync
    }
}

/// The first words of a command: what may be logged of it.
fn verb_of(command: &str) -> &str {
    let n_words = if command.starts_with("UID ") { 2 } else { 1 };
    let end = command.match_indices(' ').nth(n_words - 1).map_or(command.len(), |(at, _)| at);
    command.get(..end).unwrap_or(command)
}

fn is_late(error: &imap::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error, imap::Error::Io(error) if matches!(error.kind(), TimedOut | WouldBlock))
}

fn fault(error: imap::Error, verb: &str) -> Fault {
    match error {
        imap::Error::No(no) => {
            let kind = match no.code {
                Some(ResponseCode::TryCreate) => Kind::Gone,
                _ => kind_of(&no.information),
            };
            Fault::Refused(Error::new(kind, format!("{verb} was refused")))
        }
        imap::Error::Bad(_) => {
            let message = format!("{verb} is not understood by the server");
            Fault::Refused(Error::new(Kind::Unsupported, message))
        }
        imap::Error::Bye(bye) if bye.information == NO_EXPLANATION && bye.code.is_none() => {
            let message = format!("the answer to {verb} can not be read");
            Fault::Unreadable(Error::new(Kind::Unavailable, message))
        }
        error => {
            let message = format!("the session was lost at {verb}");
            Fault::Lost(Error::because(Kind::Unavailable, message, error))
        }
    }
}

/// What a refusal means: the response codes of RFC 5530, which the parser leaves in the text.
fn kind_of(information: &str) -> Kind {
    let upper = information.trim_start().to_ascii_uppercase();
    let code =
        upper.strip_prefix('[').and_then(|rest| rest.split([']', ' ']).next()).unwrap_or_default();
    match code {
        "AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" => Kind::Refused,
        "NONEXISTENT" | "TRYCREATE" => Kind::Gone,
        "NOPERM" => Kind::Denied,
        "OVERQUOTA" => Kind::TooLarge,
        "CANNOT" => Kind::Unsupported,
        // A login in the clear that the server does not take is for the administrator to mend.
        "PRIVACYREQUIRED" | "UNAVAILABLE" | "INUSE" | "LIMIT" | "SERVERBUG" | "CONTACTADMIN"
        | "CORRUPTION" => Kind::Unavailable,
        _ if MISSING.iter().any(|words| upper.contains(words)) => Kind::Gone,
        _ => Kind::Unavailable,
    }
}

fn login_error(error: imap::Error, place: &str) -> Error {
    match error {
        imap::Error::No(no) => {
            let kind = match kind_of(&no.information) {
                // A bare NO to a login is a refusal.
                Kind::Unavailable if !no.information.trim_start().starts_with('[') => Kind::Refused,
                kind => kind,
            };
            Error::new(kind, format!("{place} does not let the user in"))
        }
        imap::Error::Validate(_) => {
            Error::new(Kind::Refused, "the login or the password holds a line end")
        }
        error => {
            let message = format!("{place} does not answer a login");
            Error::because(Kind::Unavailable, message, error)
        }
    }
}

/// The SASL mechanism PLAIN, for what does not fit into LOGIN.
struct Plain {
    login: String,
    password: String,
}

impl imap::Authenticator for Plain {
    type Response = String;

    fn process(&self, _challenge: &[u8]) -> String {
        format!("\0{}\0{}", self.login, self.password)
    }
}

/// What the crate says when it could not read a response.
const NO_EXPLANATION: &str = "no explanation given";
/// How servers without response codes say that a mailbox is not there.
const MISSING: [&str; 5] =
    ["DOESN'T EXIST", "DOES NOT EXIST", "NOT EXIST", "NO SUCH MAILBOX", "UNKNOWN MAILBOX"];
