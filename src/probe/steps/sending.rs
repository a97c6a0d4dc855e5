//! A mail with a file that the phone sends: what a waiting Sync, the attachment and a move make of
//! it.

use std::io::Result;
use std::time::{Duration, Instant};

use crate::finding::{Finding, counted};
use crate::probe::attachment::{data, references};
use crate::probe::node::text;
use crate::probe::steps::mail::{PAUSE, while_sending};
use crate::probe::steps::{Play, mail_wish};
use crate::probe::story::{Step, bad, bad_status, error, failed, good, odd, skipped};
use crate::probe::sync::Synced;
use crate::probe::{Error, hint, smtp};
use crate::wbxml::pages::AirSync;

type Answered<T> = std::result::Result<T, Error>;

impl Play<'_, '_> {
    /// Sends a mail to the user, twice as a phone does whose answer was lost, and plays with it.
    /// Answers the other folders that it may be in afterwards.
    pub(super) async fn sent_mail(&mut self, inbox: &str, address: &str) -> Result<Vec<String>> {
        let kept = self.phone.folder_of(5).map(|folder| folder.id.clone());
        let mut folders: Vec<String> = kept.into_iter().collect();
        let subject = self.subject("Probe sent");
        if !self.sent_while_waiting(inbox, address, &subject).await? {
            return Ok(folders);
        }
        let found = self.arrived(inbox, &subject).await?;
        let Some(one) = found.first() else { return Ok(folders) };
        self.attachment(inbox, one).await?;
        folders.extend(self.there_and_back(inbox, one, &subject).await?);
        folders.dedup();
        Ok(folders)
    }

    /// A Sync that waits is woken by what the phone itself sends.
    async fn sent_while_waiting(
        &mut self,
        inbox: &str,
        address: &str,
        subject: &str,
    ) -> Result<bool> {
        let message = smtp::message_with_file(address, subject, &file());
        let waits = self.phone.link.level() >= 121;
        let asked = format!("please send `{subject}` with a file to {address}; and again");
        let step = Step::new("Send mail", asked);
        let waiting_step =
            Step::new("Waiting Sync", "wake my Sync when that comes (it waits for a minute)");
        let sender = self.phone.clone();
        let sending = async {
            tokio::time::sleep(PAUSE).await;
            let first = sender.send_mail(subject, message.as_bytes(), false).await;
            let again = sender.send_mail(subject, message.as_bytes(), false).await;
            (first, again)
        };
        let began = Instant::now();
        let waiting = async {
            if !waits {
                return None;
            }
            // Beside the interval of a Ping, as rpc.php keeps it, Wait would be a second one.
            let wait = match self.phone.link.level() {
                ..140 => text(AirSync::Wait, "1"),
                _ => text(AirSync::HeartbeatInterval, "60"),
            };
            Some((self.phone.sync_and(&[mail_wish(inbox)], [wait]).await, began.elapsed()))
        };
        let is_sent = |sent: &(Answered<u32>, Answered<u32>)| matches!(sent.0, Ok(0));
        let (waited, sent) = while_sending(waiting, sending, is_sent).await;
        let is_sent = self.tell(&step, &sent_twice(sent))?;
        if let Some(Some((synced, took))) = waited.filter(|_| is_sent) {
            self.tell(&waiting_step, &woken(synced, took, inbox))?;
        } else if is_sent {
            let why = "no Sync waits at this version: it takes 12.1";
            self.tell(&waiting_step, &skipped(why))?;
        }
        Ok(is_sent)
    }

