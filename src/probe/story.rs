//! How a conversation is told: a paragraph, or a line of JSON, for each step.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::probe::Error;
use crate::probe::hint::{self, Hint};

/// Tells steps, and counts those that did not go well.
pub(super) struct Story<'a> {
    out: &'a mut dyn Write,
    json: bool,
    steps: usize,
    failed: usize,
    odd: usize,
}

/// One step, as it begins.
pub(super) struct Step {
    title: &'static str,
    asked: String,
    started: Instant,
}

/// What came of a step.
pub(super) enum Ending {
    /// As it should be, in words.
    Good(String),
    /// Not tried, and why.
    Skipped(String),
    /// It works, and a phone would have trouble.
    Odd {
        /// What happened.
        what: String,
        /// What it means.
        cause: String,
        /// How to mend it.
        mend: String,
    },
    /// Not as it should be.
    Failed {
        /// What happened.
        what: String,
        /// What it means.
        cause: String,
        /// How to mend it.
        mend: String,
    },
}

impl Step {
    /// A step that begins now: its title, and what is asked.
    pub(super) fn new(title: &'static str, asked: impl Into<String>) -> Self {
        Self { title, asked: asked.into(), started: Instant::now() }
    }
}

impl Ending {
    /// A failure that is explained.
    pub(super) fn bad(what: impl Into<String>, hint: &Hint) -> Self {
        Self::Failed { what: what.into(), cause: hint.cause.to_owned(), mend: hint.mend.to_owned() }
    }

    /// Something that works and should be otherwise.
    pub(super) fn odd(what: impl Into<String>, cause: &str, mend: &str) -> Self {
        Self::Odd { what: what.into(), cause: cause.to_owned(), mend: mend.to_owned() }
    }

    /// A failure to get a usable answer.
    pub(super) fn error(error: &Error) -> Self {
        Self::bad(hint::words(error), &hint::of(error))
    }

    /// Name of the result, its words, cause and mend.
    fn parts(&self) -> (&'static str, &str, Option<&str>, Option<&str>) {
        match self {
            Self::Good(what) => ("ok", what, None, None),
            Self::Skipped(why) => ("skipped", why, None, None),
            Self::Odd { what, cause, mend } => ("odd", what, Some(cause), Some(mend)),
            Self::Failed { what, cause, mend } => ("failed", what, Some(cause), Some(mend)),
        }
    }
}

impl<'a> Story<'a> {
    /// A story that is told on `out`.
    pub(super) fn new(out: &'a mut dyn Write, json: bool) -> Self {
        Self { out, json, steps: 0, failed: 0, odd: 0 }
    }

    /// Tells a step; true when the next may stand on it.
    pub(super) fn tell(&mut self, step: &Step, ending: &Ending) -> std::io::Result<bool> {
        self.steps = self.steps.saturating_add(1);
        let took = step.started.elapsed();
        match ending {
            Ending::Good(_) | Ending::Skipped(_) => {}
            Ending::Odd { .. } => self.odd = self.odd.saturating_add(1),
            Ending::Failed { .. } => self.failed = self.failed.saturating_add(1),
        }
        if self.json {
            self.tell_json(step, ending, took)?;
        } else {
            self.tell_words(step, ending, took)?;
        }
        self.out.flush()?;
        Ok(matches!(ending, Ending::Good(_) | Ending::Odd { .. }))
    }

    fn tell_json(&mut self, step: &Step, ending: &Ending, took: Duration) -> std::io::Result<()> {
        let (result, came, cause, mend) = ending.parts();
        let line = json!({
            "kind": "step",
            "step": step.title,
            "result": result,
            "asked": step.asked,
            "came": came,
            "cause": cause,
            "mend": mend,
            "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        writeln!(self.out, "{line}")
    }

    fn tell_words(&mut self, step: &Step, ending: &Ending, took: Duration) -> std::io::Result<()> {
        let (result, came, cause, mend) = ending.parts();
        let (n, title, ms) = (self.steps, step.title, took.as_millis());
        writeln!(self.out, "{:8}{n}. {title} ({ms} ms)", result)?;
        for (name, text) in [
            ("asked:", Some(step.asked.as_str())),
            ("came: ", Some(came)),
            ("cause:", cause),
            ("mend: ", mend),
        ] {
            if let Some(text) = text {
                writeln!(self.out, "        {name} {}", printable(text))?;
            }
        }
        Ok(())
    }

    /// Ends the story with what stays behind; the result is the exit code.
    pub(super) fn end(self, device_id: &str) -> std::io::Result<u8> {
        let exit = match (self.failed, self.odd) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 2,
        };
        if self.json {
            let sum = json!({
                "kind": "summary", "command": "probe", "exit": exit, "steps": self.steps,
                "failed": self.failed, "odd": self.odd, "device": device_id,
            });
            writeln!(self.out, "{sum}")?;
            return Ok(exit);
        }
        match (self.failed, self.odd) {
            (0, 0) => writeln!(self.out, "All {} steps went well.", self.steps)?,
            (failed, odd) => {
                writeln!(self.out, "{failed} of {} steps failed, {odd} were odd.", self.steps)?;
            }
        }
        // The first step makes no device.
        if self.steps > 1 {
            let page = "remove it on Horde's device page";
            writeln!(self.out, "The server may list the device {device_id} now; {page}.")?;
        }
        Ok(exit)
    }
}

/// What a server sent must not steer the operator's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
