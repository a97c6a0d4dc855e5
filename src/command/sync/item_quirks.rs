//! What some clients do not mean as they say it.

use crate::backend::items::Absent;
use crate::command::Context;
use crate::eas::class::Item;

/// Makes of a Change what its client means.
///
/// iOS leaves pictures out, or sends them empty, where its user changed something else.
pub(super) fn meant(ctx: &Context<'_>, item: &mut Item, absent: Absent) -> Absent {
    match item {
        Item::Contact(contact) if is_apple(&ctx.device.kind) => {
            contact.picture.take_if(|picture| picture.0.is_empty());
            keeping_pictures(absent)
        }
        _ => absent,
    }
}

/// Whether a DeviceType is one of iOS.
fn is_apple(kind: &str) -> bool {
    ["iPhone", "iPad", "iPod"].iter().any(|known| known.eq_ignore_ascii_case(kind))
}

fn keeping_pictures(absent: Absent) -> Absent {
    match absent {
        Absent::Clear => Absent::ClearAllBut(&[PICTURE]),
        Absent::ClearOnly(mut tags) => {
            tags.retain(|tag| tag != PICTURE);
            Absent::ClearOnly(tags)
        }
        Absent::ClearAllBut(_) | Absent::Keep => absent,
    }
}

const PICTURE: &str = "Contacts:Picture";

#[cfg(test)]
mod tests {
    use crate::backend::items::Absent;
    use crate::command::sync::item_quirks::{PICTURE, is_apple, keeping_pictures};

    #[test]
    fn pictures_alone_are_kept_for_ios() {
        assert!(is_apple("iPhone") && is_apple("IPAD") && !is_apple("SamsungDevice"));
        let named = |tags: &[&str]| Absent::ClearOnly(tags.iter().map(|&tag| tag.into()).collect());
        let kept = keeping_pictures(named(&[PICTURE, "Contacts:Title"]));
        assert_eq!(kept, named(&["Contacts:Title"]));
        assert_eq!(keeping_pictures(Absent::Clear), Absent::ClearAllBut(&[PICTURE]));
        assert_eq!(keeping_pictures(Absent::Keep), Absent::Keep);
    }
}
