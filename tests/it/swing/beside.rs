//! What a phone does beside its rounds where it swings: two requests at once, what its days have
//! besides, and attachments from each server, whichever one told of them.

use horde_eas::probe::node::encode;
use horde_eas::probe::sync::{Synced, Wish};
use horde_eas::wbxml::pages::AirSync;
use rand::Rng as _;
use rand::seq::IndexedRandom as _;

use crate::support::world::End;
use crate::swing::one_in;
use crate::swing::round::{Swing, contact_wish, mail_wish};

impl Swing {
    /// Before a round's Sync.
    pub(super) async fn beside(&mut self) {
        match self.round % 6 {
            0 => self.settings().await,
            1 => self.empty_trash().await,
            2 => self.send_attachment().await,
            3 => self.two_folders_at_once().await,
            4 => self.fetch_some().await,
            _ => self.same_twice_at_once().await,
        }
    }

    /// Just after it: what is fetched must be there.
    pub(super) async fn beside_after_sync(&mut self) {
        if self.round.is_multiple_of(3) {
            self.fetch_by_sync().await;
        }
        self.attachment_everywhere().await;
    }

    /// One of the servers of this swing.
    pub(super) fn draw_url(&mut self) -> String {
        let end = self.ends[self.random.random_range(0..2)];
        self.url_of(end)
    }

    /// The address of a server; of the sidecars now and then the second.
    pub(super) fn url_of(&mut self, end: End) -> String {
        let is_second = end == End::Sidecar && one_in(&mut self.random, 3);
        match &self.second {
            Some(second) if is_second => second.url(),
            Some(_) | None => end.url(),
        }
    }

    /// Mail at one server, contacts at another one, at the same moment.
    async fn two_folders_at_once(&mut self) {
        let subject = self.name();
        self.world.mail("INBOX", &subject);
        let name = self.name();
        self.world.add_card("Server", &name).await;
        let (inbox, contacts) = (self.inbox.clone(), self.contacts.clone());
        let wishes = [[mail_wish(&inbox)], [contact_wish(&contacts)]];
        let mut phones = [self.phone.clone(), self.phone.clone()];
        for phone in &mut phones {
            phone.link.url = self.draw_url();
        }
        let at = phones.each_ref().map(|phone| phone.link.url.clone());
        let [one, two] = &mut phones;
        let answers = tokio::join!(one.sync(&wishes[0]), two.sync(&wishes[1]));
        let answers: [Synced; 2] = [answers.0, answers.1].map(|answer| {
            answer.unwrap_or_else(|error| panic!("round {}: {error} at {at:?}", self.round))
        });
        self.requests += 2;
        self.count(if at[0] == at[1] { "two at once, one server" } else { "two at once" });
        for ((answer, phone), id) in answers.iter().zip(phones).zip([inbox, contacts]) {
            let status = answer.collections.get(&id).map_or(1, |brought| brought.status);
            // Told to try again: not taken, and asked for once more.
            if status == 16 && phone.link.url != End::Horde.url() {
                self.count("told to try again");
                continue;
            }
            assert_eq!((answer.status.unwrap_or(1), status), (1, 1), "{answer:?} at {at:?}");
            let held = phone.collections.get(&id).unwrap();
            self.phone.collections.insert(id, held.clone());
            self.phone.oddities.extend(phone.oddities);
        }
        self.forgive_adds(&at.join(" and "));
    }

    /// The same request reaches two servers at once, and one answer gets lost.
    async fn same_twice_at_once(&mut self) {
        let subject = self.name();
        self.world.mail("INBOX", &subject);
        let wishes = [mail_wish(&self.inbox), contact_wish(&self.contacts)];
        let request = encode(&self.phone.sync_request(&wishes));
        // Horde's own server beside itself is another story: `horde-twice-at-once` in KNOWN.md.
        if !self.ends.contains(&End::Sidecar) {
            return;
        }
        let at = [self.draw_url(), self.url_of(End::Sidecar)];
        let links = at.clone().map(|url| {
            let mut link = self.phone.link.clone();
            link.url = url;
            link
        });
        let answers =
            tokio::join!(links[0].post("Sync", &request), links[1].post("Sync", &request));
        self.requests += 2;
        self.count("asked twice at once");
        let is_first = one_in(&mut self.random, 2);
        let seen = if is_first { answers.0 } else { answers.1 };
        let answer = seen.unwrap_or_else(|error| panic!("round {}: {error}", self.round));
        if is_first && answer.status == 500 && at[0] == End::Horde.url() {
            self.count("horde died of two at once");
            assert!(self.counts["horde died of two at once"] <= 3, "{:?}", self.counts);
            return;
        }
        assert_eq!(answer.status, 200, "round {}: at once at {at:?}", self.round);
        let mut phone = self.phone.clone();
        let synced = phone.take_sync(answer.document().unwrap().as_ref(), &wishes);
        let statuses: Vec<u32> = synced.collections.values().map(|part| part.status).collect();
        if statuses.contains(&16) && at.iter().any(|url| *url != End::Horde.url()) {
            return self.count("told to try again");
        }
        let is_well = synced.status.unwrap_or(1) == 1 && statuses.iter().all(|status| *status == 1);
        assert!(is_well, "round {}: {synced:?} at {at:?}", self.round);
        self.phone = phone;
        self.forgive_adds(&at.join(" and "));
    }

    /// An attachment from all servers, whoever told of it.
    async fn attachment_everywhere(&mut self) {
        let all = self.attachments();
        let Some((reference, subject)) = all.choose(&mut self.random).cloned() else { return };
        let mut urls = self.ends.map(End::url).to_vec();
        urls.extend(self.second.as_ref().map(|second| second.url()));
        urls.dedup();
        for url in urls {
            self.phone.link.url = url;
            self.fetch_this(&reference, &subject, true).await;
        }
    }

    /// Whether an answer to the wishes may get lost: nothing in them is done twice by Horde.
    ///
    /// A contact's change is (`swing-change-repeated` in KNOWN.md), but for one that the sidecar
    /// took first.
    pub(super) fn may_lose(wishes: &[Wish]) -> bool {
        let is_change = |wish: &Wish| {
            wish.class == "Contacts"
                && wish.commands.iter().all(|command| command.tag == AirSync::Change)
        };
        wishes.iter().all(|wish| wish.commands.is_empty() || is_change(wish))
    }
}
