//! One phone and the request that it makes while a part fails.

use std::time::{Duration, Instant};

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, text};
use horde_eas::probe::phone::{Phone, PingEnd, body_preference};
use horde_eas::probe::sync::{Synced, Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, Contacts, Email};
use tokio::task::JoinHandle;

use crate::faults::table::{Case, Fault};
use crate::support::world::World;

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

/// A phone with its one kind of request.
pub(super) struct Cell {
    pub(super) case: Case,
    phone: Phone,
    wishes: Vec<Wish>,
    round: String,
    waiting: Option<JoinHandle<Result<PingEnd, Error>>>,
}

/// What is there from the beginning.
pub(super) async fn furnish(world: &mut World) {
    world.mail("INBOX", "kept");
    world.add_card("Kept", "Card").await;
}

/// What happens on the server before each fault.
pub(super) async fn stir(world: &mut World, fault: Fault) {
    for version in ["12", "14"] {
        world.mail("INBOX", &format!("{fault:?} flag {version}"));
        world.mail("INBOX", &format!("{fault:?} delete {version}"));
    }
    world.add_card("Server", &format!("{fault:?}")).await;
}

/// What the server has.
pub(super) struct Contents {
    /// One line for each mail of the inbox, sorted.
    mails: Vec<String>,
    /// One line for each contact, sorted.
    cards: Vec<String>,
    /// The subjects of the mails that were sent.
    sent: Vec<String>,
}

/// What the server has now.
pub(super) async fn contents(world: &mut World) -> Contents {
    let mails = world.mails("INBOX").into_iter();
    let mut mails: Vec<String> =
        mails.map(|mail| format!("{} read={}", mail.subject, u8::from(mail.read))).collect();
    mails.sort();
    let cards = world.cards().await.into_iter();
    let mut cards: Vec<String> =
        cards.map(|card| format!("{} {} {}", card.first, card.last, card.company)).collect();
    cards.sort();
    let sent = world.mails("Sent").into_iter().map(|mail| mail.subject).collect();
    Contents { mails, cards, sent }
}

impl Cell {
    pub(super) fn new(case: Case, phone: Phone) -> Self {
        Self { case, phone, wishes: Vec::new(), round: String::new(), waiting: None }
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
            | Case::Ping
            | Case::EstimateMail
            | Case::FetchMail => drop(self.phone.sync_all(self.mail_wish()).await?),
            Case::SyncContactsDown
            | Case::SyncContactsUp
            | Case::EstimateContacts
            | Case::FetchContact => drop(self.phone.sync_all(self.contact_wish()).await?),
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::FolderSyncFirst
            | Case::FolderSyncNext
            | Case::SyncMailFirst
            | Case::SyncContactsFirst
            | Case::SendMail => {}
        }
        Ok(())
    }

    /// Makes up the next request.
    pub(super) async fn prepare(&mut self, fault: Fault) -> Result<(), Error> {
        self.round = format!("{fault:?}");
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
                let held = &self.phone.collections[&self.inbox()];
                let mine = &self.version()[..2];
                let find = |what: &str| {
                    let subject = format!("{fault:?} {what} {mine}");
                    held.find(Email::Subject, &subject)[0].clone()
                };
                let commands =
                    [change(&find("flag"), [text(Email::Read, "1")]), delete(&find("delete"))];
                self.wishes = vec![self.mail_wish().with(commands)];
            }
            Case::SyncContactsUp => {
                self.phone.sync_all(self.contact_wish()).await?;
                self.wishes = vec![self.contact_wish().with(self.card_commands())];
            }
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::FolderSyncNext
            | Case::Ping
            | Case::EstimateMail
            | Case::EstimateContacts
            | Case::FetchMail
            | Case::FetchContact
            | Case::SendMail => {}
        }
        Ok(())
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

    fn address_book(&self) -> String {
        self.phone.folder_of(9).unwrap().id.clone()
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
    /// A Ping is waited for only so long.
    pub(super) async fn ask(&mut self, patience: Duration) -> Outcome {
        let began = Instant::now();
        let done = match self.case {
            Case::Ping => return self.ping(patience).await,
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
            Case::FolderSyncFirst | Case::FolderSyncNext => {
                status(self.phone.folder_sync().await.map(|changes| changes.status))
            }
            Case::EstimateMail => self.estimate(&self.inbox()).await,
            Case::EstimateContacts => self.estimate(&self.address_book()).await,
            Case::FetchMail => self.fetch(&self.inbox()).await,
            Case::FetchContact => self.fetch(&self.address_book()).await,
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

    /// A Ping that does not end at once goes on, and is asked for again the next time.
    async fn ping(&mut self, patience: Duration) -> Outcome {
        let began = Instant::now();
        let id = self.inbox();
        let phone = self.phone.clone();
        let mut task = self.waiting.take().unwrap_or_else(|| {
            tokio::spawn(async move { phone.ping(PING_SECONDS, &[(&id, "Email")]).await })
        });
        let Ok(done) = tokio::time::timeout(patience, &mut task).await else {
            self.waiting = Some(task);
            return Outcome { waits: true, ..Outcome::default() };
        };
        let took = began.elapsed();
        match done.unwrap() {
            // There is news: Status 2 is what a good day brings.
            Ok(end) => {
                let status = if end.status == 2 { 1 } else { end.status };
                Outcome { http: 200, status, took, detail: format!("{end:?}"), waits: false }
            }
            Err(Error::Http(http)) => Outcome { http, took, ..Outcome::default() },
            Err(error) => Outcome { took, detail: format!("{error:?}"), ..Outcome::default() },
        }
    }

    /// Gets all that waits.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        if self.waiting.is_some() {
            return Err(Error::Endless);
        }
        match self.case {
            Case::SyncMailFirst | Case::SyncMailNext | Case::SyncMailUp => {
                self.phone.sync_all(self.mail_wish()).await?;
            }
            Case::SyncContactsFirst | Case::SyncContactsDown | Case::SyncContactsUp => {
                self.phone.sync_all(self.contact_wish()).await?;
            }
            Case::Options
            | Case::Provision
            | Case::Settings
            | Case::FolderSyncFirst
            | Case::FolderSyncNext
            | Case::Ping
            | Case::EstimateMail
            | Case::EstimateContacts
            | Case::FetchMail
            | Case::FetchContact
            | Case::SendMail => {}
        }
        Ok(())
    }

    /// The phone holds what the server has.
    pub(super) fn compare(&self, contents: &Contents, when: &str) {
        let Contents { mails, cards, sent } = contents;
        let oddities = &self.phone.oddities;
        assert!(oddities.is_empty(), "{when}: {:?} {oddities:?}", self.case);
        let (id, wanted) = match self.case {
            Case::SyncMailFirst | Case::SyncMailNext | Case::SyncMailUp => (self.inbox(), mails),
            Case::SyncContactsFirst | Case::SyncContactsDown | Case::SyncContactsUp => {
                (self.address_book(), cards)
            }
            Case::SendMail => {
                let own = sent.iter().filter(|subject| **subject == self.subject());
                assert_eq!(own.count(), 1, "{when}: {} in {sent:?}", self.subject());
                return;
            }
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
        assert_eq!(&held, wanted, "{when}: {:?}, the phone (left) and the server", self.case);
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

const PING_SECONDS: u32 = 60;
