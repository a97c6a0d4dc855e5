//! The notes of an item, cut to what the client can take.
//!
//! [MS-ASAIRS] §2.2.2.9

use crate::eas::body::BodyType;
use crate::eas::class::Item;
use crate::eas::scalar::Data;
use crate::state::cache::{BodyPreference, CachedCollection};

/// Cuts the item's text at the client's TruncationSize, on a border between characters.
pub(in crate::command) fn fit(mut item: Item, wishes: &CachedCollection) -> Item {
    let body = match &mut item {
        Item::Contact(contact) => &mut contact.body,
        Item::Note(note) => &mut note.body,
        Item::Email(_) => return item,
    };
    let Some(whole) = body.as_mut() else { return item };
    let text = whole.data.take().unwrap_or_default().to_text();
    let (limit, preference) = (limit(wishes), preference(wishes));
    let all_or_none = preference.and_then(|preference| preference.all_or_none).unwrap_or(false);
    let (cut, truncated) = match limit {
        Some(limit) if text.len() > limit as usize => {
            let kept = if all_or_none { "" } else { head(&text, limit as usize) };
            (kept.to_owned(), true)
        }
        _ => (text.clone(), false),
    };
    whole.kind = BodyType::Text;
    whole.estimated_data_size = Some(text.len() as u64);
    whole.truncated = truncated.then_some(true);
    whole.data = (!cut.is_empty()).then(|| Data::from(cut));
    item
}

/// After so many bytes texts are cut for the client.
pub(super) fn limit(wishes: &CachedCollection) -> Option<u32> {
    preference(wishes)?.truncation_size
}

/// How the client wants texts: plain, or else as it wants bodies first of all.
fn preference(wishes: &CachedCollection) -> Option<&BodyPreference> {
    let is_plain = |wish: &&BodyPreference| u16::from(wish.kind) == BodyType::Text.0;
    let wishes = &wishes.body_preferences;
    wishes.iter().find(is_plain).or_else(|| wishes.first())
}

/// As many whole characters as fit into so many bytes.
fn head(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::command::sync::item_body::head;

    #[test]
    fn characters_stay_whole() {
        assert_eq!(head("aé", 2), "a");
        assert_eq!(head("aé", 3), "aé");
        assert_eq!(head("é", 1), "");
    }
}
