//! What is measured: the things that a phone does all day, and the first day.

use horde_eas::probe::node::{encode, text};
use horde_eas::probe::phone::{Phone, body_preference};
use horde_eas::probe::sync::{Wish, add, change, delete};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{AirSync, Contacts, Email};
use serde_json::json;

use crate::cost::{Cost, Meter};
use crate::support::world::{End, World, letter};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    FolderSyncFirst,
    FolderSync,
    MailFirst,
    MailQuiet,
    FlagUp,
    ContactsUp,
    ContactsFirst,
}

impl Work {
    pub(crate) const ALL: [Self; 7] = [
        Self::FolderSyncFirst,
        Self::FolderSync,
        Self::MailFirst,
        Self::MailQuiet,
        Self::FlagUp,
        Self::ContactsUp,
        Self::ContactsFirst,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FolderSyncFirst => "FolderSync, first",
            Self::FolderSync => "FolderSync, nothing new",
            Self::MailFirst => "first Sync of 1,000 mails",
            Self::MailQuiet => "Sync with nothing new",
            Self::FlagUp => "one flag up",
            Self::ContactsUp => "50 contacts up",
            Self::ContactsFirst => "first Sync of 1,000 contacts",
        }
    }

    /// Prepares a phone, does it some times, and tells the cost.
    pub(crate) async fn run(self, world: &mut World, end: End, meter: &Meter, round: u32) -> Cost {
        let mut phone = world.phone(end, "14.1");
        phone.provision().await.unwrap();
        match self {
            Self::FolderSyncFirst => folder_sync_first(world, end, meter).await,
            Self::FolderSync => {
                phone.folder_sync().await.unwrap();
                let before = meter.read().await;
                for _ in 0..TIMES {
                    assert_eq!(phone.folder_sync().await.unwrap().status, 1);
                }
                let cost = meter.since(&before, TIMES).await;
                Cost { requests: f64::from(TIMES), ..cost }
            }
            Self::MailFirst => first(&mut phone, meter, 2, mail_wish).await,
            Self::ContactsFirst => first(&mut phone, meter, 9, contact_wish).await,
            Self::MailQuiet => mail_quiet(&mut phone, meter).await,
            Self::FlagUp => flag_up(&mut phone, meter).await,
            Self::ContactsUp => contacts_up(&mut phone, meter, round).await,
        }
    }
}

async fn folder_sync_first(world: &World, end: End, meter: &Meter) -> Cost {
    let mut phones: Vec<Phone> = (0..10).map(|_| world.phone(end, "14.1")).collect();
    for phone in &mut phones {
        phone.provision().await.unwrap();
    }
    let before = meter.read().await;
    for phone in &mut phones {
        assert_eq!(phone.folder_sync().await.unwrap().status, 1);
    }
    let cost = meter.since(&before, 10).await;
    Cost { requests: 10.0, ..cost }
}

/// The first Sync of a folder in windows of 100, from the first key to the last item.
async fn first(phone: &mut Phone, meter: &Meter, kind: u32, wish: fn(&str) -> Wish) -> Cost {
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(kind).unwrap().id.clone();
    let before = meter.read().await;
    let (mut requests, mut bytes) = (0.0, 0);
    let mut next = Wish::of(&id, &wish(&id).class);
    loop {
        let body = encode(&phone.sync_request(std::slice::from_ref(&next)));
        let answer = phone.link.post("Sync", &body).await.unwrap();
        requests += 1.0;
        bytes += answer.wire_bytes;
        let synced = phone.take_sync(answer.document().unwrap().as_ref(), &[next]);
        let brought = synced.of(&id);
        assert_eq!(brought.status, 1);
        if !brought.more && requests > 1.0 {
            break;
        }
        next = wish(&id);
    }
    let cost = meter.since(&before, 1).await;
    let held = phone.collections[&id].items.len();
    assert!(held >= ITEMS, "{held} items came");
    Cost { requests, kib: f64::from(u32::try_from(bytes).unwrap()) / 1024.0, ..cost }
}

async fn mail_quiet(phone: &mut Phone, meter: &Meter) -> Cost {
    let id = synced(phone, 2, mail_wish).await;
    let before = meter.read().await;
    for _ in 0..TIMES {
        let brought = phone.sync_one(mail_wish(&id)).await.unwrap();
        assert!(brought.added.is_empty());
    }
    let cost = meter.since(&before, TIMES).await;
    Cost { requests: f64::from(TIMES), ..cost }
}

