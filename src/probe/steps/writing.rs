//! What stays: a contact and a mail, both taken away again.

use std::time::Duration;

use crate::probe::hint;
use crate::probe::node::text;
use crate::probe::phone::Phone;
use crate::probe::steps::{bad_status, contact_wish, mail_wish, phone};
use crate::probe::story::{Ending, Step, Story};
use crate::probe::sync::{Brought, add, change, delete};
use crate::probe::{Args, Error, smtp};
use crate::secret::Secret;
use crate::wbxml::pages::{Contacts, Email};

/// Adds a contact, and reads it with a second device.
pub(super) async fn new_contact(
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
            Some(response) => bad_status(response.status),
            None => bad_status(brought.status),
        },
    };
    let kept = story.tell(&step, &ending)?;
    let Some(server_id) = server_id.filter(|_| kept) else { return Ok(()) };

    let step = Step::new("Second device", format!("does the server show {name} to others?"));
    let ending = match second_device(args, password, &name).await {
        Ok(true) => Ending::Good("yes: it is in Horde's address book".to_owned()),
        Ok(false) => Ending::Failed {
            what: "no".to_owned(),
            cause: "the server said that it kept the contact, and did not".to_owned(),
            mend: "see its log, and Turba".to_owned(),
        },
        Err(error) => Ending::error(&error),
    };
    story.tell(&step, &ending)?;
    if args.keep {
        return Ok(());
    }
    let step = Step::new("Contact deleted", "please delete it again");
    let gone = contact_wish(id).with([delete(&server_id)]);
    story.tell(&step, &done(phone.sync_all(gone).await)).map(drop)
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

/// Sends a mail to itself, waits for it, reads it, marks it read, and deletes it.
pub(super) async fn new_mail(
    phone: &mut Phone,
    id: &str,
    args: &Args,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let Some(address) = address(args) else {
        let step = Step::new("Ping", "wake me when a mail comes");
        let why = "--address is not given: no mail can be sent to the user".to_owned();
        return story.tell(&step, &Ending::Skipped(why)).map(drop);
    };
    let subject = format!("Probe {}", jiff::Timestamp::now().as_millisecond());
    if !wake(phone, id, args, &Letter { address: &address, subject: &subject }, story).await? {
        return Ok(());
    }
    let step = Step::new("New mail", format!("what came? (sent was `{subject}`)"));
    let brought = phone.sync_all(mail_wish(id)).await;
    let found = phone.collections.get(id).map(|held| held.find(Email::Subject, &subject));
    let found = found.unwrap_or_default();
    let ending = match (brought, found.as_slice()) {
        (Err(error), _) => Ending::error(&error),
        (Ok(_), [one]) => Ending::Good(format!("the mail, as {one}")),
        (Ok(brought), _) if brought.status != 1 => bad_status(brought.status),
        (Ok(_), all) => Ending::Failed {
            what: format!("{} such mails", all.len()),
            cause: "the waiting phone was woken by something else, or the mail came twice"
                .to_owned(),
            mend: "see the logs of the server and of the mail server".to_owned(),
        },
    };
    let came = story.tell(&step, &ending)?;
    let (true, [one]) = (came, found.as_slice()) else { return Ok(()) };
    let step = Step::new("Mark read", format!("{one} was read"));
    let read = mail_wish(id).with([change(one, [text(Email::Read, "1")])]);
    story.tell(&step, &done(phone.sync_all(read).await))?;
    if args.keep {
        return Ok(());
    }
    deleted(phone, id, one, story).await
}

/// Takes a mail away again.
async fn deleted(
    phone: &mut Phone,
    id: &str,
    server_id: &str,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let step = Step::new("Mail deleted", format!("please delete {server_id} for good"));
    let mut gone = mail_wish(id).with([delete(server_id)]);
    gone.deletes_as_moves = Some(false);
    story.tell(&step, &done(phone.sync_all(gone).await)).map(drop)
}

