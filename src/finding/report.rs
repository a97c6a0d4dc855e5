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
        let count = &mut self.counts[finding.severity as usize];
        *count = count.saturating_add(1);
        if self.is_json {
            writeln!(self.out, "{}", as_json(finding))?;
        } else {
            self.out.write_all(as_words(finding).as_bytes())?;
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

    /// Tells the sum, with more members for the JSON; the result is the exit code.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn end(self, more: Map<String, Value>) -> io::Result<u8> {
        let worst = self.worst();
        let [n_ok, n_notes, n_warnings, n_errors] = self.counts;
        if self.is_json {
            let mut sum = json!({
                "kind": "summary", "command": self.command, "worst": worst.name(),
                "exit": worst.exit_code(), "ok": n_ok, "notes": n_notes,
                "warnings": n_warnings, "errors": n_errors,
            });
            if let Value::Object(members) = &mut sum {
                members.extend(more);
            }
            writeln!(self.out, "{sum}")?;
        } else if worst < Severity::Warning {
            writeln!(self.out, "No problem found.")?;
        } else {
            let (errors, warnings) = (counted(n_errors, "error"), counted(n_warnings, "warning"));
            writeln!(self.out, "{errors}, {warnings}.")?;
        }
        self.out.flush()?;
        Ok(worst.exit_code())
    }
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
    for (name, text) in [("cause:", &finding.cause), ("mend: ", &finding.mend)] {
        if let Some(text) = text {
            words.push_str(&format!("         {name} {}\n", printable(text)));
        }
    }
    words
}

/// What a client or a server sent must not steer the operator's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

fn counted(n: u64, what: &str) -> String {
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
