//! What is on its way to the bot: in order, a little late where the line jitters, and held back
//! while it stalls.

use std::collections::VecDeque;

use super::choices::Stall;

/// Messages of one stream that have not left yet.
pub(super) struct Outbox {
    stall: Option<Stall>,
    waiting: VecDeque<(u64, String)>,
}

impl Outbox {
    pub(super) fn new(stall: Option<Stall>) -> Self {
        Self { stall, waiting: VecDeque::new() }
    }

    /// Takes a message made at `now_ms` that shall be late by `late_ms`, or more where what went
    /// before it is later.
    pub(super) fn put(&mut self, message: String, now_ms: u64, late_ms: u64) {
        let before = self.waiting.back().map_or(0, |(due, _)| *due);
        let due = match self.stall {
            Some(stall) if stall.holds(now_ms) => stall.at_ms + stall.for_ms,
            Some(_) | None => now_ms + late_ms,
        };
        self.waiting.push_back((due.max(before), message));
    }

    /// What leaves by now.
    pub(super) fn due(&mut self, now_ms: u64) -> Vec<String> {
        let waits = self.waiting.iter().position(|(due, _)| *due > now_ms).unwrap_or(self.waiting.len());
        self.waiting.drain(..waits).map(|(_, message)| message).collect()
    }

    /// Everything, at once.
    pub(super) fn rest(&mut self) -> Vec<String> {
        self.due(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(outbox: &mut Outbox, now_ms: u64) -> String {
        outbox.due(now_ms).concat()
    }

    #[test]
    fn a_late_message_holds_back_what_follows_it() {
        let mut outbox = Outbox::new(None);
        outbox.put("a".to_owned(), 0, 50);
        outbox.put("b".to_owned(), 20, 0);
        assert_eq!(texts(&mut outbox, 40), "");
        assert_eq!(texts(&mut outbox, 60), "ab");
    }

    #[test]
    fn a_stall_lets_everything_go_at_its_end() {
        let mut outbox = Outbox::new(Some(Stall { at_ms: 20, for_ms: 40 }));
        for (at, text) in [(0, "a"), (20, "b"), (40, "c")] {
            outbox.put(text.to_owned(), at, 0);
            assert_eq!(texts(&mut outbox, at), if at == 0 { "a" } else { "" });
        }
        outbox.put("d".to_owned(), 60, 0);
        assert_eq!(texts(&mut outbox, 60), "bcd");
        assert!(outbox.rest().is_empty());
    }
}
