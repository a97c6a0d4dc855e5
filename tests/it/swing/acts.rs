//! What the phone does beside Sync: sends mail, moves mail, asks twice at once.

use horde_eas::probe::node::encode;
use horde_eas::probe::sync::Wish;
use rand::Rng as _;

use crate::support::world::letter;
use crate::swing::round::{SUB, Swing};

impl Swing {
    /// The user writes to themselves.
    pub(super) async fn send_mail(&mut self) {
        let subject = self.name();
        let user = &self.world.user;
        let mail = letter(&subject, "Written on the phone.\r\n")
            .replace("ann@example.test", &format!("{user}@example.test"))
            .replace("someone@example.test", &format!("{user}@example.test"));
        self.send(&subject, mail.as_bytes()).await;
    }

    /// Sends a mail whose subject no other has to the user, and waits for it.
    pub(super) async fn send(&mut self, subject: &str, mail: &[u8]) {
        let send = async |phone: &mut horde_eas::probe::phone::Phone| {
            phone.send_mail(subject, mail, true).await
        };
        // What a killed sidecar was sending is its own for half a minute: once is enough.
        self.spares_sidecar = self.sent.values().any(|was_killed| *was_killed);
        let (status, was_killed) = self.insist(send).await.unwrap();
        self.spares_sidecar = false;
        assert_eq!(status, 0, "round {}: SendMail at {}", self.round, self.phone.link.url);
        self.count("phone send");
        self.sent.insert(subject.to_owned(), was_killed);
        self.world.wait_for("INBOX", subject).await;
    }

    /// Each mail is there once, and each that the phone sent has its copy.
    ///
    /// Only where the sidecar was killed over it, a mail may have been sent twice: between the
    /// mail server's last reply and the row that says so.
    pub(super) fn nothing_is_doubled(&mut self) {
        let mut subjects: Vec<String> = Vec::new();
        for mailbox in ["INBOX", SUB] {
            subjects.extend(self.world.mails(mailbox).into_iter().map(|mail| mail.subject));
        }
        subjects.sort();
        let twice = subjects.windows(2).filter(|pair| pair[0] == pair[1]);
        let (sent_again, doubled): (Vec<&String>, Vec<&String>) = twice
            .map(|pair| &pair[0])
            .partition(|subject| self.sent.get(*subject).is_some_and(|was_killed| *was_killed));
        assert!(doubled.is_empty(), "there twice: {doubled:?}");
        for subject in sent_again {
            let ids = self.world.message_ids(&["INBOX", SUB], subject);
            let is_one = ids.len() == 2 && ids[0] == ids[1];
            assert!(is_one, "sent again under another id: {subject}: {ids:?}");
            eprintln!("{subject} was sent twice under one id");
        }
        let copies = self.world.mails("Sent");
        for (subject, was_killed) in &self.sent {
            let n_copies = copies.iter().filter(|mail| mail.subject == *subject).count();
            let is_right = n_copies == 1 || (*was_killed && n_copies == 2);
            assert!(is_right, "{n_copies} copies of {subject} in Sent");
        }
    }

    /// The user moves a mail to the other folder.
    pub(super) async fn move_mail(&mut self) {
        let (from, to) = match self.random.random_range(0..2) {
            0 => (self.inbox.clone(), self.sub.clone()),
            _ => (self.sub.clone(), self.inbox.clone()),
        };
        let Some((subject, id, _)) = self.some_mail(&from) else { return };
        let items = [(&*id, &*from)];
        let moving = self.insist(async |phone| phone.move_items(&items, &to).await);
        let (moved, _) = moving.await.unwrap();
        let round = self.round;
        let at = &self.phone.link.url;
        assert_eq!(moved.len(), 1, "round {round}: MoveItems of {subject} at {at}: {moved:?}");
        assert_eq!(moved[0].0, 3, "round {round}: MoveItems of {subject} ({id}) at {at}");
        self.count("phone move");
    }

    /// The same request reaches two sidecars at once, and the phone sees one answer at most.
    pub(super) async fn ask_twice_at_once(&mut self, wishes: &[Wish]) {
        let Some(mischief) = &self.mischief else { return };
        let request = encode(&self.phone.sync_request(wishes));
        let mut one = self.phone.link.clone();
        let mut two = self.phone.link.clone();
        one.url = mischief.url();
        two.url = mischief.other_url();
        let answers = tokio::join!(one.post("Sync", &request), two.post("Sync", &request));
        self.count("asked twice at once");
        let answer = match self.random.random_range(0..3) {
            0 => answers.0,
            1 => answers.1,
            // Both got lost.
            _ => return,
        };
        // A line that was cut before may show it now.
        let Ok(answer) = answer else { return };
        // So may workers of PHP that were killed.
        if answer.status == 503 {
            return self.count("two at once came too early");
        }
        assert_eq!(answer.status, 200, "round {}: two at once", self.round);
        let document = answer.document().unwrap();
        // Whoever came second may be told to try again: the phone does, and sends all once more.
        let mut seen = self.phone.clone();
        let synced = seen.take_sync(document.as_ref(), wishes);
        let is_well = synced.status.is_none_or(|status| status == 1)
            && wishes.iter().all(|wish| {
                let part = synced.collections.get(&wish.id);
                part.is_none_or(|part| part.status == 1)
            });
        let n_commands: usize = wishes.iter().map(|wish| wish.commands.len()).sum();
        // What it sent would be sent again under the new key: that is another story.
        if is_well && n_commands == 0 {
            self.phone = seen;
        } else if !is_well {
            let statuses: Vec<u32> = synced.collections.values().map(|part| part.status).collect();
            let may_be = |status: &u32| matches!(status, 1 | 16);
            assert!(statuses.iter().all(may_be), "round {}: {statuses:?}", self.round);
            self.count("told to try again");
        }
    }
}
