//! A phone: a link, the hierarchy it knows, and what it holds of each collection.
//!
//! It keeps its state as a real one does: an answer that it never saw changes nothing, so sending
//! the same command again is a replay.

use std::collections::BTreeMap;

use crate::probe::Error;
use crate::probe::link::{Answer, Link};
use crate::probe::node::{Look as _, empty, encode, node, text};
use crate::wbxml::Tag;
use crate::wbxml::element::Element;
use crate::wbxml::pages::{
    AirSync, AirSyncBase, FolderHierarchy, GetItemEstimate, ItemOperations, Move, Ping, Provision,
    Settings,
};

/// A device of a user.
#[derive(Clone, Debug)]
pub struct Phone {
    /// How it reaches its server; the address may change between requests.
    pub link: Link,
    /// The key of the hierarchy; `0` before the first FolderSync.
    pub hierarchy_key: String,
    /// The folders it knows, by ServerId.
    pub folders: BTreeMap<String, Folder>,
    /// What it holds of the collections that were synced, by CollectionId.
    pub collections: BTreeMap<String, Collection>,
    /// What a server should never have sent.
    pub oddities: Vec<String>,
}

/// A folder of the hierarchy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Its ServerId, which is the CollectionId.
    pub id: String,
    /// ServerId of the folder above; `0` at the top.
    pub parent: String,
    /// What the user sees.
    pub name: String,
    /// What it holds.
    /// [MS-ASCMD] §2.2.3.186.3
    pub kind: u32,
}

/// What the phone holds of a collection.
#[derive(Clone, Debug)]
pub struct Collection {
    /// The key of the last answer that was seen.
    pub key: String,
    /// `Email`, `Contacts` and so on.
    pub class: String,
    /// The items by ServerId, each an ApplicationData.
    pub items: BTreeMap<String, Element>,
}

/// What a FolderSync brought.
#[derive(Clone, Debug, Default)]
pub struct FolderChanges {
    /// Status of the answer.
    pub status: u32,
    /// Folders new to the phone.
    pub added: Vec<String>,
    /// Folders that were changed.
    pub updated: Vec<String>,
    /// Folders that are gone.
    pub deleted: Vec<String>,
}

/// What a Ping ended with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PingEnd {
    /// Status; 0 when the answer was empty.
    pub status: u32,
    /// Folders with changes.
    pub folders: Vec<String>,
    /// The interval that the server wants instead.
    pub interval: Option<u32>,
}

impl Phone {
    /// A phone that knows nothing yet.
    #[must_use]
    pub const fn new(link: Link) -> Self {
        Self {
            link,
            hierarchy_key: String::new(),
            folders: BTreeMap::new(),
            collections: BTreeMap::new(),
            oddities: Vec::new(),
        }
    }

