//! The conversation that `probe` plays: pairing, hierarchy, inbox, contacts, waiting.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::probe::link::Link;
use crate::probe::node::{Look as _, text};
use crate::probe::phone::{Phone, body_preference};
use crate::probe::story::{Ending, Step, Story};
use crate::probe::sync::{Wish, add, change, delete};
use crate::probe::{Args, Error, smtp};
use crate::secret::Secret;
use crate::wbxml::element::Element;
use crate::wbxml::pages::{AirSync, Contacts, Email};

/// Plays all steps; those that stand on a failed one are left out.
pub(super) async fn play(
    args: &Args,
    password: &Secret<String>,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let step = Step::new("Address", format!("{} as {}", args.url, args.user));
    let mut phone = match phone(args, password, &args.device_id) {
        Ok(phone) => phone,
        Err(error) => return story.tell(&step, &Ending::error(&error)).map(drop),
    };
    if !options(&phone, args, story).await? || !provision(&mut phone, story).await? {
        return Ok(());
    }
    if phone.link.version.as_str() >= "14.0" {
        device(&phone, story).await?;
    }
    if !hierarchy(&mut phone, story).await? {
        return Ok(());
    }
    let inbox = inbox(&mut phone, story).await?;
    let contacts = contacts(&mut phone, story).await?;
    if let (true, Some(contacts)) = (args.write, contacts) {
        new_contact(&mut phone, &contacts, args, password, story).await?;
    }
    if let (true, Some(inbox), Some(server)) = (args.write, inbox, &args.smtp) {
        new_mail(&mut phone, &inbox, server, args, story).await?;
        sent_mail(&mut phone, &inbox, args, story).await?;
    }
    Ok(())
}

fn phone(args: &Args, password: &Secret<String>, device_id: &str) -> Result<Phone, Error> {
    let mut link = Link::new(&*args.url, &*args.user, password.expose().as_str(), device_id)?;
    link.version.clone_from(&args.protocol_version);
    if args.insecure {
        link.trust_any_certificate()?;
    }
    Ok(Phone::new(link))
}

async fn options(phone: &Phone, args: &Args, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("Options", "which versions and commands does the server offer?");
    let ending = match phone.link.options().await {
        Err(error) => Ending::error(&error),
        Ok(answer) if answer.status != 200 => Ending::error(&Error::Http(answer.status)),
        Ok(answer) => {
            let versions = answer.header("MS-ASProtocolVersions");
            let commands = answer.header("MS-ASProtocolCommands");
            if versions.is_empty() {
                Ending::bad(
                    "an answer without MS-ASProtocolVersions",
                    "The web server answers OPTIONS itself: send it to the ActiveSync server.",
                )
            } else if !versions.split(',').any(|one| one.trim() == args.protocol_version) {
                Ending::bad(
                    format!("versions {versions}: {} is not among them", args.protocol_version),
                    "Choose one of them (--protocol-version), or raise the server's highest version.",
                )
            } else {
                Ending::Good(format!("versions {versions}; commands {commands}"))
            }
        }
    };
    story.tell(&step, &ending)
}

async fn provision(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("Provision", "which policies must the phone accept?");
    let ending = match phone.provision().await {
        Ok(1) => {
            Ending::Good("policies; the phone accepted them and got its policy key".to_owned())
        }
        Ok(2) => Ending::Good("no policies: every phone may sync".to_owned()),
        Ok(status) => Ending::bad(
            format!("policy status {status}"),
            "See the permission horde:activesync:provisioning and its policies.",
        ),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)
}

async fn device(phone: &Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("Settings", "here is what I am (DeviceInformation)");
    let ending = match phone.tell_device().await {
        Ok(1) => Ending::Good("stored; Horde's device page shows it".to_owned()),
        Ok(status) => Ending::bad(format!("status {status}"), "See the server's log."),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)
}

async fn hierarchy(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("FolderSync", "which folders are there?");
    let ending = match phone.folder_sync().await {
        Ok(changes) if changes.status != 1 => Ending::bad(
            format!("status {}", changes.status),
            "6 is a failure of the server (see its log), 9 a key that it does not know.",
        ),
        Ok(_) => Ending::Good(folder_list(phone)),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)
}

