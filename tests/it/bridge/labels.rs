//! Labels are one list for all users of a Horde: several users make the same new one at once.

use horde_eas::backend::horde::Transport;
use horde_eas::backend::items::{Batch, ItemRef, Operation};
use horde_eas::backend::{Accounts as _, Items as _};
use horde_eas::eas::class::note::{Categories, Note};
use horde_eas::eas::class::{Class, Item};

use crate::bridge::adapters::{credentials, horde};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_who_make_one_label_at_once_all_get_it() {
    for _ in 0..ROUNDS {
        let label = format!("Label {}", uuid::Uuid::new_v4());
        let users = (20..24).map(|n| tokio::spawn(note_with(format!("user{n}"), label.clone())));
        for done in users.collect::<Vec<_>>() {
            assert_eq!(done.await.unwrap(), std::slice::from_ref(&label));
        }
    }
}

/// Adds a note with a label, reads its labels, and deletes it.
async fn note_with(user: String, label: String) -> Vec<String> {
    let horde = horde(Transport::Bridge);
    let login = credentials(&user, &format!("{user}-pw"));
    let account = horde.accounts.login(&login).await.unwrap();
    let share = account.profile.notes.as_ref().unwrap().default.clone().unwrap();
    let uid = uuid::Uuid::new_v4().to_string();
    let at = ItemRef { share: share.clone(), uid: uid.clone() };
    let categories = Some(Categories { categories: vec![label] });
    let item = Box::new(Item::Note(Box::new(Note { categories, ..Note::default() })));
    let shares = vec![share.clone()];
    let operations = vec![Operation::Add { share, uid, spare: None, item }];
    let export = vec![at.clone()];
    let batch = Batch { shares: shares.clone(), operations, export, ..Batch::default() };
    let mut outcome = horde.items.sync(&account, Class::Notes, batch).await.unwrap();
    outcome.applied.pop().unwrap().unwrap();
    let exported = outcome.exported.pop().unwrap().item.unwrap();
    let operations = vec![Operation::Delete { at, instance: None }];
    let batch = Batch { shares, operations, ..Batch::default() };
    horde.items.sync(&account, Class::Notes, batch).await.unwrap();
    match *exported {
        Item::Note(note) => note.categories.unwrap_or_default().categories,
        other => panic!("not a note: {:?}", other.class()),
    }
}

/// Enough for the users to meet: without a second try, one in the first five did not get it.
const ROUNDS: usize = 12;
