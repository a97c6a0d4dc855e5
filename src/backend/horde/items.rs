//! Items of Horde's applications: one call of the bridge for each call of the port.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::horde::events::{self, Dialect};
use crate::backend::horde::rpc::{Client, described};
use crate::backend::horde::work::{Answers, Portion, Work, of_one};
use crate::backend::items::{
    Absent, Applied, Batch, Exported, Extent, ItemRef, Items, Listing, Operation, Outcome, Standing,
};
use crate::backend::{Account, Error, Kind};
use crate::eas::class::{Class, Item};
use crate::pim::{contact, event, note, task};

/// [`Items`] over the bridge.
pub struct HordeItems {
    client: Arc<Client>,
}

impl HordeItems {
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Items for HordeItems {
    async fn list(
        &self,
        account: &Account,
        class: Class,
        shares: &[String],
        extent: Extent,
    ) -> Result<Listing, Error> {
        let class = word(class)?;
        let mut listing = Listing::default();
        let mut after = Some(0);
        while let Some(from) = after {
            let params = json!([class, shares, options(extent, from)]);
            let who = Some(&account.credentials);
            let page = self.client.read_as::<ListAnswer>(who, "bridge.list", params).await;
            let page = page.map_err(|error| match error.kind {
                Kind::NotFound | Kind::Denied => Error { kind: Kind::Gone, ..error },
                _ => error,
            })?;
            if from == 0 {
                listing.mod_seq = page.modseq;
            }
            listing.items.extend(page.items.into_iter().map(RefAnswer::into_ref));
            after = page.next.filter(|next| *next > from);
        }
        Ok(listing)
    }

    async fn sync(&self, account: &Account, of: Class, batch: Batch) -> Result<Outcome, Error> {
        let class = word(of)?;
        let dialect = Dialect::of(account, batch.version);
        let stored = self.stored(account, of, &batch).await?;
        let mut operations = Vec::with_capacity(batch.operations.len());
        // What makes no sense is not sent, and fails alone.
        let mut unfit = Vec::new();
        for operation in &batch.operations {
            let written = written(class, operation, &batch.shares, &stored, &dialect);
            unfit.push(written.map(|value| operations.push(value)).err());
        }
        let wanted = batch.export.iter().map(|at| placed(class, at, &batch.shares)).collect();
        let work = self.carry_out(account, operations, wanted).await?;
        let mut applied = work.applied.into_iter().map(AppliedAnswer::into_applied);
        let fates = unfit.into_iter().filter_map(|it| it.map(Err).or_else(|| applied.next()));
        let applied = fates.collect();
        let read = batch.export.into_iter().zip(work.read);
        let exported = read.map(|(at, answer)| answer.into_exported(of, at, &dialect)).collect();
        Ok(Outcome { applied, exported })
    }
}

impl HordeItems {
    /// The events of which a part is to be changed, and the series of tasks, as they are.
    async fn stored(&self, account: &Account, of: Class, batch: &Batch) -> Result<Stored, Error> {
        let mut places = match of {
            Class::Tasks => series_of_tasks(batch),
            _ => events::to_be_read(of, batch),
        };
        places.sort();
        places.dedup();
        let mut stored = Stored::default();
        if places.is_empty() {
            return Ok(stored);
        }
        let class = word(of)?;
        let wanted = places.iter().map(|at| placed(class, at, &batch.shares)).collect();
        let work = self.carry_out(account, Vec::new(), wanted).await?;
        for (at, answer) in places.into_iter().zip(work.read) {
            if of == Class::Tasks {
                // One that can not be read is written, or not, without.
                let todo = answer.into_data().and_then(todo);
                stored.tasks.extend(todo.ok().map(|todo| (at.uid, todo)));
            } else {
                let series = answer.into_series(&at.uid);
                stored.events.insert(at.uid, series);
            }
        }
        Ok(stored)
    }

    /// Writes and reads, in as few calls as the bridge's limits allow.
    async fn carry_out(
        &self,
        account: &Account,
        operations: Vec<Value>,
        wanted: Vec<Value>,
    ) -> Result<Work, Error> {
        let mut work = Work::new(operations, wanted);
        while let Some(portion) = work.portion() {
            let answer = self.exchange(account, &work, &portion).await;
            work.settle(&portion, answer)?;
        }
        work.judge()?;
        Ok(work)
    }

    /// One call: the first of the operations and of the wanted items.
    async fn exchange(
        &self,
        account: &Account,
        work: &Work,
        portion: &Portion,
    ) -> Result<Answers, Error> {
        let params = json!([{
            "apply": work.operations.iter().take(portion.operations).collect::<Vec<_>>(),
            "export": work.wanted.iter().take(portion.wanted).collect::<Vec<_>>(),
        }]);
        let who = Some(&account.credentials);
        let answer = if portion.operations == 0 {
            self.client.read(who, "bridge.sync", params).await?
        } else {
            self.client.write(who, "bridge.sync", params).await?
        };
        let answer: SyncAnswer = parsed("bridge.sync", answer)?;
        Ok(Answers {
            applied: answer.apply.map_or_else(Vec::new, |apply| apply.results),
            read: answer.export.map_or_else(Vec::new, |export| export.results),
        })
    }
}

/// The bridge's word for a class.
fn word(class: Class) -> Result<&'static str, Error> {
    match class {
        Class::Calendar => Ok("calendar"),
        Class::Contacts => Ok("contacts"),
        Class::Notes => Ok("notes"),
        Class::Tasks => Ok("tasks"),
        Class::Email | Class::Sms => {
            Err(Error::new(Kind::Unsupported, format!("{} are not bridged yet", class.as_str())))
        }
    }
}

