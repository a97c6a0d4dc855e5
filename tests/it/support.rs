//! What several tests need.

pub(crate) mod cards;
pub(crate) mod certificates;
pub(crate) mod events;
pub(crate) mod items;
pub(crate) mod mailbox;
pub(crate) mod notes;
pub(crate) mod phone;
pub(crate) mod php;
pub(crate) mod proxy;
pub(crate) mod shares;
pub(crate) mod sidecar;
pub(crate) mod smtp_stub;
pub(crate) mod stack;
pub(crate) mod tasks;
pub(crate) mod world;
