//! Mails to the user that wake the phone, and are taken away again.

use std::future::Future;
use std::io::Result;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::probe::node::text;
use crate::probe::steps::{Play, done, mail_wish};
use crate::probe::story::{Step, bad, bad_status, error, failed, good, skipped};
use crate::probe::sync::{change, delete};
use crate::probe::{Error, hint, smtp};
use crate::wbxml::pages::Email;

impl Play<'_, '_> {
    /// Everything with mails of the probe's own.
    pub(super) async fn mails(&mut self, inbox: &str) -> Result<()> {
        let user = &self.args.user;
        let known = self.address.clone().or_else(|| user.contains('@').then(|| user.clone()));
        let Some(address) = known else {
            let step = Step::new("Ping", "wake me when a mail comes");
            let why = "the user's address is not known: give --address";
            return self.tell(&step, &skipped(why)).map(drop);
        };
        self.new_mail(inbox, &address).await?;
        let mut folders = vec![inbox.to_owned()];
        folders.extend(self.sent_mail(inbox, &address).await?);
        if self.args.keep {
            return Ok(());
        }
        self.tidy_up(&folders).await
    }

    /// A subject that no other mail has.
    pub(super) fn subject(&mut self, words: &str) -> String {
        let subject = format!("{words} {}", jiff::Timestamp::now().as_millisecond());
        self.subjects.push(subject.clone());
        subject
    }

    /// The ids of the mails of a subject in a folder, as far as the phone knows.
    pub(super) fn found(&self, folder: &str, subject: &str) -> Vec<String> {
        let held = self.phone.collections.get(folder);
        held.map(|held| held.find(Email::Subject, subject)).unwrap_or_default()
    }

    /// Waits in a Ping for a mail, reads it, marks it read, and deletes it.
    async fn new_mail(&mut self, inbox: &str, address: &str) -> Result<()> {
        let subject = self.subject("Probe");
        if !self.wake(inbox, address, &subject).await? {
            return Ok(());
        }
        let step = Step::new("New mail", format!("what came? (sent was `{subject}`)"));
        let brought = self.phone.sync_all(mail_wish(inbox)).await;
        let found = self.found(inbox, &subject);
        let ending = match (brought, found.as_slice()) {
            (Err(reason), _) => error(&reason),
            (Ok(_), [one]) => good(format!("the mail, as {one}")),
            (Ok(brought), _) if brought.status != 1 => bad_status(brought.status),
            (Ok(_), all) => failed(
                format!("{} such mails", all.len()),
                "the waiting phone was woken by something else, or the mail came twice",
                "see the logs of the server and of the mail server",
            ),
        };
        let came = self.tell(&step, &ending)?;
        let (true, [one]) = (came, found.as_slice()) else { return Ok(()) };
        let step = Step::new("Mark read", format!("{one} was read"));
        let read = mail_wish(inbox).with([change(one, [text(Email::Read, "1")])]);
        let ending = done(self.phone.sync_all(read).await);
        self.tell(&step, &ending)?;
        if self.args.keep {
            return Ok(());
        }
        let step = Step::new("Mail deleted", format!("please delete {one} for good"));
        let ending = done(self.delete(inbox, &found, "0").await);
        self.tell(&step, &ending).map(drop)
    }

    /// Takes mails away for good, out of a folder with that filter.
    pub(super) async fn delete(
        &mut self,
        folder: &str,
        ids: &[String],
        filter: &str,
    ) -> std::result::Result<crate::probe::sync::Brought, Error> {
        let mut gone = crate::probe::steps::filtered_wish(folder, filter)
            .with(ids.iter().map(|one| delete(one)));
        gone.deletes_as_moves = Some(false);
        self.phone.sync_all(gone).await
    }

    /// Waits, and has a mail come meanwhile.
    async fn wake(&mut self, inbox: &str, address: &str, subject: &str) -> Result<bool> {
        let way = match &self.args.smtp {
            Some(server) => format!("a mail is handed to {server} after 2 s"),
            None => "I send a mail to myself after 2 s (SendMail)".to_owned(),
        };
        let step = Step::new("Ping", format!("wake me when something comes; {way}"));
        let folders = [(inbox, "Email")];
        let sending = async {
            tokio::time::sleep(PAUSE).await;
            match &self.args.smtp {
                Some(server) => smtp::deliver(server, address, subject).await.map(|()| 0),
                None => {
                    let message = smtp::message(address, subject);
                    self.phone.send_mail(subject, message.as_bytes(), false).await
                }
            }
        };
        let is_sent = |sent: &std::result::Result<u32, Error>| matches!(sent, Ok(0 | 1));
        let ending = match while_sending(self.phone.ping(WAIT, &folders), sending, is_sent).await {
            (_, Err(reason)) | (Some(Err(reason)), Ok(_)) => error(&reason),
            (_, Ok(status)) if status > 1 => bad_status(status),
            (Some(Ok(end)), Ok(_)) if end.status == 2 => good("woken: the inbox has changes"),
            (end, Ok(_)) => {
                let status = end.and_then(std::result::Result::ok).unwrap_or_default().status;
                bad(format!("Status {status}"), &hint::ping_status(status))
            }
        };
        self.tell(&step, &ending)
    }
}

/// What came of waiting while something is sent: nothing, when that was not sent.
pub(super) async fn while_sending<W, S>(
    waiting: impl Future<Output = W>,
    sending: impl Future<Output = S>,
    is_sent: impl FnOnce(&S) -> bool,
) -> (Option<W>, S) {
    match select(Box::pin(waiting), Box::pin(sending)).await {
        Either::Left((waited, sending)) => (Some(waited), sending.await),
        Either::Right((sent, waiting)) if is_sent(&sent) => (Some(waiting.await), sent),
        Either::Right((sent, _)) => (None, sent),
    }
}

/// So long the phone waits before something is sent.
pub(super) const PAUSE: Duration = Duration::from_secs(2);
/// Longer than any mail server takes.
const WAIT: u32 = 60;
