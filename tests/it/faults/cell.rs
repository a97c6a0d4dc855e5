//! One phone and the request that it makes while a part fails.

use std::fmt;
use std::time::{Duration, Instant};

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, empty, node, text};
use horde_eas::probe::phone::{Phone, PingEnd, body_preference};
use horde_eas::probe::sync::{Synced, Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, AirSyncBase, Contacts, Email, Settings};
use reqwest::Method;
use tokio::task::JoinHandle;

use crate::faults::contents::{Contents, MOVED, emptied, moving};
use crate::faults::table::{CASE_NAMES, Case};

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// HTTP status; 0 when no answer came.
    pub(super) http: u16,
    /// The first Status that is not 1, else 1.
    pub(super) status: u32,
    /// How long it took.
    pub(super) took: Duration,
    /// Whether there is no answer yet.
    pub(super) waits: bool,
    /// For whoever reads a failure.
    #[expect(dead_code, reason = "it is printed")]
    detail: String,
}

impl Outcome {
    /// Whether it is what a phone gets on a good day.
    pub(super) fn is_well(&self) -> bool {
        self.http == 200 && self.status == 1
    }
}

/// What a request that waited ended with.
enum Ended {
    Ping(PingEnd),
    Sync(Box<Phone>, Synced),
}

/// A phone with its one kind of request.
pub(super) struct Cell {
    pub(super) case: Case,
    phone: Phone,
    wishes: Vec<Wish>,
    /// What is moved or fetched.
    item: String,
    round: String,
    waiting: Option<JoinHandle<Result<Ended, Error>>>,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = CASE_NAMES.iter().find(|(one, _)| *one == self.case).map(|(_, name)| *name);
        write!(f, "{} at {}", name.unwrap_or_default(), self.version())
    }
}

impl Cell {
    pub(super) fn new(case: Case, phone: Phone) -> Self {
        Self {
            case,
            phone,
            wishes: Vec::new(),
            item: String::new(),
            round: String::new(),
            waiting: None,
        }
    }

    pub(super) fn version(&self) -> &str {
        &self.phone.link.version
    }

    /// Knows the server, and holds what its request needs.
    pub(super) async fn pair(&mut self) -> Result<(), Error> {
        self.phone.provision().await?;
        self.phone.folder_sync().await?;
        match self.case {
            Case::SyncMailNext
            | Case::SyncMailUp
            | Case::SyncMailWaiting
            | Case::Ping
            | Case::EstimateMail
            | Case::FetchMail
            | Case::FetchFile
            | Case::GetAttachment => drop(self.phone.sync_all(self.mail_wish()).await?),
            Case::SyncContactsDown
            | Case::SyncContactsUp
            | Case::EstimateContacts
            | Case::FetchContact => drop(self.phone.sync_all(self.contact_wish()).await?),
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::UserInformation
            | Case::FolderSyncFirst
            | Case::FolderSyncNext
            | Case::FolderSyncChanged
            | Case::SyncMailFirst
            | Case::SyncContactsFirst
            | Case::EmptyFolder
            | Case::MoveItems
            | Case::SendMail => {}
        }
        Ok(())
    }

