//! Rules about the source that neither rustc nor clippy knows: who may import whom, sizes,
//! module docs, the form of spec references, forbidden words.
//!
//! Run it alone with `cargo tidy`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A layer, and the layers that it may import beside itself; `*` is all of them.
///
/// A file belongs to the longest row that its module path begins with.
const LAYERS: &[(&str, &[&str])] = &[
    ("app", &["*"]),
    ("backend", &["clock", "eas", "secret", "uids"]),
    ("backend::horde", &["backend", "clock", "eas", "pim", "secret", "wbxml"]),
    ("backend::imap", &["backend", "clock", "eas", "mime", "secret", "uids"]),
    ("backend::smtp", &["backend", "secret"]),
    ("cli", &["*"]),
    ("clock", &[]),
    ("command", &["backend", "clock", "delta", "digest", "eas", "mime", "state", "uids", "wbxml"]),
    (
        "config",
        &[
            "backend::horde",
            "backend::imap",
            "backend::smtp",
            "command",
            "eas",
            "http",
            "logging",
            "secret",
            "state::mysql",
        ],
    ),
    ("delta", &["eas", "uids"]),
    ("digest", &[]),
    ("eas", &["wbxml"]),
    ("finding", &[]),
    ("http", &["backend", "clock", "command", "eas", "logging", "secret", "state", "wbxml"]),
    ("lib", &[]),
    ("logging", &["clock"]),
    ("main", &["*"]),
    ("mime", &[]),
    ("php", &[]),
    ("pim", &["eas", "mime"]),
    ("probe", &["eas", "finding", "secret", "wbxml"]),
    ("secret", &[]),
    ("state", &["clock", "eas", "php", "uids"]),
    ("state::audit", &["finding", "php", "state", "state::blob", "uids"]),
    ("state::blob", &["eas", "php", "state", "uids"]),
    (
        "state::mysql",
        &["clock", "digest", "eas", "finding", "secret", "state", "state::audit", "state::blob"],
    ),
    ("uids", &[]),
    ("wbxml", &[]),
];

/// Crates and parts of std that only these layers may use.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("actix_http", &["http"]),
    ("actix_web", &["http"]),
    ("config", &["config"]),
    ("imap", &["backend::imap"]),
    ("imap_proto", &["backend::imap"]),
    ("lettre", &["backend::smtp"]),
    ("mail_parser", &["mime"]),
    ("mysql_async", &["state::mysql"]),
    ("reqwest", &["backend::horde", "probe"]),
    ("std::env", &["config"]),
];

/// Words that a layer's code may not contain, and why.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("delta", "rand::", "delta is pure: randomness comes in as an argument"),
    ("eas", "async ", "eas does no I/O"),
    ("eas", "std::fs", "eas does no I/O"),
    ("eas", "std::net", "eas does no I/O"),
    ("eas", "tokio::", "eas does no I/O"),
    ("mime", "log::", "mime never logs"),
    ("php", "log::", "php never logs"),
    ("wbxml", "log::", "wbxml never logs"),
];

/// Lines of a file before its `#[cfg(test)]`.
const MAX_LINES: usize = 600;
/// The table of code pages is data.
const EXEMPT_FROM_SIZE: &[&str] = &["src/wbxml/pages.rs"];
/// Folders below `src`.
const MAX_NESTING: usize = 2;

