//! What a client changed in a folder of Horde's applications: from commands to operations, and from
//! what came of them to answers and records.
//!
//! [MS-ASCMD] §2.2.3.32

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::backend::items::{Absent, Applied, Exported, Operation};
use crate::backend::{self, Kind};
use crate::command::Context;
use crate::command::sync::Asked;
use crate::command::sync::item_uids::Uids;
use crate::command::sync::outcome::Trouble;
use crate::command::sync::place::Place;
use crate::command::sync::wire::{
    ClientAdd, ClientChange, ClientCommand, ClientDelete, ServerResponse, Status,
};
use crate::command::sync::{item_body, item_quirks, items_same};
use crate::eas::class::calendar::Event;
use crate::eas::class::contact::Contact;
use crate::eas::class::note::Note;
use crate::eas::class::task::Task;
use crate::eas::class::{ApplicationData, Class, Item};
use crate::eas::ids::{ClientId, ServerId};
use crate::eas::scalar::BasicDate;
use crate::eas::schema;
use crate::eas::version::ProtocolVersion;
use crate::state::device::Supported;
use crate::state::map::{ItemAction, ItemChange, ItemTimes};
use crate::state::pending::{ItemId, PendingChange, What};

/// What the server did to an item since the client's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerSide {
    /// It was changed or added.
    Changed,
    /// It was deleted.
    Deleted,
}

/// The client's commands on their way.
#[derive(Default)]
pub(super) struct Plan {
    /// Uids that the client asks for.
    pub(super) fetches: Vec<String>,
    /// Changes that meet one of the server's, which may be the same.
    pub(super) doubtful: Vec<Doubtful>,
    steps: Vec<Step>,
    responses: Vec<ServerResponse>,
    overruled: BTreeSet<String>,
    denied: Vec<PendingChange>,
    written: BTreeMap<String, (u64, bool)>,
    /// Whether answers to Adds name the UID, since 16.0.
    of_events: bool,
}

/// A change that is a conflict, unless the server's item is as the client wants it.
pub(super) struct Doubtful {
    /// The item.
    pub(super) server_id: ServerId,
    item: Item,
    absent: Absent,
}

/// One operation and the command that it is for.
struct Step {
    operation: Operation,
    what: Wish,
}

/// The command behind an operation.
enum Wish {
    Add(ClientId),
    Change(ServerId, Option<BasicDate>),
    Delete(ServerId),
    /// One occurrence of a series goes: the series changes.
    DeleteOne(ServerId, BasicDate),
}

impl Plan {
    /// Decides what is to be done, against what the server did meanwhile.
    pub(super) async fn make(
        ctx: &Context<'_>,
        asked: &Asked,
        place: &Place,
        server: &BTreeMap<String, ServerSide>,
        own: Option<Arc<ItemTimes>>,
    ) -> Result<Self, Trouble> {
        let mut plan = Self { of_events: asked.class == Class::Calendar, ..Self::default() };
        if asked.commands.is_empty() {
            return Ok(plan);
        }
        let key = asked.presented_key()?;
        let uids = Uids::of(ctx, asked, place, own).await?;
        let adds = asked.commands.iter().filter_map(|command| match command {
            ClientCommand::Add(add) => Some(add.client_id.as_str()),
            _ => None,
        });
        let adds: Vec<&str> = adds.collect();
        let maps = &ctx.services.maps;
        let known = maps.added(&ctx.owner, &place.backend_id, &key, &adds).await?;
        for command in &asked.commands {
            match command {
                ClientCommand::Add(add) => match known.get(add.client_id.as_str()) {
                    Some(uid) => plan.added(&add.client_id, uid.clone()),
                    None => plan.add(asked, place, add, &uids),
                },
                ClientCommand::Change(change) => plan.change(ctx, asked, place, server, change),
                ClientCommand::Delete(delete) => {
                    plan.delete(place, server, delete);
                }
                ClientCommand::Fetch(fetch) => {
                    plan.fetches.push(fetch.server_id.as_str().to_owned());
                }
            }
        }
        Ok(plan)
    }

    /// Whether a change of the server's goes under, since the client's wins.
    pub(super) fn overrules(&self, item: &ItemId) -> bool {
        match item {
            ItemId::Item(uid) => self.overruled.contains(uid),
            ItemId::Mail(_) => false,
        }
    }

