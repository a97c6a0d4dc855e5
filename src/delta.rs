//! What changed since the state a client holds: values in, values out.
//!
//! No I/O, no clock, no randomness: whoever calls brings what was seen, and stores what comes out.
//! [`mail`] compares mailboxes, [`items`] collapses the history of Horde's applications,
//! [`filter`] says what leaves and enters with a FilterType, [`window`] cuts what one answer may
//! carry.

pub mod filter;
pub mod items;
pub mod mail;
pub mod window;
