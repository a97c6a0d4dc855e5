//! The columns `device_properties` and `device_supported`.

use std::collections::BTreeMap;

use crate::php::{Array, Value, serialize};
use crate::state::blob::{read_array, texts};
use crate::state::device::{DeviceProperties, Supported};

/// Reads the properties; an empty column and one that can not be read are no properties, as in
/// Horde.
#[must_use]
pub fn read_properties(bytes: &[u8]) -> DeviceProperties {
    DeviceProperties(read_array(bytes).ok().flatten().unwrap_or_default())
}

/// Writes the properties.
#[must_use]
pub fn write_properties(properties: &DeviceProperties) -> Vec<u8> {
    serialize(&Value::Array(properties.0.clone()))
}

/// Reads what the client supports, by class.
#[must_use]
pub fn read_supported(bytes: &[u8]) -> BTreeMap<String, Supported> {
    let classes = read_array(bytes).ok().flatten().unwrap_or_default();
    classes
        .iter()
        .filter_map(|(class, tags)| {
            let tags = texts(tags.as_array()?)?;
            let supported = match tags.first().map(String::as_str) {
                None | Some(ALL_GHOSTED) => Supported::AllGhosted,
                Some(_) => Supported::Tags(tags),
            };
            Some((class.to_text()?, supported))
        })
        .collect()
}

/// The column with what the client supports in one class replaced.
#[must_use]
pub fn replace_supported(bytes: &[u8], class: &str, supported: &Supported) -> Vec<u8> {
    let mut classes = read_array(bytes).ok().flatten().unwrap_or_default();
    let tags = match supported {
        Supported::AllGhosted => Array::list([Value::text(ALL_GHOSTED)]),
        Supported::Tags(tags) => Array::list(tags.iter().map(Value::text)),
    };
    classes.set(class, Value::Array(tags));
    serialize(&Value::Array(classes))
}

const ALL_GHOSTED: &str = "allghosted";
