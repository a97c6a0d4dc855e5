//! Waiting for changes: shared by Ping and by a Sync that finds nothing.
//!
//! Whoever waits also learns when folders of Horde's applications came, went or changed their names,
//! or when others of the user's shares are shown: from the same marks that spare FolderSync a call of
//! PHP, every half minute.
//!
//! A waiting request holds no thread, no connection and no transaction: each few seconds it asks
//! the mail server once for all its mailboxes, and the history once for each other folder.
//!
//! [MS-ASCMD] §2.2.1.13

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::backend::items::is_served;
use crate::backend::mail::MailboxStatus;
use crate::backend::profile::Profile;
use crate::backend::{Account, Kind};
use crate::command::hierarchy::{self, Multiplex};
use crate::command::sync::Place;
use crate::command::{Context, Error, gate};
use crate::eas::class::Class;
use crate::state;
use crate::state::cache::SyncCache;
use crate::state::folder::{FolderObject, ImapStatus};
use crate::state::key::StateKey;

/// Why a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// These folders have news.
    Changed(Vec<String>),
    /// A folder, or all state of the device, is gone.
    FolderGone,
    /// A newer request of the same device waits.
    Superseded,
    /// Nothing happened.
    TimedOut,
    /// The device is to be wiped, or may not sync any more.
    Wiped,
}

/// Waits for changes in folders, at most so many seconds.
pub(super) async fn wait(ctx: &Context<'_>, uids: &[String], seconds: u32) -> Result<Ended, Error> {
    let deadline = Instant::now() + Duration::from_secs(u64::from(seconds));
    let pause = Duration::from_secs(ctx.services.config.poll_seconds.clamp(1, 60));
    let Some(started) = begin(ctx).await? else { return Ok(Ended::FolderGone) };
    let mut watch = Watch { folders: BTreeMap::new(), account: ctx.account().clone() };
    let device_rounds = (DEVICE_SECONDS / pause.as_secs().max(1)).max(1);
    let mut n_rounds: u64 = 0;
    loop {
        let Some(cache) = ctx.services.caches.load(&ctx.owner).await? else {
            return Ok(Ended::FolderGone);
        };
        if cache.wait_started().is_some_and(|newest| newest > started) {
            return Ok(Ended::Superseded);
        }
        if n_rounds == 0 && !watch.account_shows(ctx, &cache).await {
            return Ok(Ended::FolderGone);
        }
        if n_rounds % device_rounds == device_rounds - 1 {
            if is_wiped(ctx).await? {
                return Ok(Ended::Wiped);
            }
            if !watch.renew_account(ctx).await {
                return Ok(Ended::FolderGone);
            }
        }
        watch.renew(ctx, &cache, uids).await?;
        match watch.look(ctx).await {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => {}
            Err(Error::Backend(error)) if error.kind == Kind::Unavailable => {
                log::debug!("Wait goes on without its server user={}: {error}", ctx.owner.user);
            }
            Err(error) => return Err(error),
        }
        let now = Instant::now();
        if now >= deadline {
            return Ok(Ended::TimedOut);
        }
        sleep(pause.min(deadline - now)).await;
        n_rounds = n_rounds.wrapping_add(1);
    }
}

/// Tells other servers that a newer request waits; the time never goes backwards.
async fn begin(ctx: &Context<'_>) -> Result<Option<i64>, Error> {
    let now = ctx.now();
    let edit = |cache: &mut SyncCache| {
        let newest = cache.wait_started().unwrap_or(0);
        cache.set_wait_started(
            now.max(newest.saturating_add(1).min(now.saturating_add(CLOCK_SKEW))),
        );
    };
    let cache = ctx.services.caches.update(&ctx.owner, now, &edit).await?;
    Ok(cache.map(|cache| cache.wait_started().unwrap_or(now)))
}

async fn is_wiped(ctx: &Context<'_>) -> Result<bool, Error> {
    let device = ctx.services.devices.load(&ctx.owner).await?;
    Ok(device.is_some_and(|device| {
        device.properties.is_blocked() || gate::is_to_be_wiped(ctx.services, ctx.call, &device)
    }))
}

/// What is waited for, as the client last had it.
struct Watch {
    folders: BTreeMap<String, Watched>,
    /// What Horde says of the user.
    account: Account,
}

/// One folder.
struct Watched {
    key: String,
    has_pending: bool,
    what: What,
}

/// What in it may change.
enum What {
    Items(Place, i64),
    Mailbox(String, Option<ImapStatus>),
    Nothing,
}

impl Watch {
    /// Whether the folders of Horde's applications are those that the client has.
    async fn account_shows(&mut self, ctx: &Context<'_>, cache: &SyncCache) -> bool {
        let known: BTreeSet<String> = cache
            .folders()
            .into_iter()
            .filter(|(_, folder)| Class::of(&folder.class) != Some(Class::Email))
            .map(|(_, folder)| folder.backend_id)
            .collect();
        let is_same = |account: &Account| {
            let shown = shown(ctx, &account.profile);
            shown.len() == known.len() && shown.keys().all(|id| known.contains(id))
        };
        if is_same(&self.account) {
            return true;
        }
        // What is known of the user may be older than what the client was told; while Horde can not
        // be asked, the wait goes on.
        let Ok(now) = ctx.services.accounts.refresh(&self.account.credentials).await else {
            return true;
        };
        self.account = now;
        is_same(&self.account)
    }

