//! Two timelines of one call, side by side.

use std::fmt;

use serde::Serialize;
use shared::domain::dialogue::Sentence;
use shared::domain::turn::{Action, Recorded};

/// Characters of an action that are shown; the whole of it is in the JSON.
const SHOWN: usize = 52;

/// What was done, and what had been done.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Ours.
    pub call_id: String,
    /// What the call was for, where a playbook says so.
    pub playbook: Option<String>,
    /// The language it began in.
    pub language: String,
    /// The numbers that were changed.
    pub set: Vec<String>,
    /// Whether nothing differs.
    pub same: bool,
    /// When the first difference is.
    pub first_difference_ms: Option<u64>,
    /// Everything that was answered took so long, all together: from the caller's last sound to the
    /// order for the first sentence.
    pub recorded_reply_ms: u64,
    /// The same in the replay.
    pub replayed_reply_ms: u64,
    /// How many answers that were.
    pub recorded_replies: usize,
    /// See there.
    pub replayed_replies: usize,
    /// The journal ends before the call.
    pub cut: bool,
    /// In order.
    pub rows: Vec<Row>,
}

/// One action on either side, or on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// As it was.
    pub recorded: Option<Entry>,
    /// As it had been.
    pub replayed: Option<Entry>,
}

/// An action and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// From the beginning of the stream.
    pub at_ms: u64,
    /// In words.
    pub action: String,
}

impl Comparison {
    pub(super) fn of(recorded: &Recorded, replayed: &[(u64, Action)], set: Vec<String>) -> Self {
        let before = recorded.timeline();
        let rows = rows(&entries(&before), &entries(replayed));
        let first_difference_ms = rows.iter().find(|row| !row.is_same()).and_then(Row::at_ms);
        let (was, is) = (reply_delays(&before), reply_delays(replayed));
        let brief = &recorded.beginning.brief;
        Self {
            call_id: recorded.call_id.to_string(),
            playbook: brief.purpose.as_ref().map(|purpose| purpose.playbook.name.clone()),
            language: brief.language.to_string(),
            set,
            same: first_difference_ms.is_none(),
            first_difference_ms,
            recorded_reply_ms: was.iter().sum(),
            replayed_reply_ms: is.iter().sum(),
            recorded_replies: was.len(),
            replayed_replies: is.len(),
            cut: recorded.full,
            rows,
        }
    }
}

impl Row {
    /// Both sides do the same at the same time.
    pub fn is_same(&self) -> bool {
        self.recorded == self.replayed
    }

    fn at_ms(&self) -> Option<u64> {
        [&self.recorded, &self.replayed].into_iter().flatten().map(|entry| entry.at_ms).min()
    }

    fn mark(&self) -> char {
        match (&self.recorded, &self.replayed) {
            _ if self.is_same() => ' ',
            (Some(_), Some(_)) => '~',
            (_, None) => '-',
            (None, _) => '+',
        }
    }
}

fn entries(timeline: &[(u64, Action)]) -> Vec<Entry> {
    timeline.iter().map(|(at_ms, action)| Entry { at_ms: *at_ms, action: in_words(action) }).collect()
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Say { sentence, .. } => format!("say {}", sentence_in_words(sentence)),
        Action::Prepare { sentence, .. } => format!("make ready {}", sentence_in_words(sentence)),
        Action::Forget => "forget what is ready".to_owned(),
        Action::Hold => "fall silent".to_owned(),
        Action::Resume => "go on".to_owned(),
        Action::StopPlayback => "stop".to_owned(),
        Action::SpeechStart => "an utterance begins".to_owned(),
        Action::SpeechEnd => "have it transcribed".to_owned(),
        Action::Heard { text, language, start_ms, end_ms, answered } => {
            let kind = if *answered { "heard" } else { "heard, for the record," };
            format!("{kind} \"{text}\" in {} ({start_ms} to {end_ms})", language.name())
        }
        Action::Think { .. } => "ask the model".to_owned(),
        Action::ThinkNoMore { for_nobody: true } => "ask the model no more, the caller went on".to_owned(),
        Action::ThinkNoMore { for_nobody: false } => "the model's answer ends".to_owned(),
        Action::Stopped { why } => format!("stop the model's words: {}", why.as_str()),
        Action::HandOver { reason } => format!("write down the wish for an agent: {reason}"),
        Action::HangUp => "hang up".to_owned(),
    }
}

/// All of it that a caller would notice.
fn sentence_in_words(sentence: &Sentence) -> String {
    let to_its_end = if sentence.interruptible { "" } else { ", to its end" };
    format!("\"{}\" in {}{to_its_end}", sentence.text, sentence.language.name())
}