    /// Posts a document.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, command: &str, document: &Element) -> Result<Answer, Error> {
        self.link.post(command, &encode(document)).await
    }

    /// Posts a document and reads the answer, which must not be empty.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn ask(&self, command: &str, document: &Element) -> Result<Element, Error> {
        self.post(command, document).await?.document()?.ok_or(Error::Empty)
    }

    /// Pairs: both phases of Provision, as far as the server wants them. Returns the policy's
    /// Status of the first phase; 2 means that there is no policy.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn provision(&mut self) -> Result<u32, Error> {
        self.link.policy_key = Some("0".to_owned());
        let mut first = vec![policy(None)];
        if self.link.level() >= 141 {
            first.insert(0, device_information());
        }
        let answer = self.ask("Provision", &node(Provision::Provision, first)).await?;
        let path = [Provision::Policies, Provision::Policy];
        let status = answer
            .at(&path)
            .and_then(|policy| policy.number(&[Provision::Status]))
            .ok_or(Error::Missing("Provision:Policy/Status"))?;
        let Some(key) = answer.at(&path).and_then(|policy| policy.value(&[Provision::PolicyKey]))
        else {
            return Ok(status);
        };
        let answer =
            self.ask("Provision", &node(Provision::Provision, [policy(Some(&key))])).await?;
        let last = answer.at(&path).and_then(|policy| policy.value(&[Provision::PolicyKey]));
        self.link.policy_key = Some(last.ok_or(Error::Missing("Provision:PolicyKey"))?);
        Ok(status)
    }

    /// Tells the server what device this is.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn tell_device(&self) -> Result<u32, Error> {
        let answer =
            self.ask("Settings", &node(Settings::Settings, [device_information()])).await?;
        answer.number(&[Settings::Status]).ok_or(Error::Missing("Settings:Status"))
    }

    /// Asks who the user is: Status and mail addresses, the one of phones first.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn user_addresses(&self) -> Result<(u32, Vec<String>), Error> {
        let get = node(Settings::UserInformation, [empty(Settings::Get)]);
        let answer = self.ask("Settings", &node(Settings::Settings, [get])).await?;
        let part = answer.child(Settings::UserInformation);
        let status = part.and_then(|part| part.number(&[Settings::Status]));
        let status = status.or_else(|| answer.number(&[Settings::Status]));
        let status = status.ok_or(Error::Missing("Settings:Status"))?;
        let get = part.and_then(|part| part.child(Settings::Get));
        let accounts = get.and_then(|get| get.child(Settings::Accounts));
        let holders = accounts.map(|all| all.all(Settings::Account)).into_iter().flatten();
        let addresses = holders
            .chain(get)
            .filter_map(|holder| holder.child(Settings::EmailAddresses))
            .flat_map(|all| all.all(Settings::SmtpAddress))
            .map(Element::text)
            .collect();
        Ok((status, addresses))
    }

    /// Brings the hierarchy up to date.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn folder_sync(&mut self) -> Result<FolderChanges, Error> {
        let answer = self.ask("FolderSync", &self.folder_sync_request()).await?;
        Ok(self.take_folders(&answer))
    }

    /// The FolderSync that comes next.
    #[must_use]
    pub fn folder_sync_request(&self) -> Element {
        let key = if self.hierarchy_key.is_empty() { "0" } else { &self.hierarchy_key };
        node(FolderHierarchy::FolderSync, [text(FolderHierarchy::SyncKey, key)])
    }

    /// Takes over what a FolderSync brought.
    pub fn take_folders(&mut self, answer: &Element) -> FolderChanges {
        let mut done = FolderChanges {
            status: answer.number(&[FolderHierarchy::Status]).unwrap_or_default(),
            ..FolderChanges::default()
        };
        if done.status != 1 {
            return done;
        }
        if let Some(key) = answer.value(&[FolderHierarchy::SyncKey]) {
            self.hierarchy_key = key;
        }
        let Some(changes) = answer.child(FolderHierarchy::Changes) else { return done };
        for change in changes.children() {
            let folder = Folder {
                id: change.value(&[FolderHierarchy::ServerId]).unwrap_or_default(),
                parent: change.value(&[FolderHierarchy::ParentId]).unwrap_or_default(),
                name: change.value(&[FolderHierarchy::DisplayName]).unwrap_or_default(),
                kind: change.number(&[FolderHierarchy::Type]).unwrap_or_default(),
            };
            let id = folder.id.clone();
            match change.tag {
                FolderHierarchy::Add => {
                    if self.folders.insert(id.clone(), folder).is_some() {
                        self.oddities.push(format!("folder {id} added twice"));
                    }
                    done.added.push(id);
                }
                FolderHierarchy::Update => {
                    self.folders.insert(id.clone(), folder);
                    done.updated.push(id);
                }
                FolderHierarchy::Delete => {
                    if self.folders.remove(&id).is_none() {
                        self.oddities.push(format!("unknown folder {id} deleted"));
                    }
                    self.collections.remove(&id);
                    done.deleted.push(id);
                }
                _ => {}
            }
        }
        done
    }

    /// The first folder of a type.
    #[must_use]
    pub fn folder_of(&self, kind: u32) -> Option<&Folder> {
        self.folders.values().find(|folder| folder.kind == kind)
    }

    /// The folder of a name.
    #[must_use]
    pub fn folder_named(&self, name: &str) -> Option<&Folder> {
        self.folders.values().find(|folder| folder.name == name)
    }

    /// The key that the phone holds of a collection; `0` before its first Sync.
    #[must_use]
    pub fn key_of(&self, id: &str) -> &str {
        self.collections.get(id).map_or("0", |collection| collection.key.as_str())
    }

    /// Waits for changes; without folders, for those of the last Ping.
    ///
    /// # Errors
    /// When no answer came, or no document in it.
    pub async fn ping(&self, seconds: u32, folders: &[(&str, &str)]) -> Result<PingEnd, Error> {
        self.ping_with(Some(&ping_request(seconds, folders))).await
    }

    /// Waits with a document, or without one.
    ///
    /// # Errors
    /// When no answer came, or no document in it.
    pub async fn ping_with(&self, document: Option<&Element>) -> Result<PingEnd, Error> {
        let body = document.map(encode).unwrap_or_default();
        let answer = self.link.post("Ping", &body).await?;
        let Some(answer) = answer.document()? else { return Ok(PingEnd::default()) };
        let folders = answer.child(Ping::Folders).map(|all| all.all(Ping::Folder));
        Ok(PingEnd {
            status: answer.number(&[Ping::Status]).unwrap_or_default(),
            folders: folders.unwrap_or_default().into_iter().map(Element::text).collect(),
            interval: answer.number(&[Ping::HeartbeatInterval]),
        })
    }

    /// Estimates the number of changes: Status and number.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn estimate(&self, id: &str, filter: u32) -> Result<(u32, Option<u32>), Error> {
        let answer = self.ask("GetItemEstimate", &self.estimate_request(id, filter)).await?;
        let response = answer
            .child(GetItemEstimate::Response)
            .ok_or(Error::Missing("GetItemEstimate:Response"))?;
        let path = [GetItemEstimate::Collection, GetItemEstimate::Estimate];
        Ok((
            response.number(&[GetItemEstimate::Status]).unwrap_or_default(),
            response.number(&path),
        ))
    }

    /// Moves items, each given by its id and folder, to another folder: for each its Status and its
    /// new id.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn move_items(
        &self,
        items: &[(&str, &str)],
        target: &str,
    ) -> Result<Vec<(u32, Option<String>)>, Error> {
        let answer = self.ask("MoveItems", &move_request(items, target)).await?;
        Ok(answer
            .all(Move::Response)
            .into_iter()
            .map(|one| {
                (one.number(&[Move::Status]).unwrap_or_default(), one.value(&[Move::DstMsgId]))
            })
            .collect())
    }

    fn estimate_request(&self, id: &str, filter: u32) -> Element {
        let key = text(AirSync::SyncKey, self.key_of(id));
        let collection = text(GetItemEstimate::CollectionId, id);
        let filter = text(AirSync::FilterType, filter.to_string());
        // Up to 12.1 the order is another, and the filter stands alone.
        let children = if self.link.level() >= 140 {
            vec![key, collection, node(AirSync::Options, [filter])]
        } else {
            vec![collection, filter, key]
        };
        let collection = node(GetItemEstimate::Collection, children);
        let collections = node(GetItemEstimate::Collections, [collection]);
        node(GetItemEstimate::GetItemEstimate, [collections])
    }

    /// Fetches one item whole: Status and properties.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn fetch(
        &self,
        id: &str,
        server_id: &str,
        bodies: &[Element],
    ) -> Result<(u32, Option<Element>), Error> {
        let which = [text(AirSync::CollectionId, id), text(AirSync::ServerId, server_id)];
        let answer = self.post("ItemOperations", &fetch_request(&which, bodies)).await?;
        fetched(&answer)
    }

    /// Empties a folder: Status of the operation.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn empty_folder(&self, id: &str, and_below: bool) -> Result<u32, Error> {
        let mut children = vec![text(AirSync::CollectionId, id)];
        if and_below {
            let options = [empty(ItemOperations::DeleteSubFolders)];
            children.push(node(ItemOperations::Options, options));
        }
        let wish = node(ItemOperations::EmptyFolderContents, children);
        let answer =
            self.ask("ItemOperations", &node(ItemOperations::ItemOperations, [wish])).await?;
        let path =
            [ItemOperations::Response, ItemOperations::EmptyFolderContents, ItemOperations::Status];
        answer.number(&path).ok_or(Error::Missing("ItemOperations:EmptyFolderContents"))
    }
}

