//! Findings on a terminal or in JSON, and how many there were.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::finding::{Finding, Severity};

/// Writes findings, and counts them.
pub struct Report<'a> {
    out: &'a mut dyn Write,
    command: &'static str,
    is_json: bool,
    counts: [u64; 4],
}

impl<'a> Report<'a> {
    /// A report of a command: words, or one line of JSON for each finding and one for the sum.
    #[must_use]
    pub fn new(out: &'a mut dyn Write, command: &'static str, is_json: bool) -> Self {
        Self { out, command, is_json, counts: [0; 4] }
    }

    /// Tells a finding.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn tell(&mut self, finding: &Finding) -> io::Result<()> {
        self.tell_as(finding.severity, || as_json(finding), || as_words(finding))
    }

    /// Tells something of that severity in words of its own, or as a JSON object of its own.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn tell_as(
        &mut self,
        severity: Severity,
        json: impl FnOnce() -> Value,
        words: impl FnOnce() -> String,
    ) -> io::Result<()> {
        let count = &mut self.counts[severity as usize];
        *count = count.saturating_add(1);
        if self.is_json {
            writeln!(self.out, "{}", json())?;
        } else {
            self.out.write_all(words().as_bytes())?;
        }
        self.out.flush()
    }

    /// Tells several findings.
    ///
    /// # Errors
    /// When they can not be written.
    pub fn tell_all<'b>(
        &mut self,
        findings: impl IntoIterator<Item = &'b Finding>,
    ) -> io::Result<()> {
        findings.into_iter().try_for_each(|finding| self.tell(finding))
    }

    /// How bad the worst so far is.
    #[must_use]
    pub fn worst(&self) -> Severity {
        let all = [Severity::Error, Severity::Warning, Severity::Note];
        let found = all.into_iter().find(|severity| self.counts[*severity as usize] > 0);
        found.unwrap_or(Severity::Ok)
    }

    /// How many there were of that severity.
    #[must_use]
    pub const fn n_of(&self, severity: Severity) -> u64 {
        self.counts[severity as usize]
    }

    /// Tells the sum, with more members for the JSON; the result is the exit code.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn end(self, more: Map<String, Value>) -> io::Result<u8> {
        let words = if self.worst() < Severity::Warning {
            "No problem found.\n".to_owned()
        } else {
            let errors = counted(self.n_of(Severity::Error), "error");
            format!("{errors}, {}.\n", counted(self.n_of(Severity::Warning), "warning"))
        };
        self.end_with(&words, more)
    }

    /// The same in other words.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn end_with(self, words: &str, more: Map<String, Value>) -> io::Result<u8> {
        let worst = self.worst();
        if self.is_json {
            let [n_ok, n_notes, n_warnings, n_errors] = self.counts;
            let mut sum = json!({
                "kind": "summary", "command": self.command, "worst": worst.name(),
                "exit": worst.exit_code(), "ok": n_ok, "notes": n_notes,
                "warnings": n_warnings, "errors": n_errors,
            });
            if let Value::Object(members) = &mut sum {
                members.extend(more);
            }
            writeln!(self.out, "{sum}")?;
        } else {
            self.out.write_all(words.as_bytes())?;
        }
        self.out.flush()?;
        Ok(worst.exit_code())
    }
}

/// Lines under another one, each with its name and without what steers a terminal; those that have
/// no text are left out.
#[must_use]
pub fn indented(n_blanks: usize, lines: &[(&str, Option<&str>)]) -> String {
    let lines = lines.iter().filter_map(|(name, text)| Some((name, (*text)?)));
    let shown = lines.map(|(name, text)| format!("{:n_blanks$}{name} {}\n", "", printable(text)));
    shown.collect()
}

fn as_json(finding: &Finding) -> Value {
    let at: Map<String, Value> =
        finding.at.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "kind": "finding",
        "severity": finding.severity.name(),
        "code": finding.code,
        "what": finding.what,
        "cause": finding.cause,
        "mend": finding.mend,
        "at": at,
    })
}

fn as_words(finding: &Finding) -> String {
    let at: String = finding.at.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let mut words = format!("{:8} {}", finding.severity.name(), printable(&finding.what));
    if !at.is_empty() {
        words.push_str(" -");
        words.push_str(&printable(&at));
    }
    words.push('\n');
    let (cause, mend) = (finding.cause.as_deref(), finding.mend.as_deref());
    words.push_str(&indented(9, &[("cause:", cause), ("mend: ", mend)]));
    words
}

/// What a client or a server sent must not steer the operator's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(n: u64, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use crate::finding::{Finding, Report};

    fn findings() -> Vec<Finding> {
        vec![
            Finding::ok("a.b", "all is well"),
            Finding::warning("a.c", "a \u{1b}[2J screen")
                .because("it was sent")
                .mend("do not")
                .at("user", "ann"),
        ]
    }

    #[test]
    fn words_hold_no_control_characters() {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, "check", false);
        report.tell_all(&findings()).unwrap();
        assert_eq!(report.end(Map::new()).unwrap(), 1);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "ok       all is well\nwarning  a \u{fffd}[2J screen - user=ann\n         cause: it was sent\n         mend:  do not\n0 errors, 1 warning.\n"
        );
    }

    #[test]
    fn json_is_a_line_for_each() {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, "check", true);
        report.tell_all(&findings()).unwrap();
        report.end(Map::from_iter([("rows".to_owned(), json!(3))])).unwrap();
        let lines: Vec<Value> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            lines,
            [
                json!({"kind": "finding", "severity": "ok", "code": "a.b", "what": "all is well",
                    "cause": null, "mend": null, "at": {}}),
                json!({"kind": "finding", "severity": "warning", "code": "a.c",
                    "what": "a \u{1b}[2J screen", "cause": "it was sent", "mend": "do not",
                    "at": {"user": "ann"}}),
                json!({"kind": "summary", "command": "check", "worst": "warning", "exit": 1,
                    "ok": 1, "notes": 0, "warnings": 1, "errors": 0, "rows": 3}),
            ]
        );
    }
}
