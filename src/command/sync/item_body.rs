//! The notes of an item, cut to what the client can take.
//!
//! [MS-ASAIRS] §2.2.2.9

use crate::eas::body::{Body, BodyType};
use crate::eas::class::Item;
use crate::eas::scalar::Data;
use crate::state::cache::{BodyPreference, CachedCollection};

/// Cuts the item's text at the client's TruncationSize, on a border between characters.
pub(in crate::command) fn fit(mut item: Item, wishes: &CachedCollection) -> Item {
    let limit = limit(wishes);
    match &mut item {
        Item::Contact(contact) => {
            contact.body_size =
                cut_plain(&mut contact.plain_body, &mut contact.body_truncated, limit);
            cut(&mut contact.body, limit, wishes);
        }
        Item::Note(note) => cut(&mut note.body, limit, wishes),
        Item::Task(task) => {
            task.body_size = cut_plain(&mut task.plain_body, &mut task.body_truncated, limit);
            cut(&mut task.body, limit, wishes);
        }
        Item::Event(event) => {
            cut_plain(&mut event.body_text, &mut event.body_truncated, limit);
            cut(&mut event.body, limit, wishes);
            for one in event.exceptions.iter_mut().flat_map(|all| &mut all.exceptions) {
                cut_plain(&mut one.body_text, &mut one.body_truncated, limit);
                cut(&mut one.body, limit, wishes);
            }
        }
        Item::Email(_) => {}
    }
    item
}

/// Cuts one text.
fn cut(body: &mut Option<Body>, limit: Option<u32>, wishes: &CachedCollection) {
    let Some(whole) = body.as_mut() else { return };
    let text = whole.data.take().unwrap_or_default().to_text();
    let all_or_none =
        preference(wishes).and_then(|preference| preference.all_or_none).unwrap_or(false);
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
}

/// After so many bytes texts are cut for the client.
pub(super) fn limit(wishes: &CachedCollection) -> Option<u32> {
    match preference(wishes) {
        Some(preference) => preference.truncation_size,
        None => wishes.truncation,
    }
}

/// How the client wants texts: plain, or else as it wants bodies first of all.
fn preference(wishes: &CachedCollection) -> Option<&BodyPreference> {
    let is_plain = |wish: &&BodyPreference| u16::from(wish.kind) == BodyType::Text.0;
    let wishes = &wishes.body_preferences;
    wishes.iter().find(is_plain).or_else(|| wishes.first())
}

/// Cuts a text as the oldest version has it; answers its whole size, when something was cut.
fn cut_plain(
    text: &mut Option<String>,
    truncated: &mut Option<bool>,
    limit: Option<u32>,
) -> Option<u64> {
    let (whole, limit) = (text.as_mut()?, limit? as usize);
    let size = whole.len();
    if size <= limit {
        return None;
    }
    whole.truncate(head(whole, limit).len());
    *truncated = Some(true);
    u64::try_from(size).ok()
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
    use crate::command::sync::item_body::{cut_plain, head};

    #[test]
    fn the_oldest_version_is_told_what_was_cut() {
        let cut = |limit| {
            let (mut text, mut truncated) = (Some("a\u{e9}b".to_owned()), None);
            (cut_plain(&mut text, &mut truncated, limit), text, truncated)
        };
        assert_eq!(cut(Some(2)), (Some(4), Some("a".to_owned()), Some(true)));
        assert_eq!(cut(Some(4)), (None, Some("a\u{e9}b".to_owned()), None));
        assert_eq!(cut(None), (None, Some("a\u{e9}b".to_owned()), None));
        assert_eq!(cut_plain(&mut None, &mut None, Some(0)), None);
    }

    #[test]
    fn characters_stay_whole() {
        assert_eq!(head("aé", 2), "a");
        assert_eq!(head("aé", 3), "aé");
        assert_eq!(head("é", 1), "");
    }
}
