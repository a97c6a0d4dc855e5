//! A letter on its way: intent, mail server, outcome, copy.
//!
//! The order is what makes it happen once: the intent is written before the mail server hears of
//! the mail, and that it was sent right after the server's last reply.
//! A sidecar that dies between that reply and the row leaves the one window in which a repeated
//! request sends again: with the same Message-ID.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

use crate::backend::submit::{Parcel, Receipt, Unsent, Why};
use crate::backend::{self, Account, Kind};
use crate::command::send_mail::letter::Letter;
use crate::command::{Context, Error, Services};
use crate::eas::status::CommonStatus;
use crate::state::model::Owner;
use crate::state::outbox::{Begun, LEASE, Sending};

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The mail server took it.
    Sent,
    /// It took it when the request came for the first time.
    SentBefore,
    /// Nothing was sent, and trying again by itself does not help.
    Refused(CommonStatus),
}

impl Outcome {
    /// For the request's line in the log.
    pub(super) fn word(self) -> String {
        match self {
            Self::Sent => "sent".to_owned(),
            Self::SentBefore => "sent-before".to_owned(),
            Self::Refused(status) => status.0.to_string(),
        }
    }
}

/// A letter and all that it needs to be sent.
pub(super) struct Delivery {
    services: Services,
    account: Account,
    owner: Owner,
    letter: Letter,
    sending: Sending,
    /// The mailbox that is to hold a copy.
    keep_in: Option<String>,
    now: i64,
}

impl Delivery {
    /// Prepares to send a letter.
    pub(super) fn new(ctx: &Context<'_>, letter: Letter, is_kept: bool) -> Self {
        let mail = ctx.account().profile.mail.as_ref();
        let sent_mail = mail.and_then(|mail| mail.special.sent.clone());
        let sending = Sending {
            id: letter.id,
            alias: letter.alias,
            message_id: letter.message_id.clone(),
            holder: rand::random(),
        };
        Self {
            services: ctx.services.clone(),
            account: ctx.account().clone(),
            owner: ctx.owner.clone(),
            letter,
            sending,
            keep_in: sent_mail.filter(|_| is_kept),
            now: ctx.now(),
        }
    }

    /// Sends it, unless that was done.
    pub(super) async fn run(mut self) -> Result<Outcome, Error> {
        match self.begin().await? {
            Begun::First => {}
            Begun::Again(message_id) => {
                log::warn!(
                    "Mail is sent again, since nobody knows how the first try ended \
                     user={} device={} id={:?}",
                    self.owner.user,
                    self.owner.device,
                    self.sending.id,
                );
                self.letter = self.letter.with_id(&message_id);
                self.sending.message_id = message_id;
            }
            Begun::Sent { message_id, is_done } => {
                if !is_done {
                    self.letter = self.letter.with_id(&message_id);
                    self.sending.message_id = message_id;
                    self.keep(true).await;
                }
                return Ok(Outcome::SentBefore);
            }
            Begun::Busy => {
                let message = "another request sends the same mail";
                return Err(backend::Error::new(Kind::Unavailable, message).into());
            }
        }
        match self.submit().await {
            Ok(receipt) => {
                self.note_sent(receipt).await;
                self.keep(false).await;
                Ok(Outcome::Sent)
            }
            Err(unsent) => self.not_sent(unsent).await,
        }
    }