#[test]
fn tidy_source_follows_the_house_rules() {
    let documents = pinned_documents(&read("src/ARCHITECTURE.md"));
    assert!(documents.contains("MS-ASCMD"), "ARCHITECTURE.md pins no documents");
    let mut problems = Vec::new();
    let files = rust_files("src").into_iter().chain(rust_files("tests/it"));
    let files: Vec<_> = files.map(|path| (path.clone(), read(&path))).collect();
    assert!(files.len() > 10, "only {} files found", files.len());
    for (path, text) in &files {
        problems.extend(check_file(path, text, &documents));
    }
    let paths: BTreeSet<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    problems.extend(check_tree(&paths));
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn tidy_the_map_names_every_top_level_module() {
    let map = read("src/ARCHITECTURE.md");
    let missing: Vec<_> = rust_files("src")
        .into_iter()
        .map(|path| module_of(&path))
        .filter(|module| !module.contains("::") && module != "lib")
        .filter(|module| !map.contains(&format!("`{module}`")))
        .collect();
    assert!(missing.is_empty(), "src/ARCHITECTURE.md does not name: {missing:?}");
}

#[test]
fn tidy_every_dependency_has_its_reason() {
    let problems = unreasoned_dependencies(&read("Cargo.toml"));
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    let planted = "[dependencies]\n# Why.\nfoo = \"1\"\nbar = \"2\"\n";
    assert_eq!(unreasoned_dependencies(planted), ["Cargo.toml:4: bar has no reason above it"]);
}

#[test]
fn tidy_catches_what_it_forbids() {
    let cases = [
        (
            "src/eas/body.rs",
            "//! A.\nuse crate::state::Devices;\n",
            "2: eas may not import state (crate::state::Devices)",
        ),
        (
            "src/command/sync.rs",
            "//! A.\n\nuse crate::{\n    eas::ids,\n    state::mysql::Pool,\n};\n",
            "5: command may not import state::mysql (crate::state::mysql::Pool)",
        ),
        (
            "src/delta.rs",
            "//! A.\nfn f() { crate::backend::g(); }\n",
            "2: delta may not import backend (crate::backend::g)",
        ),
        ("src/http.rs", "//! A.\nuse mysql_async::Pool;\n", "2: http may not use mysql_async"),
        ("src/app.rs", "//! A.\nfn f() { reqwest::get(1); }\n", "2: app may not use reqwest"),
        ("src/app.rs", "//! A.\nuse config::Config;\n", "2: app may not use config"),
        ("src/app.rs", "//! A.\nuse std::env;\n", "2: app may not use std::env"),
        ("src/eas.rs", "//! A.\nasync fn f() {}\n", "2: eas does no I/O (`async `)"),
        ("src/nowhere.rs", "//! A.\n", "1: nowhere has no row in the import table"),
        ("src/php.rs", "use std::fmt;\n", "1: module docs are missing"),
        ("src/php.rs", "//! A.\n#[allow(dead_code)]\nfn f() {}\n", "2: expect a lint, with its"),
        ("src/php.rs", "//! A.\nuse super::Value;\n", "2: say crate::, not super::"),
        ("src/php.rs", "//! A.\n// TODO: later\n", "2: no TODO: file an issue"),
        ("src/a/b/c/d.rs", "//! A.\n", "1: more than 2 folders below src"),
        ("src/php/mod.rs", "//! A.\n", "1: no mod.rs"),
        ("src/eas.rs", "//! A.\n/// B. [MS-ASCMD]\n", "2: a reference reads [MS-NAME] §1.2.3"),
        ("src/eas.rs", "//! A.\n/// [MS-ASFOO] §2.1\n", "2: MS-ASFOO is not among the documents"),
        ("src/eas.rs", "//! A.\n/// [MS-ASCMD] §2.1 says\n", "2: a reference ends its line"),
        ("src/eas.rs", "//! A.\n/// [MS-ASCMD](http://a)\n", "2: a reference is never a link"),
        (
            "src/command.rs",
            "//! A.\npub use crate::eas::ids;\n",
            "2: re-exports crate::eas::ids, which is another module's",
        ),
    ];
    let documents = BTreeSet::from(["MS-ASCMD".to_owned()]);
    for (path, text, expected) in cases {
        let found = check_file(path, text, &documents);
        let expected = format!("{path}:{expected}");
        assert!(
            found.iter().any(|problem| problem.starts_with(&expected)),
            "expected `{expected}` for {text:?}, found {found:?}"
        );
    }
    let long = format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(MAX_LINES));
    assert_eq!(
        check_file("src/php.rs", &long, &documents),
        ["src/php.rs:601: more than 600 lines"]
    );
    let tests = format!("//! A.\n#[cfg(test)]\n{}", "const A: u8 = 1;\n".repeat(MAX_LINES));
    assert!(check_file("src/php.rs", &tests, &documents).is_empty());
    assert_eq!(
        check_tree(&BTreeSet::from(["src/a/b.rs"])),
        ["src/a/b.rs:1: the folder has no root file src/a.rs"]
    );
}

