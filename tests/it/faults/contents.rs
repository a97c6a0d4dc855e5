//! What lies on the server before a part fails, what happens there, and what is there in the end.

use mysql_async::prelude::Queryable as _;

use crate::support::stack;
use crate::support::world::{World, letter};

const CHANGE: &str = "REPLACE INTO horde_prefs (pref_uid, pref_scope, pref_name, pref_value) \
    VALUES (?, 'horde', 'horde_eas_test', ?)";

/// What the server has.
pub(super) struct Contents {
    /// One line for each mail of the inbox, sorted.
    pub(super) mails: Vec<String>,
    /// One line for each contact, sorted.
    pub(super) cards: Vec<String>,
    /// The subjects of the mails that were sent.
    pub(super) sent: Vec<String>,
    /// The subjects of the mails that were moved.
    pub(super) moved: Vec<String>,
    /// The subjects of the mails in the folders that they were moved from.
    pub(super) unmoved: Vec<String>,
    /// The subjects of the mails in folders that were emptied.
    pub(super) left: Vec<String>,
}

/// What is there from the beginning.
pub(super) async fn furnish(world: &mut World) {
    world.make_mailbox(MOVED);
    // Dovecot tells two who look at once two UIDVALIDITYs of a mailbox that never held a mail.
    world.mail(MOVED, "kept");
    for version in VERSIONS {
        world.make_mailbox(&emptied(version));
        world.make_mailbox(&moving(version));
    }
    world.mail("INBOX", "kept");
    let file = "--mm\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n\
        --mm\r\nContent-Type: text/csv; name=\"t.csv\"\r\n\
        Content-Disposition: attachment; filename=\"t.csv\"\r\n\r\na;b;c\r\n--mm--\r\n";
    let kind = "multipart/mixed; boundary=mm";
    let packed = letter("with a file", file).replace("text/plain; charset=utf-8", kind);
    world.append("INBOX", packed.as_bytes());
    world.add_card("Kept", "Card").await;
}

/// What happens on the server before each fault.
pub(super) async fn stir(world: &mut World, tag: &str) {
    for version in VERSIONS {
        for what in ["flag", "delete"] {
            world.mail("INBOX", &format!("{tag} {what} {version}"));
        }
        world.mail(&emptied(version), tag);
        world.mail(&moving(version), &format!("{tag} {version}"));
    }
    world.add_card("Server", tag).await;
}

/// A preference of the user becomes another one.
pub(super) async fn change_preference(user: &str, value: &str) {
    let opts = stack::opts(&stack::horde_database());
    let mut conn = mysql_async::Conn::new(opts).await.unwrap();
    conn.exec_drop(CHANGE, (user, value)).await.unwrap();
    conn.disconnect().await.unwrap();
}

/// What the server has now.
pub(super) async fn contents(world: &mut World) -> Contents {
    let mails = world.mails("INBOX").into_iter();
    let mut mails: Vec<String> =
        mails.map(|mail| format!("{} read={}", mail.subject, u8::from(mail.read))).collect();
    mails.sort();
    let cards = world.cards().await.into_iter();
    let mut cards: Vec<String> =
        cards.map(|card| format!("{} {} {}", card.first, card.last, card.company)).collect();
    cards.sort();
    let mut subjects = |mailbox: &str| -> Vec<String> {
        world.mails(mailbox).into_iter().map(|mail| mail.subject).collect()
    };
    let (sent, moved) = (subjects("Sent"), subjects(MOVED));
    let unmoved = VERSIONS.iter().flat_map(|version| subjects(&moving(version))).collect();
    let left = VERSIONS.iter().flat_map(|version| subjects(&emptied(version))).collect();
    Contents { mails, cards, sent, moved, unmoved, left }
}

/// The mailbox that a phone of that version empties.
pub(super) fn emptied(version: &str) -> String {
    format!("Emptied {}", &version[..2])
}

/// The mailbox that a phone of that version moves mails from: of two that move from the same at
/// once, one would be told to wait for the other.
pub(super) fn moving(version: &str) -> String {
    format!("Moving {}", &version[..2])
}

/// The mailbox that mails are moved to.
pub(super) const MOVED: &str = "Moved";
const VERSIONS: [&str; 2] = ["12.1", "14.1"];
