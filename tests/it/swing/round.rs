//! One round of the swing: something happens on the server, something on the phone, they sync.

use std::collections::{BTreeMap, BTreeSet};

use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, encode, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Brought, Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, Contacts, Email};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::json;

use crate::support::sidecar::Sidecar;
use crate::support::world::{End, World};
use crate::swing::mischief::{Mischief, Strike};
use crate::swing::pim::Pim;
use crate::swing::{contents, one_in};

/// The mailbox beside the inbox.
pub(super) const SUB: &str = "Sub";

/// The phone, the server's side, and what is due.
pub(super) struct Swing {
    pub(super) world: World,
    pub(super) phone: Phone,
    pub(super) requests: usize,
    pub(super) counts: BTreeMap<&'static str, usize>,
    pub(super) random: StdRng,
    pub(super) ends: [End; 2],
    /// A second sidecar on the same tables.
    pub(super) second: Option<Sidecar>,
    /// What goes wrong, when something is to go wrong; then there is no other end.
    pub(super) mischief: Option<Mischief>,
    /// Whether the sidecar is not to be killed for the moment.
    pub(super) spares_sidecar: bool,
    /// Subjects of mails that the phone sent, and whether the sidecar was killed over it.
    pub(super) sent: BTreeMap<String, bool>,
    turn: usize,
    pub(super) round: usize,
    serial: usize,
    /// When the phone or the server last touched an item, by subject or last name.
    touched: BTreeMap<String, usize>,
    started: std::time::Instant,
    /// Subjects of mails whose flags the phone has changed; see `swing-flag-echo` in KNOWN.md.
    flagged_by_phone: BTreeSet<String>,
    pub(super) inbox: String,
    pub(super) sub: String,
    pub(super) contacts: String,
    /// Calendar, notes and tasks.
    pub(super) pims: Vec<Pim>,
}

impl Swing {
    pub(super) fn new(world: World, phone: Phone, random: StdRng, ends: [End; 2]) -> Self {
        Self {
            world,
            phone,
            random,
            ends,
            second: None,
            mischief: None,
            spares_sidecar: false,
            sent: BTreeMap::new(),
            requests: 0,
            counts: BTreeMap::new(),
            turn: 0,
            round: 0,
            serial: 0,
            touched: BTreeMap::new(),
            started: std::time::Instant::now(),
            flagged_by_phone: BTreeSet::new(),
            inbox: String::new(),
            sub: String::new(),
            contacts: String::new(),
            pims: Vec::new(),
        }
    }

    /// Chooses who gets the next request: alternately in even rounds, at random in odd ones.
    fn next(&mut self) {
        self.requests += 1;
        if let Some(mischief) = &self.mischief {
            self.phone.link.url = mischief.url();
            return;
        }
        let end = if self.round.is_multiple_of(2) {
            self.turn = 1 - self.turn;
            self.ends[self.turn]
        } else {
            self.ends[self.random.random_range(0..2)]
        };
        *self.counts.entry(if end == End::Horde { "horde" } else { "sidecar" }).or_default() += 1;
        self.phone.link.url = self.url_of(end);
    }

    /// Makes a request, again and again until it is answered, as phones do.
    pub(super) async fn insist<T>(
        &mut self,
        ask: impl AsyncFn(&mut Phone) -> Result<T, Error>,
    ) -> Result<(T, bool), Error> {
        let (mut was_killed, mut n_failed) = (false, 0);
        loop {
            self.next();
            let Some(mischief) = &mut self.mischief else {
                return ask(&mut self.phone).await.map(|done| (done, false));
            };
            let strike = Mischief::draw(&mut self.random)
                .filter(|strike| !(self.spares_sidecar && matches!(strike, Strike::Sidecar(_))));
            let done = match strike {
                None => ask(&mut self.phone).await,
                Some(strike) => {
                    let (done, ()) = tokio::join!(ask(&mut self.phone), mischief.strike(strike));
                    mischief.mend(strike, done.is_err());
                    done
                }
            };
            was_killed |= matches!(strike, Some(Strike::Sidecar(_)));
            // A line that was cut may show it at the next request only.
            match done {
                Ok(done) => return Ok((done, was_killed)),
                Err(Error::Transport(_) | Error::Http(503)) => n_failed += 1,
                Err(error) => return Err(error),
            }
            assert!(n_failed < 30, "round {}: no answer at all", self.round);
        }
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) async fn pair(&mut self) {
        self.insist(Phone::provision).await.unwrap();
        self.folders().await;
        self.inbox = self.phone.folder_of(2).unwrap().id.clone();
        self.sub = self.phone.folder_named(SUB).unwrap().id.clone();
        self.contacts = self.phone.folder_of(9).unwrap().id.clone();
        self.pims = Pim::all(&self.world, &self.phone).await;
        self.sync(Vec::new()).await;
    }

