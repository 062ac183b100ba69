//! What is written down of a call, and what is said of files that are something else.

use super::*;

/// A call to an agent, line by line.
fn lines() -> Vec<String> {
    let mut line = Line::told();
    line.play_all();
    line.hear("connect me to an agent");
    line.play_all();
    assert!(line.turn.is_over());
    let journal = String::from_utf8(line.journal.clone().finish()).expect("text");
    journal.lines().map(str::to_owned).collect()
}

fn refused(lines: &[String]) -> String {
    Recorded::read(lines.join("\n").as_bytes()).expect_err("no whole journal").to_string()
}

#[test]
fn what_is_read_is_what_was_written() {
    let mut line = Line::told();
    line.listen(300);
    let recorded = line.recorded();
    assert_eq!(recorded.beginning, beginning(Speculation::LlmTts, None));
    assert_eq!(recorded.timeline(), line.actions);
    let ticks = recorded.steps.iter().rev().take_while(|step| step.event == Event::Tick).map(|step| step.at);
    let every_frame: Vec<u64> = (0..15).map(|n| line.at - n * 20).collect();
    assert_eq!(ticks.take(15).collect::<Vec<_>>(), every_frame);
}

#[test]
fn a_file_that_is_no_whole_journal_is_refused_with_its_line_and_what_to_do() {
    let whole = lines();
    let last = whole.len();
    let with = |place: usize, text: &str| {
        let mut lines = whole.clone();
        lines[place] = text.to_owned();
        refused(&lines)
    };
    let newer = whole[0].replace("\"journal\":1", "\"journal\":2");
    let other_numbers = whole[0].replace("\"patience_ms\":800", "\"patience_ms\":80000000");
    let more_numbers = whole[0].replace("\"patience_ms\":800", "\"charm_ms\":800");
    let half = &whole[3][..whole[3].len() / 2];
    for (told, expected) in [
        (refused(&[]), "line 1: this is no journal of a call; give the journal"),
        (with(0, "name,phone"), "line 1: this is no journal of a call; give the journal"),
        (with(0, &newer), "line 1: the journal has version 2, this program reads 1; use the `ops` of the version"),
        (with(0, &other_numbers), "line 1: endpoint.patience_ms can not be 80000000; use the `ops`"),
        (with(0, &more_numbers), "line 1: unknown field `charm_ms`"),
        (with(3, half), "line 4: the line breaks off; fetch the file again"),
        (with(2, r#"{"event":[0,"sneezed"]}"#), "line 3: unknown variant `sneezed`"),
        (with(1, r#"{"action":[0,"hold"]}"#), "line 2: an action without the event"),
        (with(last - 2, r#"{"event":[1,"closed"]}"#), "time runs backwards; fetch"),
        (with(last - 2, r#"{"ticks":[9,18446744073709551615]}"#), "; fetch"),
        (refused(&whole[..last - 1]), "the file ends here and the call does not; fetch the file again"),
        (refused(&[&whole[..], &whole[1..2]].concat()), "there is more after the end; fetch"),
    ] {
        assert!(told.contains(expected), "{told}\nis not: {expected}");
    }
    let binary = Recorded::read(b"RIFF\xff\xfeWAVE").expect_err("sound").to_string();
    assert!(binary.starts_with("line 1: this is no text; give the journal"), "{binary}");
}

#[test]
fn a_call_that_is_too_long_is_written_as_far_as_there_is_room_and_not_half_an_event_further() {
    let mut line = Line::told();
    line.play_all();
    let words = "well ".repeat(4_000);
    for _ in 0..80 {
        line.event(Event::Partial { text: words.clone() });
        line.hear("what");
        line.play_all();
        line.actions.clear();
    }
    let journal = std::mem::replace(&mut line.journal, Line::begin().journal.clone()).finish();
    assert!((900_000..=1024 * 1024).contains(&journal.len()), "{} bytes", journal.len());
    let recorded = Recorded::read(&journal).expect("as far as it goes");
    assert!(recorded.full && recorded.steps.len() > 50);
    assert_eq!(super::super::replay(&recorded, recorded.beginning.tuning), recorded.timeline());
    line.actions = Line::begin().actions.clone();
}

#[test]
fn an_hour_in_which_nothing_is_said_has_room() {
    let mut journal = Line::begin().journal.clone();
    for frame in 1..=180_000 {
        journal.event(&Event::Tick, frame * 20);
    }
    let bytes = journal.finish();
    let recorded = Recorded::read(&bytes).expect("whole");
    assert!(!recorded.full && recorded.steps.len() > 180_000, "{} bytes", bytes.len());
}
