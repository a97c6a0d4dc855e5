//! Items made up at random go to a phone and come back, in every version: what Horde held is what
//! it is told to hold.
//!
//! Each class has a room, which makes its items and knows what must come back.

mod contact;
mod event;
mod note;
mod task;

use arbitrary::{Result, Unstructured};
use horde_eas::eas::class::Item;
use horde_eas::eas::schema::Value;
use horde_eas::eas::version::ProtocolVersion;
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::AirSync;
use horde_eas::wbxml::{Limits, Writer};

use crate::support::world::variable_or;

/// Makes items for some time, and lets each go and come back in every version from the first on.
pub(crate) fn in_every_version(
    first: ProtocolVersion,
    mut check: impl FnMut(&mut Unstructured<'_>, ProtocolVersion) -> Result<()>,
) {
    let is_long = !variable_or("HORDE_EAS_TEST_LONG", "").is_empty();
    let milliseconds = if is_long { 30_000 } else { 600 };
    let versions = ProtocolVersion::ALL.into_iter().filter(|version| *version >= first);
    for version in versions {
        arbtest::arbtest(|u| check(u, version)).budget_ms(milliseconds);
    }
}

/// What a client reads of an item, sent back unchanged, and read as we read what clients send.
pub(crate) fn travel<T: Value>(item: &Item, version: ProtocolVersion) -> T {
    let mut out = Writer::new();
    out.start(AirSync::ApplicationData);
    item.write(version, &mut out);
    out.end();
    let element = Element::parse(&out.finish(), Limits::default()).expect("what was written");
    T::read(element).expect("what was written")
}

/// A line as people type it: not empty, no space around it.
pub(crate) fn line(u: &mut Unstructured<'_>) -> Result<String> {
    let mut line = String::from(*u.choose(&PIECES)?);
    for _ in 0..u.int_in_range(0..=6)? {
        line.push_str(u.choose(&[" ", "", "-"])?);
        line.push_str(u.choose(&PIECES)?);
    }
    Ok(line)
}

/// Several lines, now and then very many.
pub(crate) fn lines(u: &mut Unstructured<'_>) -> Result<String> {
    let mut all = line(u)?;
    let end = *u.choose(&["\r\n", "\n"])?;
    for _ in 0..u.int_in_range(0..=4)? {
        all.push_str(end);
        all.push_str(&line(u)?);
    }
    if u.ratio(1, 16)? {
        all = all.repeat(500);
    }
    Ok(all)
}

/// Some lines that differ from each other, sorted, as Horde has labels.
pub(crate) fn labels(u: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        all.push(line(u)?.replace(',', ""));
    }
    all.retain(|label| !label.trim().is_empty());
    all.sort();
    all.dedup();
    Ok(all)
}

/// What texts are made of: all that a program on the way might take for something else.
const PIECES: [&str; 24] = [
    "a",
    "Zo\u{eb}",
    "M\u{fc}ller",
    "O'Brien",
    "\"quoted\"",
    "<tag>",
    "&amp;",
    "&",
    "a,b",
    "a;b",
    "a:b",
    "\\n",
    "\\",
    "%s",
    "+49 170",
    "0",
    "1970-01-01",
    "\u{65e5}\u{672c}",
    "\u{1f600}",
    "\u{200f}\u{5e9}\u{5dc}",
    "e\u{301}",
    "\u{feff}x",
    "null",
    "[]",
];

/// How Horde calls its kinds of recurrence.
pub(crate) const KINDS: [&str; 8] = [
    "daily",
    "weekly",
    "monthly_date",
    "monthly_weekday",
    "monthly_last_weekday",
    "yearly_date",
    "yearly_day",
    "yearly_weekday",
];
