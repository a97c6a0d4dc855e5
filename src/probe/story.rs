//! How a conversation is told: a paragraph, or a line of JSON, for each step.
//!
//! A step ends with a finding, whose code is `probe.step`; its severities have other names here.

use std::io::{Result, Write};
use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::finding::{Finding, Report, Severity, indented};
use crate::probe::Error;
use crate::probe::hint::{self, Hint};

/// Tells steps, and counts those that did not go well.
pub(super) struct Story<'a> {
    report: Report<'a>,
    steps: u64,
}

/// One step, as it begins.
pub(super) struct Step {
    title: &'static str,
    asked: String,
    started: Instant,
}

impl Step {
    /// A step that begins now: its title, and what is asked.
    pub(super) fn new(title: &'static str, asked: impl Into<String>) -> Self {
        Self { title, asked: asked.into(), started: Instant::now() }
    }
}

/// As it should be, in words.
pub(super) fn good(what: impl Into<String>) -> Finding {
    Finding::ok(CODE, what)
}

/// Not tried, and why.
pub(super) fn skipped(why: impl Into<String>) -> Finding {
    Finding::note(CODE, why)
}

/// It works, and a phone would have trouble: what happened, what it means and how to mend it.
pub(super) fn odd(what: impl Into<String>, cause: &str, mend: &str) -> Finding {
    Finding::warning(CODE, what).because(cause).mend(mend)
}

/// Not as it should be: the same.
pub(super) fn failed(what: impl Into<String>, cause: impl Into<String>, mend: &str) -> Finding {
    Finding::error(CODE, what).because(cause).mend(mend)
}

/// A failure that is explained.
pub(super) fn bad(what: impl Into<String>, hint: &Hint) -> Finding {
    failed(what, hint.cause, hint.mend)
}

/// A Status that is not 1.
pub(super) fn bad_status(status: u32) -> Finding {
    bad(format!("Status {status}"), &hint::status(status))
}

/// A failure to get a usable answer.
pub(super) fn error(error: &Error) -> Finding {
    bad(hint::words(error), &hint::of(error))
}

impl<'a> Story<'a> {
    /// A story that is told on `out`.
    pub(super) fn new(out: &'a mut dyn Write, is_json: bool) -> Self {
        Self { report: Report::new(out, "probe", is_json), steps: 0 }
    }

    /// Tells a step; true when the next may stand on it.
    pub(super) fn tell(&mut self, step: &Step, ending: &Finding) -> Result<bool> {
        self.steps = self.steps.saturating_add(1);
        let (n, title, severity) = (self.steps, step.title, ending.severity);
        let result = result_of(severity);
        let ms = u64::try_from(step.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let json = || {
            json!({
                "kind": "step", "step": title, "result": result, "asked": step.asked,
                "came": ending.what, "cause": ending.cause, "mend": ending.mend, "ms": ms,
            })
        };
        let words = || {
            let under = [
                ("asked:", Some(step.asked.as_str())),
                ("came: ", Some(ending.what.as_str())),
                ("cause:", ending.cause.as_deref()),
                ("mend: ", ending.mend.as_deref()),
            ];
            format!("{result:8}{n}. {title} ({ms} ms)\n{}", indented(8, &under))
        };
        self.report.tell_as(severity, json, words)?;
        Ok(matches!(severity, Severity::Ok | Severity::Warning))
    }

    /// Ends the story with what stays behind; the result is the exit code.
    pub(super) fn end(self, devices: &[String]) -> Result<u8> {
        let n_failed = self.report.n_of(Severity::Error);
        let n_odd = self.report.n_of(Severity::Warning);
        let n_skipped = self.report.n_of(Severity::Note);
        let steps = self.steps;
        let mut words = if n_failed == 0 && n_odd == 0 {
            let skipped =
                if n_skipped == 0 { String::new() } else { format!("; {n_skipped} not tried") };
            format!("All {steps} steps went well{skipped}.\n")
        } else {
            format!("{n_failed} of {steps} steps failed, {n_odd} were odd.\n")
        };
        // The first step makes no device.
        if steps > 1 {
            let names = devices.join(" and ");
            let (what, them) =
                if devices.len() == 1 { ("device", "it") } else { ("devices", "them") };
            words.push_str(&format!(
                "The server may list the {what} {names} now; remove {them} on Horde's device page.\n"
            ));
        }
        let more = json!({
            "steps": steps, "failed": n_failed, "odd": n_odd, "skipped": n_skipped,
            "device": devices.first(), "devices": devices,
        });
        let more = match more {
            Value::Object(more) => more,
            _ => Map::new(),
        };
        self.report.end_with(&words, more)
    }
}

const fn result_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Note => "skipped",
        Severity::Warning => "odd",
        Severity::Error => "failed",
    }
}

const CODE: &str = "probe.step";
