//! `ops replay` over the journal of a made-up call.

mod call;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/call.journal.jsonl")
}

fn replay(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
    command.arg("replay").arg(file).args(arguments).env_clear().output().expect("it runs")
}

/// A file with those lines.
fn file(name: &str, lines: &[&str]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, lines.join("\n")).expect("written");
    path
}

#[test]
fn the_kept_journal_is_what_this_version_writes() {
    let made = call::journal();
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("call.journal.jsonl");
    std::fs::write(&fresh, &made).expect("written");
    let same = std::fs::read(kept()).is_ok_and(|kept| kept == made);
    assert!(same, "calls go otherwise now; if that was meant:\n  cp {} {}", fresh.display(), kept().display());
}

#[test]
fn the_same_numbers_come_to_the_same_and_that_is_0() {
    let done = replay(&kept(), &[]);
    let text = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{text}");
    assert!(text.starts_with("call 00000000-0000-7202-8202-020202020202, en-IN, the script alone;"), "{text}");
    assert!(text.contains("\nsame: ") && text.ends_with("(+0 ms)\n"), "{text}");
    assert!(text.lines().filter(|line| line.contains(" | ")).all(|line| line.starts_with("  ")), "{text}");
}

#[test]
fn less_patience_moves_the_answer_and_that_is_1() {
    let done = replay(&kept(), &["--set", "endpoint.patience_ms=400"]);
    let text = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert!(text.contains("\nfirst difference at ") && text.contains("\n~ "), "{text}");
    let json = replay(&kept(), &["--set", "endpoint.patience_ms=400", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON alone");
    let ms = |key: &str| json[key].as_u64().expect("a number");
    assert_eq!(json["same"], false);
    assert_eq!(ms("recorded_replies"), ms("replayed_replies"));
    let sooner = ms("recorded_reply_ms") - ms("replayed_reply_ms");
    // The clock of a call ticks with its frames.
    assert!((760..=800).contains(&sooner), "two sentences were waited for so long, and a yes was not: {sooner} ms");
}

#[test]
fn what_is_no_journal_or_no_number_is_2_with_the_line_and_the_fix() {
    let kept_text = std::fs::read_to_string(kept()).expect("text");
    let lines: Vec<&str> = kept_text.lines().collect();
    let newer = lines[0].replace("\"journal\":1", "\"journal\":9");
    let broken = file("broken.jsonl", &[&lines[..4], &["{\"event\":[1"], &lines[5..]].concat());
    for (done, expected) in [
        (replay(Path::new("nowhere.jsonl"), &[]), "nowhere.jsonl: "),
        (replay(&file("sheet.csv", &["name,phone", "x,y"]), &[]), "line 1: this is no journal of a call; give"),
        (replay(&broken, &[]), "line 5: the line breaks off; fetch the file again"),
        (replay(&file("cut.jsonl", &lines[..9]), &[]), "line 9: the file ends here and the call does not; fetch"),
        (replay(&file("newer.jsonl", &[&newer]), &[]), "line 1: the journal has version 9, this program reads 1; use"),
        (replay(&kept(), &["--set", "endpoint.patience"]), "--set endpoint.patience: write it as"),
        (replay(&kept(), &["--set", "endpoint.patience=400"]), "near it are endpoint.patience_ms"),
        (replay(&kept(), &["--set", "endpoint.patience_ms=4"]), "endpoint.patience_ms must be from 100 to 5000"),
    ] {
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(2) && told.contains(expected), "{told}\nis not: {expected}");
    }
}

#[test]
fn every_name_is_told_with_its_value_and_reason() {
    let done = Command::new(env!("CARGO_BIN_EXE_ops")).args(["replay", "--names"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && text.contains("endpoint.patience_ms = 800 (100 to 5000)\n    After words"),
        "{text}"
    );
    assert!(text.contains("speculation.mode = llm+tts (off to llm+tts)"), "{text}");
}
