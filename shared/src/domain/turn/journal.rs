//! A call as its turn machine lived it: what it began with, every event and every action, one line of
//! JSON each. No audio, and every word that was said: it is kept where recordings are.
//!
//! ```text
//! {"journal":1,"call_id":…,"beginning":{…}}
//! {"event":[0,"stream_started"]}
//! {"action":[0,{"say":{…}}]}
//! {"ticks":[20,20,15]}                ticks that came to nothing: at 20, 40 and 55 ms
//! {"end":"whole"}
//! ```

mod reading;

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use reading::{BadJournal, Recorded, Step};

use super::{Action, Event, Tuning, Turn};
use crate::domain::dialogue::{Brief, Dialogue};
use crate::domain::id::CallId;

/// Of the format. A line of another shape is a new version.
const VERSION: u32 = 1;
/// About an hour of talk; with hundreds of calls at once more would be felt. What comes later is not written.
const MOST_BYTES: usize = 1024 * 1024;
/// Room for the last line.
const END_BYTES: usize = 32;
/// A line with more of them is hard to look at.
const TICKS_A_LINE: usize = 200;

/// Everything a machine begins with. Two of the same, given the same events, do the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// What the dialogue knows.
    pub brief: Brief,
    /// The day, where it is known.
    pub today: Option<Date>,
    /// An agent was wished for, and nobody came.
    #[serde(default)]
    pub untaken: bool,
    /// After that it says goodbye.
    pub longest_ms: u64,
    /// The numbers it goes by.
    pub tuning: Tuning,
}

impl Beginning {
    /// A conversation about to begin.
    pub fn turn(&self) -> Turn {
        let dialogue = Dialogue::new(self.brief.clone());
        let dialogue = match self.today {
            Some(today) => dialogue.on(today),
            None => dialogue,
        };
        let dialogue = if self.untaken { dialogue.after_nobody_came() } else { dialogue };
        Turn::new(dialogue, self.longest_ms, self.tuning)
    }
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    journal: u32,
    call_id: CallId,
    beginning: Beginning,
}

/// Every other line; times in milliseconds on the clock of the events.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry<'a> {
    Event(u64, Cow<'a, Event>),
    /// Of the event, or the last of the ticks, before it.
    Action(u64, Cow<'a, Action>),
    /// The time of the first, then how much later each of the others came.
    Ticks(Vec<u64>),
    End(End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    /// Nothing is left out.
    Whole,
    /// The call went on, and there was no more room.
    Full,
}

/// The journal of one call under way. Grows in memory, up to a bound.
#[derive(Debug, Clone)]
pub struct Journal {
    bytes: Vec<u8>,
    /// Up to here every event stands with all its actions.
    complete: usize,
    /// Ticks that are not written yet, and the time of the last.
    ticks: Vec<u64>,
    ticked: u64,
    full: bool,
}

impl Journal {
    /// Of a call that is about to begin.
    pub fn new(call_id: CallId, beginning: &Beginning) -> Self {
        let mut journal = Self { bytes: Vec::new(), complete: 0, ticks: Vec::new(), ticked: 0, full: false };
        journal.line(&Head { journal: VERSION, call_id, beginning: beginning.clone() });
        journal
    }

    /// What the machine is about to be told.
    pub fn event(&mut self, event: &Event, at: u64) {
        if self.full {
            return;
        }
        self.complete = self.bytes.len();
        if *event == Event::Tick {
            self.ticks.push(if self.ticks.is_empty() { at } else { at.saturating_sub(self.ticked) });
            self.ticked = at;
            if self.ticks.len() >= TICKS_A_LINE {
                self.write_ticks();
            }
            return;
        }
        self.write_ticks();
        self.line(&Entry::Event(at, Cow::Borrowed(event)));
    }

    /// What it answered.
    pub fn actions(&mut self, actions: &[Action], at: u64) {
        if actions.is_empty() {
            return;
        }
        self.write_ticks();
        for action in actions {
            self.line(&Entry::Action(at, Cow::Borrowed(action)));
        }
    }

    /// The lines, as they are kept.
    pub fn finish(mut self) -> Vec<u8> {
        self.write_ticks();
        if !self.full {
            self.write(&Entry::End(End::Whole));
        }
        self.bytes
    }

    fn write_ticks(&mut self) {
        if !self.ticks.is_empty() {
            let ticks = std::mem::take(&mut self.ticks);
            self.line(&Entry::Ticks(ticks));
        }
    }

    fn line(&mut self, line: &impl Serialize) {
        if self.full {
            return;
        }
        self.write(line);
        if self.bytes.len() + END_BYTES > MOST_BYTES {
            self.bytes.truncate(self.complete);
            self.write(&Entry::End(End::Full));
            self.full = true;
        }
    }

    fn write(&mut self, line: &impl Serialize) {
        // Fails only for what JSON can not say, and none of that is in here.
        if serde_json::to_writer(&mut self.bytes, line).is_ok() {
            self.bytes.push(b'\n');
        }
    }
}