    /// Takes the right to send; waits for whoever has it, or for the end of a lease that somebody
    /// left behind.
    async fn begin(&mut self) -> Result<Begun, Error> {
        let until = Instant::now() + LEASE + LONGEST_PAUSE;
        let mut pause = PAUSE;
        loop {
            let outbox = &self.services.outbox;
            let (id, begun) = outbox.begin(&self.owner, &self.sending, self.now).await?;
            self.sending.id = id;
            if begun != Begun::Busy || Instant::now() >= until {
                return Ok(begun);
            }
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Hands it over, and holds the right to do so as long as that takes.
    async fn submit(&self) -> Result<Receipt, Unsent> {
        let parcel = Parcel {
            from: self.letter.from.clone(),
            to: self.letter.to.clone(),
            message: self.letter.sent(),
        };
        let submitting = self.services.submit.submit(&self.account, parcel);
        let renewing = async {
            let mut beat = interval(LEASE / 3);
            // The first comes at once.
            beat.tick().await;
            loop {
                beat.tick().await;
                if let Err(error) = self.services.outbox.renew(&self.sending).await {
                    log::warn!("The right to send a mail was not renewed: {error}");
                }
            }
        };
        tokio::select! {
            done = submitting => done,
            () = renewing => Err(Unsent::new(Why::Unsettled, "the heartbeat ended")),
        }
    }

    /// Writes down that it was sent: tried for a while, since a lost row would send it again.
    async fn note_sent(&self, receipt: Receipt) {
        let is_done = self.keep_in.is_none();
        for n_tries in 1..=TRIES {
            match self.services.outbox.sent(&self.sending, is_done).await {
                Ok(()) => return,
                Err(error) if n_tries == TRIES => log::error!(
                    "A mail was sent, and that could not be written down: \
                     a repeated request sends it again user={} device={} id={:?} code={}: {error}",
                    self.owner.user,
                    self.owner.device,
                    self.sending.id,
                    receipt.code,
                ),
                Err(_) => sleep(PAUSE * n_tries).await,
            }
        }
    }

    /// What an error means for the client, and for the next try.
    async fn not_sent(&self, unsent: Unsent) -> Result<Outcome, Error> {
        log::warn!(
            "Mail was not sent user={} device={} id={:?} code={}: {unsent}",
            self.owner.user,
            self.owner.device,
            self.sending.id,
            unsent.code.unwrap_or_default(),
        );
        if let Some(source) = &unsent.source {
            log::debug!("the mail server in full: {source}");
        }
        let written = match unsent.why {
            Why::Unsettled => self.services.outbox.unsettled(&self.sending).await,
            _ => self.services.outbox.not_sent(&self.sending).await,
        };
        if let Err(error) = written {
            log::warn!("The outbox keeps a row for {} seconds: {error}", LEASE.as_secs());
        }
        let retry = |what: &str| Err(backend::Error::new(Kind::Unavailable, what).into());
        match unsent.why {
            Why::Down => retry("the mail server does not answer"),
            Why::Unsettled => retry("the mail server did not say whether it took a mail"),
            Why::Later => Ok(Outcome::Refused(CommonStatus::ServerErrorRetryLater)),
            Why::Closed | Why::Refused => Ok(Outcome::Refused(CommonStatus::MailSubmissionFailed)),
            Why::TooLarge => Ok(Outcome::Refused(CommonStatus::SendQuotaExceeded)),
        }
    }

    /// Keeps a copy. The mail is sent whatever comes of it, so the client is not told, and what
    /// fails is tried again behind its back.
    async fn keep(self, may_be_there: bool) {
        if self.keep_in.is_none() || self.try_keep(may_be_there).await {
            return;
        }
        tokio::spawn(async move {
            for n_tries in 1..=TRIES {
                sleep(COPY_PAUSE * n_tries).await;
                // The answer to the last try may have been lost.
                if self.try_keep(true).await {
                    return;
                }
            }
            log::error!(
                "A mail was sent and no copy is kept user={} device={}",
                self.owner.user,
                self.owner.device
            );
        });
    }

    async fn try_keep(&self, may_be_there: bool) -> bool {
        let Some(mailbox) = &self.keep_in else { return true };
        let message = Arc::from(self.letter.kept());
        let unless = may_be_there.then_some(self.sending.message_id.as_str());
        let kept = self.services.mail.append(&self.account, mailbox, message, unless).await;
        if let Err(error) = kept {
            log::warn!(
                "A copy of a sent mail was not kept user={} device={}: {error}",
                self.owner.user,
                self.owner.device,
            );
            return false;
        }
        if let Err(error) = self.services.outbox.sent(&self.sending, true).await {
            log::debug!("the outbox does not know of a copy: {error}");
        }
        true
    }
}

/// Between two looks at a mail that somebody else sends; the first, and the longest.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const COPY_PAUSE: Duration = Duration::from_secs(10);
const TRIES: u32 = 5;
