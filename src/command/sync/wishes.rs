//! What a client would like to get from a collection: what it says now, else what it said last.
//!
//! [MS-ASCMD] §2.2.3.125

use crate::backend::mail::Wanted;
use crate::command::sync::wire;
use crate::eas::options::{BodyPreference, Options};
use crate::eas::version::ProtocolVersion;
use crate::state::cache::{self, CachedCollection};

/// The wishes of a request merged over the cached ones.
///
/// Options that are sent replace all options of the last time; what stands outside of Options
/// (WindowSize, DeletesAsMoves) is replaced one by one.
#[must_use]
pub(super) fn merge(
    cached: Option<CachedCollection>,
    asked: &wire::Collection,
) -> CachedCollection {
    let mut wishes = cached.unwrap_or_default();
    if let Some(window_size) = asked.window_size {
        wishes.window_size = Some(if (1..=512).contains(&window_size) { window_size } else { 512 });
    }
    if let Some(deletes_as_moves) = asked.deletes_as_moves {
        wishes.deletes_as_moves = Some(deletes_as_moves);
    }
    let own = asked
        .options
        .iter()
        .find(|options| options.class.as_ref().is_none_or(|class| class.0 != "SMS"));
    if let Some(options) = own {
        set_options(&mut wishes, options);
    }
    wishes
}

fn set_options(wishes: &mut CachedCollection, options: &Options) {
    wishes.filter_type = Some(options.filter_type.unwrap_or(0));
    wishes.conflict = Some(options.conflict.unwrap_or(1));
    wishes.mime_support = Some(options.mime_support.unwrap_or(0));
    wishes.truncation = options.truncation.and_then(truncation);
    wishes.mime_truncation = options.mime_truncation.and_then(mime_truncation);
    wishes.body_preferences = options.body_preferences.iter().map(cached_preference).collect();
    wishes.body_part_preferences =
        options.body_part_preferences.iter().map(cached_preference).collect();
}

fn cached_preference(preference: &BodyPreference) -> cache::BodyPreference {
    cache::BodyPreference {
        kind: preference.kind,
        truncation_size: preference
            .truncation_size
            .map(|size| u32::try_from(size).unwrap_or(u32::MAX)),
        all_or_none: preference.all_or_none,
        preview: preference.preview,
    }
}

/// The same as the mail port wants it.
#[must_use]
pub(in crate::command) fn wanted(wishes: &CachedCollection, version: ProtocolVersion) -> Wanted {
    Wanted {
        bodies: preferences(wishes),
        mime_support: wishes.mime_support.unwrap_or(0),
        mime_truncation: wishes.mime_truncation,
        conversations: version >= ProtocolVersion::V14_0,
    }
}

/// The bodies that the client would like, in its order.
#[must_use]
pub(super) fn preferences(wishes: &CachedCollection) -> Vec<BodyPreference> {
    wishes
        .body_preferences
        .iter()
        .map(|preference| BodyPreference {
            kind: preference.kind,
            truncation_size: preference.truncation_size.map(u64::from),
            all_or_none: preference.all_or_none,
            preview: preference.preview,
        })
        .collect()
}

/// Seconds that a FilterType reaches back; `None` for everything. [MS-ASCMD] §2.2.3.68.2
#[must_use]
pub(super) fn filter_seconds(filter_type: Option<u8>) -> Option<i64> {
    match filter_type {
        Some(1) => Some(DAY),
        Some(2) => Some(3 * DAY),
        Some(3) => Some(7 * DAY),
        Some(4) => Some(14 * DAY),
        Some(5) => Some(28 * DAY),
        Some(6) => Some(84 * DAY),
        Some(7) => Some(168 * DAY),
        _ => None,
    }
}

/// Bytes of a Truncation; `None` for all. [MS-ASCMD] §2.2.3.188
fn truncation(step: u8) -> Option<u32> {
    const STEPS: [u32; 9] = [0, 512, 1_024, 2_048, 5_120, 10_240, 20_480, 51_200, 102_400];
    STEPS.get(usize::from(step)).copied()
}

/// Bytes of a MIMETruncation; `None` for all. [MS-ASCMD] §2.2.3.111
fn mime_truncation(step: u8) -> Option<u32> {
    const STEPS: [u32; 8] = [0, 4_096, 5_120, 7_168, 10_240, 20_480, 51_200, 102_400];
    STEPS.get(usize::from(step)).copied()
}

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use crate::command::sync::wishes::{filter_seconds, mime_truncation, truncation};

    #[test]
    fn steps_are_those_of_the_protocol() {
        assert_eq!(filter_seconds(Some(3)), Some(604_800));
        assert_eq!(filter_seconds(Some(0)), None);
        assert_eq!(filter_seconds(Some(8)), None);
        assert_eq!(truncation(4), Some(5_120));
        assert_eq!(truncation(9), None);
        assert_eq!(mime_truncation(7), Some(102_400));
        assert_eq!(mime_truncation(8), None);
    }
}
