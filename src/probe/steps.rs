//! The conversation that `probe` plays: pairing, hierarchy, inbox, contacts, waiting.

mod waiting;
mod writing;

use std::collections::BTreeMap;

use crate::probe::hint;
use crate::probe::link::{Answer, Link};
use crate::probe::node::{Look as _, text};
use crate::probe::phone::{Phone, body_preference};
use crate::probe::story::{Ending, Step, Story};
use crate::probe::sync::Wish;
use crate::probe::{Args, Error};
use crate::secret::Secret;
use crate::wbxml::element::Element;
use crate::wbxml::pages::{AirSync, AirSyncBase, Contacts, Email};

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
    if let Some(inbox) = &inbox {
        one_mail(&phone, inbox, story).await?;
    }
    let contacts = contacts(&mut phone, story).await?;
    if args.write {
        if let Some(contacts) = &contacts {
            writing::new_contact(&mut phone, contacts, args, password, story).await?;
        }
        if let Some(inbox) = &inbox {
            writing::new_mail(&mut phone, inbox, args, story).await?;
            writing::sent_mail(&mut phone, inbox, args, story).await?;
        }
    }
    if let (Some(seconds), Some(inbox)) = (args.wait, &inbox) {
        waiting::long_wait(&phone, inbox, seconds, story).await?;
    }
    oddities(&phone, story)
}

/// What the server did that no phone expects.
fn oddities(phone: &Phone, story: &mut Story<'_>) -> std::io::Result<()> {
    let Some(first) = phone.oddities.first() else { return Ok(()) };
    let step = Step::new("Oddities", "did the server say anything that makes no sense?");
    let more = phone.oddities.len().saturating_sub(1);
    let ending = Ending::odd(
        format!("{first}, and {more} more"),
        "the server told the phone of an item twice, or of one that it never had",
        "a real phone may show items twice or lose them: see the server's log",
    );
    story.tell(&step, &ending).map(drop)
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
        Ok(answer) if answer.status != 200 => {
            let place = answer.header("location");
            let to = if place.is_empty() { String::new() } else { format!(", to {place}") };
            let what = format!("HTTP status {}{to}", answer.status);
            Ending::bad(what, &hint::of(&Error::Http(answer.status)))
        }
        Ok(answer) => offered(&answer, args),
    };
    story.tell(&step, &ending)
}

fn offered(answer: &Answer, args: &Args) -> Ending {
    let versions = answer.header("MS-ASProtocolVersions");
    let commands = answer.header("MS-ASProtocolCommands");
    if versions.is_empty() {
        return Ending::Failed {
            what: "an answer without MS-ASProtocolVersions".to_owned(),
            cause: "the web server, or another program, answers OPTIONS itself".to_owned(),
            mend: "send the whole of /Microsoft-Server-ActiveSync to the server, OPTIONS too"
                .to_owned(),
        };
    }
    if !versions.split(',').any(|one| one.trim() == args.protocol_version) {
        return Ending::Failed {
            what: format!("versions {versions}"),
            cause: format!("{} is not among them", args.protocol_version),
            mend: "choose one of them (--version), or raise the server's highest version"
                .to_owned(),
        };
    }
    Ending::Good(format!("versions {versions}; commands {commands}"))
}

async fn provision(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("Provision", "which policies must the phone accept?");
    let ending = match phone.provision().await {
        Ok(1) => {
            Ending::Good("policies; the phone accepted them and got its policy key".to_owned())
        }
        Ok(2) => Ending::Good("no policies: every phone may sync".to_owned()),
        Ok(status) => Ending::Failed {
            what: format!("policy Status {status}"),
            cause: "the server has no policies of the kind that was asked for".to_owned(),
            mend: "see the permission horde:activesync:provisioning and its policies".to_owned(),
        },
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)
}

async fn device(phone: &Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("Settings", "here is what I am (DeviceInformation)");
    let ending = match phone.tell_device().await {
        Ok(1) => Ending::Good("stored; Horde's device page shows it".to_owned()),
        Ok(status) => bad_status(status),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)
}

async fn hierarchy(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<bool> {
    let step = Step::new("FolderSync", "which folders are there?");
    let ending = match phone.folder_sync().await {
        Ok(changes) if changes.status != 1 => {
            Ending::bad(format!("Status {}", changes.status), &hint::folder_status(changes.status))
        }
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
        let ending = Ending::Failed {
            what: "none has type 2".to_owned(),
            cause: "mail is off for this user".to_owned(),
            mend: "see $conf['activesync']['emailsync'], and Horde's IMP".to_owned(),
        };
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
        Ok(brought) => bad_status(brought.status),
        Err(error) => Ending::error(&error),
    };
    Ok(story.tell(&step, &ending)?.then_some(id))
}

/// The whole of one mail: its body comes on another way than the list.
async fn one_mail(phone: &Phone, inbox: &str, story: &mut Story<'_>) -> std::io::Result<()> {
    let held = phone.collections.get(inbox);
    let newest = held.and_then(|held| held.items.keys().max_by_key(|id| (id.len(), (*id).clone())));
    let Some(server_id) = newest.filter(|_| phone.link.version.as_str() >= "12.0") else {
        return Ok(());
    };
    let step = Step::new("One mail", format!("the whole text of {server_id}"));
    let ending = match phone.fetch(inbox, server_id, &[body_preference(1, None)]).await {
        Ok((1, Some(properties))) => {
            let body = properties.value(&[AirSyncBase::Body, AirSyncBase::Data]);
            Ending::Good(format!("{} bytes of text", body.unwrap_or_default().len()))
        }
        Ok((1, None)) => Ending::error(&Error::Missing("ItemOperations:Properties")),
        Ok((status, _)) => bad_status(status),
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending).map(drop)
}

async fn contacts(phone: &mut Phone, story: &mut Story<'_>) -> std::io::Result<Option<String>> {
    let Some(id) = phone.folder_of(9).map(|folder| folder.id.clone()) else {
        let step = Step::new("Contacts", "which folder holds the contacts?");
        let ending = Ending::Failed {
            what: "none has type 9".to_owned(),
            cause: "the user has no address book".to_owned(),
            mend: "see Turba's permissions and preferences".to_owned(),
        };
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
        Ok(brought) => bad_status(brought.status),
        Err(error) => Ending::error(&error),
    };
    Ok(story.tell(&step, &ending)?.then_some(id))
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

/// A Status that is not 1.
fn bad_status(status: u32) -> Ending {
    Ending::bad(format!("Status {status}"), &hint::status(status))
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