#[test]
fn tidy_lets_good_code_pass() {
    let good = "//! A.\n//!\n//! [MS-ASCMD] §2.2.3.181.4\n\nuse std::fmt;\n\n\
                use crate::eas::ids::SyncKey;\nuse crate::state::{self, Devices};\n\n\
                pub use crate::command::sync::Sync;\n\n// See crate::http.\n\
                /// B. [MS-ASCMD] §2.2.1.13\nfn f() {}\n\n\
                #[cfg(test)]\nmod tests {\n    use crate::http::App;\n}\n";
    let documents = BTreeSet::from(["MS-ASCMD".to_owned()]);
    assert_eq!(check_file("src/command.rs", good, &documents), Vec::<String>::new());
}

fn check_file(path: &str, text: &str, documents: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |line: usize, what: String| problems.push(format!("{path}:{line}: {what}"));
    let n_lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    if n_lines > MAX_LINES && !EXEMPT_FROM_SIZE.contains(&path) {
        say(n_lines, format!("more than {MAX_LINES} lines"));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if !first.starts_with("//!") && !first.starts_with("#![doc = include_str!") {
        say(1, "module docs are missing".to_owned());
    }
    if path.ends_with("/mod.rs") {
        say(1, "no mod.rs: the root of foo/ is foo.rs".to_owned());
    }
    if path.starts_with("src/") && path.matches('/').count() > MAX_NESTING + 1 {
        say(1, format!("more than {MAX_NESTING} folders below src"));
    }
    // This file quotes what it forbids.
    if path == "tests/it/tidy.rs" {
        return problems;
    }
    for (index, line) in text.lines().enumerate() {
        check_words(line, |what| say(index + 1, what));
        check_reference(line, documents, |what| say(index + 1, what));
    }
    if path.starts_with("src/") {
        check_imports(path, text, say);
    }
    problems
}

fn check_words(line: &str, mut say: impl FnMut(String)) {
    if line.contains("#[allow") || line.contains("#![allow") {
        say("expect a lint, with its reason, instead of allowing it".to_owned());
    }
    if line.contains("super::") {
        say("say crate::, not super::".to_owned());
    }
    if let Some(word) = ["TODO", "FIXME", "XXX:"].iter().find(|word| line.contains(**word)) {
        say(format!("no {word}: file an issue"));
    }
}

/// `[MS-ASCMD] §2.2.3.181.4`, at the end of a line of documentation.
fn check_reference(line: &str, documents: &BTreeSet<String>, mut say: impl FnMut(String)) {
    let Some((_, doc)) = line.split_once("//") else { return };
    let mut rest = doc;
    while let Some((_, after)) = rest.split_once("[MS-") {
        let Some((name, tail)) = after.split_once(']') else { return };
        rest = tail;
        let name = format!("MS-{name}");
        if tail.starts_with('(') {
            say("a reference is never a link: sections move between revisions".to_owned());
            continue;
        }
        let section = tail.strip_prefix(" §").map(|tail| {
            let end = tail.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tail.len());
            tail.split_at(end)
        });
        let Some((section, after)) = section else {
            say("a reference reads [MS-NAME] §1.2.3".to_owned());
            continue;
        };
        if section.split('.').any(str::is_empty) {
            say("a reference reads [MS-NAME] §1.2.3, without a final stop".to_owned());
        }
        if !documents.contains(&name) {
            say(format!("{name} is not among the documents that src/ARCHITECTURE.md pins"));
        }
        if !after.is_empty() && !after.starts_with(", [MS-") {
            say("a reference ends its line".to_owned());
        }
    }
}

fn check_imports(path: &str, text: &str, mut say: impl FnMut(usize, String)) {
    let module = module_of(path);
    let Some(layer) = layer_of(&module) else {
        return say(1, format!("{module} has no row in the import table"));
    };
    let code = code_of(text);
    let allowed = LAYERS.iter().find(|(name, _)| *name == layer).map_or(&[][..], |row| row.1);
    for (line, import, public) in crate_paths(&code) {
        let Some(target) = layer_of(&import) else { continue };
        if target != layer && !allowed.contains(&target) && allowed != ["*"] {
            say(line, format!("{layer} may not import {target} (crate::{import})"));
        }
        let own = import.starts_with(&format!("{module}::"));
        if public && !own && layer != "lib" {
            say(line, format!("re-exports crate::{import}, which is another module's"));
        }
    }
    for (index, line) in code.lines().enumerate() {
        for (outside, layers) in OUTSIDE {
            if uses_crate(line, outside) && !layers.contains(&layer) {
                say(index + 1, format!("{layer} may not use {outside}"));
            }
        }
        for (_, word, why) in FORBIDDEN.iter().filter(|(name, ..)| *name == layer) {
            if line.contains(word) {
                say(index + 1, format!("{why} (`{word}`)"));
            }
        }
    }
}