    /// Takes over what is new of the user; false when there are other folders, or names of them.
    async fn renew_account(&mut self, ctx: &Context<'_>) -> bool {
        let Some(account) = ctx.services.accounts.news(&self.account).await else { return true };
        let before = shown(ctx, &self.account.profile);
        let is_same = shown(ctx, &account.profile) == before;
        self.account = account;
        self.folders.clear();
        is_same
    }

    /// Reads the state of folders whose key is another than last time.
    async fn renew(
        &mut self,
        ctx: &Context<'_>,
        cache: &SyncCache,
        uids: &[String],
    ) -> Result<(), Error> {
        for uid in uids {
            let key = cache.collection(uid).and_then(|cached| cached.last_sync_key);
            let Some(key) = key.filter(|key| key != "0") else {
                self.folders.remove(uid);
                continue;
            };
            if self.folders.get(uid).is_some_and(|watched| watched.key == key) {
                continue;
            }
            let watched = watched(ctx, &mut self.account, uid, key).await?;
            self.folders.insert(uid.clone(), watched);
        }
        Ok(())
    }

    /// Asks the servers once.
    async fn look(&self, ctx: &Context<'_>) -> Result<Option<Ended>, Error> {
        let mut changed = Vec::new();
        let mailboxes: Vec<String> = self
            .folders
            .values()
            .filter_map(|watched| match &watched.what {
                What::Mailbox(name, _) => Some(name.clone()),
                What::Items(..) | What::Nothing => None,
            })
            .collect();
        let status = if mailboxes.is_empty() {
            BTreeMap::new()
        } else {
            ctx.services.mail.status(&self.account, &mailboxes).await?
        };
        for (uid, watched) in &self.folders {
            let has_news = watched.has_pending
                || match &watched.what {
                    What::Nothing => false,
                    What::Mailbox(name, known) => match status.get(name) {
                        Some(now) => differs(known.as_ref(), now),
                        None => return Ok(Some(Ended::FolderGone)),
                    },
                    What::Items(place, stamp) => {
                        let found = ctx
                            .services
                            .history
                            .changes(&place.parents(), (*stamp).into(), ctx.now())
                            .await?;
                        !found.changes.is_empty()
                    }
                };
            if has_news {
                changed.push(uid.clone());
            }
        }
        Ok((!changed.is_empty()).then_some(Ended::Changed(changed)))
    }
}

/// The folders of Horde's applications and their names.
fn shown(ctx: &Context<'_>, profile: &Profile) -> BTreeMap<String, String> {
    let multiplex = Multiplex(ctx.device.properties.multiplex().unwrap_or(0));
    hierarchy::folders(profile, Some(&[]), multiplex, ctx.version())
        .into_iter()
        .filter(|folder| hierarchy::class_of(folder.kind) != Class::Email)
        .map(|folder| (folder.backend_id, folder.name))
        .collect()
}

async fn watched(
    ctx: &Context<'_>,
    account: &mut Account,
    uid: &str,
    key: String,
) -> Result<Watched, Error> {
    let parsed = StateKey::parse(&key);
    let state = match &parsed {
        Some(parsed) => match ctx.services.collections.load(&ctx.owner, uid, parsed).await {
            Ok(state) => state,
            Err(error) if error.kind == state::Kind::Stale => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    // No state to be read: the Sync that follows says so to the client.
    let Some(state) = state else {
        return Ok(Watched { key, has_pending: true, what: What::Nothing });
    };
    let mut has_pending = !state.pending.is_empty();
    let what = match state.folder {
        FolderObject::Imap(folder) if folder.mailbox == uid || folder.mailbox == "OUTBOX" => {
            What::Nothing
        }
        FolderObject::Imap(folder) => What::Mailbox(folder.mailbox, folder.status),
        FolderObject::Collection(folder) => {
            let class = Class::of(&folder.class).filter(|class| is_served(*class));
            let place = |profile: &Profile| Place::of(profile, class?, &folder.backend_id);
            // Horde's own server leaves it out of its rows: then the record has it.
            let recorded = || ctx.cache.as_ref()?.shown_shares(uid, parsed.as_ref()?.series());
            let known = folder.shares.clone().or_else(recorded);
            let shows_others =
                |place: Option<&Place>| place.is_some_and(|place| place.differs(known.as_ref()));
            let mut found = place(&account.profile);
            if shows_others(found.as_ref()) {
                // As above: only what Horde says now may send the client to look.
                if let Ok(now) = ctx.services.accounts.refresh(&account.credentials).await {
                    *account = now;
                    found = place(&account.profile);
                    has_pending |= shows_others(found.as_ref());
                }
            }
            found.map_or(What::Nothing, |place| What::Items(place, state.stamp))
        }
        FolderObject::Ri(_) => What::Nothing,
    };
    Ok(Watched { key, has_pending, what })
}

/// Whether a mailbox is another than the client's state of it.
fn differs(known: Option<&ImapStatus>, now: &MailboxStatus) -> bool {
    known.is_none_or(|known| {
        known.uid_next != now.uid_next
            || known.uid_validity != now.uid_validity
            || known.messages != now.messages
            || known.highest_mod_seq != now.highest_mod_seq
    })
}

/// Seconds between two looks at the device's row, or the pause where that is longer.
const DEVICE_SECONDS: u64 = 30;
/// Clocks of servers on one database may differ by so many seconds.
const CLOCK_SKEW: i64 = 60;
