//! A client's message made ready to be sent: whose it is, who gets it, what tells it from others.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use crate::backend::profile::{Identity, Profile};
use crate::command::Context;
use crate::digest;
use crate::eas::status::CommonStatus;
use crate::mime::outgoing::{Outgoing, Problem, is_address, spelled};
use crate::state::model::Owner;
use crate::state::outbox::SendId;

/// A message and its envelope.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The message with all that must be in it, Bcc too.
    message: Outgoing,
    /// Who learns of failures.
    pub(super) from: String,
    /// Who gets it.
    pub(super) to: Vec<String>,
    /// What tells it from all others.
    pub(super) id: SendId,
    /// What also does, when the client gave it a Message-ID.
    pub(super) alias: Option<SendId>,
    /// Its Message-ID, with angle brackets.
    pub(super) message_id: String,
    /// Whether the client gave it that id.
    has_own_id: bool,
}

impl Letter {
    /// Reads a client's message.
    pub(super) fn read(
        ctx: &Context<'_>,
        mime: &[u8],
        client_id: Option<&str>,
    ) -> Result<Self, CommonStatus> {
        let profile = &ctx.account().profile;
        Self::of(&ctx.owner, profile, mime, client_id, ctx.now())
    }

    fn of(
        owner: &Owner,
        profile: &Profile,
        mime: &[u8],
        client_id: Option<&str>,
        now: i64,
    ) -> Result<Self, CommonStatus> {
        let status = |problem| match problem {
            Problem::NoRecipient => CommonStatus::MessageHasNoRecipient,
            Problem::BadRecipient => CommonStatus::MessageRecipientUnresolved,
            Problem::TooMany => CommonStatus::SendQuotaExceeded,
            Problem::Header => CommonStatus::InvalidMime,
        };
        let mut message = Outgoing::read(mime).map_err(status)?;
        let to = message.recipients().map_err(status)?;
        let content: [u8; 32] = Sha256::digest(mime).into();
        let id = send_id(owner, &message, client_id, &content, now);
        let own_id = message.value("Message-ID").filter(|id| is_message_id(id));
        let alias = own_id.as_ref().map(|id| {
            hash_of(&[
                ALIAS,
                owner.device.as_bytes(),
                owner.user.as_bytes(),
                id.as_bytes(),
                &message.gist(),
            ])
        });
        let from = put_writer(&mut message, profile);
        if !message.has("Date") {
            message.set("Date", &date(profile, now));
        }
        let has_own_id = own_id.is_some();
        let message_id = own_id.unwrap_or_else(|| made_id(owner, client_id, &content, &from));
        if !has_own_id {
            message.set("Message-ID", &message_id);
        }
        Ok(Self { message, from, to, id, alias, message_id, has_own_id })
    }

    /// How many get it.
    pub(super) const fn n_recipients(&self) -> usize {
        self.to.len()
    }

    /// Gives the message the id of an earlier try, unless the client itself gave it one.
    pub(super) fn with_id(mut self, message_id: &str) -> Self {
        if !self.has_own_id {
            self.message.set("Message-ID", message_id);
            message_id.clone_into(&mut self.message_id);
        }
        self
    }

    /// The message as its recipients get it.
    pub(super) fn sent(&self) -> Vec<u8> {
        self.message.bytes_without("Bcc")
    }

    /// The message as its writer keeps it.
    pub(super) fn kept(&self) -> Vec<u8> {
        self.message.bytes()
    }
}

/// Writes the identity of phones into From, as Horde does, and its Reply-To where there is none;
/// answers the address that the mail comes from.
///
/// What the client says counts only for a user whose identity has no address.
fn put_writer(message: &mut Outgoing, profile: &Profile) -> String {
    let chosen = profile.identities.iter().find(|identity| identity.chosen);
    let identity = chosen.or_else(|| profile.identities.first());
    let usable = |address: &str| is_address(address) && address.contains('@');
    let Some(Identity { full_name, from, reply_to, .. }) =
        identity.filter(|identity| usable(&identity.from))
    else {
        let from = message.headers().from.into_iter().next().map(|from| from.address);
        return from.filter(|from| is_address(from)).unwrap_or_default();
    };
    message.set("From", &spelled(full_name, from));
    if usable(reply_to) && !message.has("Reply-To") {
        message.set("Reply-To", reply_to);
    }
    from.clone()
}

