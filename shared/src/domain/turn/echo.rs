//! Which voice is the bot's own, come back over the line. Judges by levels alone: an echo is never
//! louder than a line makes it, and follows what the bot said a moment ago. Pure.

use std::collections::VecDeque;

use super::Event;
use super::constants::{
    BOT_SOUNDS_DB, ECHO_ENDS_VOICE_FRAMES, ECHO_MARGIN_DB, ECHO_WITHIN_MS, FIRST_ECHO_DB, LOUDEST_ECHO_DB,
};
use crate::domain::audio::FRAME_MS;
use crate::domain::vad::VoiceEvent;

/// Digital silence.
const LEAST_DB: f32 = -96.0;
/// Where the line's noise is looked for first: an ordinary line.
const FIRST_FLOOR_DB: f32 = -55.0;
/// The caller's level is the loudest of so many frames: those the detector needed.
const CALLER_FRAMES: usize = 4;
/// Frames louder than an echo before a voice under it is believed.
const LOUDER_FRAMES: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Now {
    #[default]
    Quiet,
    /// The detector hears a voice, and it is ours.
    Echo,
    Voice,
}

/// Stands between the detector and the turn machine of one line.
#[derive(Debug)]
pub struct EchoGuard {
    now: Now,
    bot: VecDeque<f32>,
    caller: VecDeque<f32>,
    /// For how long the bot sounds, in frames; the pauses between words count.
    sounds_for: u64,
    /// How much quieter than the bot its echo was heard to be on this line.
    echo_db: f32,
    floor_db: f32,
    /// Frames in a row that speak against `now`.
    against: u32,
}

impl Default for EchoGuard {
    fn default() -> Self {
        Self {
            now: Now::Quiet,
            bot: VecDeque::new(),
            caller: VecDeque::new(),
            sounds_for: 0,
            echo_db: FIRST_ECHO_DB,
            floor_db: FIRST_FLOOR_DB,
            against: 0,
        }
    }
}

impl EchoGuard {
    /// Takes 20 ms: how loud the caller's side and the bot were (RMS of 16-bit samples), and what the
    /// detector says. Answers what there is to tell the turn machine.
    pub fn frame(&mut self, caller_rms: f32, bot_rms: f32, told: Option<VoiceEvent>) -> Option<Event> {
        let level = decibels(caller_rms);
        keep(&mut self.caller, level, CALLER_FRAMES);
        keep(&mut self.bot, decibels(bot_rms), (ECHO_WITHIN_MS / FRAME_MS) as usize);
        let bot = loudest(&self.bot);
        self.sounds_for = if bot > BOT_SOUNDS_DB { self.sounds_for.saturating_add(1) } else { 0 };
        let could_be_echo = bot > BOT_SOUNDS_DB && loudest(&self.caller) - bot < self.limit_db();
        self.learn(level, bot);
        let event = self.judge(could_be_echo, told);
        if event.is_some() {
            self.against = 0;
        }
        event
    }

    fn judge(&mut self, could_be_echo: bool, told: Option<VoiceEvent>) -> Option<Event> {
        match (self.now, told) {
            (Now::Voice, Some(VoiceEvent::Stopped)) => {
                self.now = Now::Quiet;
                Some(Event::VoiceStopped)
            }
            (Now::Quiet | Now::Echo, Some(VoiceEvent::Stopped)) => {
                self.now = Now::Quiet;
                None
            }
            (Now::Quiet, Some(VoiceEvent::Started)) if could_be_echo => {
                (self.now, self.against) = (Now::Echo, 0);
                None
            }
            (Now::Quiet, Some(VoiceEvent::Started)) => Some(self.voice()),
            (Now::Echo, _) => {
                self.against = if could_be_echo { 0 } else { self.against + 1 };
                (self.against >= LOUDER_FRAMES).then(|| self.voice())
            }
            (Now::Voice, _) => {
                self.against = if could_be_echo { self.against + 1 } else { 0 };
                let ours = self.against >= ECHO_ENDS_VOICE_FRAMES;
                ours.then(|| {
                    self.now = Now::Echo;
                    Event::VoiceStopped
                })
            }
            (Now::Quiet, None) => None,
        }
    }

    fn voice(&mut self) -> Event {
        self.now = Now::Voice;
        let over = (loudest(&self.caller) - self.floor_db).clamp(0.0, 90.0);
        Event::VoiceStarted { over_floor_db: Some(over as u8) }
    }

    fn limit_db(&self) -> f32 {
        (self.echo_db + ECHO_MARGIN_DB).min(LOUDEST_ECHO_DB)
    }

    /// The line's echo while the bot sounds, its noise while it does not.
    fn learn(&mut self, level: f32, bot: f32) {
        // Rises within some frames and falls within seconds: an echo has pauses, like any voice.
        const ECHO_RISE: f32 = 0.15;
        const ECHO_FALL: f32 = 0.01;
        const FLOOR_RISE: f32 = 0.01;
        const FLOOR_FALL: f32 = 0.2;
        if bot > BOT_SOUNDS_DB && self.now != Now::Voice {
            let echo = (level - bot).min(LOUDEST_ECHO_DB);
            // Nothing is known of the echo while the first of it may still be on its way.
            let fall = if self.sounds_for * FRAME_MS > ECHO_WITHIN_MS { ECHO_FALL } else { 0.0 };
            self.echo_db += (echo - self.echo_db) * if echo > self.echo_db { ECHO_RISE } else { fall };
        } else if self.now == Now::Quiet {
            let share = if level < self.floor_db { FLOOR_FALL } else { FLOOR_RISE };
            self.floor_db += (level - self.floor_db) * share;
        }
    }
}