/// Sends a mail to the user, twice as a phone does whose answer was lost, and waits for it.
pub(super) async fn sent_mail(
    phone: &mut Phone,
    id: &str,
    args: &Args,
    story: &mut Story<'_>,
) -> std::io::Result<()> {
    let Some(address) = address(args) else { return Ok(()) };
    let stamp = jiff::Timestamp::now().as_millisecond().to_string();
    let subject = format!("Probe sent {stamp}");
    let message = smtp::message(&address, &subject);
    let step = Step::new("Send mail", format!("please send `{subject}` to {address}; and again"));
    let first = phone.send_mail(&stamp, message.as_bytes(), false).await;
    let again = phone.send_mail(&stamp, message.as_bytes(), false).await;
    let ending = match (first, again) {
        (Err(error), _) | (_, Err(error)) => Ending::error(&error),
        (Ok(0), Ok(0 | 118)) => Ending::Good("on its way".to_owned()),
        (Ok(first), Ok(again)) => {
            let status = if first == 0 { again } else { first };
            Ending::bad(format!("Status {first}, then {again}"), &hint::status(status))
        }
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
        (Ok(()), 0) => Ending::Failed {
            what: "not within 16 s".to_owned(),
            cause: "the mail server keeps it, or gave it to somebody else".to_owned(),
            mend: "see the mail server's queue and log, and --address".to_owned(),
        },
        (Ok(()), n) => Ending::odd(
            format!("{n} times"),
            "the server sends again what a phone repeats: recipients get it twice",
            "Horde's rpc.php does so; horde-eas does not",
        ),
    };
    story.tell(&step, &ending)?;
    for one in found.iter().filter(|_| !args.keep) {
        deleted(phone, id, one, story).await?;
    }
    Ok(())
}

/// The user's mail address, when it is known.
fn address(args: &Args) -> Option<String> {
    args.address.clone().or_else(|| args.user.contains('@').then(|| args.user.clone()))
}

/// A short mail to the user.
struct Letter<'a> {
    address: &'a str,
    subject: &'a str,
}

/// Waits, and has a mail come meanwhile.
async fn wake(
    phone: &Phone,
    id: &str,
    args: &Args,
    letter: &Letter<'_>,
    story: &mut Story<'_>,
) -> std::io::Result<bool> {
    let way = match &args.smtp {
        Some(server) => format!("a mail is handed to {server} after 2 s"),
        None => "I send a mail to myself after 2 s (SendMail)".to_owned(),
    };
    let step = Step::new("Ping", format!("wake me when something comes; {way}"));
    let waiting = [(id, "Email")];
    let sending = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        match &args.smtp {
            Some(server) => smtp::deliver(server, letter.address, letter.subject).await.map(|()| 0),
            None => {
                let message = smtp::message(letter.address, letter.subject);
                phone.send_mail(letter.subject, message.as_bytes(), false).await
            }
        }
    };
    let (end, sent) = futures_util::future::join(phone.ping(WAIT_SECONDS, &waiting), sending).await;
    let ending = match (end, sent) {
        (_, Err(error)) | (Err(error), Ok(_)) => Ending::error(&error),
        (Ok(_), Ok(status)) if status > 1 => bad_status(status),
        (Ok(end), Ok(_)) if end.status == 2 => {
            Ending::Good("woken: the inbox has changes".to_owned())
        }
        (Ok(end), Ok(_)) => {
            Ending::bad(format!("Status {}", end.status), &hint::ping_status(end.status))
        }
    };
    story.tell(&step, &ending)
}

fn done(outcome: Result<Brought, Error>) -> Ending {
    match outcome {
        Ok(brought) if brought.status != 1 => bad_status(brought.status),
        Ok(brought) => match brought.responses.iter().find(|one| one.status != 1) {
            Some(bad) => bad_status(bad.status),
            None => Ending::Good("done".to_owned()),
        },
        Err(error) => Ending::error(&error),
    }
}

/// Longer than any mail server takes.
const WAIT_SECONDS: u32 = 60;