/// Puts what is alike on both sides into one row, as much of it as there is in one order.
fn rows(left: &[Entry], right: &[Entry]) -> Vec<Row> {
    let most = alike(left, right);
    let (mut l, mut r) = (0, 0);
    let mut rows = Vec::new();
    while l < left.len() || r < right.len() {
        let (recorded, replayed) = match (left.get(l), right.get(r)) {
            (Some(one), Some(other)) if one.action == other.action => (Some(one), Some(other)),
            (Some(one), Some(_)) if most[l + 1][r] >= most[l][r + 1] => (Some(one), None),
            (Some(one), None) => (Some(one), None),
            (_, other) => (None, other),
        };
        l += usize::from(recorded.is_some());
        r += usize::from(replayed.is_some());
        rows.push(Row { recorded: recorded.cloned(), replayed: replayed.cloned() });
    }
    rows
}

/// How many actions from here on can stand beside their like, for each place on both sides.
fn alike(left: &[Entry], right: &[Entry]) -> Vec<Vec<u32>> {
    let mut most = vec![vec![0; right.len() + 1]; left.len() + 1];
    for l in (0..left.len()).rev() {
        for r in (0..right.len()).rev() {
            most[l][r] = match left[l].action == right[r].action {
                true => most[l + 1][r + 1] + 1,
                false => most[l + 1][r].max(most[l][r + 1]),
            };
        }
    }
    most
}

/// From the caller's last sound to the order for the first sentence of what answers it.
fn reply_delays(timeline: &[(u64, Action)]) -> Vec<u64> {
    let mut delays = Vec::new();
    let mut waits_since = None;
    for (at, action) in timeline {
        match action {
            Action::Heard { answered: true, end_ms, .. } => waits_since = Some(*end_ms),
            Action::Say { .. } => delays.extend(waits_since.take().map(|since: u64| at.saturating_sub(since))),
            _ => {}
        }
    }
    delays
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let playbook = self.playbook.as_deref().unwrap_or("the script alone");
        let set = if self.set.is_empty() { "as it was recorded".to_owned() } else { self.set.join(", ") };
        writeln!(f, "call {}, {}, {playbook}; replayed {set}", self.call_id, self.language)?;
        writeln!(f, "  {:>8} {:SHOWN$} | {:>8} replayed", "ms", "recorded", "ms")?;
        for row in &self.rows {
            let line = format!("{} {} | {}", row.mark(), cell(row.recorded.as_ref()), cell(row.replayed.as_ref()));
            writeln!(f, "{}", line.trim_end())?;
        }
        if self.cut {
            writeln!(f, "the call went on; the journal had no more room")?;
        }
        match self.first_difference_ms {
            None => writeln!(f, "same: {} actions", self.rows.len())?,
            Some(at) => {
                let differ = self.rows.iter().filter(|row| !row.is_same()).count();
                writeln!(f, "first difference at {at} ms, {differ} of {} rows differ", self.rows.len())?;
            }
        }
        let (was, is) = (self.recorded_reply_ms, self.replayed_reply_ms);
        let difference = i128::from(is) - i128::from(was);
        writeln!(
            f,
            "from the caller's last sound to the order of an answer: {was} ms in {} replies, replayed {is} ms in {} ({difference:+} ms)",
            self.recorded_replies, self.replayed_replies
        )
    }
}

fn cell(entry: Option<&Entry>) -> String {
    let Some(Entry { at_ms, action }) = entry else { return format!("{:8} {:SHOWN$}", "", "") };
    let short = match action.char_indices().nth(SHOWN) {
        Some(_) => action.chars().take(SHOWN - 1).chain(['…']).collect(),
        None => action.clone(),
    };
    format!("{at_ms:>8} {short:SHOWN$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(of: &[(u64, &str)]) -> Vec<Entry> {
        of.iter().map(|(at_ms, action)| Entry { at_ms: *at_ms, action: (*action).to_owned() }).collect()
    }

    #[test]
    fn what_is_alike_stands_side_by_side_and_the_rest_alone() {
        let left = entries(&[(0, "a"), (10, "b"), (20, "c"), (30, "d")]);
        let right = entries(&[(0, "a"), (15, "x"), (18, "c"), (30, "d"), (40, "e")]);
        let rows = rows(&left, &right);
        let marks: String = rows.iter().map(Row::mark).collect();
        assert_eq!(marks, " -+~ +");
        assert_eq!(rows.iter().filter_map(|row| row.recorded.clone()).collect::<Vec<_>>(), left);
        assert_eq!(rows.iter().filter_map(|row| row.replayed.clone()).collect::<Vec<_>>(), right);
    }

    #[test]
    fn a_long_action_is_cut_by_letters_and_not_by_bytes() {
        let long = Entry { at_ms: 7, action: "नमस्ते ".repeat(20) };
        let shown = cell(Some(&long));
        assert!(shown.ends_with('…') && shown.chars().count() == 9 + SHOWN, "{shown}");
    }
}
