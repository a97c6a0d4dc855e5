//! What the client last asked for in a collection.

use crate::php::{Array, Key, Value};

/// The options of a collection, as last sent.
///
/// `None` where the client never said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CachedCollection {
    /// The class.
    pub class: String,
    /// Horde's own name of the folder.
    pub backend_id: String,
    /// WindowSize.
    pub window_size: Option<u32>,
    /// DeletesAsMoves.
    pub deletes_as_moves: Option<bool>,
    /// FilterType.
    pub filter_type: Option<u8>,
    /// Truncation, in bytes.
    pub truncation: Option<u32>,
    /// MIMETruncation, in bytes.
    pub mime_truncation: Option<u32>,
    /// MIMESupport.
    pub mime_support: Option<u8>,
    /// Conflict.
    pub conflict: Option<u8>,
    /// BodyPreference, in the client's order.
    pub body_preferences: Vec<BodyPreference>,
    /// BodyPartPreference.
    pub body_part_preferences: Vec<BodyPreference>,
    /// The newest key handed out; `0` after a reset.
    pub last_sync_key: Option<String>,
    /// Whether the last Ping named this folder.
    pub pingable: bool,
    /// Whether a Ping found changes here: the next Sync gets a new key.
    pub ping_change: bool,
}

/// A BodyPreference as the record holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyPreference {
    /// Type.
    pub kind: u8,
    /// TruncationSize, in bytes.
    pub truncation_size: Option<u32>,
    /// AllOrNone.
    pub all_or_none: Option<bool>,
    /// Preview, in characters.
    pub preview: Option<u32>,
}

impl CachedCollection {
    /// Whether the client has synced this folder: it was given a key other than `0`.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.last_sync_key.as_deref().is_some_and(|key| !key.is_empty() && key != "0")
    }

    pub(crate) fn read(entry: &Array) -> Self {
        Self {
            class: text(entry, "class").unwrap_or_default(),
            backend_id: text(entry, "serverid").unwrap_or_default(),
            window_size: number(entry, "windowsize"),
            deletes_as_moves: flag(entry, "deletesasmoves"),
            filter_type: number(entry, "filtertype"),
            truncation: number(entry, "truncation"),
            mime_truncation: number(entry, "mimetruncation"),
            mime_support: number(entry, "mimesupport"),
            conflict: number(entry, "conflict"),
            body_preferences: preferences(entry, "bodyprefs"),
            body_part_preferences: preferences(entry, "bodypartprefs"),
            last_sync_key: text(entry, "lastsynckey"),
            pingable: entry.get("pingable").is_some_and(Value::is_truthy),
            ping_change: entry.get("pingchange").is_some_and(Value::is_truthy),
        }
    }

    /// Writes what differs from what is there; the rest keeps its type and its place.
    pub(crate) fn write(&self, entry: &mut Array) {
        let old = Self::read(entry);
        let is_new = entry.is_empty();
        let mut set = |key: &str, differs: bool, value: Option<Value>| match value {
            _ if !differs => {}
            Some(value) => entry.set(key, value),
            None => drop(entry.remove(key)),
        };
        let string = |number: Option<u32>| number.map(|number| Value::text(number.to_string()));
        let small = |number: Option<u8>| number.map(|number| Value::text(number.to_string()));
        let bytes = |number: Option<u32>| number.map(|number| Value::Int(i64::from(number)));
        set("class", old.class != self.class, Some(Value::text(&self.class)));
        set("windowsize", old.window_size != self.window_size, string(self.window_size));
        set(
            "deletesasmoves",
            old.deletes_as_moves != self.deletes_as_moves,
            self.deletes_as_moves.map(|on| Value::text(if on { "1" } else { "0" })),
        );
        set("filtertype", old.filter_type != self.filter_type, small(self.filter_type));
        set("truncation", old.truncation != self.truncation, bytes(self.truncation));
        set(
            "mimetruncation",
            old.mime_truncation != self.mime_truncation,
            bytes(self.mime_truncation),
        );
        set("mimesupport", old.mime_support != self.mime_support, small(self.mime_support));
        set("conflict", old.conflict != self.conflict, small(self.conflict));
        for (key, old, new) in [
            ("bodyprefs", &old.body_preferences, &self.body_preferences),
            ("bodypartprefs", &old.body_part_preferences, &self.body_part_preferences),
        ] {
            let differs = old != new || (key == "bodyprefs" && is_new);
            set(key, differs, Some(preferences_value(new)));
        }
        set("serverid", old.backend_id != self.backend_id, Some(Value::text(&self.backend_id)));
        set(
            "lastsynckey",
            old.last_sync_key != self.last_sync_key,
            self.last_sync_key.as_ref().map(Value::text),
        );
        set("pingable", old.pingable != self.pingable, Some(Value::Bool(self.pingable)));
        set(
            "pingchange",
            old.ping_change != self.ping_change,
            self.ping_change.then_some(Value::Bool(true)),
        );
    }
}

fn text(entry: &Array, key: &str) -> Option<String> {
    entry.get(key)?.to_text()
}

fn number<T: TryFrom<i64>>(entry: &Array, key: &str) -> Option<T> {
    T::try_from(entry.get(key)?.to_int()?).ok()
}

fn flag(entry: &Array, key: &str) -> Option<bool> {
    match entry.get(key)? {
        Value::Null => None,
        value => Some(value.is_truthy()),
    }
}

fn preferences(entry: &Array, key: &str) -> Vec<BodyPreference> {
    let Some(map) = entry.get(key).and_then(Value::as_array) else { return Vec::new() };
    map.iter()
        .filter_map(|(kind, preference)| {
            let Key::Int(kind) = kind else { return None };
            let preference = preference.as_array()?;
            Some(BodyPreference {
                kind: u8::try_from(*kind).ok()?,
                truncation_size: number(preference, "truncationsize"),
                all_or_none: flag(preference, "allornone"),
                preview: number(preference, "preview"),
            })
        })
        .collect()
}

fn preferences_value(preferences: &[BodyPreference]) -> Value {
    let mut map = Array::new();
    for preference in preferences {
        let kind = preference.kind.to_string();
        let mut members = Array::new();
        members.set("type", Value::text(&kind));
        if let Some(size) = preference.truncation_size {
            members.set("truncationsize", Value::text(size.to_string()));
        }
        if let Some(on) = preference.all_or_none {
            members.set("allornone", Value::text(if on { "1" } else { "0" }));
        }
        if let Some(length) = preference.preview {
            members.set("preview", Value::text(length.to_string()));
        }
        map.set(&kind, Value::Array(members));
    }
    Value::Array(map)
}