/// An ItemOperations for one item of the mailbox, given by its ids, with something in its Options.
#[must_use]
pub fn fetch_request(which: &[Element], options: &[Element]) -> Element {
    let mut children = vec![text(ItemOperations::Store, "Mailbox")];
    children.extend(which.iter().cloned());
    if !options.is_empty() {
        children.push(node(ItemOperations::Options, options.iter().cloned()));
    }
    node(ItemOperations::ItemOperations, [node(ItemOperations::Fetch, children)])
}

/// An ItemOperations for an attachment.
#[must_use]
pub fn file_request(reference: &str, range: Option<&str>) -> Element {
    let options: Vec<Element> =
        range.into_iter().map(|range| text(ItemOperations::Range, range)).collect();
    fetch_request(&[text(AirSyncBase::FileReference, reference)], &options)
}

/// Status and properties of the first Fetch of an answer.
///
/// # Errors
/// When there is none.
pub fn fetched(answer: &Answer) -> Result<(u32, Option<Element>), Error> {
    let answer = answer.document()?.ok_or(Error::Empty)?;
    let fetch = answer
        .at(&[ItemOperations::Response, ItemOperations::Fetch])
        .ok_or(Error::Missing("ItemOperations:Fetch"))?;
    let status = fetch.number(&[ItemOperations::Status]).unwrap_or_default();
    Ok((status, fetch.child(ItemOperations::Properties).cloned()))
}