async fn flag_up(phone: &mut Phone, meter: &Meter) -> Cost {
    let id = synced(phone, 2, mail_wish).await;
    let some: Vec<(String, Element)> = phone.collections[&id]
        .items
        .iter()
        .take(usize::try_from(TIMES).unwrap())
        .map(|(id, item)| (id.clone(), item.clone()))
        .collect();
    let before = meter.read().await;
    for (mail, item) in &some {
        let was_read = item.child(Email::Read).is_some_and(|read| read.text() == "1");
        let read = text(Email::Read, if was_read { "0" } else { "1" });
        let brought = phone.sync_one(mail_wish(&id).with([change(mail, [read])])).await.unwrap();
        assert_eq!(brought.status, 1);
    }
    let cost = meter.since(&before, TIMES).await;
    Cost { requests: f64::from(TIMES), ..cost }
}

async fn contacts_up(phone: &mut Phone, meter: &Meter, round: u32) -> Cost {
    let id = synced(phone, 9, contact_wish).await;
    let adds = (0..50).map(|n| {
        let stamp = format!("{round}{n:03}{}", phone.link.device_id);
        let fields = [
            text(Contacts::FirstName, "Bench"),
            text(Contacts::LastName, format!("Up {stamp}")),
            text(Contacts::Email1Address, format!("{stamp}@example.test")),
            text(Contacts::CompanyName, "Bench Ltd"),
            text(Contacts::MobilePhoneNumber, "+49 170 1234567"),
        ];
        add(&format!("c{n}"), fields)
    });
    let wish = contact_wish(&id).with(adds);
    let before = meter.read().await;
    let brought = phone.sync_one(wish).await.unwrap();
    let cost = meter.since(&before, 1).await;
    assert_eq!(brought.responses.len(), 50);
    assert!(brought.responses.iter().all(|response| response.status == 1));
    let deletes = brought.responses.iter().filter_map(|one| Some(delete(one.server_id.as_ref()?)));
    phone.sync_one(contact_wish(&id).with(deletes)).await.unwrap();
    Cost { requests: 1.0, ..cost }
}

async fn synced(phone: &mut Phone, kind: u32, wish: fn(&str) -> Wish) -> String {
    phone.folder_sync().await.unwrap();
    let id = phone.folder_of(kind).unwrap().id.clone();
    phone.sync_all(wish(&id)).await.unwrap();
    id
}

fn mail_wish(id: &str) -> Wish {
    let options = vec![text(AirSync::FilterType, "0"), body_preference(2, Some(32_768))];
    Wish { get_changes: Some(true), options, window: Some(100), ..Wish::of(id, "Email") }
}

fn contact_wish(id: &str) -> Wish {
    let options = vec![body_preference(1, Some(4096))];
    Wish { get_changes: Some(true), options, window: Some(100), ..Wish::of(id, "Contacts") }
}

/// Fills up the mailbox and the address book.
pub(crate) async fn seed(world: &mut World) {
    for n in world.mails("INBOX").len()..ITEMS {
        let text =
            "A line of a letter that says nothing much, but says it at length.\r\n".repeat(30);
        let mail = letter(&format!("Letter number {n}"), &text);
        let mail = match n % 10 {
            0..=5 => mail,
            6..=8 => mail
                .replace("text/plain", "text/html")
                .replace("A line", "<p>A <b>line</b>")
                .replace("length.", "length.</p>"),
            _ => with_attachment(&mail),
        };
        world.append("INBOX", mail.as_bytes());
    }
    let there = world.call("contacts.listUids", json!([])).await;
    let there = there
        .as_array()
        .map_or_else(|| there.as_object().map_or(0, serde_json::Map::len), Vec::len);
    for n in there..ITEMS {
        let uid = world.add_card("Seed", &format!("Contact{n:04}")).await;
        let more = json!({ "company": "Seed Ltd", "cellPhone": "+49 30 123456", "homeCity": "Berlin", "notes": "Met at a fair." });
        world.change_card(&uid, more).await;
    }
}

fn with_attachment(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.replace(
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: multipart/mixed; boundary=cut",
    );
    let data = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n".repeat(600);
    format!(
        "{head}\r\n\r\n--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n--cut\r\nContent-Type: application/octet-stream; name=data.bin\r\nContent-Disposition: attachment; filename=data.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{data}\r\n--cut--\r\n"
    )
}

/// Mails and contacts.
pub(crate) const ITEMS: usize = 1000;

/// How often small things are done, so that ticks of 10 ms tell something.
const TIMES: u32 = 40;