/// What is listed, from which place of the list on.
fn options(extent: Extent, after: u64) -> Value {
    match extent {
        Extent::All => json!({"after": after}),
        Extent::Ending(span) => {
            json!({"after": after, "window": {"from": span.from, "to": span.to}})
        }
        Extent::Completed(completed) => json!({"after": after, "completed": completed}),
    }
}

/// Where an item is: in its share, or in one of its folder's.
fn placed(class: &str, at: &ItemRef, shares: &[String]) -> Value {
    if at.share.is_empty() {
        json!({"class": class, "shares": shares, "uid": at.uid})
    } else {
        json!({"class": class, "share": at.share, "uid": at.uid})
    }
}

/// An operation as the bridge takes it.
fn written(
    class: &str,
    operation: &Operation,
    shares: &[String],
    stored: &Stored,
    dialect: &Dialect<'_>,
) -> Result<Value, Error> {
    let (mut value, op, data) = match operation {
        Operation::Change { at, item, absent, .. } if class == "calendar" => {
            let (series, item) = (events::found(stored, at)?, events::event(item)?);
            let instance = events::instance(operation, series, dialect)?;
            let data = events::change(item, series, operation, |tag| clears(absent, tag), dialect)?;
            (with_instance(placed(class, at, shares), instance), "patch", Some(data))
        }
        Operation::Delete { at, instance: Some(_) } => {
            let instance = events::instance(operation, events::found(stored, at)?, dialect)?;
            (with_instance(placed(class, at, shares), instance), "delete", None)
        }
        Operation::Add { share, uid, spare, item } => {
            let mut value = json!({"class": class, "share": share, "uid": uid});
            if let (Some(map), Some(spare)) = (value.as_object_mut(), spare) {
                map.insert("spare".to_owned(), json!(spare));
                map.insert("beside".to_owned(), json!(shares));
            }
            (value, "add", Some(data(item, None, |_| false, dialect)?))
        }
        Operation::Change { at, item, absent, cut_at, .. } => {
            let todo = stored.tasks.get(&at.uid);
            let mut data = data(item, todo, |tag| clears(absent, tag), dialect)?;
            if let (Some(cut), Some(map)) = (cut_at, data.as_object_mut()) {
                map.insert("cut".to_owned(), json!(cut));
            }
            (placed(class, at, shares), "patch", Some(data))
        }
        Operation::Delete { at, instance: None } => (placed(class, at, shares), "delete", None),
    };
    if let Some(map) = value.as_object_mut() {
        map.insert("op".to_owned(), json!(op));
        if let Some(data) = data {
            map.insert("data".to_owned(), data);
        }
    }
    Ok(value)
}

/// The same for one occurrence.
fn with_instance(mut place: Value, instance: Option<i64>) -> Value {
    if let (Some(map), Some(instance)) = (place.as_object_mut(), instance) {
        map.insert("instance".to_owned(), json!(instance));
    }
    place
}

fn data(
    item: &Item,
    stored: Option<&task::Todo>,
    cleared: impl Fn(&str) -> bool,
    dialect: &Dialect<'_>,
) -> Result<Value, Error> {
    match item {
        Item::Event(event) => events::new(event, dialect),
        Item::Contact(contact) => Ok(contact::to_native(contact, dialect.zone(), cleared)),
        Item::Note(note) => Ok(note::to_native(note, cleared)),
        Item::Task(task) => Ok(task::to_native(task, dialect.zone(), stored, cleared)),
        Item::Email(_) => Err(Error::new(Kind::Unsupported, "mail is no item of Horde's")),
    }
}

/// An item as the bridge sends it; one whose data make no sense is broken alone.
fn item(class: Class, data: Value, uid: &str, dialect: &Dialect<'_>) -> Result<Item, Error> {
    match class {
        Class::Calendar => {
            let series = series(data, uid)?;
            Ok(Item::Event(Box::new(event::from_native(&series, &dialect.view()))))
        }
        Class::Notes => {
            let memo: note::Memo = serde_json::from_value(data).map_err(broken)?;
            Ok(Item::Note(Box::new(note::from_native(&memo))))
        }
        Class::Tasks => Ok(Item::Task(Box::new(task::from_native(&todo(data)?)))),
        _ => {
            let card: contact::Card = serde_json::from_value(data).map_err(broken)?;
            Ok(Item::Contact(Box::new(contact::from_native(&card, dialect.zone()))))
        }
    }
}

fn standing(data: &Value) -> Standing {
    Standing {
        ends: data.get("ends").and_then(Value::as_i64),
        completed: data.get("completed").and_then(Value::as_bool).unwrap_or(false),
    }
}