fn keep(levels: &mut VecDeque<f32>, level: f32, most: usize) {
    levels.push_back(level);
    if levels.len() > most {
        levels.pop_front();
    }
}

fn loudest(levels: &VecDeque<f32>) -> f32 {
    levels.iter().copied().fold(LEAST_DB, f32::max)
}

/// Below full scale.
fn decibels(rms: f32) -> f32 {
    (20.0 * (rms / 32_768.0).log10()).max(LEAST_DB)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vad::VoiceDetector;

    const BOT: f32 = 3_300.0;

    /// A bot with the rhythm of syllables: loud, softer, a pause.
    fn bot(frame: usize) -> f32 {
        [1.0, 0.9, 0.7, 0.5, 0.8, 1.0, 0.6, 0.1, 0.02, 0.02][frame % 10] * BOT
    }
    fn gain(db: f32) -> f32 {
        10_f32.powf(db / 20.0)
    }

    /// A line with an echo, `delay` frames late; the caller speaks at `own(frame)`.
    struct Setup {
        echo_db: f32,
        delay: usize,
        noise: f32,
    }

    fn run(
        setup: &Setup,
        frames: usize,
        bot: impl Fn(usize) -> f32,
        own: impl Fn(usize) -> f32,
    ) -> Vec<(usize, Event)> {
        let (mut guard, mut detector) = (EchoGuard::default(), VoiceDetector::default());
        let hears = |n: usize| {
            let back = n.checked_sub(setup.delay).map_or(0.0, &bot) * gain(setup.echo_db);
            (back.powi(2) + own(n).powi(2) + setup.noise.powi(2)).sqrt()
        };
        (0..frames)
            .filter_map(|n| {
                // What comes back of the bot is a voice too: only its loudness tells.
                let told = detector.frame(&[hears(n) as i16; 160], |_| 1.0);
                guard.frame(hears(n), bot(n), told).map(|event| (n, event))
            })
            .collect()
    }
    fn starts(events: &[(usize, Event)]) -> Vec<usize> {
        events.iter().filter(|(_, e)| matches!(e, Event::VoiceStarted { .. })).map(|(n, _)| *n).collect()
    }

    #[test]
    fn the_bots_own_voice_come_back_is_nobodys() {
        for delay in [4, 8, 12] {
            for (echo_db, noise) in [(-20.0, 5.0), (-20.0, 60.0), (-14.0, 5.0), (-26.0, 5.0)] {
                let events = run(&Setup { echo_db, delay, noise }, 500, bot, |_| 0.0);
                assert_eq!(events, [], "{echo_db} dB, {delay} frames late, noise {noise}");
            }
        }
    }

    #[test]
    fn a_caller_is_heard_through_the_echo_at_once() {
        for from in [100, 203, 307] {
            for (level, within) in [(3_300.0, 5), (1_500.0, 8)] {
                let own = |n: usize| if (from..from + 30).contains(&n) { level } else { 0.0 };
                let setup = Setup { echo_db: -20.0, delay: 8, noise: 5.0 };
                let events = run(&setup, from + 100, bot, own);
                let heard = starts(&events);
                assert!(heard.len() == 1 && (from..=from + within).contains(&heard[0]), "{from}, {level}: {events:?}");
                assert!(events.iter().any(|(_, e)| *e == Event::VoiceStopped), "and is over, whatever the bot says");
            }
        }
    }

    #[test]
    fn a_caller_who_begins_while_the_detector_hears_the_echo_is_heard_too() {
        let own = |n: usize| if n >= 100 { BOT } else { 0.0 };
        let setup = Setup { echo_db: -20.0, delay: 8, noise: 5.0 };
        let loud = |_| 2.0 * BOT;
        assert_eq!(run(&setup, 100, loud, own), [], "an echo without a pause");
        let heard = starts(&run(&setup, 130, loud, own));
        assert!(heard.len() == 1 && (100..105).contains(&heard[0]), "{heard:?}");
    }

    #[test]
    fn a_soft_caller_is_heard_on_a_line_that_was_found_to_have_no_echo() {
        let own = |n: usize| if n >= 200 { 500.0 } else { 0.0 };
        let events = run(&Setup { echo_db: -60.0, delay: 8, noise: 5.0 }, 230, bot, own);
        assert_eq!(starts(&events).len(), 1, "{events:?}");
    }

    #[test]
    fn where_the_bot_is_silent_everything_is_the_callers_and_its_loudness_is_told() {
        let own = |n: usize| if n >= 100 { 1_000.0 } else { 0.0 };
        let events = run(&Setup { echo_db: -20.0, delay: 8, noise: 30.0 }, 110, |_| 0.0, own);
        let [(_, Event::VoiceStarted { over_floor_db: Some(over) })] = events[..] else { panic!("{events:?}") };
        assert!((28..=32).contains(&over), "1,000 over 30: {over} dB");
    }
}