    /// Makes up the next request.
    pub(super) async fn prepare(&mut self, tag: &str) -> Result<(), Error> {
        tag.clone_into(&mut self.round);
        match self.case {
            Case::FolderSyncFirst => {
                self.phone.hierarchy_key.clear();
                self.phone.folders.clear();
            }
            Case::SyncMailFirst => self.prime(self.mail_wish()).await?,
            Case::SyncContactsFirst => self.prime(self.contact_wish()).await?,
            Case::SyncMailNext => self.wishes = vec![self.mail_wish()],
            Case::SyncContactsDown => self.wishes = vec![self.contact_wish()],
            Case::SyncMailUp => {
                self.phone.sync_all(self.mail_wish()).await?;
                let flag = change(&self.own("flag"), [text(Email::Read, "1")]);
                let commands = [flag, delete(&self.own("delete"))];
                self.wishes = vec![self.mail_wish().with(commands)];
            }
            Case::SyncMailWaiting => {
                self.phone.sync_all(self.mail_wish()).await?;
                self.wishes = vec![self.mail_wish()];
            }
            Case::MoveItems => {
                self.phone.sync_all(self.move_wish()).await?;
                let held = &self.phone.collections[&self.source()].items;
                self.item = held.keys().next().ok_or(Error::Missing("a mail to move"))?.clone();
            }
            Case::FetchFile | Case::GetAttachment => {
                let items = self.phone.collections[&self.inbox()].items.values();
                let path = [AirSyncBase::Attachments, AirSyncBase::Attachment];
                let mut references =
                    items.filter_map(|item| item.at(&path)?.value(&[AirSyncBase::FileReference]));
                self.item = references.next().ok_or(Error::Missing("FileReference"))?;
            }
            Case::SyncContactsUp => {
                self.phone.sync_all(self.contact_wish()).await?;
                self.wishes = vec![self.contact_wish().with(self.card_commands())];
            }
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::UserInformation
            | Case::FolderSyncNext
            | Case::FolderSyncChanged
            | Case::Ping
            | Case::EstimateMail
            | Case::EstimateContacts
            | Case::FetchMail
            | Case::FetchContact
            | Case::EmptyFolder
            | Case::SendMail => {}
        }
        Ok(())
    }

    /// The mail that is there for this, and for this version.
    fn own(&self, what: &str) -> String {
        let held = &self.phone.collections[&self.inbox()];
        let subject = format!("{} {what} {}", self.round, self.version());
        held.find(Email::Subject, &subject)[0].clone()
    }

    /// An Add, a Change of the contact that was added last, a Delete of the one before.
    fn card_commands(&self) -> Vec<Element> {
        let mine = self.version();
        let name = format!("{} {mine}", self.round);
        let mut commands = vec![add(&self.round, card("Phone", &name, "new"))];
        let held = &self.phone.collections[&self.address_book()];
        let own = held
            .find(Contacts::FirstName, "Phone")
            .into_iter()
            .chain(held.find(Contacts::FirstName, "Phone again"));
        for id in own {
            let field = |tag| held.items[&id].value(&[tag]).unwrap_or_default();
            let last = field(Contacts::LastName);
            if !last.ends_with(mine) {
                continue;
            }
            if field(Contacts::CompanyName) == "new" {
                commands.push(change(&id, card("Phone again", &last, "changed")));
            } else {
                commands.push(delete(&id));
            }
        }
        commands
    }

    /// Begins a collection anew: the next Sync brings everything.
    async fn prime(&mut self, wish: Wish) -> Result<(), Error> {
        self.phone.collections.remove(&wish.id);
        let first = Wish::of(&wish.id, &wish.class);
        self.phone.sync_one(first).await?;
        self.wishes = vec![wish];
        Ok(())
    }

    fn inbox(&self) -> String {
        self.phone.folder_of(2).unwrap().id.clone()
    }

    fn folder(&self, name: &str) -> String {
        self.phone.folder_named(name).unwrap().id.clone()
    }

    fn address_book(&self) -> String {
        self.phone.folder_of(9).unwrap().id.clone()
    }

    fn source(&self) -> String {
        self.folder(&moving(self.version()))
    }

    fn move_wish(&self) -> Wish {
        Wish { id: self.source(), ..self.mail_wish() }
    }

    fn mail_wish(&self) -> Wish {
        let options = vec![text(AirSync::FilterType, "0"), body_preference(1, Some(1000))];
        Wish {
            get_changes: Some(true),
            deletes_as_moves: Some(true),
            options,
            ..Wish::of(&self.inbox(), "Email")
        }
    }

    fn contact_wish(&self) -> Wish {
        let options = vec![body_preference(1, Some(1000))];
        Wish { get_changes: Some(true), options, ..Wish::of(&self.address_book(), "Contacts") }
    }

