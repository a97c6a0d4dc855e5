//! The rest of a phone's day, for the days on which things go wrong: attachments sent and fetched,
//! items fetched, folders emptied, Syncs that wait, settings.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, empty, node, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Synced, Wish, fetch};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{
    AirSync, AirSyncBase, Contacts, Email, ItemOperations, Settings as SettingsPage,
};
use rand::seq::IndexedRandom as _;
use reqwest::Method;

use crate::support::phone::deliver;
use crate::support::world::{End, letter};
use crate::swing::pim::Kind;
use crate::swing::round::{Swing, mail_wish};

impl Swing {
    /// What is done beside the rounds of every swing.
    pub(super) async fn day(&mut self) {
        match self.round % 6 {
            0 => self.settings().await,
            1 => self.empty_trash().await,
            2 => self.send_attachment().await,
            3 => self.wait_for_mail().await,
            _ => self.fetch_some().await,
        }
    }

    /// What is fetched must be there: asked for just after a Sync.
    pub(super) async fn fetch_after_sync(&mut self) {
        self.fetch_attachment().await;
        if self.round.is_multiple_of(2) {
            self.fetch_by_sync().await;
        }
    }

    pub(super) async fn settings(&mut self) {
        let (status, _) = self.insist(async |phone| phone.tell_device().await).await.unwrap();
        assert_eq!(status, 1, "round {}: Settings", self.round);
        let get = node(SettingsPage::UserInformation, [empty(SettingsPage::Get)]);
        let request = node(SettingsPage::Settings, [get]);
        let asking = self.insist(async |phone| phone.ask("Settings", &request).await);
        let (answer, _) = asking.await.unwrap();
        let status = answer.number(&[SettingsPage::UserInformation, SettingsPage::Status]);
        assert_eq!(status, Some(1), "round {}: UserInformation", self.round);
        self.count("settings");
    }

    /// The trash gets mails, and is emptied: of all of them, and nothing else.
    pub(super) async fn empty_trash(&mut self) {
        for _ in 0..2 {
            let subject = self.name();
            self.world.mail("Trash", &subject);
        }
        let trash = self.phone.folder_of(4).unwrap().id.clone();
        let emptying = self.insist(async |phone| {
            match phone.empty_folder(&trash, false).await {
                // `empty.status` in KNOWN.md: it empties, and says nothing of it.
                Err(Error::Missing(_)) if phone.link.url == End::Horde.url() => Ok(1),
                done => done,
            }
        });
        let (status, _) = emptying.await.unwrap();
        assert_eq!(status, 1, "round {}: EmptyFolderContents", self.round);
        let left = self.world.mails("Trash");
        assert!(left.is_empty(), "round {}: left in the trash: {left:?}", self.round);
        self.count("folder emptied");
    }

    /// The user writes to themselves, with something attached.
    pub(super) async fn send_attachment(&mut self) {
        let subject = self.name();
        let mail = packed(&subject, &self.world.user);
        self.send(&subject, mail.as_bytes()).await;
        self.count("phone send with attachment");
    }

    /// Some mail or contact, whole.
    pub(super) async fn fetch_some(&mut self) {
        let ids: Vec<String> = self.phone.collections.keys().cloned().collect();
        let Some(folder) = ids.choose(&mut self.random).cloned() else { return };
        // Something may have moved it since the last Sync.
        self.until_quiet(vec![self.wish_of(&folder)]).await;
        let Some((id, held)) = self.some_item(&folder) else { return };
        let bodies = [body_preference(1, None)];
        let asking = self.insist(async |phone| phone.fetch(&folder, &id, &bodies).await);
        let ((status, properties), _) = asking.await.unwrap();
        assert_eq!(status, 1, "round {}: ItemOperations of {id} in {folder}", self.round);
        self.is_same(&held, properties.as_ref());
        self.count("item fetched");
    }