/// The ClientId alone is not enough: some clients begin to count anew (and others draw a new one
/// for each try, which is what the alias is for). And a client may write the
/// same mail in other bytes when it sends it again: so it is told by whom it goes to and what it
/// is about.
///
/// Without a ClientId the bytes tell it; where they hold neither an id nor a date, only for some
/// minutes, since somebody may well write the same twice.
fn send_id(
    owner: &Owner,
    message: &Outgoing,
    client_id: Option<&str>,
    content: &[u8; 32],
    now: i64,
) -> SendId {
    let (device, user) = (owner.device.as_bytes(), owner.user.as_bytes());
    match client_id {
        Some(client_id) => hash_of(&[NAME, device, user, client_id.as_bytes(), &message.gist()]),
        None if message.has("Message-ID") || message.has("Date") => {
            hash_of(&[NAME, device, user, b"", content])
        }
        None => {
            let when = now.div_euclid(ALIKE_SECONDS).to_be_bytes();
            hash_of(&[NAME, device, user, b"", content, &when])
        }
    }
}

fn hash_of(parts: &[&[u8]]) -> SendId {
    SendId(digest::of(parts))
}

/// A Message-ID that comes out the same for the same request, keyed with the message: nobody who
/// has not got that can tell the device by it.
fn made_id(owner: &Owner, client_id: Option<&str>, content: &[u8; 32], from: &str) -> String {
    let mut keyed: [u8; 32] = *content;
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(content) {
        for part in [owner.device.as_str(), &owner.user, client_id.unwrap_or_default()] {
            mac.update(&part.len().to_be_bytes());
            mac.update(part.as_bytes());
        }
        keyed = mac.finalize().into_bytes().into();
    }
    let local = digest::hex(&keyed[..16]);
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let is_name = !domain.is_empty()
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    format!("<{local}@{}>", if is_name { domain } else { "localhost" })
}