    /// Looks for the mail until it is there, and a little longer for a second one.
    async fn arrived(&mut self, inbox: &str, subject: &str) -> Result<Vec<String>> {
        let step = Step::new("Sent mail", "does it arrive, and once?");
        let mut found = Vec::new();
        let mut brought = Ok(());
        for _ in 0..8 {
            let n_before = found.len();
            brought = self.phone.sync_all(mail_wish(inbox)).await.map(drop);
            found = self.found(inbox, subject);
            if brought.is_err() || (n_before > 0 && found.len() == n_before) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let ending = match (brought, found.len()) {
            (Err(reason), _) => error(&reason),
            (Ok(()), 1) => good("yes"),
            (Ok(()), 0) => failed(
                "not within 16 s",
                "the mail server keeps it, or gave it to somebody else",
                "see the mail server's queue and log, and --address",
            ),
            (Ok(()), n) => odd(
                format!("{n} times"),
                "the server sends again what a phone repeats: recipients get it twice",
                "Horde's rpc.php does so; horde-eas does not",
            ),
        };
        self.tell(&step, &ending)?;
        Ok(found)
    }

    /// The file of the mail, by each way that this version has.
    async fn attachment(&mut self, inbox: &str, one: &str) -> Result<()> {
        let item = self.phone.collections.get(inbox).and_then(|held| held.items.get(one));
        let reference = item.and_then(|item| references(item).into_iter().next());
        let step = Step::new("Attachment", "the file of that mail, please (ItemOperations)");
        let Some(reference) = reference else {
            let ending = match self.phone.link.level() {
                ..120 => skipped("told otherwise at this version: not tried"),
                _ => failed(
                    "the mail came without it",
                    "the server tells phones of no attachment, or the mail server took it away",
                    "see the mail in Horde; then the server's log",
                ),
            };
            return self.tell(&step, &ending).map(drop);
        };
        if self.offers("ItemOperations") {
            let ending = match self.phone.fetch_file(&reference, None).await {
                Ok((1, properties)) => compared(&data(properties.as_ref())),
                Ok((status, _)) => bad_status(status),
                Err(reason) => error(&reason),
            };
            self.tell(&step, &ending)?;
        }
        if self.phone.link.level() <= 121 && self.offers("GetAttachment") {
            let step = Step::new("GetAttachment", "and as a file of its own, as old phones do");
            let ending = match self.phone.get_attachment(&reference).await {
                Ok(answer) if answer.status == 200 => compared(&answer.body),
                Ok(answer) => error(&Error::Http(answer.status)),
                Err(reason) => error(&reason),
            };
            self.tell(&step, &ending)?;
        }
        Ok(())
    }

    /// Moves the mail to another folder, and back. Answers that folder.
    async fn there_and_back(
        &mut self,
        inbox: &str,
        one: &str,
        subject: &str,
    ) -> Result<Option<String>> {
        let target = [5, 4, 12, 1].into_iter().find_map(|kind| self.phone.folder_of(kind));
        let target = target.map(|folder| (folder.id.clone(), folder.name.clone()));
        let Some((id, name)) = target.filter(|_| self.offers("MoveItems")) else {
            let step = Step::new("Move", "that mail to another folder");
            let why = "there is no other folder, or the server does not offer MoveItems";
            return self.tell(&step, &skipped(why)).map(|_| None);
        };
        let step = Step::new("Move", format!("please move {one} to {name}"));
        let there = self.phone.move_items(&[(one, inbox)], &id).await;
        let (new_id, ending) = moved(there);
        let went = self.tell(&step, &ending)?;
        let Some(new_id) = new_id.filter(|_| went) else { return Ok(Some(id)) };
        let step = Step::new("Move back", format!("and {new_id} back to the inbox"));
        let back = self.phone.move_items(&[(&new_id, &id)], inbox).await;
        let (last_id, mut ending) = moved(back);
        if let Some(last_id) = last_id {
            let brought = self.phone.sync_all(mail_wish(inbox)).await.map(drop);
            let is_shown = self.found(inbox, subject).contains(&last_id);
            ending = match brought {
                Err(reason) => error(&reason),
                Ok(()) if is_shown => good(format!("it is in the inbox again, as {last_id}")),
                Ok(()) => odd(
                    format!("moved, as {last_id}; the inbox does not show it"),
                    "the server takes the mail for known: a phone that moves mail back misses it",
                    "load the folder anew on the phone; see the server's log",
                ),
            };
        }
        self.tell(&step, &ending)?;
        Ok(Some(id))
    }
}

fn sent_twice((first, again): (Answered<u32>, Answered<u32>)) -> Finding {
    match (first, again) {
        (Err(reason), _) | (_, Err(reason)) => error(&reason),
        (Ok(0), Ok(0 | 118)) => good("on its way"),
        (Ok(first), Ok(again)) => {
            let status = if first == 0 { again } else { first };
            bad(format!("Status {first}, then {again}"), &hint::status(status))
        }
    }
}

fn woken(synced: Answered<Synced>, took: Duration, inbox: &str) -> Finding {
    let synced = match synced {
        Ok(synced) => synced,
        Err(reason) => return error(&reason),
    };
    let brought = synced.of(inbox);
    let status = synced.status.filter(|status| *status != 1).unwrap_or(brought.status);
    match (synced.empty, brought.added.len()) {
        (true, _) | (false, 0) if synced.empty || status <= 1 => {
            bad(format!("nothing, after {} s", took.as_secs()), &hint::ping_status(1))
        }
        (_, 0) if status == 103 => odd(
            "Status 103, at once",
            "the server puts the interval of the Ping before beside that of this Sync: who pings can not wait in a Sync",
            "Horde's rpc.php does so; horde-eas does not",
        ),
        (_, 0) => bad_status(status),
        (_, n) => {
            let mails = counted(u64::try_from(n).unwrap_or(u64::MAX), "mail");
            good(format!("woken after {} s, and brought {mails}", took.as_secs()))
        }
    }
}

fn compared(bytes: &[u8]) -> Finding {
    if bytes == file() {
        return good(format!("{} bytes, as they were sent", bytes.len()));
    }
    failed(
        format!("{} bytes, not the {} that were sent", bytes.len(), file().len()),
        "the server, or a filter at the mail server, changes files",
        "see the mail in Horde: is the file whole there?",
    )
}

fn moved(outcome: Answered<Vec<(u32, Option<String>)>>) -> (Option<String>, Finding) {
    match outcome.map(|mut all| all.pop()) {
        Err(reason) => (None, error(&reason)),
        Ok(Some((3, Some(id)))) => {
            let ending = good(format!("moved; there it is {id}"));
            (Some(id), ending)
        }
        Ok(Some((3, None))) | Ok(None) => (None, error(&Error::Missing("Move:DstMsgId"))),
        Ok(Some((status, _))) => {
            (None, bad(format!("Status {status}"), &hint::move_status(status)))
        }
    }
}

/// Bytes of all values.
fn file() -> Vec<u8> {
    (0..5_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect()
}