fn folder_list(phone: &Phone) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for folder in phone.folders.values() {
        kinds.entry(kind_name(folder.kind)).or_default().push(&folder.name);
    }
    let kinds = kinds.iter().map(|(kind, names)| format!("{kind}: {}", names.join(", ")));
    format!("{} folders; {}", phone.folders.len(), kinds.collect::<Vec<_>>().join("; "))
}

async fn inbox(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<Option<String>> {
    let Some(id) = phone.folder_of(2).map(|folder| folder.id.clone()) else {
        let step = Step::new("Inbox", "which folder is the inbox?");
        let ending = Ending::bad("none has type 2", "Mail is off for this user: see Horde's IMP.");
        return story.tell(&step, &ending).map(|_| None);
    };
    let step = Step::new("Inbox", "everything in the inbox, bodies as text of 512 bytes");
    let ending = match phone.sync_all(mail_wish(&id)).await {
        Ok(brought) if brought.status == 1 => {
            let held = phone.collections.get(&id);
            let subjects = held.map(|held| held.subjects()).unwrap_or_default();
            let unread = held.map_or(0, |held| held.find(Email::Read, "0").len());
            let some: Vec<_> =
                subjects.iter().take(5).map(|subject| format!("`{subject}`")).collect();
            Ending::Good(format!(
                "{} mails, {unread} unread: {}{}",
                subjects.len(),
                some.join(", "),
                if subjects.len() > some.len() { ", ..." } else { "" }
            ))
        }
        Ok(brought) => bad_sync(brought.status),
        Err(error) => Ending::error(&error),
    };
    Ok(story.tell(&step, &ending)?.then_some(id))
}

async fn contacts(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<Option<String>> {
    let Some(id) = phone.folder_of(9).map(|folder| folder.id.clone()) else {
        let step = Step::new("Contacts", "which folder holds the contacts?");
        let ending = Ending::bad("none has type 9", "The user has no address book: see Turba.");
        return story.tell(&step, &ending).map(|_| None);
    };
    let step = Step::new("Contacts", "everything in the address book");
    let ending = match phone.sync_all(contact_wish(&id)).await {
        Ok(brought) if brought.status == 1 => {
            let items = phone.collections.get(&id).map(|held| &held.items);
            let names: Vec<_> =
                items.into_iter().flat_map(|items| items.values()).map(name_of).collect();
            let photos = items.map_or(0, |items| {
                items.values().filter(|item| item.child(Contacts::Picture).is_some()).count()
            });
            Ending::Good(format!(
                "{} contacts, {photos} with a photo: {}{}",
                names.len(),
                names.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
                if names.len() > 5 { ", ..." } else { "" }
            ))
        }
        Ok(brought) => bad_sync(brought.status),
        Err(error) => Ending::error(&error),
    };
    Ok(story.tell(&step, &ending)?.then_some(id))
}

/// Adds a contact, and reads it with a second device.
async fn new_contact(
    phone: &mut Phone,
    id: &str,
    args: &Args,
    password: &Secret<String>,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let stamp = jiff::Timestamp::now().as_millisecond().to_string();
    let name = format!("Visitor {stamp}");
    let step = Step::new("New contact", format!("please keep Probe {name}"));
    let fields = [
        text(Contacts::FirstName, "Probe"),
        text(Contacts::LastName, &*name),
        text(Contacts::FileAs, format!("Probe {name}")),
        text(Contacts::Email1Address, format!("visitor{stamp}@example.test")),
    ];
    let wish = contact_wish(id).with([add(&stamp, fields)]);
    let mut server_id = None;
    let ending = match phone.sync_all(wish).await {
        Err(error) => Ending::error(&error),
        Ok(brought) => match brought.responses.first() {
            Some(response) if response.status == 1 => {
                server_id.clone_from(&response.server_id);
                let known = response.server_id.as_deref().unwrap_or("(no id!)");
                Ending::Good(format!("kept; the server calls it {known}"))
            }
            Some(response) => bad_sync(response.status),
            None => bad_sync(brought.status),
        },
    };
    let kept = story.tell(&step, &ending)?;
    let Some(server_id) = server_id.filter(|_| kept) else { return Ok(()) };

    let step = Step::new("Second device", format!("does the server show {name} to others?"));
    let ending = match second_device(args, password, &name).await {
        Ok(true) => Ending::Good("yes: it is in Horde's address book".to_owned()),
        Ok(false) => Ending::bad("no", "The server said that it kept the contact, and did not."),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)?;
    if args.keep {
        return Ok(());
    }
    let step = Step::new("Contact deleted", "please delete it again");
    let ending = match phone.sync_all(contact_wish(id).with([delete(&server_id)])).await {
        Ok(brought) if brought.status == 1 => Ending::Good("done".to_owned()),
        Ok(brought) => bad_sync(brought.status),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending).map(drop)
}

async fn second_device(
    args: &Args,
    password: &Secret<String>,
    last_name: &str,
) -> Result<bool, Error> {
    let mut other = phone(args, password, &format!("{}B", args.device_id))?;
    other.provision().await?;
    other.folder_sync().await?;
    let id = other.folder_of(9).map(|folder| folder.id.clone());
    let id = id.ok_or(Error::Missing("folder of type 9"))?;
    other.sync_all(contact_wish(&id)).await?;
    let held = other.collections.get(&id);
    Ok(held.is_some_and(|held| held.find(Contacts::LastName, last_name).len() == 1))
}

/// Waits for a mail, reads it and marks it read.
async fn new_mail(
    phone: &mut Phone,
    id: &str,
    server: &str,
    args: &Args,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let address = args.address.clone().unwrap_or_else(|| format!("{}@example.test", args.user));
    let subject = format!("Probe {}", jiff::Timestamp::now().as_millisecond());
    let step = Step::new("Ping", "wake me when something comes; a mail is sent after 2 s");
    let waiting = [(id, "Email")];
    let (end, sent) = futures_util::future::join(phone.ping(60, &waiting), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        smtp::deliver(server, &address, &subject).await
    })
    .await;
    let ending = match (end, sent) {
        (_, Err(error)) | (Err(error), Ok(())) => Ending::error(&error),
        (Ok(end), Ok(())) if end.status == 2 => {
            Ending::Good("woken: the inbox has changes".to_owned())
        }
        (Ok(end), Ok(())) => Ending::bad(
            format!("status {}", end.status),
            "1: the mail did not arrive in time or its arrival is not noticed; 5: other heartbeat bounds; 7: FolderSync first.",
        ),
    };
    if !story.tell(&step, &ending)? {
        return Ok(());
    }
    let step = Step::new("New mail", format!("what came? (sent was `{subject}`)"));
    let brought = phone.sync_all(mail_wish(id)).await;
    let found = phone.collections.get(id).map(|held| held.find(Email::Subject, &subject));
    let found = found.unwrap_or_default();
    let ending = match (brought, found.as_slice()) {
        (Err(error), _) => Ending::error(&error),
        (Ok(_), [one]) => Ending::Good(format!("the mail, as {one}")),
        (Ok(brought), _) if brought.status != 1 => bad_sync(brought.status),
        (Ok(_), all) => Ending::bad(format!("{} such mails", all.len()), "See the server's log."),
    };
    let came = story.tell(&step, &ending)?;
    let (true, [one]) = (came, found.as_slice()) else { return Ok(()) };
    let step = Step::new("Mark read", format!("{one} was read"));
    let wish = mail_wish(id).with([change(one, [text(Email::Read, "1")])]);
    let ending = match phone.sync_all(wish).await {
        Ok(brought)
            if brought.status == 1 && brought.responses.iter().all(|one| one.status == 1) =>
        {
            Ending::Good("done".to_owned())
        }
        Ok(brought) => bad_sync(brought.status),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending).map(drop)
}

/// Sends a mail to the user, twice as a phone does whose answer was lost, and waits for it.
async fn sent_mail(
    phone: &mut Phone,
    id: &str,
    args: &Args,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let address = args.address.clone().unwrap_or_else(|| format!("{}@example.test", args.user));
    let stamp = jiff::Timestamp::now().as_millisecond().to_string();
    let subject = format!("Probe sent {stamp}");
    let message = format!(
        "From: <{address}>\r\nTo: <{address}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\r\nSent by horde-eas probe.\r\n"
    );
    let step = Step::new("Send mail", format!("please send `{subject}` to {address}; and again"));
    let first = phone.send_mail(&stamp, message.as_bytes(), true).await;
    let again = phone.send_mail(&stamp, message.as_bytes(), true).await;
    let ending = match (first, again) {
        (Err(error), _) | (_, Err(error)) => Ending::error(&error),
        (Ok(0), Ok(0 | 118)) => Ending::Good("on its way".to_owned()),
        (Ok(first), Ok(again)) => Ending::bad(
            format!("status {first}, then {again}"),
            "110 to 120: the mail server did not take it: see the server's log and Horde's mailer settings.",
        ),
    };
    if !story.tell(&step, &ending)? {
        return Ok(());
    }
    let step = Step::new("Sent mail", "does it arrive, and once?");
    let mut found = Vec::new();
    let mut brought = Ok(());
    // The second one, if there is one, comes close behind the first.
    for _ in 0..8 {
        let n_before = found.len();
        brought = phone.sync_all(mail_wish(id)).await.map(drop);
        let held = phone.collections.get(id).map(|held| held.find(Email::Subject, &subject));
        found = held.unwrap_or_default();
        if brought.is_err() || (n_before > 0 && found.len() == n_before) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let ending = match (brought, found.len()) {
        (Err(error), _) => Ending::error(&error),
        (Ok(()), 1) => Ending::Good("yes".to_owned()),
        (Ok(()), 0) => Ending::bad("not within 16 s", "See the mail server's queue and log."),
        (Ok(()), n) => Ending::bad(
            format!("{n} times"),
            "The server sends again what a phone repeats: recipients get it twice.",
        ),
    };
    story.tell(&step, &ending).map(drop)
}

fn mail_wish(id: &str) -> Wish {
    let mut wish = Wish::of(id, "Email")
        .window(100)
        .option(text(AirSync::FilterType, "0"))
        .option(body_preference(1, Some(512)));
    wish.get_changes = Some(true);
    wish
}

fn contact_wish(id: &str) -> Wish {
    let mut wish = Wish::of(id, "Contacts").window(100).option(body_preference(1, Some(1024)));
    wish.get_changes = Some(true);
    wish
}

fn name_of(item: &Element) -> String {
    let first = item.value(&[Contacts::FirstName]).unwrap_or_default();
    let last = item.value(&[Contacts::LastName]).unwrap_or_default();
    format!("{first} {last}").trim().to_owned()
}

fn bad_sync(status: u32) -> Ending {
    let mend = match status {
        3 => "The server does not know the key: a real phone would load everything again.",
        4 => "The server calls the request malformed: a fault of one of the two.",
        5 | 6 => "The server failed: see its log; `horde-eas check` tries what is behind it.",
        8 => "The folder or the item is gone.",
        12 => "The hierarchy has changed: FolderSync first.",
        126..=129 => "The user or the device is blocked.",
        140 => "A remote wipe is ordered for this device: see Horde's device page.",
        142..=145 => "The server wants its policies accepted: Provision.",
        _ => "See the server's log.",
    };
    Ending::bad(format!("status {status}"), mend)
}

const fn kind_name(kind: u32) -> &'static str {
    match kind {
        2 => "inbox",
        3 => "drafts",
        4 => "trash",
        5 => "sent",
        6 => "outbox",
        7 | 15 => "tasks",
        8 | 13 => "calendar",
        9 | 14 => "contacts",
        10 | 17 => "notes",
        19 => "recipients",
        _ => "mail",
    }
}
