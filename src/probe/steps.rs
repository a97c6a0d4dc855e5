//! The conversation that `probe` plays: pairing, hierarchy, inbox, contacts, waiting.

mod contact;
mod mail;
mod sending;
mod tidying;
mod waiting;

use std::collections::BTreeMap;
use std::io::Result;

use crate::finding::Finding;
use crate::probe::hint;
use crate::probe::link::{Answer, Link};
use crate::probe::node::{Look as _, text};
use crate::probe::phone::{Phone, body_preference};
use crate::probe::story::{Step, Story, bad, bad_status, error, failed, good, odd};
use crate::probe::sync::{Brought, Wish};
use crate::probe::{Args, Error};
use crate::secret::Secret;
use crate::wbxml::element::Element;
use crate::wbxml::pages::{AirSync, AirSyncBase, Contacts, Email};

/// A phone in the midst of its conversation.
pub(super) struct Play<'a, 'b> {
    args: &'a Args,
    password: &'a Secret<String>,
    story: &'a mut Story<'b>,
    phone: Phone,
    /// The commands that the server offers.
    commands: Vec<String>,
    /// Where a mail reaches the user, as far as that is known.
    address: Option<String>,
    /// The subjects of the mails that were sent: nothing else is taken away.
    subjects: Vec<String>,
}

/// Plays all steps; those that stand on a failed one are left out. Answers the devices' ids.
pub(super) async fn play(
    args: &Args,
    password: &Secret<String>,
    story: &mut Story<'_>,
) -> Result<Vec<String>> {
    let mut devices = vec![args.device_id.clone()];
    let step = Step::new("Address", format!("{} as {}", args.url, args.user));
    let phone = match phone(args, password, &args.device_id) {
        Ok(phone) => phone,
        Err(reason) => {
            story.tell(&step, &error(&reason))?;
            return Ok(devices);
        }
    };
    let mut play = Play {
        args,
        password,
        story,
        phone,
        commands: Vec::new(),
        address: args.address.clone(),
        subjects: Vec::new(),
    };
    if play.options().await? && play.provision().await? {
        play.whole(&mut devices).await?;
    }
    Ok(devices)
}

fn phone(
    args: &Args,
    password: &Secret<String>,
    device_id: &str,
) -> std::result::Result<Phone, Error> {
    let mut link = Link::new(&*args.url, &*args.user, password.expose().as_str(), device_id)?;
    link.version.clone_from(&args.protocol_version);
    if args.insecure {
        link.trust_any_certificate()?;
    }
    Ok(Phone::new(link))
}

impl Play<'_, '_> {
    /// Everything behind the pairing.
    async fn whole(&mut self, devices: &mut Vec<String>) -> Result<()> {
        if self.phone.link.level() >= 140 {
            self.device().await?;
        }
        if self.phone.link.level() >= 120 && self.offers("Settings") {
            self.addresses().await?;
        }
        if !self.hierarchy().await? {
            return Ok(());
        }
        let inbox = self.inbox().await?;
        if let Some(inbox) = &inbox {
            self.one_mail(inbox).await?;
        }
        let contacts = self.contacts().await?;
        if self.args.write {
            if let Some(contacts) = &contacts {
                devices.extend(self.new_contact(contacts).await?);
            }
            if let Some(inbox) = &inbox {
                self.mails(inbox).await?;
            }
        }
        if let (Some(seconds), Some(inbox)) = (self.args.wait, &inbox) {
            self.long_wait(inbox, seconds).await?;
        }
        self.oddities()
    }

    /// Whether the server names a command among those that it offers.
    fn offers(&self, command: &str) -> bool {
        self.commands.iter().any(|one| one == command)
    }

    fn tell(&mut self, step: &Step, ending: &Finding) -> Result<bool> {
        self.story.tell(step, ending)
    }

    /// What the server did that no phone expects.
    fn oddities(&mut self) -> Result<()> {
        let Some(first) = self.phone.oddities.first() else { return Ok(()) };
        let step = Step::new("Oddities", "did the server say anything that makes no sense?");
        let more = self.phone.oddities.len().saturating_sub(1);
        let ending = odd(
            format!("{first}, and {more} more"),
            "the server told the phone of an item twice, or of one that it never had",
            "a real phone may show items twice or lose them: see the server's log",
        );
        self.tell(&step, &ending).map(drop)
    }