    /// The same by Sync.
    pub(super) async fn fetch_by_sync(&mut self) {
        let folder = self.inbox.clone();
        let Some((id, held)) = self.some_item(&folder) else { return };
        let wish = self.wish_of(&folder).with([fetch(&id)]);
        let syncing = self.insist(async |phone| {
            take(phone, async |seen| seen.sync(std::slice::from_ref(&wish)).await).await
        });
        let (synced, _) = syncing.await.unwrap();
        let brought = synced.of(&folder);
        let fetched = brought.responses.iter().find(|one| one.command == "AirSync:Fetch");
        let fetched = fetched.unwrap_or_else(|| panic!("round {}: {brought:?}", self.round));
        assert_eq!(fetched.status, 1, "round {}: Fetch of {id}: {fetched:?}", self.round);
        self.is_same(&held, fetched.data.as_ref());
        self.count("fetched by sync");
    }

    fn wish_of(&self, folder: &str) -> Wish {
        if let Some(pim) = self.pims.iter().find(|pim| pim.id == folder) {
            pim.wish()
        } else if self.phone.collections[folder].class == "Email" {
            mail_wish(folder)
        } else {
            crate::swing::round::contact_wish(folder)
        }
    }

    fn some_item(&mut self, folder: &str) -> Option<(String, Element)> {
        let items = &self.phone.collections.get(folder)?.items;
        let ids: Vec<&String> = items.keys().collect();
        let id = (*ids.choose(&mut self.random)?).clone();
        let held = items[&id].clone();
        Some((id, held))
    }

    /// What was fetched is the item that the phone holds.
    fn is_same(&self, held: &Element, fetched: Option<&Element>) {
        let round = self.round;
        let fetched = fetched.unwrap_or_else(|| panic!("round {round}: nothing fetched"));
        let mut n_compared = 0;
        let titles = Kind::ALL.map(Kind::title);
        for tag in
            [Email::Subject, Contacts::LastName, Contacts::CompanyName].into_iter().chain(titles)
        {
            if let Some(value) = held.value(&[tag]) {
                assert_eq!(fetched.value(&[tag]), Some(value), "round {round}: {tag:?}");
                n_compared += 1;
            }
        }
        assert!(n_compared > 0, "round {round}: {held:?}");
    }

    /// References to attachments that the phone knows, and the subjects of their mails.
    pub(super) fn attachments(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for held in self.phone.collections.values() {
            for item in held.items.values() {
                let path = [AirSyncBase::Attachments, AirSyncBase::Attachment];
                let reference = item.at(&path).and_then(|one| one.value(&[FILE_REFERENCE]));
                if let (Some(reference), Some(subject)) = (reference, item.value(&[Email::Subject]))
                {
                    all.push((reference, subject));
                }
            }
        }
        all
    }

    /// One of them, whole or in part.
    async fn fetch_attachment(&mut self) {
        let all = self.attachments();
        let Some((reference, subject)) = all.choose(&mut self.random).cloned() else { return };
        self.fetch_this(&reference, &subject, false).await;
    }

    /// The same of a certain one; `here` is where the phone is pointed at already.
    pub(super) async fn fetch_this(&mut self, reference: &str, subject: &str, here: bool) {
        let wanted = contents_of(subject);
        let by_own_command = self.phone.link.version == "12.1" && self.round.is_multiple_of(2);
        let is_part = self.round.is_multiple_of(3);
        let ask = async |phone: &mut Phone| {
            if by_own_command {
                return get_attachment(phone, reference).await;
            }
            let range = is_part.then_some("100-1099");
            let (status, found) = phone.fetch_file(reference, range).await?;
            assert_eq!(status, 1, "attachment of {subject}: {found:?}");
            let data = found.and_then(|all| all.value(&[ItemOperations::Data]));
            let data: String = data.unwrap_or_default().split_whitespace().collect();
            Ok(STANDARD.decode(data).unwrap())
        };
        let bytes = if here {
            self.requests += 1;
            ask(&mut self.phone).await.unwrap()
        } else {
            self.insist(ask).await.unwrap().0
        };
        // `attachment.range` in KNOWN.md: Horde sends all of it.
        let is_part = is_part && !by_own_command && self.phone.link.url != End::Horde.url();
        let wanted = if is_part { &wanted[100..1100] } else { &*wanted };
        let at = &self.phone.link.url;
        assert!(bytes == wanted, "round {}: attachment of {subject} at {at}", self.round);
        self.count(if by_own_command { "attachment got" } else { "attachment fetched" });
    }

