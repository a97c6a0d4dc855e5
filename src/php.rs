//! PHP's serialize format, as far as Horde's tables need it.
//!
//! Scalars, arrays, `C:` (old style serializable objects) and `O:` (objects with `__serialize`).
//! References, enums and the escaped strings of `S:` are refused: nothing that Horde stores has
//! them.
//! Reading is strict and bounded: what PHP would not write is an error, never a guess.
//! Writing gives the very bytes that PHP writes.

mod serialize;
mod unserialize;
mod value;

pub use crate::php::serialize::serialize;
pub use crate::php::unserialize::{Limits, unserialize};
pub use crate::php::value::{Array, Key, Value};

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Error {
    /// What is wrong.
    pub what: What,
    /// Where, counted from 0.
    pub at: usize,
}

/// What can be wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// An object of a class that the caller did not name.
    #[error("class not accepted")]
    Class,
    /// More elements announced than the bytes left could hold.
    #[error("count larger than the rest")]
    Count,
    /// Arrays nested deeper than the limit.
    #[error("nested too deep")]
    Depth,
    /// The same key twice in one array.
    #[error("key repeated")]
    DuplicateKey,
    /// The bytes end too early.
    #[error("unexpected end")]
    End,
    /// A key that is neither an integer nor a string.
    #[error("not a key")]
    Key,
    /// A number that PHP would not write, or one out of range.
    #[error("not a number")]
    Number,
    /// A byte that can not stand here.
    #[error("unexpected byte")]
    Syntax,
    /// Bytes after the value.
    #[error("bytes after the end")]
    Trailing,
    /// A type that is not supported.
    #[error("unsupported type")]
    Type,
}
