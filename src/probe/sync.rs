//! The phone's Sync: what it sends, and what it makes of the answer.
//!
//! [MS-ASCMD] §2.2.1.21

use std::collections::BTreeMap;

use crate::probe::Error;
use crate::probe::node::{Look as _, encode, node, text};
use crate::probe::phone::{Collection, Phone};
use crate::wbxml::Tag;
use crate::wbxml::element::{Element, Node};
use crate::wbxml::pages::{AirSync, AirSyncBase, Email};

/// What the phone wants of one collection; `Default` is a Sync that only asks for changes.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// CollectionId.
    pub id: String,
    /// Class, as the phone knows it from the folder's type.
    pub class: String,
    /// WindowSize.
    pub window: Option<u32>,
    /// GetChanges; not sent when `None`.
    pub get_changes: Option<bool>,
    /// DeletesAsMoves; not sent when `None`.
    pub deletes_as_moves: Option<bool>,
    /// Supported; not sent when `None`. Only with the first key.
    pub supported: Option<Vec<Tag>>,
    /// What stands in Options; none are sent when it is empty.
    pub options: Vec<Element>,
    /// What stands in Commands.
    pub commands: Vec<Element>,
    /// Sent instead of the key that the phone holds.
    pub key: Option<String>,
}

/// What one collection's answer brought.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// Status of the collection.
    pub status: u32,
    /// The key in the answer.
    pub key: Option<String>,
    /// Whether there is more.
    pub more: bool,
    /// ServerIds of items that were added, in order.
    pub added: Vec<String>,
    /// ServerIds of items that were changed.
    pub changed: Vec<String>,
    /// ServerIds of items that were deleted.
    pub deleted: Vec<String>,
    /// ServerIds of items that left the filter.
    pub soft_deleted: Vec<String>,
    /// Outcomes of the phone's commands.
    pub responses: Vec<Outcome>,
}

/// The outcome of one of the phone's commands.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The command's name: `AirSync:Add` and so on.
    pub command: String,
    /// Status.
    pub status: u32,
    /// ClientId, when there is one.
    pub client_id: Option<String>,
    /// ServerId, when there is one.
    pub server_id: Option<String>,
    /// InstanceId, when there is one.
    pub instance_id: Option<String>,
    /// ApplicationData, when there is some.
    pub data: Option<Element>,
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Synced {
    /// The top-level Status, when there is one.
    pub status: Option<u32>,
    /// True when the answer had no body at all.
    pub empty: bool,
    /// By CollectionId.
    pub collections: BTreeMap<String, Brought>,
}

impl Synced {
    /// What came of a collection; nothing when it is not in the answer.
    #[must_use]
    pub fn of(&self, id: &str) -> Brought {
        self.collections.get(id).cloned().unwrap_or_default()
    }
}

impl Wish {
    /// Changes of a collection, please.
    #[must_use]
    pub fn of(id: &str, class: &str) -> Self {
        Self { id: id.to_owned(), class: class.to_owned(), ..Self::default() }
    }

    /// The same with commands.
    #[must_use]
    pub fn with(mut self, commands: impl IntoIterator<Item = Element>) -> Self {
        self.commands.extend(commands);
        self
    }

    /// The same with something in Options.
    #[must_use]
    pub fn option(mut self, option: Element) -> Self {
        self.options.push(option);
        self
    }

    /// The same with a window.
    #[must_use]
    pub const fn window(mut self, size: u32) -> Self {
        self.window = Some(size);
        self
    }
}

impl Phone {
    /// The Sync that says these wishes with the keys that the phone holds.
    #[must_use]
    pub fn sync_request(&self, wishes: &[Wish]) -> Element {
        let collections = wishes.iter().map(|wish| self.collection_request(wish));
        node(AirSync::Sync, [node(AirSync::Collections, collections)])
    }