/// An event as the bridge sends it.
fn series(data: Value, uid: &str) -> Result<event::Series, Error> {
    let series: event::Series = serde_json::from_value(data).map_err(broken)?;
    Ok(event::Series { uid: uid.to_owned(), ..series })
}

/// A task as the bridge sends it.
fn todo(data: Value) -> Result<task::Todo, Error> {
    serde_json::from_value(data).map_err(broken)
}

/// The tasks whose rule a phone sends, which may be what it was shown of theirs.
fn series_of_tasks(batch: &Batch) -> Vec<ItemRef> {
    let series = batch.operations.iter().filter_map(|operation| match operation {
        Operation::Change { at, item, .. } => match &**item {
            Item::Task(task) if task.recurrence.is_some() => Some(at.clone()),
            _ => None,
        },
        Operation::Add { .. } | Operation::Delete { .. } => None,
    });
    series.collect()
}

fn broken(error: serde_json::Error) -> Error {
    Error::because(Kind::Invalid, "the data of bridge.export", error)
}

/// Whether a field that a Change leaves out is to be cleared.
fn clears(absent: &Absent, tag: &str) -> bool {
    match absent {
        Absent::Clear => true,
        Absent::ClearAllBut(tags) => !tags.contains(&tag),
        Absent::Keep => false,
        Absent::ClearOnly(tags) => tags.iter().any(|named| named == tag),
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(method: &str, answer: Value) -> Result<T, Error> {
    serde_json::from_value(answer).map_err(|error| {
        Error::because(Kind::Unavailable, format!("the answer of {method}"), error)
    })
}

#[derive(Deserialize)]
struct ListAnswer {
    items: Vec<RefAnswer>,
    modseq: u64,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct RefAnswer {
    uid: String,
    share: String,
}

impl RefAnswer {
    fn into_ref(self) -> ItemRef {
        ItemRef { share: self.share, uid: self.uid }
    }
}

#[derive(Deserialize)]
struct SyncAnswer {
    apply: Option<Results<AppliedAnswer>>,
    export: Option<Results<ExportAnswer>>,
}

#[derive(Deserialize)]
struct Results<T> {
    results: Vec<T>,
}

/// What came of an operation, as the bridge tells it.
#[derive(Default, Deserialize)]
pub(super) struct AppliedAnswer {
    pub(super) uid: String,
    pub(super) share: String,
    #[serde(default)]
    pub(super) modseq: u64,
    #[serde(default)]
    pub(super) existed: bool,
    #[serde(default)]
    pub(super) differs: bool,
    #[serde(default)]
    pub(super) dropped: Vec<String>,
    #[serde(default)]
    pub(super) bound: Vec<String>,
    #[serde(default)]
    pub(super) unbound: Vec<String>,
    #[serde(default)]
    pub(super) long: Vec<String>,
    pub(super) error: Option<Value>,
}

impl AppliedAnswer {
    fn into_applied(self) -> Result<Applied, Error> {
        if let Some(error) = self.error {
            return Err(of_one(described("bridge.apply", &error)));
        }
        if !self.dropped.is_empty() {
            log::debug!(
                "the address book {} has no place for {}",
                self.share,
                self.dropped.join(", ")
            );
        }
        if !self.long.is_empty() {
            let fields = self.long.join(", ");
            log::warn!("Fields left out, too long for their columns uid={} {fields}", self.uid);
        }
        Ok(Applied {
            uid: self.uid,
            share: self.share,
            mod_seq: self.modseq,
            bound: self.bound,
            unbound: self.unbound,
            existed: self.existed,
            differs: self.differs,
        })
    }
}

/// An item that was read, as the bridge tells it.
#[derive(Default, Deserialize)]
pub(super) struct ExportAnswer {
    #[serde(default)]
    pub(super) share: String,
    pub(super) base: Option<String>,
    pub(super) data: Option<Value>,
    pub(super) error: Option<Value>,
}

impl ExportAnswer {
    /// Where the item was found; where it was looked for, when it was not.
    fn into_exported(mut self, class: Class, mut at: ItemRef, dialect: &Dialect<'_>) -> Exported {
        if !self.share.is_empty() {
            at.share.clone_from(&self.share);
        }
        let standing = self.data.as_ref().map(standing).unwrap_or_default();
        let base = self.base.take();
        let item = self.into_data().and_then(|data| item(class, data, &at.uid, dialect));
        Exported { at, item: item.map(Box::new), standing, base }
    }

    fn into_series(self, uid: &str) -> Result<event::Series, Error> {
        self.into_data().and_then(|data| series(data, uid))
    }

    fn into_data(self) -> Result<Value, Error> {
        match (self.data, self.error) {
            (_, Some(error)) => Err(of_one(described("bridge.export", &error))),
            (Some(data), None) => Ok(data),
            (None, None) => Err(Error::new(Kind::Invalid, "bridge.export gave no data")),
        }
    }
}

/// Items that were read before they are changed, by uid.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) events: BTreeMap<String, Result<event::Series, Error>>,
    tasks: BTreeMap<String, task::Todo>,
}