/// Each folder has its root file beside it.
fn check_tree(paths: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    for path in paths.iter().filter(|path| path.starts_with("src/")) {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        let root = format!("{folder}.rs");
        if folder != "src" && !paths.contains(root.as_str()) {
            problems.push(format!("{path}:1: the folder has no root file {root}"));
        }
    }
    problems
}

/// The text without comments and without what follows `#[cfg(test)]`; line numbers are kept.
fn code_of(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    let lines = lines.map(|line| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a line of code uses a crate (or a path of std) by its name.
fn uses_crate(line: &str, name: &str) -> bool {
    if line.trim_start().trim_start_matches("pub ").starts_with(&format!("use {name}::"))
        || line.trim_start() == format!("use {name};")
        || line.contains(&format!(" ::{name}::"))
    {
        return true;
    }
    // A module of ours has the same name: `imap::Config` may be that one.
    if ["config", "imap"].contains(&name) {
        return false;
    }
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// All paths that begin with `crate::`, groups taken apart: line, path, whether `pub use`.
fn crate_paths(code: &str) -> Vec<(usize, String, bool)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line_start = code[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let public = code[line_start..].trim_start().starts_with("pub use");
        let mut leaves = Vec::new();
        path_tree(code, at + "crate::".len(), "", &mut leaves);
        for (offset, path) in leaves {
            let line = code[..offset].matches('\n').count() + 1;
            found.push((line, path, public));
        }
    }
    found
}

/// Reads one path or group at `at`; returns where it ends.
fn path_tree(code: &str, at: usize, prefix: &str, leaves: &mut Vec<(usize, String)>) -> usize {
    let rest = &code[at..];
    if rest.starts_with('{') {
        let mut here = at + 1;
        loop {
            here += code[here..].len() - code[here..].trim_start_matches([' ', '\n', ',']).len();
            if code[here..].starts_with('}') || here >= code.len() {
                return here + 1;
            }
            let end = path_tree(code, here, prefix, leaves);
            here = end.max(here + 1);
        }
    }
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let path = match (&rest[..word], prefix) {
        ("self" | "", prefix) => prefix.to_owned(),
        (word, "") => word.to_owned(),
        (word, prefix) => format!("{prefix}::{word}"),
    };
    let next = &rest[word..];
    let goes_on = next.strip_prefix("::").is_some_and(|after| {
        after.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{')
    });
    if goes_on {
        return path_tree(code, at + word + 2, &path, leaves);
    }
    leaves.push((at, path));
    at + word
}

fn layer_of(path: &str) -> Option<&'static str> {
    let rows = LAYERS.iter().map(|(name, _)| *name);
    rows.filter(|name| path == *name || path.starts_with(&format!("{name}::")))
        .max_by_key(|name| name.len())
}

fn module_of(path: &str) -> String {
    path.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::")
}

/// The documents of the table in ARCHITECTURE.md: lines that begin with `| MS-`.
fn pinned_documents(map: &str) -> BTreeSet<String> {
    let rows = map.lines().filter_map(|line| line.strip_prefix("| MS-"));
    rows.filter_map(|row| row.split_once(" |")).map(|(name, _)| format!("MS-{name}")).collect()
}

fn unreasoned_dependencies(manifest: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut inside = false;
    let mut reasons = BTreeMap::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.starts_with('#') {
            reasons.insert(index + 1, line);
        } else if inside
            && let Some((name, _)) = line.split_once(" = ")
            && !reasons.contains_key(&index)
        {
            problems.push(format!("Cargo.toml:{}: {name} has no reason above it", index + 1));
        }
    }
    problems
}

fn rust_files(folder: &str) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap();
                found.push(relative.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}