    /// Makes the request; the same whenever it is called until the next `prepare`.
    ///
    /// What waits is waited for only so long.
    pub(super) async fn ask(&mut self, patience: Duration) -> Outcome {
        let began = Instant::now();
        let done = match self.case {
            Case::Ping | Case::SyncMailWaiting => return self.wait(patience).await,
            Case::Options => match self.phone.link.options().await {
                Ok(answer) => Ok((answer.status, 1, String::new())),
                Err(error) => Err(error),
            },
            Case::Provision => {
                // Users without policies are told so: Status 2.
                let done = self.phone.provision().await;
                done.map(|status| (200, u32::from(status != 2 && status != 1) + 1, String::new()))
            }
            Case::Settings => status(self.phone.tell_device().await),
            Case::UserInformation => self.ask_who_the_user_is().await,
            Case::FolderSyncFirst | Case::FolderSyncNext | Case::FolderSyncChanged => {
                status(self.phone.folder_sync().await.map(|changes| changes.status))
            }
            Case::EstimateMail => self.estimate(&self.inbox()).await,
            Case::EstimateContacts => self.estimate(&self.address_book()).await,
            Case::FetchMail => self.fetch(&self.inbox()).await,
            Case::FetchContact => self.fetch(&self.address_book()).await,
            Case::FetchFile => {
                status(self.phone.fetch_file(&self.item, None).await.map(|(status, _)| status))
            }
            Case::GetAttachment => self.get_attachment().await,
            Case::EmptyFolder => {
                let id = self.folder(&emptied(self.version()));
                status(self.phone.empty_folder(&id, false).await)
            }
            Case::MoveItems => self.move_item().await,
            Case::SendMail => self.send().await,
            Case::SyncMailFirst
            | Case::SyncMailNext
            | Case::SyncMailUp
            | Case::SyncContactsFirst
            | Case::SyncContactsDown
            | Case::SyncContactsUp => {
                let done = self.phone.sync(&self.wishes).await;
                if done.is_ok() {
                    // Done: what was sent is not sent again.
                    self.wishes.iter_mut().for_each(|wish| wish.commands.clear());
                }
                done.map(|synced| (200, worst(&synced), format!("{synced:?}")))
            }
        };
        let took = began.elapsed();
        match done {
            Ok((http, status, detail)) => Outcome { http, status, took, waits: false, detail },
            Err(Error::Http(http)) => Outcome { http, took, ..Outcome::default() },
            Err(error) => Outcome { took, detail: format!("{error:?}"), ..Outcome::default() },
        }
    }

    /// Sends a mail that is kept, to somebody far away.
    async fn send(&self) -> Result<(u16, u32, String), Error> {
        let subject = self.subject();
        let message = format!(
            "From: me@example.test\r\nTo: far@away.test\r\nSubject: {subject}\r\n\r\nhi\r\n"
        );
        let sent = self.phone.send_mail(&subject, message.as_bytes(), true).await;
        // An empty answer is what a good day brings.
        status(sent.map(|status| if status == 0 { 1 } else { status }))
    }

    /// Status 3 is what a good day brings.
    async fn move_item(&self) -> Result<(u16, u32, String), Error> {
        let (source, target) = (self.source(), self.folder(MOVED));
        let moved = self.phone.move_items(&[(&*self.item, &*source)], &target).await?;
        let is_well = matches!(moved.as_slice(), [(3, Some(_))]);
        Ok((200, if is_well { 1 } else { 0 }, format!("{moved:?}")))
    }

    async fn get_attachment(&self) -> Result<(u16, u32, String), Error> {
        let link = &self.phone.link;
        let name = self.item.replace(':', "%3A");
        let query = link.query("GetAttachment");
        let url = format!("{}?{query}&AttachmentName={name}", link.url);
        let answer = link.send(Method::POST, &url, None, b"").await?;
        if answer.status != 200 {
            return Err(Error::Http(answer.status));
        }
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok((200, u32::from(body.trim_end() == "a;b;c"), body))
    }

