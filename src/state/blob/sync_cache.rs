//! The column `cache_data`.

use crate::php::{Value, serialize};
use crate::state::blob::{Unreadable, read_array};
use crate::state::cache::SyncCache;

/// Reads the record.
///
/// # Errors
/// Anything but a serialized array.
pub fn read_cache(bytes: &[u8]) -> Result<SyncCache, Unreadable> {
    read_array(bytes)?.map(SyncCache).ok_or(Unreadable::Member("array"))
}

/// Writes the record.
#[must_use]
pub fn write_cache(cache: &SyncCache) -> Vec<u8> {
    serialize(&Value::Array(cache.0.clone()))
}