    async fn folders(&mut self) {
        let before = self.phone.hierarchy_key.clone();
        let (changes, _) = self.insist(Phone::folder_sync).await.unwrap();
        assert_eq!(changes.status, 1, "FolderSync at {}", self.phone.link.url);
        if !before.is_empty() {
            let moved = changes.added.len() + changes.updated.len() + changes.deleted.len();
            assert_eq!(moved, 0, "folders changed: {changes:?} at {}", self.phone.link.url);
        }
    }

    pub(super) async fn round(&mut self, round: usize) {
        self.round = round;
        eprintln!("round {round} at {:?}", self.started.elapsed());
        for _ in 0..self.random.random_range(1..=3) {
            self.server_acts().await;
        }
        if round.is_multiple_of(7) {
            self.folders().await;
        }
        if round.is_multiple_of(9) {
            self.ping().await;
        }
        if round.is_multiple_of(3) {
            self.send_mail().await;
        }
        if round.is_multiple_of(4) {
            self.move_mail().await;
        }
        let is_mischievous = self.mischief.is_some();
        if is_mischievous {
            self.day().await;
        } else {
            self.beside().await;
        }
        let commands = self.phone_acts();
        self.sync(commands).await;
        if is_mischievous {
            self.fetch_after_sync().await;
        } else {
            self.beside_after_sync().await;
        }
    }

    /// A free name for something new.
    pub(super) fn name(&mut self) -> String {
        self.serial += 1;
        let name = format!("r{}n{}", self.round, self.serial);
        self.touched.insert(name.clone(), self.round);
        name
    }

    /// One of the names that nobody touched of late: what both sides do to one item at once is
    /// a conflict, and not what is tested here.
    pub(super) fn pick(&mut self, names: Vec<String>) -> Option<String> {
        let names: Vec<String> = names
            .into_iter()
            .filter(|name| self.touched.get(name).is_none_or(|at| at + QUIET < self.round))
            .collect();
        let name = names.choose(&mut self.random)?.clone();
        self.touched.insert(name.clone(), self.round);
        Some(name)
    }

    async fn server_acts(&mut self) {
        let act = self.random.random_range(0..13);
        if act >= 9 {
            return self.server_pim().await;
        }
        if act >= 6 {
            return self.server_cards(act).await;
        }
        let mailbox = if one_in(&mut self.random, 3) { SUB } else { "INBOX" };
        if act <= 1 {
            let subject = self.name();
            self.world.mail(mailbox, &subject);
            return self.count("server mail");
        }
        let mails = self.world.mails(mailbox).into_iter();
        let mut subjects: Vec<String> = mails.map(|mail| mail.subject).collect();
        if act <= 3 {
            subjects.retain(|subject| !self.flagged_by_phone.contains(subject));
        }
        let Some(subject) = self.pick(subjects) else { return };
        eprintln!("round {} server act {act} on {subject} in {mailbox}", self.round);
        match act {
            2 => {
                let sign = if one_in(&mut self.random, 2) { '+' } else { '-' };
                self.world.store(mailbox, &subject, &format!("{sign}FLAGS (\\Seen)"));
                self.count("server read");
            }
            3 => {
                let sign = if one_in(&mut self.random, 2) { '+' } else { '-' };
                self.world.store(mailbox, &subject, &format!("{sign}FLAGS (\\Flagged)"));
                self.count("server flag");
            }
            4 => {
                self.world.delete_mail(mailbox, &subject);
                self.count("server delete");
            }
            _ => {
                let target = if mailbox == SUB { "INBOX" } else { SUB };
                self.world.move_mail(mailbox, &subject, target);
                self.count("server move");
            }
        }
    }