    fn collection_request(&self, wish: &Wish) -> Element {
        let mut children = Vec::new();
        if matches!(self.link.version.as_str(), "2.5" | "12.0") {
            children.push(text(AirSync::Class, &*wish.class));
        }
        let key = wish.key.as_deref().unwrap_or_else(|| self.key_of(&wish.id));
        children.push(text(AirSync::SyncKey, key));
        children.push(text(AirSync::CollectionId, &*wish.id));
        if let Some(supported) = &wish.supported {
            children.push(node(AirSync::Supported, supported.iter().map(|tag| Element::new(*tag))));
        }
        let flags = [
            (AirSync::DeletesAsMoves, wish.deletes_as_moves),
            (AirSync::GetChanges, wish.get_changes),
        ];
        for (tag, flag) in flags {
            if let Some(flag) = flag {
                children.push(text(tag, if flag { "1" } else { "0" }));
            }
        }
        if let Some(window) = wish.window {
            children.push(text(AirSync::WindowSize, window.to_string()));
        }
        // Before 12.0 nothing is known of preferences for bodies.
        let options = wish
            .options
            .iter()
            .filter(|option| self.link.level() >= 120 || option.tag != AirSyncBase::BodyPreference);
        let options: Vec<Element> = options.cloned().collect();
        if !options.is_empty() {
            children.push(node(AirSync::Options, options));
        }
        if !wish.commands.is_empty() {
            children.push(node(AirSync::Commands, wish.commands.iter().cloned()));
        }
        node(AirSync::Collection, children)
    }

    /// Syncs once and takes over what came.
    ///
    /// # Errors
    /// When no answer came, or no document in it.
    pub async fn sync(&mut self, wishes: &[Wish]) -> Result<Synced, Error> {
        self.sync_and(wishes, []).await
    }

    /// As `sync`, with more in the request beside its collections: Wait, Partial, WindowSize.
    ///
    /// # Errors
    /// As `sync`.
    pub async fn sync_and(
        &mut self,
        wishes: &[Wish],
        besides: impl IntoIterator<Item = Element>,
    ) -> Result<Synced, Error> {
        let collections = wishes.iter().map(|wish| self.collection_request(wish));
        let collections = [node(AirSync::Collections, collections)];
        // Partial may come with no collection at all.
        let collections = collections.into_iter().filter(|_| !wishes.is_empty());
        let request = node(AirSync::Sync, collections.chain(besides));
        let answer = self.link.post("Sync", &encode(&request)).await?.document()?;
        Ok(self.take_sync(answer.as_ref(), wishes))
    }

    /// Says "as last time": a Sync without a body; takes over what came.
    ///
    /// # Errors
    /// As `sync`.
    pub async fn sync_empty(&mut self, wishes: &[Wish]) -> Result<Synced, Error> {
        let answer = self.link.post("Sync", &[]).await?.document()?;
        Ok(self.take_sync(answer.as_ref(), wishes))
    }

    /// Syncs one collection once.
    ///
    /// # Errors
    /// As `sync`.
    pub async fn sync_one(&mut self, wish: Wish) -> Result<Brought, Error> {
        let id = wish.id.clone();
        let synced = self.sync(&[wish]).await?;
        if let Some(status) = synced.status.filter(|status| *status != 1) {
            return Ok(Brought { status, ..Brought::default() });
        }
        Ok(synced.of(&id))
    }

    /// Syncs a collection until nothing more comes, starting with the first key if need be;
    /// commands go with the first round. The answer puts all rounds together.
    ///
    /// # Errors
    /// As `sync`; also when the rounds do not end.
    pub async fn sync_all(&mut self, wish: Wish) -> Result<Brought, Error> {
        let mut all = Brought::default();
        if self.key_of(&wish.id) == "0" {
            let first = Wish {
                get_changes: None,
                commands: Vec::new(),
                options: Vec::new(),
                ..wish.clone()
            };
            let brought = self.sync_one(first).await?;
            if brought.status != 1 {
                return Ok(brought);
            }
        }
        let mut next = Wish { supported: None, ..wish };
        for _ in 0..MOST_ROUNDS {
            let had_commands = !next.commands.is_empty();
            let brought = self.sync_one(next.clone()).await?;
            next.commands.clear();
            let idle = brought.added.is_empty()
                && brought.changed.is_empty()
                && brought.deleted.is_empty()
                && brought.soft_deleted.is_empty();
            // An empty answer has no Status: nothing is new.
            all.status =
                if brought.key.is_none() && brought.status == 0 { 1 } else { brought.status };
            all.added.extend(brought.added);
            all.changed.extend(brought.changed);
            all.deleted.extend(brought.deleted);
            all.soft_deleted.extend(brought.soft_deleted);
            all.responses.extend(brought.responses);
            all.key = brought.key.or(all.key);
            // Horde keeps its own changes back in an answer to commands, without MoreAvailable.
            if all.status != 1 || (idle && !brought.more && !had_commands) {
                return Ok(all);
            }
        }
        Err(Error::Endless)
    }

