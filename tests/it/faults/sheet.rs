//! deploy/FAULTS.md, read and written cell by cell.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::faults::table::{CASE_NAMES, Case, FAULT_NAMES, Fault, INTRODUCTION, PARTS, Part};
use crate::support::world::variable_or;

/// What the file says of one cell; `None` when there is no such cell.
pub(super) fn word(part: Part, fault: Fault, case: Case) -> Option<String> {
    let _alone = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    read(part, fault, case)
}

/// Takes over what was seen, when that is wished for.
pub(super) fn update(part: Part, fault: Fault, seen: &[(Case, String)]) {
    if variable_or("UPDATE_EXPECT", "").is_empty() {
        return;
    }
    let _alone = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = render(|one, other, case| {
        let is_seen = (one, other) == (part, fault);
        let new = seen.iter().find(|(of, _)| is_seen && *of == case);
        new.map(|(_, word)| word.clone()).or_else(|| read(one, other, case))
    });
    fs::write(path(), text).unwrap();
}

/// Every cell is there, with a word that means something, and nothing else.
pub(super) fn assert_whole() {
    let _alone = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = render(read);
    assert!(!text.contains(UNKNOWN), "cells that no test has seen:\n{text}");
    assert_eq!(fs::read_to_string(path()).unwrap(), text, "the file (left) and its cells (right)");
}

fn read(part: Part, fault: Fault, case: Case) -> Option<String> {
    let text = fs::read_to_string(path()).unwrap();
    let title = format!("\n## {}\n", title(part));
    let section = text.split_once(&title)?.1;
    let section = section.split("\n## ").next()?;
    let mut rows = section.lines().filter(|line| line.starts_with('|')).map(cells);
    let column = rows.next()?.iter().position(|name| *name == name_of(fault))?;
    let name = CASE_NAMES.iter().find(|(one, _)| *one == case)?.1;
    let row = rows.find(|row| row.first() == Some(&name))?;
    row.get(column).map(|word| (*word).to_owned()).filter(|word| WORDS.contains(&word.as_str()))
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn title(part: Part) -> &'static str {
    PARTS.iter().find(|(one, _)| *one == part).unwrap().1
}

fn name_of(fault: Fault) -> &'static str {
    FAULT_NAMES.iter().find(|(one, _)| *one == fault).unwrap().1
}

fn render(cell: impl Fn(Part, Fault, Case) -> Option<String>) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (part, title) in PARTS {
        let names = FAULT_NAMES.map(|(_, name)| name).join(" | ");
        let rule = "---|".repeat(FAULT_NAMES.len() + 1);
        text.push_str(&format!("\n## {title}\n\n| request | {names} |\n|{rule}\n"));
        for (case, name) in CASE_NAMES {
            let words = FAULT_NAMES
                .map(|(fault, _)| cell(part, fault, case).unwrap_or_else(|| UNKNOWN.to_owned()));
            text.push_str(&format!("| {name} | {} |\n", words.join(" | ")));
        }
    }
    text
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/FAULTS.md")
}

/// Tests of one process write one after the other.
static FILE: Mutex<()> = Mutex::new(());

/// The answer; HTTP 503; nothing yet; the answer or 503.
pub(super) const WORDS: [&str; 4] = ["works", "503", "waits", OPEN];
/// The one word that leaves it open.
pub(super) const OPEN: &str = "works or 503";
const UNKNOWN: &str = "?";