    /// The operations, in the client's order.
    pub(super) fn operations(&self) -> Vec<Operation> {
        self.steps.iter().map(|step| step.operation.clone()).collect()
    }

    /// Records what was written, and makes the answers.
    ///
    /// When the backend could not tell for one of them, the request fails after the others were
    /// recorded: the client sends all again, and those are recognised.
    pub(super) async fn settle(
        &mut self,
        ctx: &Context<'_>,
        asked: &Asked,
        place: &Place,
        stamp: i64,
        applied: Vec<Result<Applied, backend::Error>>,
    ) -> Result<(), Trouble> {
        let mut records = Vec::new();
        let mut fatal = None;
        for (step, result) in std::mem::take(&mut self.steps).into_iter().zip(applied) {
            match result {
                Ok(applied) => {
                    records.extend(self.with_instances(&applied, stamp));
                    records.push(self.succeeded(step.what, &applied, stamp));
                }
                Err(error) if error.kind == Kind::Unavailable => fatal = Some(error),
                Err(error) => self.failed(ctx, asked, step.what, &error),
            }
        }
        if !records.is_empty() {
            let key = asked.presented_key()?;
            ctx.services.maps.record(&ctx.owner, &place.backend_id, &key, &records).await?;
        }
        fatal.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Tells repetitions from conflicts, now that the server's items are read.
    ///
    /// The server's change is sent to the client all the same.
    pub(super) fn judge(&mut self, exported: Vec<Exported>, version: ProtocolVersion) {
        for (doubtful, one) in std::mem::take(&mut self.doubtful).into_iter().zip(exported) {
            let Doubtful { item: wanted, absent, .. } = &doubtful;
            let is_repeated =
                one.item.is_ok_and(|item| items_same::holds(&item, wanted, absent, version));
            if !is_repeated {
                self.refuse_change(&doubtful.server_id, None, Status::Conflict);
            }
        }
    }

    /// Items that the client changed or deleted and may not, or that became other than it said: as
    /// the server has them, they are to go back to it.
    pub(super) fn take_denied(&mut self) -> Vec<PendingChange> {
        std::mem::take(&mut self.denied)
    }

    /// Whether anything was written, now or in the request of which this is a repetition.
    pub(super) fn changed_anything(&self) -> bool {
        !self.written.is_empty()
    }

    /// What was written, and whether it is gone with that.
    pub(super) fn written(&self) -> impl Iterator<Item = (&str, bool)> {
        self.written.iter().map(|(uid, (_, is_deleted))| (uid.as_str(), *is_deleted))
    }

    /// Whether an event of the history is the client's own doing.
    pub(super) fn is_own(&self, uid: &str, mod_seq: u64, is_removal: bool) -> bool {
        self.written.get(uid).is_some_and(
            |&(written, deleted)| {
                if is_removal { deleted } else { mod_seq <= written }
            },
        )
    }

    /// The answers, once everything is settled.
    pub(super) fn into_responses(self) -> Vec<ServerResponse> {
        self.responses
    }

    fn add(&mut self, asked: &Asked, place: &Place, add: &ClientAdd, uids: &Uids<'_>) {
        let item = add.application_data.clone().map(|data| item_of(asked.class, data));
        let refusal = match (item, &place.target) {
            (None | Some(Err(_)), _) => Status::ConversionError,
            (Some(Ok(_)), None) => Status::ObjectNotFound,
            (Some(Ok(item)), Some(target)) => {
                let (uid, spare) = uids.name(add, &item);
                let (share, item) = (target.clone(), Box::new(item));
                let operation = Operation::Add { share, uid, spare, item };
                self.steps.push(Step { operation, what: Wish::Add(add.client_id.clone()) });
                return;
            }
        };
        self.responses.push(ServerResponse::not_added(add.client_id.clone(), refusal));
    }

    /// The answer to an Add whose first answer was lost.
    fn added(&mut self, client_id: &ClientId, uid: String) {
        self.written.entry(uid.clone()).or_insert((0, false));
        let response = self.added_as(client_id.clone(), &uid);
        self.responses.push(response);
    }

    fn added_as(&self, client_id: ClientId, uid: &str) -> ServerResponse {
        if self.of_events {
            ServerResponse::added_event(client_id, uid)
        } else {
            ServerResponse::added(client_id, ServerId::from(uid))
        }
    }

    fn change(
        &mut self,
        ctx: &Context<'_>,
        asked: &Asked,
        place: &Place,
        server: &BTreeMap<String, ServerSide>,
        change: &ClientChange,
    ) {
        let (uid, instance) = (change.server_id.as_str(), change.instance_id);
        let client_wins = asked.wishes.conflict == Some(0);
        let refusal = match server.get(uid) {
            Some(ServerSide::Deleted) => Some(Status::ObjectNotFound),
            Some(ServerSide::Changed) if !client_wins => Some(Status::Conflict),
            Some(ServerSide::Changed) | None => None,
        };
        let item = change.application_data.clone().map(|data| item_of(asked.class, data));
        match (refusal, item) {
            (None, Some(Ok(mut item))) => {
                self.overruled.insert(uid.to_owned());
                let absent = item_quirks::meant(ctx, &mut item, absent(ctx, asked.class));
                let operation = Operation::Change {
                    at: place.at(uid),
                    item: Box::new(item),
                    absent,
                    cut_at: item_body::limit(&asked.wishes),
                    instance: instance.map(|date| date.0),
                };
                let what = Wish::Change(change.server_id.clone(), instance);
                self.steps.push(Step { operation, what });
            }
            (Some(Status::Conflict), Some(Ok(mut item))) if instance.is_none() => {
                let absent = item_quirks::meant(ctx, &mut item, absent(ctx, asked.class));
                let server_id = change.server_id.clone();
                self.doubtful.push(Doubtful { server_id, item, absent });
            }
            (Some(status), _) => self.refuse_change(&change.server_id, instance, status),
            (None, None | Some(Err(_))) => {
                self.refuse_change(&change.server_id, instance, Status::ConversionError);
            }
        }
    }

    fn delete(
        &mut self,
        place: &Place,
        server: &BTreeMap<String, ServerSide>,
        delete: &ClientDelete,
    ) {
        let (server_id, uid) = (&delete.server_id, delete.server_id.as_str());
        self.overruled.insert(uid.to_owned());
        if server.get(uid) == Some(&ServerSide::Deleted) {
            self.written.insert(uid.to_owned(), (0, true));
            return;
        }
        let what = match delete.instance_id {
            Some(instance) => Wish::DeleteOne(server_id.clone(), instance),
            None => Wish::Delete(server_id.clone()),
        };
        let instance = delete.instance_id.map(|date| date.0);
        self.steps
            .push(Step { operation: Operation::Delete { at: place.at(uid), instance }, what });
    }

    fn succeeded(&mut self, what: Wish, applied: &Applied, stamp: i64) -> ItemChange {
        let mod_seq = i64::try_from(applied.mod_seq).unwrap_or(i64::MAX);
        let uid = applied.uid.clone();
        let is_delete = matches!(what, Wish::Delete(_));
        if applied.differs {
            self.deny(&ServerId::from(uid.as_str()), What::Changed);
        }
        self.written.insert(uid.clone(), (applied.mod_seq, is_delete));
        match what {
            Wish::Add(client_id) => {
                let action = ItemAction::Add(client_id.as_str().to_owned());
                let response = self.added_as(client_id, &uid);
                self.responses.push(response);
                ItemChange { uid, mod_seq, action }
            }
            Wish::Change(..) | Wish::DeleteOne(..) => {
                ItemChange { uid, mod_seq, action: ItemAction::Change }
            }
            Wish::Delete(_) => ItemChange { uid, mod_seq: stamp, action: ItemAction::Delete },
        }
    }

    /// The instances of a series that were written with it have uids and a history of their own.
    fn with_instances(&mut self, applied: &Applied, stamp: i64) -> Vec<ItemChange> {
        let mod_seq = i64::try_from(applied.mod_seq).unwrap_or(i64::MAX);
        let mut records = Vec::new();
        for uid in &applied.bound {
            self.written.insert(uid.clone(), (applied.mod_seq, false));
            records.push(ItemChange { uid: uid.clone(), mod_seq, action: ItemAction::Change });
        }
        for uid in &applied.unbound {
            self.written.insert(uid.clone(), (applied.mod_seq, true));
            let action = ItemAction::Delete;
            records.push(ItemChange { uid: uid.clone(), mod_seq: stamp, action });
        }
        records
    }

    fn failed(&mut self, ctx: &Context<'_>, asked: &Asked, what: Wish, error: &backend::Error) {
        log::warn!(
            "Item not taken user={} device={} collection={} item={}: {error}",
            ctx.owner.user,
            ctx.owner.device,
            asked.uid,
            match &what {
                Wish::Add(client_id) => client_id.as_str().escape_debug(),
                Wish::Change(server_id, _)
                | Wish::Delete(server_id)
                | Wish::DeleteOne(server_id, _) => {
                    server_id.as_str().escape_debug()
                }
            },
        );
        let status = match error.kind {
            Kind::Conflict => Status::Conflict,
            Kind::Gone | Kind::NotFound => Status::ObjectNotFound,
            Kind::Broken
            | Kind::Denied
            | Kind::Invalid
            | Kind::Refused
            | Kind::TooLarge
            | Kind::Unavailable
            | Kind::Unsupported => Status::ConversionError,
        };
        let is_denied = error.kind == Kind::Denied;
        match what {
            Wish::Add(client_id) => {
                self.responses.push(ServerResponse::not_added(client_id, status));
            }
            Wish::Change(server_id, instance) => {
                self.overruled.remove(server_id.as_str());
                if is_denied {
                    self.deny(&server_id, What::Changed);
                }
                self.refuse_change(&server_id, instance, status);
            }
            // It is gone, as the client wants: be it by this very request, whose answer or record
            // was lost, or by another sidecar that got the same one.
            Wish::Delete(server_id) if error.kind == Kind::NotFound => {
                self.written.insert(server_id.as_str().to_owned(), (0, true));
            }
            Wish::Delete(server_id) => {
                if is_denied {
                    self.deny(&server_id, What::Added);
                }
                self.responses.push(ServerResponse::not_deleted(server_id, status));
            }
            Wish::DeleteOne(server_id, instance) => {
                self.overruled.remove(server_id.as_str());
                // The client takes it for gone: the series goes back to it.
                self.deny(&server_id, What::Changed);
                let response = ServerResponse::not_deleted(server_id, status);
                self.responses.push(response.of(Some(instance)));
            }
        }
    }

    fn deny(&mut self, server_id: &ServerId, what: What) {
        let item = ItemId::Item(server_id.as_str().to_owned());
        self.denied.push(PendingChange::new(item, what));
    }

    fn refuse_change(&mut self, server_id: &ServerId, instance: Option<BasicDate>, status: Status) {
        let response = ServerResponse::not_changed(server_id.clone(), status);
        self.responses.push(response.of(instance));
    }
}

fn item_of(class: Class, data: ApplicationData) -> Result<Item, schema::Error> {
    match class {
        Class::Contacts => data.parse::<Contact>().map(|contact| Item::Contact(Box::new(contact))),
        Class::Calendar => data.parse::<Event>().map(|event| Item::Event(Box::new(event))),
        Class::Notes => data.parse::<Note>().map(|note| Item::Note(Box::new(note))),
        Class::Tasks => data.parse::<Task>().map(|task| Item::Task(Box::new(task))),
        Class::Email | Class::Sms => {
            Err(schema::Error::wrong("item of a class that can be changed"))
        }
    }
}

/// What fields mean that a Change leaves out, by what the client said with its first key.
///
/// Since 16.0 an event keeps what is left out, also where the client does not know that it is
/// served in a lower version. [MS-ASCAL] §3.1.5.3
fn absent(ctx: &Context<'_>, class: Class) -> Absent {
    if class == Class::Calendar && ctx.said() >= ProtocolVersion::V16_0 {
        return Absent::Keep;
    }
    match ctx.device.supported.get(class.as_str()) {
        None => Absent::Clear,
        Some(Supported::AllGhosted) => Absent::Keep,
        Some(Supported::Tags(tags)) => Absent::ClearOnly(
            tags.iter()
                .map(|tag| match tag.split_once(':') {
                    Some((page, name)) => format!("{}:{name}", page_of(page)),
                    None => tag.clone(),
                })
                .collect(),
        ),
    }
}

/// The page that Horde calls by another name.
fn page_of(horde: &str) -> &str {
    match horde {
        "POOMCONTACTS" => "Contacts",
        "POOMCONTACTS2" => "Contacts2",
        "POOMTASKS" => "Tasks",
        "POOMCAL" => "Calendar",
        other => other,
    }
}