    /// Takes over an answer to these wishes.
    pub fn take_sync(&mut self, answer: Option<&Element>, wishes: &[Wish]) -> Synced {
        let Some(answer) = answer else {
            return Synced { empty: true, ..Synced::default() };
        };
        let mut synced = Synced { status: answer.number(&[AirSync::Status]), ..Synced::default() };
        let collections = answer.child(AirSync::Collections);
        for part in collections.map(|all| all.all(AirSync::Collection)).unwrap_or_default() {
            let id = part.value(&[AirSync::CollectionId]).unwrap_or_default();
            let wish = wishes.iter().find(|wish| wish.id == id);
            let class = wish.map(|wish| wish.class.clone()).unwrap_or_default();
            let brought = self.take_collection(part, &id, class);
            if let (Some(wish), Some(held)) = (wish, self.collections.get_mut(&id)) {
                held.take_own(&wish.commands, &brought);
            }
            if synced.collections.insert(id.clone(), brought).is_some() {
                self.oddities.push(format!("collection {id} answered twice"));
            }
        }
        synced
    }

    fn take_collection(&mut self, part: &Element, id: &str, class: String) -> Brought {
        let mut brought = Brought {
            status: part.number(&[AirSync::Status]).unwrap_or_default(),
            key: part.value(&[AirSync::SyncKey]),
            more: part.child(AirSync::MoreAvailable).is_some(),
            ..Brought::default()
        };
        if brought.status != 1 {
            return brought;
        }
        let held = self.collections.entry(id.to_owned()).or_insert_with(|| Collection {
            key: "0".to_owned(),
            class: class.clone(),
            items: BTreeMap::new(),
        });
        if !class.is_empty() {
            held.class = class;
        }
        if held.key == "0" {
            held.items.clear();
        }
        if let Some(key) = &brought.key {
            held.key.clone_from(key);
        }
        if let Some(commands) = part.child(AirSync::Commands) {
            for command in commands.children() {
                held.take_command(command, &mut brought, &mut self.oddities);
            }
        }
        let responses = part.child(AirSync::Responses);
        brought.responses =
            responses.into_iter().flat_map(Element::children).map(outcome).collect();
        brought
    }
}

impl Collection {
    /// What the server took of the phone's own commands is so on the phone.
    fn take_own(&mut self, commands: &[Element], brought: &Brought) {
        if brought.status != 1 {
            return;
        }
        for command in commands {
            let server_id = command.value(&[AirSync::ServerId]);
            let client_id = command.value(&[AirSync::ClientId]);
            let response = brought.responses.iter().find(|response| {
                response.command == command.tag.to_string()
                    && (client_id.is_none() || response.client_id == client_id)
                    && (server_id.is_none() || response.server_id == server_id)
            });
            let refused = response.is_some_and(|response| response.status != 1);
            let data = command.child(AirSync::ApplicationData);
            match (command.tag, response, server_id, data) {
                _ if refused => {}
                // One occurrence: what the phone holds of the series is as the server tells it.
                _ if command.child(AirSyncBase::InstanceId).is_some() => {}
                (AirSync::Add, Some(Outcome { server_id: Some(id), .. }), _, Some(data)) => {
                    self.items.insert(id.clone(), data.clone());
                }
                (AirSync::Change, _, Some(id), Some(data)) => {
                    if let Some(held) = self.items.get_mut(&id) {
                        merge(held, data);
                    }
                }
                (AirSync::Delete, _, Some(id), _) => {
                    self.items.remove(&id);
                }
                _ => {}
            }
        }
    }

