//! The contract of the state ports, on a real MariaDB.

mod audit;
mod caches;
mod collections;
mod devices;
mod history;
mod horde_rows;
mod maps;
mod marks;
mod moves;
mod outbox;
mod tables;

use horde_eas::state::cache::{CachedCollection, CachedFolder, SyncCache};
use horde_eas::state::device::{DeviceProperties, NewDevice};
use horde_eas::state::folder::FolderObject;
use horde_eas::state::key::StateKey;
use horde_eas::state::model::{
    CollectionState, HierarchyState, KnownFolder, NewState, Owner, Presented,
};
use horde_eas::state::mysql::Mysql;
use horde_eas::state::pending::Pending;
use horde_eas::state::{Collections, Devices, Error};
use uuid::Uuid;

const NOW: i64 = 1_795_310_640;
const CONTACTS: &str = "C4468e2a4";

fn owner() -> Owner {
    Owner { device: Uuid::new_v4().simple().to_string().to_uppercase(), user: "alice".to_owned() }
}

fn first_key() -> StateKey {
    StateKey::first(Uuid::new_v4())
}

fn new_device() -> NewDevice {
    NewDevice {
        kind: "iPhone".to_owned(),
        agent: "Apple-iPhone/1.0".to_owned(),
        properties: DeviceProperties::new("2.5,12.0", "Apple-iPhone/1.0", "14.1"),
    }
}

fn nothing(_: &mut SyncCache) {}

/// A device with one folder in its hierarchy.
pub(crate) async fn paired(mysql: &Mysql) -> Owner {
    let owner = owner();
    mysql.register(&owner, &new_device()).await.unwrap();
    let key = first_key();
    let folder = KnownFolder {
        uid: CONTACTS.to_owned(),
        name: "Address book".to_owned(),
        parent: "0".to_owned(),
        backend_id: "@Contacts@".to_owned(),
        kind: Some(9),
    };
    let state = HierarchyState { folders: vec![folder], presented: None };
    let new = NewState { folder: "", key: &key, presented: None, state: &state, now: NOW };
    let edit = |cache: &mut SyncCache| {
        let class = "Contacts".to_owned();
        let backend_id = "@Contacts@".to_owned();
        cache.set_hierarchy(&key.to_string());
        cache.set_folder(
            CONTACTS,
            &CachedFolder { class: class.clone(), backend_id: backend_id.clone(), kind: 9 },
        );
        let collection = CachedCollection { class, backend_id, ..CachedCollection::default() };
        cache.set_collection(CONTACTS, &collection);
    };
    mysql.save_hierarchy(&owner, &new, &edit).await.unwrap();
    owner
}

fn contacts(stamp: i64, pending: Pending) -> CollectionState {
    let folder = FolderObject::new_collection("@Contacts@", "Contacts");
    CollectionState { stamp, folder, pending, presented: None, newest: None }
}

/// Stores a state under a key, and the key in the cache.
async fn save(
    mysql: &Mysql,
    owner: &Owner,
    key: &StateKey,
    presented: Option<&Presented>,
    state: &CollectionState,
) -> Result<(), Error> {
    let new = NewState { folder: CONTACTS, key, presented, state, now: NOW };
    let edit = |cache: &mut SyncCache| {
        cache.edit_collection(CONTACTS, |collection| {
            collection.last_sync_key = Some(key.to_string());
        });
    };
    mysql.save(owner, &new, &edit).await
}

async fn load(mysql: &Mysql, owner: &Owner, key: &StateKey) -> CollectionState {
    Collections::load(mysql, owner, CONTACTS, key).await.unwrap().unwrap()
}