    async fn options(&mut self) -> Result<bool> {
        let step = Step::new("Options", "which versions and commands does the server offer?");
        let ending = match self.phone.link.options().await {
            Err(reason) => error(&reason),
            Ok(answer) if answer.status != 200 => {
                let place = answer.header("location");
                let to = if place.is_empty() { String::new() } else { format!(", to {place}") };
                let what = format!("HTTP status {}{to}", answer.status);
                bad(what, &hint::of(&Error::Http(answer.status)))
            }
            Ok(answer) => {
                let commands = answer.header("MS-ASProtocolCommands");
                self.commands = commands.split(',').map(|one| one.trim().to_owned()).collect();
                offered(&answer, self.args)
            }
        };
        self.tell(&step, &ending)
    }

    async fn provision(&mut self) -> Result<bool> {
        let step = Step::new("Provision", "which policies must the phone accept?");
        let ending = match self.phone.provision().await {
            Ok(1) => good("policies; the phone accepted them and got its policy key"),
            Ok(2) => good("no policies: every phone may sync"),
            Ok(status) => failed(
                format!("policy Status {status}"),
                "the server has no policies of the kind that was asked for",
                "see the permission horde:activesync:provisioning and its policies",
            ),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending)
    }

    async fn device(&mut self) -> Result<bool> {
        let step = Step::new("Settings", "here is what I am (DeviceInformation)");
        let ending = match self.phone.tell_device().await {
            Ok(1) => good("stored; Horde's device page shows it"),
            Ok(status) => bad_status(status),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending)
    }

    /// Who the user is; a mail to the first of the addresses reaches the inbox, most likely.
    async fn addresses(&mut self) -> Result<bool> {
        let step = Step::new("Addresses", "which mail addresses has my user (UserInformation)?");
        let ending = match self.phone.user_addresses().await {
            Ok((1, addresses)) => match addresses.first() {
                Some(first) => {
                    self.address.get_or_insert_with(|| first.clone());
                    good(addresses.join(", "))
                }
                None => odd(
                    "none",
                    "the user's identities in Horde have no address: phones do not know what to write under",
                    "Horde: Preferences, Personal Information; or let Horde's hooks fill it in",
                ),
            },
            Ok((status, _)) => bad_status(status),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending)
    }

    async fn hierarchy(&mut self) -> Result<bool> {
        let step = Step::new("FolderSync", "which folders are there?");
        let ending = match self.phone.folder_sync().await {
            Ok(changes) if changes.status != 1 => {
                bad(format!("Status {}", changes.status), &hint::folder_status(changes.status))
            }
            Ok(_) => good(folder_list(&self.phone)),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending)
    }

    async fn inbox(&mut self) -> Result<Option<String>> {
        let Some(id) = self.phone.folder_of(2).map(|folder| folder.id.clone()) else {
            let step = Step::new("Inbox", "which folder is the inbox?");
            let ending = failed(
                "none has type 2",
                "mail is off for this user",
                "see $conf['activesync']['emailsync'], and Horde's IMP",
            );
            return self.tell(&step, &ending).map(|_| None);
        };
        let step = Step::new("Inbox", "everything in the inbox, bodies as text of 512 bytes");
        let ending = match self.phone.sync_all(mail_wish(&id)).await {
            Ok(brought) if brought.status == 1 => {
                let held = self.phone.collections.get(&id);
                let subjects = held.map(|held| held.subjects()).unwrap_or_default();
                let unread = held.map_or(0, |held| held.find(Email::Read, "0").len());
                let some: Vec<_> =
                    subjects.iter().take(5).map(|subject| format!("`{subject}`")).collect();
                good(format!(
                    "{} mails, {unread} unread: {}{}",
                    subjects.len(),
                    some.join(", "),
                    if subjects.len() > some.len() { ", ..." } else { "" }
                ))
            }
            Ok(brought) => bad_status(brought.status),
            Err(reason) => error(&reason),
        };
        Ok(self.tell(&step, &ending)?.then_some(id))
    }

