//! Exceptions from the phone to Kronolith.
//!
//! [MS-ASCAL] §2.2.2.21

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::eas::class::calendar::Exception;
use crate::eas::version::ProtocolVersion;
use crate::pim::event::face::Face;
use crate::pim::event::taken::changes;
use crate::pim::event::times::{self, When, zone_of};
use crate::pim::event::{Bound, Moment, Occasion, Series, Unfit, View, guests, status};

/// The whole set of exceptions; `None` when it is as it is stored, and the series did not move.
///
/// `series` is what the series is to be, `base` when.
pub(super) fn taken(
    told: &[Exception],
    stored: Option<&Series>,
    series: &Face,
    base: &When,
    is_moved: bool,
    view: &View<'_>,
) -> Result<Option<Value>, Unfit> {
    if told.len() > MOST {
        return Err(Unfit("more exceptions than a series has"));
    }
    let mut deleted = Vec::new();
    let mut changed = Vec::new();
    let mut is_new = false;
    let mut n_known = 0;
    for exception in told {
        let at = exception.exception_start_time.or(exception.instance_id);
        let at = at.ok_or(Unfit("an exception that does not say of what"))?;
        let original = times::original(at.0, base, view);
        if exception.deleted.is_some_and(|it| it.0.unwrap_or(1) != 0) {
            is_new |= !stored.is_some_and(|stored| is_gone(stored, original));
            deleted.push(json!(original));
            continue;
        }
        let known = stored.and_then(|stored| bound(stored, original));
        let data = match known {
            Some(known) => other(exception, known, series, view)?,
            None => fresh(exception, stored, (series, base), original, view)?,
        };
        n_known += usize::from(known.is_some());
        is_new |= known.is_none() || data.as_object().is_some_and(|data| !data.is_empty());
        let original = known.map_or(original, |known| known.original.utc);
        changed.push(json!({"original": original, "data": data}));
    }
    let (n_gone, n_bound) = stored.map_or((0, 0), |stored| {
        let gone = stored
            .dates
            .iter()
            .filter(|day| !stored.bound.iter().any(|bound| bound.original.local.date() == **day));
        (gone.count(), stored.bound.len())
    });
    let is_same = !is_new && deleted.len() == n_gone && n_known == n_bound;
    if is_same && !(is_moved && n_gone + n_bound > 0) {
        return Ok(None);
    }
    Ok(Some(json!({"deleted": deleted, "changed": changed})))
}

/// What is otherwise in an exception that is there: what is absent is as in the series.
fn other(
    exception: &Exception,
    known: &Bound,
    series: &Face,
    view: &View<'_>,
) -> Result<Value, Unfit> {
    let said = Face::of_exception(exception);
    said.check()?;
    let sent = Face::of(&known.own, view);
    let is_old = view.version < ProtocolVersion::V14_0;
    let mut as_in_series =
        Face { start: None, end: None, body: None, blob: None, link: None, ..series.clone() };
    if is_old {
        as_in_series = Face { attendees: None, meeting: None, ..as_in_series };
    }
    let wanted = said.over(&as_in_series);
    let mut data = Map::new();
    changes(&mut data, &wanted, Some(&sent), Some(&known.own), view);
    if let Some(when) = times::taken(&wanted, Some(&sent), Some(&When::of(&known.own)), view)? {
        when.write(&mut data);
    }
    Ok(Value::Object(data))
}

/// All of an exception that is new.
fn fresh(
    exception: &Exception,
    stored: Option<&Series>,
    (series, base): (&Face, &When),
    original: i64,
    view: &View<'_>,
) -> Result<Value, Unfit> {
    let said = Face::of_exception(exception);
    said.check()?;
    let when = occurrence(base, original)?;
    let at = Occasion {
        zone: when.zone.clone(),
        allday: when.all_day,
        start: moment(when.start, &when.zone)?,
        end: moment(when.end, &when.zone)?,
        ..Occasion::default()
    };
    let by_rule = Face::of(&at, view);
    let by_rule = Face { start: by_rule.start, end: by_rule.end, ..Face::default() };
    let all_day = said.all_day.unwrap_or(when.all_day);
    // Whole days are others than hours: the times of the rule fit its own kind alone.
    let by_rule = if all_day == when.all_day { by_rule } else { Face::default() };
    // Only what the exception says: the rest the bridge takes from the series.
    let mut data = Map::new();
    let own = Face { start: None, end: None, ..said.clone() };
    changes(&mut data, &own, Some(series), None, view);
    // Nobody but who invites says who is asked to one of them.
    let others = stored.map(|stored| &stored.own).filter(|own| guests::is_others(own));
    if let Some(others) = others
        && data.remove("attendees").is_some()
        && let Some(guests) =
            own.attendees.and_then(|all| guests::taken(&all, true, Some(others), view))
    {
        data.insert("attendees".to_owned(), guests);
    }
    let is_received = said.meeting.or(series.meeting).is_some_and(status::is_received);
    if is_received && let Some(Value::Array(all)) = data.get_mut("attendees") {
        guests::ask_self(all, view);
    }
    let wanted = Face { all_day: Some(all_day), ..said.over(&by_rule) };
    times::taken(&wanted, None, Some(&when), view)?.unwrap_or(when).write(&mut data);
    Ok(Value::Object(data))
}

/// One occurrence, as it is stored or by the rule.
pub(super) fn base(stored: &Series, original: i64) -> Result<Occasion, Unfit> {
    if let Some(known) = bound(stored, original) {
        return Ok(known.own.clone());
    }
    let when = occurrence(&When::of(&stored.own), original)?;
    Ok(Occasion {
        start: moment(when.start, &when.zone)?,
        end: moment(when.end, &when.zone)?,
        ..stored.own.clone()
    })
}

/// When the occurrence is that starts then.
fn occurrence(base: &When, original: i64) -> Result<When, Unfit> {
    let at = Timestamp::from_second(original).map_err(|_| NO_DATE)?;
    let day = at.to_zoned(zone_of(&base.zone)).date();
    let days = base.start.date().until(day).map_err(|_| NO_DATE)?;
    base.clone().moved(days)
}

fn moment(local: jiff::civil::DateTime, zone: &str) -> Result<Moment, Unfit> {
    let zoned = zone_of(zone).to_ambiguous_zoned(local).compatible().map_err(|_| NO_DATE)?;
    Ok(Moment { utc: zoned.timestamp().as_second(), local })
}

/// The exception that stands for the occurrence of that start, or of that day.
fn bound(stored: &Series, original: i64) -> Option<&Bound> {
    let same = stored.bound.iter().find(|bound| bound.original.utc == original);
    same.or_else(|| {
        let day = day(stored, original)?;
        stored.bound.iter().find(|bound| bound.original.local.date() == day)
    })
}

fn is_gone(stored: &Series, original: i64) -> bool {
    day(stored, original).is_some_and(|day| {
        stored.dates.contains(&day)
            && !stored.bound.iter().any(|bound| bound.original.local.date() == day)
    })
}

fn day(stored: &Series, original: i64) -> Option<jiff::civil::Date> {
    let at = Timestamp::from_second(original).ok()?;
    Some(at.to_zoned(zone_of(&stored.own.zone)).date())
}

const NO_DATE: Unfit = Unfit("a date that no calendar shows");
/// Exceptions of a series at most.
const MOST: usize = 1_000;
