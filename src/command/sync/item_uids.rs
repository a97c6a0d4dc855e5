//! Under which uid a new item is stored: it is Horde's name of it, the ServerId for all phones and,
//! of an event, the UID for all calendars.
//!
//! Mostly we make it, of what is the same when an Add is sent again.
//! A phone's own UID of an event is kept, since the invitations that the phone mails carry it.
//!
//! [MS-ASCAL] §2.2.2.46

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::command::Context;
use crate::command::sync::Asked;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::place::Place;
use crate::command::sync::wire::{ClientAdd, ClientCommand};
use crate::digest;
use crate::eas::class::{Class, Item};
use crate::eas::version::ProtocolVersion;
use crate::state::map::ItemTimes;

/// What uids of a request are made of.
pub(super) struct Uids<'a> {
    ctx: &'a Context<'a>,
    asked: &'a Asked,
    place: &'a Place,
    /// Items that the client speaks of in this request.
    named: BTreeSet<&'a str>,
    /// What it did a short while ago, where a uid may hang on it.
    own: Option<Arc<ItemTimes>>,
}

impl<'a> Uids<'a> {
    /// `own` is what the client did under the presented key, where that was looked up already.
    pub(super) async fn of(
        ctx: &'a Context<'a>,
        asked: &'a Asked,
        place: &'a Place,
        own: Option<Arc<ItemTimes>>,
    ) -> Result<Self, Trouble> {
        let is_add = |command: &ClientCommand| matches!(command, ClientCommand::Add(_));
        let may_choose = asked.class == Class::Calendar && asked.commands.iter().any(is_add);
        let own = if own.is_none() && may_choose {
            let maps = &ctx.services.maps;
            let key = asked.presented_key()?;
            Some(Arc::new(maps.times(&ctx.owner, &place.backend_id, &key).await?))
        } else {
            own
        };
        let named = asked.commands.iter().filter_map(|command| match command {
            ClientCommand::Change(change) => Some(change.server_id.as_str()),
            ClientCommand::Delete(delete) => Some(delete.server_id.as_str()),
            ClientCommand::Add(_) | ClientCommand::Fetch(_) => None,
        });
        Ok(Self { ctx, asked, place, named: named.collect(), own })
    }

    /// The uid of a new item; and where the phone had a say in it, the one to be used when another
    /// item has that.
    pub(super) fn name(&self, add: &ClientAdd, item: &Item) -> (String, Option<String>) {
        let series = self.asked.key.as_ref().map_or("", |key| key.series());
        let device = &*self.ctx.owner.device;
        let made = self.made(&[device, series, add.client_id.as_str()]);
        let Item::Event(event) = item else { return (made, None) };
        let chosen = if self.ctx.version() >= ProtocolVersion::V16_0 {
            // The client has no say in the UID, but in what is the same event.
            let client_uid = event.client_uid.as_deref().map(str::trim).filter(|id| !id.is_empty());
            client_uid.map(|id| self.made(&[CLIENT_UID, id]))
        } else {
            event.uid.clone().filter(|uid| is_fit(uid))
        };
        // What the client knows by this name, or knew, must not be taken for the new item.
        let was_deleted = |uid: &str| self.own.as_ref().is_some_and(|own| own.is_own_delete(uid));
        let is_free = |uid: &String| !self.named.contains(uid.as_str()) && !was_deleted(uid);
        match chosen.filter(is_free) {
            Some(chosen) => (chosen, Some(made)),
            None => (made, None),
        }
    }

    /// The same whenever the parts are, for this user and folder.
    fn made(&self, parts: &[&str]) -> String {
        let mut all = vec![&*self.ctx.owner.user, &self.place.backend_id];
        all.extend(parts);
        let all: Vec<&[u8]> = all.into_iter().map(str::as_bytes).collect();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest::of(&all)[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().hyphenated().to_string()
    }
}

/// Whether a phone's UID can name an item in Horde's tables and everywhere in the protocol.
fn is_fit(uid: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@{}+=".contains(&byte);
    (SHORTEST..=LONGEST).contains(&uid.len()) && uid.bytes().all(is_plain)
}

/// What tells a ClientUid from the ids of devices.
const CLIENT_UID: &str = "ClientUid";
/// Bytes of a UID that is nobody else's by chance.
const SHORTEST: usize = 12;
/// Bytes of a UID at most: of those in the field Outlook's are the longest, with 112.
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use crate::command::sync::item_uids::is_fit;

    #[test]
    fn uids_of_phones_are_kept_where_they_are_names() {
        let outlook = "040000008200E00074C5B7101A82E008".to_owned() + &"0".repeat(80);
        for fit in [
            "5A0E9A14-2D4B-4F3C-8E52-0C1B3B5E0B11",
            "{5A0E9A14-2D4B-4F3C-8E52-0C1B3B5E0B11}",
            "abc_def.123@google.com",
            &outlook,
        ] {
            assert!(is_fit(fit), "{fit}");
        }
        let long = "a".repeat(129);
        for unfit in [
            "",
            "1",
            "12345678901",
            "a b c d e f g h",
            "kronolith:x:abcdefg",
            "ab/cd/ef/gh/ij",
            "Ünal-Ünal-Ünal-Ünal",
            &long,
        ] {
            assert!(!is_fit(unfit), "{unfit}");
        }
    }
}
