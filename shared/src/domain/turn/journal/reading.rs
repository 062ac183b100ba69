//! Reads a journal. A file may come from anywhere and be broken: what is wrong is told with its line.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Beginning, End, Entry, Head, VERSION};
use crate::domain::id::CallId;
use crate::domain::turn::{Action, Event, Timeline};

/// No call lasts longer than a day.
const LATEST_MS: u64 = 24 * 60 * 60 * 1_000;

const FETCH_ONE: &str = "give the journal of a call, as VOICEBOT_JOURNAL=true keeps it beside the recording";
const FETCH_AGAIN: &str = "fetch the file again; it must not be edited";
const OTHER_OPS: &str = "use the `ops` of the version that recorded the call";

/// A file that is no journal, or not all of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; {fix}")]
pub struct BadJournal {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub fix: &'static str,
}

/// One event and what the machine answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// On the clock of the events.
    pub at: u64,
    /// What happened.
    pub event: Event,
    /// What was to be done about it.
    pub actions: Vec<Action>,
}

/// A recorded call.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Whose journal it is.
    pub call_id: CallId,
    /// What the machine began with.
    pub beginning: Beginning,
    /// Everything after that.
    pub steps: Vec<Step>,
    /// The call went on after the last of them.
    pub full: bool,
}

/// Which version, whatever else is in the line.
#[derive(Deserialize)]
struct Version {
    journal: u32,
}

impl Recorded {
    /// Reads the lines of a journal.
    ///
    /// # Errors
    /// With the first line that is wrong, and what to do.
    pub fn read(bytes: &[u8]) -> Result<Self, BadJournal> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let fix = if line == 1 { FETCH_ONE } else { FETCH_AGAIN };
            BadJournal { line, what: "this is no text".to_owned(), fix }
        })?;
        let mut lines = text.lines().enumerate().map(|(place, line)| (place + 1, line));
        let head = head(lines.next().map_or("", |(_, line)| line))?;
        let mut steps = Vec::new();
        let mut last = 1;
        while let Some((line, text)) = lines.next() {
            last = line;
            let bad = |what: String| BadJournal { line, what, fix: FETCH_AGAIN };
            let entry = serde_json::from_str(text).map_err(|error| bad(broken(text, &error)))?;
            let end = take(entry, &mut steps).map_err(|what| bad(what.to_owned()))?;
            let Some(end) = end else { continue };
            if let Some((line, _)) = lines.next() {
                return Err(BadJournal { line, what: "there is more after the end".to_owned(), fix: FETCH_AGAIN });
            }
            let Head { call_id, beginning, .. } = head;
            return Ok(Self { call_id, beginning, steps, full: end == End::Full });
        }
        Err(BadJournal { line: last, what: "the file ends here and the call does not".to_owned(), fix: FETCH_AGAIN })
    }

    /// What the machine did, with the times.
    pub fn timeline(&self) -> Timeline {
        let timed = |step: &Step| step.actions.iter().cloned().map(|action| (step.at, action)).collect::<Vec<_>>();
        self.steps.iter().flat_map(timed).collect()
    }
}

fn head(line: &str) -> Result<Head, BadJournal> {
    let bad = |what: String, fix| BadJournal { line: 1, what, fix };
    let Ok(Version { journal }) = serde_json::from_str(line) else {
        return Err(bad("this is no journal of a call".to_owned(), FETCH_ONE));
    };
    if journal != VERSION {
        return Err(bad(format!("the journal has version {journal}, this program reads {VERSION}"), OTHER_OPS));
    }
    let head: Head = serde_json::from_str(line).map_err(|error| bad(error.to_string(), OTHER_OPS))?;
    match head.beginning.tuning.knobs().into_iter().find(|knob| !knob.within) {
        Some(knob) => Err(bad(format!("{} can not be {}", knob.path, knob.value), OTHER_OPS)),
        None if head.beginning.longest_ms > LATEST_MS => Err(bad("no call lasts so long".to_owned(), OTHER_OPS)),
        None => Ok(head),
    }
}

fn broken(line: &str, error: &serde_json::Error) -> String {
    if error.is_eof() && !line.is_empty() { "the line breaks off".to_owned() } else { error.to_string() }
}

/// Adds a line to what is known; answers the end.
fn take(entry: Entry<'_>, steps: &mut Vec<Step>) -> Result<Option<End>, &'static str> {
    match entry {
        Entry::Event(at, event) => {
            if matches!(*event, Event::Sounds { from, .. } if from > LATEST_MS) {
                return Err("no call lasts so long");
            }
            add(steps, at, event.into_owned())?;
        }
        Entry::Action(at, action) => match steps.last_mut() {
            Some(step) if step.at == at => step.actions.push(Cow::into_owned(action)),
            _ => return Err("an action without the event it follows from"),
        },
        Entry::Ticks(ticks) => {
            let mut at = 0_u64;
            for later in ticks {
                at = at.saturating_add(later);
                add(steps, at, Event::Tick)?;
            }
        }
        Entry::End(end) => return Ok(Some(end)),
    }
    Ok(None)
}

fn add(steps: &mut Vec<Step>, at: u64, event: Event) -> Result<(), &'static str> {
    if at > LATEST_MS {
        return Err("no call lasts so long");
    }
    if steps.last().is_some_and(|before| at < before.at) {
        return Err("time runs backwards");
    }
    steps.push(Step { at, event, actions: Vec::new() });
    Ok(())
}