    async fn ask_who_the_user_is(&self) -> Result<(u16, u32, String), Error> {
        let get = node(Settings::UserInformation, [empty(Settings::Get)]);
        let answer = self.phone.ask("Settings", &node(Settings::Settings, [get])).await?;
        let status = answer.number(&[Settings::UserInformation, Settings::Status]);
        Ok((200, status.unwrap_or_default(), format!("{answer:?}")))
    }

    fn subject(&self) -> String {
        format!("{} from {}", self.round, self.version())
    }

    async fn estimate(&self, id: &str) -> Result<(u16, u32, String), Error> {
        status(self.phone.estimate(id, 0).await.map(|(status, _)| status))
    }

    async fn fetch(&self, id: &str) -> Result<(u16, u32, String), Error> {
        let held = self.phone.collections[id].items.keys().next().unwrap();
        let bodies = [body_preference(1, None)];
        status(self.phone.fetch(id, held, &bodies).await.map(|(status, _)| status))
    }

    /// A request that does not end at once goes on, and is asked for again the next time.
    async fn wait(&mut self, patience: Duration) -> Outcome {
        let began = Instant::now();
        loop {
            let mut task = self.waiting.take().unwrap_or_else(|| self.begin_to_wait());
            let left = patience.saturating_sub(began.elapsed());
            let Ok(done) = tokio::time::timeout(left, &mut task).await else {
                self.waiting = Some(task);
                return Outcome { waits: true, ..Outcome::default() };
            };
            let took = began.elapsed();
            match done.unwrap() {
                // There is news: Status 2 is what a good day brings.
                Ok(Ended::Ping(end)) => {
                    let status = if end.status == 2 { 1 } else { end.status };
                    let detail = format!("{end:?}");
                    return Outcome { http: 200, status, took, detail, waits: false };
                }
                // And here the news itself. What woke it may have been undone: then it waits anew.
                Ok(Ended::Sync(phone, synced)) => {
                    self.phone = *phone;
                    let came = synced.of(&self.inbox());
                    let n_news = came.added.len() + came.changed.len() + came.deleted.len();
                    let status = worst(&synced);
                    if n_news > 0 || status != 1 {
                        let detail = format!("{synced:?}");
                        return Outcome { http: 200, status, took, detail, waits: false };
                    }
                }
                Err(Error::Http(http)) => return Outcome { http, took, ..Outcome::default() },
                Err(error) => {
                    let detail = format!("{error:?}");
                    return Outcome { took, detail, ..Outcome::default() };
                }
            }
        }
    }

    fn begin_to_wait(&self) -> JoinHandle<Result<Ended, Error>> {
        let id = self.inbox();
        let mut phone = self.phone.clone();
        if self.case == Case::Ping {
            return tokio::spawn(async move {
                Ok(Ended::Ping(phone.ping(WAIT_SECONDS, &[(&id, "Email")]).await?))
            });
        }
        let interval = match self.version() {
            "12.1" => text(AirSync::Wait, "1"),
            _ => text(AirSync::HeartbeatInterval, WAIT_SECONDS.to_string()),
        };
        let wishes = self.wishes.clone();
        tokio::spawn(async move {
            let synced = phone.sync_and(&wishes, [interval]).await?;
            Ok(Ended::Sync(Box::new(phone), synced))
        })
    }

