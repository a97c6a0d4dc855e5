//! Notes.

use horde_eas::eas::class::Item;
use horde_eas::eas::class::note::Note;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::pim::note::{Memo, from_native, to_native};
use serde_json::json;

use crate::generated::{in_every_version, labels, line, lines, travel};

#[test]
fn notes_come_back() {
    in_every_version(ProtocolVersion::V14_0, |u, version| {
        let body = if u.ratio(1, 8)? { String::new() } else { lines(u)? };
        let native = json!({"title": line(u)?, "body": body, "tags": labels(u)?});
        let mut sent = native.clone();
        sent["changed"] = json!(u.int_in_range(0..=4_000_000_000_i64)?);
        let memo: Memo = serde_json::from_value(sent).expect("a note");
        let item = Item::Note(Box::new(from_native(&memo)));
        let back: Note = travel(&item, version);
        assert_eq!(to_native(&back, |_| true), native, "{version}");
        assert_eq!(Item::Note(Box::new(back)), item, "{version}");
        Ok(())
    });
}