    /// The whole of one mail: its body comes on another way than the list.
    async fn one_mail(&mut self, inbox: &str) -> Result<()> {
        let held = self.phone.collections.get(inbox);
        let ids = held.map(|held| held.items.keys());
        let newest = ids.and_then(|ids| ids.max_by_key(|id| (id.len(), (*id).clone()))).cloned();
        let Some(server_id) = newest.filter(|_| self.offers("ItemOperations")) else {
            return Ok(());
        };
        let step = Step::new("One mail", format!("the whole text of {server_id}"));
        let fetched = self.phone.fetch(inbox, &server_id, &[body_preference(1, None)]).await;
        let ending = match fetched {
            Ok((1, Some(properties))) => {
                let body = properties.value(&[AirSyncBase::Body, AirSyncBase::Data]);
                good(format!("{} bytes of text", body.unwrap_or_default().len()))
            }
            Ok((1, None)) => error(&Error::Missing("ItemOperations:Properties")),
            Ok((status, _)) => bad_status(status),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending).map(drop)
    }

    async fn contacts(&mut self) -> Result<Option<String>> {
        let Some(id) = self.phone.folder_of(9).map(|folder| folder.id.clone()) else {
            let step = Step::new("Contacts", "which folder holds the contacts?");
            let ending = failed(
                "none has type 9",
                "the user has no address book",
                "see Turba's permissions and preferences",
            );
            return self.tell(&step, &ending).map(|_| None);
        };
        let step = Step::new("Contacts", "everything in the address book");
        let ending = match self.phone.sync_all(contact_wish(&id)).await {
            Ok(brought) if brought.status == 1 => {
                let items = self.phone.collections.get(&id).map(|held| &held.items);
                let names: Vec<_> =
                    items.into_iter().flat_map(|items| items.values()).map(name_of).collect();
                let photos = items.map_or(0, |items| {
                    items.values().filter(|item| item.child(Contacts::Picture).is_some()).count()
                });
                good(format!(
                    "{} contacts, {photos} with a photo: {}{}",
                    names.len(),
                    names.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
                    if names.len() > 5 { ", ..." } else { "" }
                ))
            }
            Ok(brought) => bad_status(brought.status),
            Err(reason) => error(&reason),
        };
        Ok(self.tell(&step, &ending)?.then_some(id))
    }
}

fn offered(answer: &Answer, args: &Args) -> Finding {
    let versions = answer.header("MS-ASProtocolVersions");
    let commands = answer.header("MS-ASProtocolCommands");
    if versions.is_empty() {
        return failed(
            "an answer without MS-ASProtocolVersions",
            "the web server, or another program, answers OPTIONS itself",
            "send the whole of /Microsoft-Server-ActiveSync to the server, OPTIONS too",
        );
    }
    if !versions.split(',').any(|one| one.trim() == args.protocol_version) {
        return failed(
            format!("versions {versions}"),
            format!("{} is not among them", args.protocol_version),
            "choose one of them (--version), or raise the server's highest version",
        );
    }
    good(format!("versions {versions}; commands {commands}"))
}

fn folder_list(phone: &Phone) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for folder in phone.folders.values() {
        kinds.entry(kind_name(folder.kind)).or_default().push(&folder.name);
    }
    let kinds = kinds.iter().map(|(kind, names)| format!("{kind}: {}", names.join(", ")));
    format!("{} folders; {}", phone.folders.len(), kinds.collect::<Vec<_>>().join("; "))
}

fn mail_wish(id: &str) -> Wish {
    filtered_wish(id, "0")
}

fn filtered_wish(id: &str, filter: &str) -> Wish {
    let mut wish = Wish::of(id, "Email")
        .window(100)
        .option(text(AirSync::FilterType, filter))
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

/// What came of a Sync with commands.
fn done(outcome: std::result::Result<Brought, Error>) -> Finding {
    match outcome {
        Ok(brought) if brought.status != 1 => bad_status(brought.status),
        Ok(brought) => match brought.responses.iter().find(|one| one.status != 1) {
            Some(bad) => bad_status(bad.status),
            None => good("done"),
        },
        Err(reason) => error(&reason),
    }
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
