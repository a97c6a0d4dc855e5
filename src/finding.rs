//! What an operator is told: what was found, why it is so, and how to mend it.
//!
//! `check` and `state verify` tell nothing but findings, and each step of `probe` ends with one;
//! [`Report`] writes them as words or as JSON, and makes an exit code of the worst.

mod report;

pub use crate::finding::report::{Report, counted, indented};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A name that stays the same from version to version: `database.login`.
    pub code: &'static str,
    /// What was found.
    pub what: String,
    /// Why it is so, or what follows from it.
    pub cause: Option<String>,
    /// What to do.
    pub mend: Option<String>,
    /// Where it was found: `device`, `user`, `folder`, `key`, `table`.
    pub at: Vec<(&'static str, String)>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Works, and something is lost or will go wrong.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The exit code when this is the worst: 0, 1 for warnings, 2 for errors, as monitoring
    /// programs read it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok | Self::Note => 0,
            Self::Warning => 1,
            Self::Error => 2,
        }
    }
}

impl Finding {
    /// Something that is as it should be.
    #[must_use]
    pub fn ok(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, code, what)
    }

    /// Something worth knowing.
    #[must_use]
    pub fn note(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, what)
    }

    /// Something that will go wrong, or takes something away.
    #[must_use]
    pub fn warning(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, what)
    }

    /// Something that stops the service, or a phone.
    #[must_use]
    pub fn error(code: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, what)
    }

    /// Something of any severity.
    #[must_use]
    pub fn new(severity: Severity, code: &'static str, what: impl Into<String>) -> Self {
        Self { severity, code, what: what.into(), cause: None, mend: None, at: Vec::new() }
    }

    /// The same with why it is so.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The same with where it was found.
    #[must_use]
    pub fn at(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.at.push((name, value.into()));
        self
    }
}