    async fn server_cards(&mut self, act: u32) {
        if act == 6 {
            let name = self.name();
            self.world.add_card("Server", &name).await;
            return self.count("server card");
        }
        let cards = self.world.cards().await;
        let Some(last) = self.pick(cards.iter().map(|card| card.last.clone()).collect()) else {
            return;
        };
        let uid = &cards.iter().find(|card| card.last == last).unwrap().uid;
        eprintln!("round {} server act {act} on {last} ({uid})", self.round);
        if act == 7 {
            let company = format!("Server's {}", self.round);
            self.world.change_card(uid, json!({ "company": company })).await;
            self.count("server card change");
        } else {
            self.world.delete_card(uid).await;
            self.count("server card delete");
        }
    }

    /// What the user does on the phone: wishes with commands.
    fn phone_acts(&mut self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for folder in [self.inbox.clone(), self.sub.clone()] {
            let mut commands = Vec::new();
            for _ in 0..self.random.random_range(0..=2) {
                let Some((subject, id, read)) = self.some_mail(&folder) else { continue };
                let fields = match self.random.random_range(0..4) {
                    0 => {
                        self.count("phone delete");
                        commands.push(delete(&id));
                        continue;
                    }
                    1 => vec![flag(if one_in(&mut self.random, 2) { "2" } else { "0" })],
                    // With the flag, or Horde clears it: `read-keeps-flag` in KNOWN.md.
                    _ => {
                        let held = &self.phone.collections[&folder].items[&id];
                        let flagged = held.value(&[Email::Flag, Email::Status]);
                        let read = text(Email::Read, if read { "0" } else { "1" });
                        vec![read, flag(flagged.as_deref().unwrap_or("0"))]
                    }
                };
                self.count("phone mail change");
                eprintln!("round {} phone on {subject} ({id}): {fields:?}", self.round);
                self.flagged_by_phone.insert(subject);
                commands.push(change(&id, fields));
            }
            wishes
                .push(Wish { deletes_as_moves: Some(false), ..mail_wish(&folder).with(commands) });
        }
        let commands = self.phone_cards();
        wishes.push(contact_wish(&self.contacts).with(commands));
        wishes.extend(self.phone_pims());
        wishes
    }

    /// Subject and id of a mail that nobody touched of late, and whether it was read.
    pub(super) fn some_mail(&mut self, folder: &str) -> Option<(String, String, bool)> {
        let subjects = self.phone.collections.get(folder)?.subjects();
        let subject = self.pick(subjects)?;
        let held = self.phone.collections.get(folder)?;
        let id = held.find(Email::Subject, &subject).first()?.clone();
        let read = held.find(Email::Read, "1").contains(&id);
        Some((subject, id, read))
    }

    fn phone_cards(&mut self) -> Vec<Element> {
        let act = self.random.random_range(0..5);
        if act == 0 {
            let name = self.name();
            self.count("phone card");
            return vec![add(&format!("{}", self.serial), card("Phone", &name, "Phone's"))];
        }
        if act > 2 {
            return Vec::new();
        }
        let Some(held) = self.phone.collections.get(&self.contacts) else { return Vec::new() };
        let names: BTreeMap<String, (String, String)> = held
            .items
            .iter()
            .map(|(id, item)| {
                let field = |tag| item.child(tag).map(Element::text).unwrap_or_default();
                (field(Contacts::LastName), (id.clone(), field(Contacts::FirstName)))
            })
            .collect();
        let Some(last) = self.pick(names.keys().cloned().collect()) else { return Vec::new() };
        let (id, first) = &names[&last];
        eprintln!("round {} phone act {act} on {last} ({id})", self.round);
        if act == 1 {
            self.count("phone card change");
            vec![change(id, card(first, &last, &format!("Phone's {}", self.round)))]
        } else {
            self.count("phone card delete");
            vec![delete(id)]
        }
    }

    /// Syncs all collections, now in one request, now each by itself, until nothing comes.
    async fn sync(&mut self, wishes: Vec<Wish>) {
        let wishes = if wishes.is_empty() {
            let mail = [&self.inbox, &self.sub].map(|id| mail_wish(id)).into_iter();
            let items = self.pims.iter().map(Pim::wish);
            mail.chain([contact_wish(&self.contacts)]).chain(items).collect()
        } else {
            wishes
        };
        let wishes: Vec<Wish> = wishes.into_iter().map(|wish| wish.window(25)).collect();
        if wishes.iter().any(|wish| self.phone.key_of(&wish.id) == "0") {
            let first = wishes.iter().map(|wish| Wish::of(&wish.id, &wish.class)).collect();
            self.exchange(first).await;
        }
        if one_in(&mut self.random, 2) {
            self.until_quiet(wishes).await;
        } else {
            for wish in wishes {
                self.until_quiet(vec![wish]).await;
            }
        }
    }