/// One that can be searched for and stored.
fn is_message_id(id: &str) -> bool {
    id.len() > 2
        && id.len() <= LONGEST_ID
        && id.starts_with('<')
        && id.ends_with('>')
        && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// The time in the user's zone, as mail writes it.
fn date(profile: &Profile, now: i64) -> String {
    let zone = TimeZone::get(&profile.time_zone).unwrap_or(TimeZone::UTC);
    let now = Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
    now.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

const NAME: &[u8] = b"SendMail";
const ALIAS: &[u8] = b"Message-ID";
const ALIKE_SECONDS: i64 = 600;
const LONGEST_ID: usize = 250;

#[cfg(test)]
mod tests {
    use crate::backend::profile::{Identity, Profile};
    use crate::command::send_mail::letter::Letter;
    use crate::eas::status::CommonStatus;
    use crate::state::model::Owner;

    const NOW: i64 = 1_795_310_640;

    fn owner() -> Owner {
        Owner { device: "PHONE1".to_owned(), user: "ann".to_owned() }
    }

    fn profile() -> Profile {
        let identity = |from: &str, chosen| Identity {
            full_name: "Ann Other".to_owned(),
            from: from.to_owned(),
            reply_to: "answers@x.test".to_owned(),
            chosen,
            ..Identity::default()
        };
        Profile {
            time_zone: "Europe/Berlin".to_owned(),
            identities: vec![identity("default@x.test", false), identity("ann@x.test", true)],
            ..Profile::default()
        }
    }

    fn letter(mime: &str, client_id: Option<&str>, now: i64) -> Letter {
        Letter::of(&owner(), &profile(), mime.as_bytes(), client_id, now).unwrap()
    }

    #[test]
    fn what_is_missing_is_added_and_bcc_is_hidden() {
        let letter = letter(
            "To: b@x.test\r\nFrom: somebody@else.test\r\nBcc: c@x.test\r\nSubject: x\r\n\r\nhi\r\n",
            Some("1"),
            NOW,
        );
        assert_eq!(
            (letter.from.as_str(), letter.to.join(" ").as_str()),
            ("ann@x.test", "b@x.test c@x.test")
        );
        let expected = format!(
            "To: b@x.test\r\nFrom: Ann Other <ann@x.test>\r\nSubject: x\r\nReply-To: answers@x.test\r\nDate: Sun, 22 Nov 2026 02:24:00 +0100\r\nMessage-ID: {}\r\n\r\nhi\r\n",
            letter.message_id
        );
        assert_eq!(String::from_utf8(letter.sent()).unwrap(), expected);
        assert!(String::from_utf8(letter.kept()).unwrap().contains("\r\nBcc: c@x.test\r\n"));
        assert!(letter.message_id.ends_with("@x.test>"), "{}", letter.message_id);
    }

    #[test]
    fn what_is_there_stays() {
        let mime = "To: b@x.test\r\nFrom: Ann Other <ann@x.test>\r\nReply-To: r@x.test\r\nDate: today\r\nMessage-ID: <own@phone>\r\n\r\nhi\r\n";
        let letter = letter(mime, Some("1"), NOW).with_id("<other@x.test>");
        assert_eq!(String::from_utf8(letter.sent()).unwrap(), mime);
        assert_eq!(letter.message_id, "<own@phone>");
    }

    #[test]
    fn an_earlier_id_takes_the_place_of_a_made_one() {
        let letter = letter("To: b@x.test\r\n\r\nhi\r\n", Some("1"), NOW).with_id("<first@x.test>");
        let sent = String::from_utf8(letter.sent()).unwrap();
        assert_eq!(sent.matches("Message-ID: <first@x.test>").count(), 1, "{sent}");
        assert_eq!(sent.to_ascii_lowercase().matches("message-id").count(), 1, "{sent}");
    }

    #[test]
    fn a_user_without_an_address_keeps_what_the_client_says() {
        let mime = b"From: me@home.test\r\nTo: b@x.test\r\n\r\n";
        let letter = Letter::of(&owner(), &Profile::default(), mime, None, NOW).unwrap();
        assert_eq!(letter.from, "me@home.test");
        assert!(letter.sent().starts_with(b"From: me@home.test\r\n"));
    }

    #[test]
    fn the_same_request_is_told_and_no_other() {
        let first = letter("To: b@x.test\r\nSubject: x\r\nDate: 1\r\n\r\n1", Some("1"), NOW);
        let again =
            letter("Date: 2\r\nTo: b@x.test\r\nSubject: x\r\n\r\n1", Some("1"), NOW + 9_999);
        assert_eq!(first.id, again.id);
        assert_ne!(first.id, letter("To: b@x.test\r\nSubject: x\r\n\r\n1", Some("2"), NOW).id);
        assert_ne!(first.id, letter("To: b@x.test\r\nSubject: y\r\n\r\n1", Some("1"), NOW).id);
        let other = Owner { device: "PHONE2".to_owned(), ..owner() };
        let mime = b"To: b@x.test\r\nSubject: x\r\nDate: 1\r\n\r\n1";
        let others = Letter::of(&other, &profile(), mime, Some("1"), NOW).unwrap();
        assert_ne!(first.id, others.id);
        assert_ne!(first.message_id, others.message_id);
    }

    #[test]
    fn a_message_id_tells_a_mail_whose_client_id_is_drawn_anew() {
        let mime = "To: b@x.test\r\nMessage-ID: <own@phone>\r\n\r\n1";
        let (first, again) = (letter(mime, Some("1"), NOW), letter(mime, Some("2"), NOW));
        assert_ne!(first.id, again.id);
        assert!(first.alias.is_some() && first.alias == again.alias);
        let other = letter(&mime.replace("b@x", "c@x"), Some("3"), NOW);
        assert_ne!(first.alias, other.alias);
        assert_eq!(letter("To: b@x.test\r\n\r\n1", Some("1"), NOW).alias, None);
    }

    #[test]
    fn without_a_client_id_the_bytes_tell_and_for_some_minutes_where_they_may_repeat() {
        let dated = "To: b@x.test\r\nDate: 1\r\n\r\nok";
        assert_eq!(letter(dated, None, NOW).id, letter(dated, None, NOW + 86_400).id);
        assert_ne!(letter(dated, None, NOW).id, letter(&dated.replace("ok", "no"), None, NOW).id);
        let bare = "To: b@x.test\r\n\r\nok";
        assert_eq!(letter(bare, None, 600_000).id, letter(bare, None, 600_599).id);
        assert_ne!(letter(bare, None, 600_000).id, letter(bare, None, 601_300).id);
    }

    #[test]
    fn what_can_not_be_sent_has_its_status() {
        let status =
            |mime: &str| Letter::of(&owner(), &profile(), mime.as_bytes(), None, NOW).unwrap_err();
        assert_eq!(status("Subject: x\r\n\r\n"), CommonStatus::MessageHasNoRecipient);
        assert_eq!(status("no header at all"), CommonStatus::MessageHasNoRecipient);
        assert_eq!(status("To: a@\r\n\r\n"), CommonStatus::MessageRecipientUnresolved);
    }
}
