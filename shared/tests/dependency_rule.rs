//! Keeps the rooms apart: a table of who may import whom, and a search of the sources for
//! imports that break it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room, and the rooms its files may name.
const ROOMS: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("wire", &["domain"]),
    ("ports", &["domain"]),
    ("app", &["ports", "domain"]),
    ("config", &["domain"]),
    ("adapters", &["ports", "wire", "domain", "config"]),
    ("http", &["app", "ports", "domain"]),
    ("voicebot", &["app", "ports", "wire", "domain", "http"]),
    ("sim", &["wire", "ports", "domain"]),
    ("wiring", &["domain", "wire", "ports", "app", "adapters", "config", "http", "voicebot", "sim"]),
];

/// What a deployed function may name of `shared`.
const FUNCTION_MAY: &[&str] = &["config", "app", "wire", "http", "wiring", "domain", "ports"];

fn sources(under: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![under.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder").flatten() {
            let path = entry.path();
            // A folder `tests` is a test module in several files; it may use doubles.
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The rooms a source names after `root::`, in `use` groups too.
fn named_rooms(source: &str, root: &str) -> Vec<String> {
    // Test modules stand at the foot of a file and may use doubles.
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut rooms = Vec::new();
    for (at, _) in source.match_indices(&format!("{root}::")) {
        let before = source[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &source[at + root.len() + 2..];
        let ident =
            |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (i, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && !c.is_whitespace() => {
                            rooms.push(ident(&group[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => rooms.push(ident(rest)),
        }
    }
    rooms
}

fn breaches(file: &Path, root: &str, may: &[&str], own: &str) -> Vec<String> {
    let source = fs::read_to_string(file).expect("a readable source");
    let known: BTreeMap<&str, ()> = ROOMS.iter().map(|(room, _)| (*room, ())).collect();
    named_rooms(&source, root)
        .into_iter()
        .filter(|room| known.contains_key(room.as_str()) && room != own && !may.contains(&room.as_str()))
        .map(|room| format!("{} names `{room}`", file.display()))
        .collect()
}

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (room, may) in ROOMS {
        let folder = src.join(room);
        let files = if folder.is_dir() { sources(&folder) } else { vec![src.join(format!("{room}.rs"))] };
        for file in files {
            found.extend(breaches(&file, "crate", may, room));
        }
    }
    assert!(found.is_empty(), "rooms may not import each other like this:\n{}", found.join("\n"));
}

#[test]
fn functions_stay_thin_and_apart() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let names: Vec<String> = fs::read_dir(&functions)
        .expect("the functions")
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for name in &names {
        for file in sources(&functions.join(name).join("src")) {
            found.extend(breaches(&file, "shared", FUNCTION_MAY, ""));
        }
        let manifest = fs::read_to_string(functions.join(name).join("Cargo.toml")).expect("a manifest");
        for other in names.iter().filter(|o| *o != name) {
            if manifest.lines().any(|l| l.starts_with(&format!("{other}.")) || l.starts_with(&format!("{other} "))) {
                found.push(format!("functions/{name} depends on functions/{other}"));
            }
        }
    }
    assert!(found.is_empty(), "functions are edges:\n{}", found.join("\n"));
}

#[test]
fn the_search_finds_both_spellings() {
    let source = "use crate::adapters::memory;\nuse crate::{domain::id, sim::{exotel, sarvam}, ports};\nfn f() { crate::wiring::x() }";
    assert_eq!(named_rooms(source, "crate"), ["adapters", "domain", "sim", "ports", "wiring"]);
}
