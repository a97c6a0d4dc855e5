//! Horde's native fields and the protocol's items, turned into each other.
//!
//! Pure: what travels is what the bridge sends and takes, as JSON; nothing is looked up.

pub mod contact;
pub mod event;
pub mod note;
pub mod recurrence;
pub mod task;
mod text;
pub mod zone;
