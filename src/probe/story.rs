//! How a conversation is told: a paragraph, or a line of JSON, for each step.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::probe::Error;

/// Tells steps, and counts those that failed.
pub(super) struct Story<'a> {
    out: &'a mut dyn Write,
    json: bool,
    steps: usize,
    failed: usize,
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
    /// Not as it should be: what happened, and how to mend it.
    Bad {
        /// What happened.
        what: String,
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
    /// A failure with its mend.
    pub(super) fn bad(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Bad { what: what.into(), mend: mend.into() }
    }

    /// A failure to get a usable answer.
    pub(super) fn error(error: &Error) -> Self {
        let mut what = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(what, ": {cause}");
            source = cause.source();
        }
        Self::Bad { what, mend: mend(error).to_owned() }
    }

    /// Whether the step went well.
    pub(super) const fn is_good(&self) -> bool {
        matches!(self, Self::Good(_))
    }
}

impl<'a> Story<'a> {
    /// A story that is told on `out`.
    pub(super) fn new(out: &'a mut dyn Write, json: bool) -> Self {
        Self { out, json, steps: 0, failed: 0 }
    }

    /// Tells a step; true when it went well.
    pub(super) fn tell(&mut self, step: &Step, ending: &Ending) -> std::io::Result<bool> {
        self.steps = self.steps.saturating_add(1);
        let took = step.started.elapsed();
        if !ending.is_good() {
            self.failed = self.failed.saturating_add(1);
        }
        if self.json {
            self.tell_json(step, ending, took)?;
        } else {
            self.tell_words(step, ending, took)?;
        }
        self.out.flush()?;
        Ok(ending.is_good())
    }

    fn tell_json(&mut self, step: &Step, ending: &Ending, took: Duration) -> std::io::Result<()> {
        let (what, mend) = match ending {
            Ending::Good(what) => (what, None),
            Ending::Bad { what, mend } => (what, Some(mend)),
        };
        let line = serde_json::json!({
            "step": step.title,
            "ok": ending.is_good(),
            "asked": step.asked,
            "came": what,
            "mend": mend,
            "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        writeln!(self.out, "{line}")
    }

    fn tell_words(&mut self, step: &Step, ending: &Ending, took: Duration) -> std::io::Result<()> {
        let mark = if ending.is_good() { "ok  " } else { "FAIL" };
        writeln!(self.out, "{mark} {}. {} ({} ms)", self.steps, step.title, took.as_millis())?;
        writeln!(self.out, "       asked: {}", step.asked)?;
        match ending {
            Ending::Good(what) => writeln!(self.out, "       came:  {what}"),
            Ending::Bad { what, mend } => {
                writeln!(self.out, "       came:  {what}")?;
                writeln!(self.out, "       mend:  {mend}")
            }
        }
    }

    /// Ends the story.
    pub(super) fn end(self) -> std::io::Result<ExitCode> {
        if !self.json {
            match self.failed {
                0 => writeln!(self.out, "All {} steps went well.", self.steps)?,
                failed => writeln!(self.out, "{failed} of {} steps failed.", self.steps)?,
            }
        }
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// How an administrator mends what made an answer unusable.
const fn mend(error: &Error) -> &'static str {
    match error {
        Error::Transport(_) => {
            "Nothing listens at this address, a firewall is between, or the certificate is not trusted (--insecure tries without)."
        }
        Error::Http(401) => {
            "Wrong user name or password, or the user name needs another form (with or without the domain)."
        }
        Error::Http(403) => {
            "The user or the device is blocked: see the permission horde:activesync and the device page."
        }
        Error::Http(404) => {
            "The web server does not send /Microsoft-Server-ActiveSync to the ActiveSync server."
        }
        Error::Http(449) => "The server wants policies accepted first: Provision went wrong.",
        Error::Http(502..=504) => {
            "The server behind the proxy, or Horde or its database behind the server, is down: see `horde-eas check`."
        }
        Error::Http(500) => {
            "The server failed: its log has the reason; `horde-eas check` tries what is behind it."
        }
        Error::Http(_) => {
            "An ActiveSync server does not answer so: another program is at this address."
        }
        Error::NotWbxml(_) => {
            "A web page instead of a document: another program, a login page of a proxy, or a PHP error page (see PHP's log)."
        }
        Error::Document(_) | Error::Inflate(_) => {
            "The answer was damaged on its way or the server died while writing it: see its log."
        }
        Error::Empty | Error::Missing(_) | Error::Endless => {
            "The server does not keep to the protocol here: see its log."
        }
        Error::Smtp(_) | Error::SmtpRefused(_) => {
            "The mail could not be delivered: check --smtp and the address."
        }
    }
}