    pub(super) async fn until_quiet(&mut self, mut wishes: Vec<Wish>) {
        for _ in 0..40 {
            let had_commands = wishes.iter().any(|wish| !wish.commands.is_empty());
            if self.mischief.is_some() {
                if one_in(&mut self.random, 6) {
                    self.ask_twice_at_once(&wishes).await;
                }
            } else if Self::may_lose(&wishes) && one_in(&mut self.random, 8) {
                self.lose_an_answer(&wishes).await;
            }
            let (busy, again) = self.exchange(wishes.clone()).await;
            for wish in &mut wishes {
                wish.commands.retain(|command| {
                    command.value(&[AirSync::ServerId]).is_some_and(|id| again.contains(&id))
                });
            }
            if !busy && !had_commands {
                return;
            }
        }
        panic!("changes without end");
    }

    /// The same request was sent before, and its answer got lost.
    async fn lose_an_answer(&mut self, wishes: &[Wish]) {
        self.next();
        if wishes.iter().any(|wish| !wish.commands.is_empty()) {
            if !self.ends.contains(&End::Sidecar) {
                return;
            }
            self.phone.link.url = self.url_of(End::Sidecar);
            self.count("lost answer to a change");
        }
        let request = encode(&self.phone.sync_request(wishes));
        let answer = self.phone.link.post("Sync", &request).await.unwrap();
        assert_eq!(answer.status, 200, "round {}: a lost answer", self.round);
        self.count("lost answer");
    }

    /// One Sync: whether something came, and the items whose change must be sent again.
    async fn exchange(&mut self, wishes: Vec<Wish>) -> (bool, Vec<String>) {
        let request = horde_eas::wbxml::xml::to_xml(&self.phone.sync_request(&wishes));
        // An answer that says to try again is an answer that was not given.
        let once = async |phone: &mut Phone| {
            let mut seen = phone.clone();
            let synced = seen.sync(&wishes).await?;
            if synced.collections.values().any(|part| part.status == 16) {
                return Err(Error::Http(503));
            }
            *phone = seen;
            Ok(synced)
        };
        let synced = match self.insist(once).await {
            Ok((synced, _)) => synced,
            Err(error) => {
                panic!("round {}: {error:?} at {}\n{request}", self.round, self.phone.link.url)
            }
        };
        let at = self.phone.link.url.clone();
        if synced.empty {
            return (false, Vec::new());
        }
        let top = synced.status.unwrap_or(1);
        assert_eq!(top, 1, "round {}: top status at {at}\n{request}", self.round);
        let (mut busy, mut again) = (false, Vec::new());
        for wish in &wishes {
            // Horde leaves a collection without changes out of some answers.
            let Some(brought) = synced.collections.get(&wish.id) else { continue };
            again.extend(self.check(brought, &at, &request));
            eprintln!(
                "round {} {} {} {:?}: +{:?} ~{:?} -{:?} more={} {:?}",
                self.round,
                if at == End::Horde.url() { "horde  " } else { "sidecar" },
                wish.class,
                brought.key,
                brought.added,
                brought.changed,
                brought.deleted,
                brought.more,
                brought.responses.iter().map(|one| (&one.command, one.status)).collect::<Vec<_>>(),
            );
            // Horde tells of deletes in other users' address books too: those end nothing.
            let deleted = wish.class == "Email" && !brought.deleted.is_empty();
            busy |=
                brought.more || !brought.added.is_empty() || !brought.changed.is_empty() || deleted;
        }
        self.forgive_adds(&at);
        (busy, again)
    }

    /// `horde-adds-again` in KNOWN.md: the item is there once, whatever it was called.
    pub(super) fn forgive_adds(&mut self, at: &str) {
        if at.contains(&End::Horde.url()) {
            let before = self.phone.oddities.len();
            // Ids of mails are numbers.
            let is_contact = |id: &str| id.chars().any(|letter| !letter.is_ascii_digit());
            self.phone.oddities.retain(|oddity| {
                let id =
                    oddity.strip_prefix("item ").and_then(|rest| rest.strip_suffix(" added twice"));
                !id.is_some_and(is_contact)
            });
            for _ in self.phone.oddities.len()..before {
                self.count("added again");
            }
            assert!(self.counts.get("added again") <= Some(&3), "{:?}", self.counts);
        }
        let oddities = &self.phone.oddities;
        assert!(oddities.is_empty(), "round {}: {oddities:?} at {at}", self.round);
    }

