//! How long a caller who has spoken hears nothing.
//!
//! Counted in steps of the line, 20 ms each. Steps that this machine was late with say nothing about the
//! bot, which was late with them too, and do not count.

use super::playback::at_ms;

/// The silences of one stream.
#[derive(Default)]
pub(super) struct Silence {
    /// Steps since the caller's words were out; none while nobody waits for the bot.
    waiting: Option<u64>,
    longest: u64,
}

/// What 20 ms brought.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sounds {
    /// The bot is heard.
    pub(super) bot: bool,
    /// The caller speaks.
    pub(super) caller: bool,
    /// The caller's words are out with this step.
    pub(super) words_end: bool,
    /// The step was taken late, or the line held back what was said: nobody's silence.
    pub(super) unfair: bool,
}

impl Silence {
    /// The next 20 ms.
    pub(super) fn step(&mut self, sounds: Sounds) {
        if sounds.words_end {
            self.waiting = Some(0);
            return;
        }
        if sounds.bot || sounds.caller {
            self.waiting = None;
        }
        if let Some(steps) = &mut self.waiting
            && !sounds.unfair
        {
            *steps += 1;
            self.longest = self.longest.max(*steps);
        }
    }

    /// The longest so far.
    pub(super) fn longest_ms(&self) -> u64 {
        at_ms(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Sounds = Sounds { bot: false, caller: false, words_end: false, unfair: false };
    const BOT: Sounds = Sounds { bot: true, ..NOTHING };
    const CALLER: Sounds = Sounds { caller: true, ..NOTHING };
    const LAST_WORD: Sounds = Sounds { caller: true, words_end: true, ..NOTHING };

    fn after(steps: &[(u64, Sounds)]) -> u64 {
        let mut silence = Silence::default();
        for (times, sounds) in steps {
            (0..*times).for_each(|_| silence.step(*sounds));
        }
        silence.longest_ms()
    }

    #[test]
    fn a_silence_is_from_the_callers_last_word_to_the_bots_next_sound() {
        assert_eq!(after(&[(10, CALLER), (1, LAST_WORD), (50, NOTHING), (10, BOT), (90, NOTHING)]), 1_000);
        assert_eq!(after(&[(1, LAST_WORD), (5, NOTHING), (1, BOT), (1, LAST_WORD), (7, NOTHING)]), 140);
    }

    #[test]
    fn a_caller_who_is_asked_or_goes_on_speaking_hears_no_silence_of_the_bots() {
        assert_eq!(after(&[(50, NOTHING), (20, BOT), (400, NOTHING)]), 0);
        assert_eq!(after(&[(1, LAST_WORD), (10, NOTHING), (30, CALLER), (1, LAST_WORD), (20, BOT)]), 200);
        assert_eq!(after(&[(20, BOT), (1, Sounds { bot: true, ..LAST_WORD }), (20, BOT)]), 0, "over the bot");
    }

    #[test]
    fn steps_that_were_taken_late_are_nobodys_silence() {
        let late = Sounds { unfair: true, ..NOTHING };
        assert_eq!(after(&[(1, LAST_WORD), (20, NOTHING), (200, late), (10, NOTHING), (1, BOT)]), 600);
    }
}