    fn take_command(
        &mut self,
        command: &Element,
        brought: &mut Brought,
        oddities: &mut Vec<String>,
    ) {
        let id = command.value(&[AirSync::ServerId]).unwrap_or_default();
        let data = command.child(AirSync::ApplicationData);
        match command.tag {
            AirSync::Add => {
                let data = data.cloned().unwrap_or_else(|| Element::new(AirSync::ApplicationData));
                if self.items.insert(id.clone(), data).is_some() {
                    oddities.push(format!("item {id} added twice"));
                }
                brought.added.push(id);
            }
            AirSync::Change => {
                match (self.items.get_mut(&id), data) {
                    (Some(held), Some(data)) if self.class == "Email" => merge(held, data),
                    (Some(held), Some(data)) => held.clone_from(data),
                    (_, None) => oddities.push(format!("change of {id} without data")),
                    (None, Some(_)) => oddities.push(format!("change of unknown item {id}")),
                }
                brought.changed.push(id);
            }
            AirSync::Delete | AirSync::SoftDelete => {
                // A phone that deleted an item itself is told again by some servers.
                self.items.remove(&id);
                if command.tag == AirSync::Delete {
                    brought.deleted.push(id);
                } else {
                    brought.soft_deleted.push(id);
                }
            }
            _ => oddities.push(format!("unknown command {}", command.tag)),
        }
    }

    /// The subjects of the mails, sorted; duplicates stay.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        let values = self.items.values();
        let mut all: Vec<String> =
            values.map(|item| item.value(&[Email::Subject]).unwrap_or_default()).collect();
        all.sort();
        all
    }

    /// ServerIds of the items in which a field has this value.
    #[must_use]
    pub fn find(&self, tag: Tag, value: &str) -> Vec<String> {
        let items = self.items.iter();
        items
            .filter(|(_, item)| item.value(&[tag]).as_deref() == Some(value))
            .map(|(id, _)| id.clone())
            .collect()
    }
}

/// Puts the fields of a change over those that are held.
pub fn merge(held: &mut Element, change: &Element) {
    for field in change.children() {
        held.nodes.retain(|node| match node {
            Node::Element(element) => element.tag != field.tag,
            _ => true,
        });
        held.nodes.push(Node::Element(field.clone()));
    }
}

fn outcome(response: &Element) -> Outcome {
    Outcome {
        command: response.tag.to_string(),
        status: response.number(&[AirSync::Status]).unwrap_or_default(),
        client_id: response.value(&[AirSync::ClientId]),
        server_id: response.value(&[AirSync::ServerId]),
        instance_id: response.value(&[AirSyncBase::InstanceId]),
        data: response.child(AirSync::ApplicationData).cloned(),
    }
}

/// A new item.
#[must_use]
pub fn add(client_id: &str, fields: impl IntoIterator<Item = Element>) -> Element {
    node(AirSync::Add, [text(AirSync::ClientId, client_id), node(AirSync::ApplicationData, fields)])
}

/// Other fields of an item.
#[must_use]
pub fn change(server_id: &str, fields: impl IntoIterator<Item = Element>) -> Element {
    node(
        AirSync::Change,
        [text(AirSync::ServerId, server_id), node(AirSync::ApplicationData, fields)],
    )
}

/// The same command, of one occurrence of a series, named by its start (16.0).
#[must_use]
pub fn of_instance(mut command: Element, start: &str) -> Element {
    command.nodes.insert(1, Node::Element(text(AirSyncBase::InstanceId, start)));
    command
}

/// An item is gone.
#[must_use]
pub fn delete(server_id: &str) -> Element {
    node(AirSync::Delete, [text(AirSync::ServerId, server_id)])
}

/// An item is wanted whole.
#[must_use]
pub fn fetch(server_id: &str) -> Element {
    node(AirSync::Fetch, [text(AirSync::ServerId, server_id)])
}

/// Rounds of one collection after which a server is not believed any more.
const MOST_ROUNDS: usize = 2000;