    /// Gets all that waits.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        if self.waiting.is_some() {
            return Err(Error::Endless);
        }
        match self.case {
            Case::SyncMailFirst | Case::SyncMailNext | Case::SyncMailUp | Case::SyncMailWaiting => {
                self.phone.sync_all(self.mail_wish()).await?;
            }
            Case::MoveItems => drop(self.phone.sync_all(self.move_wish()).await?),
            Case::SyncContactsFirst | Case::SyncContactsDown | Case::SyncContactsUp => {
                self.phone.sync_all(self.contact_wish()).await?;
            }
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::UserInformation
            | Case::FolderSyncFirst
            | Case::FolderSyncNext
            | Case::FolderSyncChanged
            | Case::Ping
            | Case::EstimateMail
            | Case::EstimateContacts
            | Case::FetchMail
            | Case::FetchContact
            | Case::FetchFile
            | Case::GetAttachment
            | Case::EmptyFolder
            | Case::SendMail => {}
        }
        Ok(())
    }

    /// Whether an oddity comes of a contact that another phone was writing while the first list
    /// was read: Horde's list has it before Horde's history, which then tells of it once more.
    fn is_race(&self, oddity: &str) -> bool {
        let id = oddity.strip_prefix("item ").and_then(|rest| rest.strip_suffix(" added twice"));
        self.case == Case::SyncContactsFirst
            && id.is_some_and(|id| {
                let held = &self.phone.collections[&self.address_book()].items;
                held.get(id).is_some_and(|item| {
                    let first = item.value(&[Contacts::FirstName]).unwrap_or_default();
                    first.starts_with("Phone")
                })
            })
    }

    /// The phone holds what the server has.
    pub(super) fn compare(&mut self, contents: &Contents, when: &str) {
        let Contents { mails, cards, sent, moved, unmoved, left } = contents;
        let mut oddities = std::mem::take(&mut self.phone.oddities);
        oddities.retain(|oddity| !self.is_race(oddity));
        assert!(oddities.is_empty(), "{when}: {self} {oddities:?}");
        let once = |all: &[String], subject: &str| {
            let n_there = all.iter().filter(|one| **one == subject).count();
            assert_eq!(n_there, 1, "{when}: {self}: {subject} in {all:?}");
        };
        let (id, wanted) = match self.case {
            Case::SyncMailFirst | Case::SyncMailNext | Case::SyncMailUp | Case::SyncMailWaiting => {
                (self.inbox(), mails)
            }
            Case::SyncContactsFirst | Case::SyncContactsDown | Case::SyncContactsUp => {
                (self.address_book(), cards)
            }
            Case::MoveItems => {
                assert!(unmoved.is_empty(), "{when}: {self}: {unmoved:?}");
                let held = &self.phone.collections[&self.source()].items;
                assert!(held.is_empty(), "{when}: {self}: {held:?}");
                return once(moved, &format!("{} {}", self.round, self.version()));
            }
            Case::SendMail => return once(sent, &self.subject()),
            Case::EmptyFolder => return assert!(left.is_empty(), "{when}: {self}: {left:?}"),
            _ => return,
        };
        let items = self.phone.collections[&id].items.values();
        let mut held: Vec<String> = items
            .map(|item| {
                let field = |tag| item.value(&[tag]).unwrap_or_default();
                if wanted == mails {
                    format!("{} read={}", field(Email::Subject), field(Email::Read))
                } else {
                    let last = field(Contacts::LastName);
                    format!(
                        "{} {last} {}",
                        field(Contacts::FirstName),
                        field(Contacts::CompanyName)
                    )
                }
            })
            .collect();
        held.sort();
        assert_eq!(&held, wanted, "{when}: {self}, the phone (left) and the server");
    }
}

fn status(done: Result<u32, Error>) -> Result<(u16, u32, String), Error> {
    done.map(|status| (200, status, String::new()))
}

/// The first Status in an answer that is not 1.
fn worst(synced: &Synced) -> u32 {
    let parts = synced.collections.values();
    let all = parts.flat_map(|part| {
        std::iter::once(part.status).chain(part.responses.iter().map(|one| one.status))
    });
    synced.status.into_iter().chain(all).find(|status| *status != 1).unwrap_or(1)
}

fn card(first: &str, last: &str, company: &str) -> [Element; 3] {
    [
        text(Contacts::FirstName, first),
        text(Contacts::LastName, last),
        text(Contacts::CompanyName, company),
    ]
}

const WAIT_SECONDS: u32 = 60;