    /// A Sync that waits until mail comes.
    async fn wait_for_mail(&mut self) {
        let folder = self.inbox.clone();
        // All that is old is known, and the key is confirmed.
        self.until_quiet(vec![self.wish_of(&folder)]).await;
        let subject = self.name();
        let (user, title) = (self.world.user.clone(), subject.clone());
        let delivery = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            deliver(&user, &title);
        });
        let interval = match self.phone.link.version.as_str() {
            "12.1" => text(AirSync::Wait, "1"),
            _ => text(AirSync::HeartbeatInterval, "60"),
        };
        let wishes = [self.wish_of(&folder)];
        let syncing = self.insist(async |phone| {
            take(phone, async |seen| seen.sync_and(&wishes, [interval.clone()]).await).await
        });
        let (synced, _) = syncing.await.unwrap();
        delivery.join().unwrap();
        // An answer that got lost on the way took the news with it: then it comes again.
        let brought = synced.of(&folder);
        assert!(!brought.added.is_empty(), "round {}: {subject}: {synced:?}", self.round);
        self.until_quiet(vec![self.wish_of(&folder)]).await;
        let held = self.phone.collections[&folder].subjects();
        let n_held = held.iter().filter(|one| **one == subject).count();
        assert_eq!(n_held, 1, "round {}: {subject} in {held:?}", self.round);
        self.count("waiting sync");
    }
}

/// Syncs and takes the answer over, unless it says to try again.
async fn take(
    phone: &mut Phone,
    sync: impl AsyncFnOnce(&mut Phone) -> Result<Synced, Error>,
) -> Result<Synced, Error> {
    let mut seen = phone.clone();
    let synced = sync(&mut seen).await?;
    let statuses =
        synced.status.into_iter().chain(synced.collections.values().map(|one| one.status));
    let statuses: Vec<u32> = statuses.filter(|status| *status != 1).collect();
    if statuses == [16] {
        return Err(Error::Http(503));
    }
    assert!(statuses.is_empty(), "{synced:?}");
    *phone = seen;
    Ok(synced)
}

async fn get_attachment(phone: &Phone, reference: &str) -> Result<Vec<u8>, Error> {
    let url = format!("{}?{}", phone.link.url, phone.link.query("GetAttachment"));
    let url = format!("{url}&AttachmentName={}", reference.replace(':', "%3A"));
    let answer = phone.link.send(Method::POST, &url, None, b"").await?;
    if answer.status == 200 { Ok(answer.body) } else { Err(Error::Http(answer.status)) }
}

/// A mail to oneself with an attachment.
fn packed(subject: &str, user: &str) -> String {
    let encoded = STANDARD.encode(contents_of(subject));
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let body = format!(
        "--mm\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n\
        --mm\r\nContent-Type: application/octet-stream; name=\"bytes.bin\"\r\n\
        Content-Disposition: attachment; filename=\"bytes.bin\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--mm--\r\n",
        lines.join("\r\n")
    );
    letter(subject, &body)
        .replace(
            "text/plain; charset=utf-8\r\n\r\n--mm",
            "multipart/mixed; boundary=mm\r\n\r\n--mm",
        )
        .replace("ann@example.test", &format!("{user}@example.test"))
        .replace("someone@example.test", &format!("{user}@example.test"))
}

/// Bytes of all values that no other mail has.
fn contents_of(subject: &str) -> Vec<u8> {
    let mut state = subject
        .bytes()
        .fold(17_u32, |state, byte| state.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..5_000).map(|_| next()).collect()
}

const FILE_REFERENCE: horde_eas::wbxml::Tag = AirSyncBase::FileReference;
