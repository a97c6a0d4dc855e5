//! The port of items other than mail: contacts, calendars, notes and tasks.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::backend::{Account, Error};
use crate::eas::class::{Class, Item};
use crate::eas::version::ProtocolVersion;

/// Whether the items of a class come and go over this port.
#[must_use]
pub const fn is_served(class: Class) -> bool {
    matches!(class, Class::Calendar | Class::Contacts | Class::Notes | Class::Tasks)
}

/// The way to the items of Horde's applications.
///
/// Every call is one round trip to PHP, whatever it carries.
#[async_trait]
pub trait Items: Send + Sync {
    /// The items of the shares, as far as they are wanted; distribution lists are left out.
    ///
    /// # Errors
    /// `Gone` when a share is not there or may not be read: never an empty success.
    async fn list(
        &self,
        account: &Account,
        class: Class,
        shares: &[String],
        extent: Extent,
    ) -> Result<Listing, Error>;

    /// Applies the operations in order, then reads the wanted items: one call for both.
    ///
    /// An operation that fails does not stop the others; each has its own outcome.
    ///
    /// # Errors
    /// Only when the whole call failed; then nothing is known of the operations, and they must be
    /// sent again as they are (an `Add` is recognised by its uid).
    async fn sync(&self, account: &Account, class: Class, batch: Batch) -> Result<Outcome, Error>;
}

/// Which items a listing is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    All,
    /// Events whose last instance ends in a span of time.
    Ending(Span),
    /// Tasks that are completed, or those that are not.
    Completed(bool),
}

/// A span of time in Unix seconds: the first is in it, the last is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// `None`: since ever.
    pub from: Option<i64>,
    /// `None`: for ever, with what never ends.
    pub to: Option<i64>,
}

/// What decides whether an item is in an [`Extent`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When the last instance of an event ends, in Unix seconds; `None`: never, or no event.
    pub ends: Option<i64>,
    /// Whether it is a completed task.
    pub completed: bool,
}

/// An item's place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemRef {
    /// Id of the share that holds it; empty when only the folder is known.
    pub share: String,
    /// Horde's uid: the ServerId on the wire.
    pub uid: String,
}

/// All items of some shares at one moment.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// In the order of Horde's own list.
    pub items: Vec<ItemRef>,
    /// Modseq of the history at the moment before the listing.
    pub mod_seq: u64,
}

/// What one call should do.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The version that the phone speaks: what the days of an event mean hangs on it.
    pub version: ProtocolVersion,
    /// The shares of the folder: where an item's share is empty, it is looked for in these.
    pub shares: Vec<String>,
    /// Writes, in order.
    pub operations: Vec<Operation>,
    /// Reads, after the writes.
    pub export: Vec<ItemRef>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            version: ProtocolVersion::LAST,
            shares: Vec::new(),
            operations: Vec::new(),
            export: Vec::new(),
        }
    }
}

/// One write.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Stores a new item under the given uid; when it is there already, nothing is stored twice.
    Add {
        /// The share that takes it.
        share: String,
        /// Uid made from device, user, folder, series and ClientId, or chosen by the phone.
        uid: String,
        /// The one for an item whose uid the phone chose, where another item of the folder has that:
        /// the same item is answered as `existed`, and `differs`.
        spare: Option<String>,
        /// The item.
        item: Box<Item>,
    },
    /// Changes the fields that the item has, clears those that `cleared` names.
    Change {
        /// Where the item is.
        at: ItemRef,
        /// The new values; `None` fields are not touched.
        item: Box<Item>,
        /// Whether fields that the item leaves out are to be cleared.
        absent: Absent,
        /// After so many bytes texts were cut for the client, when they were: the beginning of a
        /// longer one, sent back as it came, is no change.
        cut_at: Option<u32>,
        /// The one occurrence of a series that is meant, by its start; `None` for the whole item.
        instance: Option<Timestamp>,
    },
    /// Deletes.
    Delete {
        /// Where the item is.
        at: ItemRef,
        /// The one occurrence of a series that is meant, by its start; `None` for the whole item.
        instance: Option<Timestamp>,
    },
}

/// What a field means that a client's Change leaves out. [MS-ASCMD] §2.2.3.179
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// No Supported element was sent: absent fields are cleared.
    Clear,
    /// As `Clear`, but these tags are kept: the client does not mean it when it leaves them out.
    ClearAllBut(&'static [&'static str]),
    /// An empty Supported element was sent: absent fields are kept.
    Keep,
    /// Supported named these tags (`Contacts:FirstName`): of the absent fields they alone are
    /// cleared, the others are kept.
    ClearOnly(Vec<String>),
}

/// What came of a [`Batch`].
#[derive(Debug, Default)]
pub struct Outcome {
    /// One for each operation, in order.
    pub applied: Vec<Result<Applied, Error>>,
    /// One for each item wanted, in order.
    pub exported: Vec<Exported>,
}

/// What came of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The item's uid; for an Add of an item that Horde knew already it may be another than asked.
    pub uid: String,
    /// The share that holds the item.
    pub share: String,
    /// Modseq of the item's history after the write; 0 when there is none.
    pub mod_seq: u64,
    /// Instances of a series that were added or changed along with it, by uid.
    pub bound: Vec<String>,
    /// Instances that were deleted along with it.
    pub unbound: Vec<String>,
    /// True when an Add found the item there: the answer to its first try was lost.
    pub existed: bool,
    /// True when the item is not as the client said, and it should be told how it is.
    pub differs: bool,
}

/// One item read.
#[derive(Debug)]
pub struct Exported {
    /// Where it was looked for.
    pub at: ItemRef,
    /// The item; `NotFound` when it is gone, other kinds when this one alone is broken.
    pub item: Result<Box<Item>, Error>,
    /// Where it stands; nothing is known of one that is broken.
    pub standing: Standing,
    /// The series, when the uid is that of one of its instances: then the item is the series.
    pub base: Option<String>,
}
