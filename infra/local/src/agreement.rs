//! Does a stored transcript agree with what the simulated caller heard and said?
//!
//! A sentence heard to its end must be stored word for word. A sentence that was cut may be off by
//! one word, and must be marked `estimated` (design promise 3).

use shared::domain::transcript::{Line, Speaker};

/// What the caller heard or said in one go, by the simulator's own record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The words that were played (heard) or spoken (said).
    pub words: Vec<String>,
    /// To the end.
    pub complete: bool,
}

/// Words a cut sentence may differ by.
const TOLERANCE: usize = 1;

/// Everything in which the two differ; empty where they agree.
pub fn differences(stored: &[Line], heard: &[Utterance], said: &[Utterance]) -> Vec<String> {
    let mut found = compare(&lines_of(stored, Speaker::Bot), heard, "heard");
    found.extend(compare_said(&lines_of(stored, Speaker::Caller), said));
    found
}

fn lines_of(stored: &[Line], speaker: Speaker) -> Vec<&Line> {
    stored.iter().filter(|l| l.speaker == speaker).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn compare(lines: &[&Line], utterances: &[Utterance], what: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = lines.iter().copied().peekable();
    for utterance in utterances {
        while left.next_if(|line| is_slight_line(line) && !agree(line, utterance)).is_some() {}
        let heard = utterance.words.join(" ");
        match left.peek() {
            Some(line) if agree(line, utterance) => _ = left.next(),
            _ if is_slight(&utterance.words, utterance.complete) => {}
            Some(line) => {
                found.push(format!("{what} `{heard}`, stored `{}`", line.text));
                left.next();
            }
            None => found.push(format!("{what} but not stored: {heard}")),
        }
    }
    found.extend(left.filter(|line| !is_slight_line(line)).map(|line| format!("stored but not {what}: {}", line.text)));
    found
}

fn agree(line: &Line, utterance: &Utterance) -> bool {
    let stored = words(&line.text);
    if utterance.complete {
        return stored == utterance.words;
    }
    let common = stored.iter().zip(&utterance.words).take_while(|(a, b)| a == b).count();
    line.estimated && stored.len().abs_diff(common) <= TOLERANCE && utterance.words.len().abs_diff(common) <= TOLERANCE
}

fn is_slight_line(line: &Line) -> bool {
    is_slight(&words(&line.text), !line.interrupted)
}

/// So little was heard before it was cut that it may stand on one side only.
fn is_slight(words: &[String], complete: bool) -> bool {
    !complete && words.len() <= TOLERANCE
}

/// What the caller said reaches us in whatever pieces the recogniser makes of it: the words in
/// their order must agree. The end of an utterance that the end of the call cut off may be missing.
fn compare_said(lines: &[&Line], said: &[Utterance]) -> Vec<String> {
    let stored: Vec<String> = lines.iter().flat_map(|l| words(&l.text)).collect();
    let spoken: Vec<String> = said.iter().flat_map(|u| u.words.clone()).collect();
    let cut = said.last().filter(|u| !u.complete).map_or(0, |u| u.words.len());
    let common = stored.iter().zip(&spoken).take_while(|(a, b)| a == b).count();
    if common == stored.len() && spoken.len() - common <= cut {
        return Vec::new();
    }
    vec![format!("said `{}`, stored `{}`", spoken.join(" "), stored.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::language::Language;

    fn line(speaker: Speaker, text: &str, cut: bool) -> Line {
        Line {
            speaker,
            text: text.into(),
            language: Language::English,
            start_ms: 0,
            end_ms: 1,
            interrupted: cut,
            estimated: cut,
            word_starts_ms: Vec::new(),
        }
    }
    fn utterance(text: &str, complete: bool) -> Utterance {
        Utterance { words: words(text), complete }
    }

    #[test]
    fn a_whole_sentence_must_be_stored_word_for_word() {
        let stored = [line(Speaker::Bot, "good morning", false)];
        assert!(differences(&stored, &[utterance("good morning", true)], &[]).is_empty());
        assert!(!differences(&stored, &[utterance("good evening", true)], &[]).is_empty());
        assert!(!differences(&stored, &[], &[]).is_empty());
        assert!(!differences(&[], &[utterance("good morning", true)], &[]).is_empty());
    }

    #[test]
    fn a_cut_sentence_may_be_off_by_one_word_and_must_say_so() {
        let heard = [utterance("your payment of five", false)];
        assert!(differences(&[line(Speaker::Bot, "your payment of", true)], &heard, &[]).is_empty());
        assert!(!differences(&[line(Speaker::Bot, "your payment", true)], &heard, &[]).is_empty());
        assert!(!differences(&[line(Speaker::Bot, "your payment of", false)], &heard, &[]).is_empty());
    }

    #[test]
    fn a_word_more_or_less_is_no_difference_however_little_was_heard() {
        // Beside a sentence that was heard to its end: what is stored of the one before, and what was heard of it.
        let differ = |stored: &str, heard: &str| {
            let lines = [line(Speaker::Bot, stored, true), line(Speaker::Bot, "thank you", false)];
            let utterances = [utterance(heard, false), utterance("thank you", true)];
            let (no_line, no_utterance) = (usize::from(stored.is_empty()), usize::from(heard.is_empty()));
            !differences(&lines[no_line..], &utterances[no_utterance..], &[]).is_empty()
        };
        for (stored, heard) in [("good", "good morning"), ("good morning", "good"), ("good", ""), ("", "good")] {
            assert!(!differ(stored, heard), "{stored:?} for {heard:?}");
        }
        for (stored, heard) in [("", "good morning"), ("good morning", ""), ("good", "good morning to")] {
            assert!(differ(stored, heard), "{stored:?} for {heard:?}");
        }
    }

    #[test]
    fn what_was_said_may_arrive_in_pieces_but_whole() {
        let stored = [line(Speaker::Caller, "yes", false), line(Speaker::Caller, "speaking please", false)];
        assert!(differences(&stored, &[], &[utterance("yes speaking", true), utterance("please", true)]).is_empty());
        assert!(!differences(&stored[..1], &[], &[utterance("yes speaking", true)]).is_empty());
        assert!(differences(&stored[..1], &[], &[utterance("yes speaking", false)]).is_empty());
    }
}