/// A Ping with an interval and folders, each an id and a class.
#[must_use]
pub fn ping_request(seconds: u32, folders: &[(&str, &str)]) -> Element {
    let mut children = vec![text(Ping::HeartbeatInterval, seconds.to_string())];
    if !folders.is_empty() {
        let folders = folders.iter().map(|(id, class)| {
            node(Ping::Folder, [text(Ping::Id, *id), text(Ping::Class, *class)])
        });
        children.push(node(Ping::Folders, folders));
    }
    node(Ping::Ping, children)
}

/// A MoveItems of items, each given by its id and folder.
#[must_use]
pub fn move_request(items: &[(&str, &str)], target: &str) -> Element {
    let moves = items.iter().map(|(item, source)| {
        let ids = [(Move::SrcMsgId, *item), (Move::SrcFldId, *source), (Move::DstFldId, target)];
        node(Move::Move, ids.map(|(tag, id)| text(tag, id)))
    });
    node(Move::MoveItems, moves)
}

/// A wish for bodies of a type, cut to some bytes.
#[must_use]
pub fn body_preference(kind: u32, truncation: Option<u32>) -> Element {
    let mut children = vec![text(AirSyncBase::Type, kind.to_string())];
    if let Some(bytes) = truncation {
        children.push(text(AirSyncBase::TruncationSize, bytes.to_string()));
    }
    node(AirSyncBase::BodyPreference, children)
}

fn policy(acknowledged: Option<&str>) -> Element {
    let mut children = vec![text(Provision::PolicyType, "MS-EAS-Provisioning-WBXML")];
    if let Some(key) = acknowledged {
        children.push(text(Provision::PolicyKey, key));
        children.push(text(Provision::Status, "1"));
    }
    node(Provision::Policies, [node(Provision::Policy, children)])
}

fn device_information() -> Element {
    let facts = [
        (Settings::Model, "Probe"),
        (Settings::FriendlyName, "horde-eas probe"),
        (Settings::OS, "Rust"),
    ];
    let facts = facts.map(|(tag, value): (Tag, &str)| text(tag, value));
    node(Settings::DeviceInformation, [node(Settings::Set, facts)])
}

/// An empty tag of AirSync that means yes.
#[must_use]
pub const fn yes(tag: Tag) -> Element {
    empty(tag)
}