    /// Everything must be taken. Only Horde may ask for a change once more, `horde-try-again` in
    /// KNOWN.md, and seldom.
    fn check(&mut self, brought: &Brought, at: &str, request: &str) -> Vec<String> {
        assert_eq!(brought.status, 1, "round {} at {at}\n{request}", self.round);
        let mut again = Vec::new();
        for outcome in &brought.responses {
            let may_ask = at == End::Horde.url() && outcome.command == "AirSync:Change";
            if may_ask && outcome.status == 5 && self.counts.get("try again") < Some(&3) {
                self.count("try again");
                again.extend(outcome.server_id.clone());
                continue;
            }
            assert_eq!(outcome.status, 1, "round {}: {outcome:?} at {at}\n{request}", self.round);
        }
        again
    }

    /// A change is there already: a Ping must end at once, or nearly so.
    async fn ping(&mut self) {
        let subject = self.name();
        self.world.mail("INBOX", &subject);
        let (inbox, contacts) = (self.inbox.clone(), self.contacts.clone());
        let folders = [(&*inbox, "Email"), (&*contacts, "Contacts")];
        let (end, _) = self.insist(async |phone| phone.ping(60, &folders).await).await.unwrap();
        assert_eq!(end.status, 2, "Ping at {}", self.phone.link.url);
        assert!(end.folders.contains(&self.inbox), "{end:?}");
        self.count("ping");
    }

    /// A last round without commands, twice at each end.
    pub(super) async fn settle(&mut self) {
        for _ in 0..4 {
            self.round += 1;
            self.sync(Vec::new()).await;
        }
    }

    /// The phone holds what the server has, each thing once.
    pub(super) async fn compare(&mut self) {
        let mut expected = Vec::new();
        for (name, mailbox) in [("Inbox", "INBOX"), (SUB, SUB)] {
            for mail in self.world.mails(mailbox) {
                let flag = if mail.flagged { "flagged" } else { "plain" };
                let read = u8::from(mail.read);
                expected.push(format!("{name} {} read={read} {flag}", mail.subject));
            }
        }
        let title = self.phone.folders[&self.contacts].name.clone();
        for card in self.world.cards().await {
            let name = format!("{} {} {} {}", card.first, card.last, card.email, card.company);
            expected.push(format!("{title} {name}"));
        }
        for pim in &self.pims {
            expected.extend(pim.expected(&self.world).await);
        }
        expected.sort();
        self.nothing_is_doubled();
        assert_eq!(contents(&self.phone), expected, "the phone (left) and the server (right)");
    }

    /// Horde's page of devices shows the phone, once and with what it said of itself.
    pub(super) async fn device_page(&self) {
        let page = self.world.device_page().await;
        let link = &self.phone.link;
        let shown = format!("<b>Id</b>: {}<br", link.device_id);
        assert_eq!(page.matches(&shown).count(), 1, "the device page: {page}");
        for wanted in [
            format!("<td>{}</td>", link.device_type),
            format!("<b>User Agent</b>: {}<", link.user_agent),
        ] {
            assert!(page.contains(&wanted), "{wanted} on the device page: {page}");
        }
    }
}

fn flag(status: &str) -> Element {
    node(Email::Flag, [text(Email::Status, status), text(Email::FlagType, "for Follow Up")])
}

fn card(first: &str, last: &str, company: &str) -> [Element; 4] {
    [
        text(Contacts::FirstName, first),
        text(Contacts::LastName, last),
        text(Contacts::Email1Address, format!("{}@example.test", last.to_lowercase())),
        text(Contacts::CompanyName, company),
    ]
}

/// All mail of a folder.
pub(super) fn mail_wish(id: &str) -> Wish {
    let options = [text(AirSync::FilterType, "0"), body_preference(1, Some(1000))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Email") }
}

/// All contacts.
pub(super) fn contact_wish(id: &str) -> Wish {
    let options = [body_preference(1, Some(1000))];
    Wish { get_changes: Some(true), options: options.into(), ..Wish::of(id, "Contacts") }
}

/// Rounds for which an item that was touched is left alone.
const QUIET: usize = 3;
