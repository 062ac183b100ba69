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
/// The bot's sound comes back within so many frames.
const ECHO_FRAMES: usize = (ECHO_WITHIN_MS / FRAME_MS) as usize;
/// The caller's level is the loudest of so many frames: those the detector needed.
const CALLER_FRAMES: usize = 4;
/// Frames of which nothing is learned yet: a voice may have begun in them of which the detector has not told,
/// under noise for 350 ms. Learned from at once, a soft caller's first syllable becomes the echo for which
/// the second is taken.
const UNSURE_FRAMES: usize = 18;
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

/// What a frame in which nobody speaks tells of the line, in dB.
#[derive(Debug, Clone, Copy)]
enum Lesson {
    /// So far below the bot is this frame, and the loudest of all in which its echo could have come.
    Echo { frame: f32, loudest: f32 },
    /// Noise.
    Floor(f32),
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
    /// The loud end of the same noise: a street comes and goes.
    swell_db: f32,
    /// Frames the line's noise was learned from.
    floor_known: f32,
    /// What the last frames have to teach. A voice ends the teaching and forgets none of it: what began it may
    /// be an echo that was not there before.
    unsure: VecDeque<Lesson>,
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
            swell_db: FIRST_FLOOR_DB,
            floor_known: 0.0,
            unsure: VecDeque::new(),
            against: 0,
        }
    }
}

impl EchoGuard {
    /// Takes 20 ms: how loud the caller's side and the bot were (RMS of 16-bit samples), and what the
    /// detector says. Answers what there is to tell the turn machine.
    pub fn frame(&mut self, caller_rms: f32, bot_rms: f32, told: Option<VoiceEvent>) -> Option<Event> {
        let level = decibels(caller_rms);
        keep(&mut self.caller, level);
        keep(&mut self.bot, decibels(bot_rms));
        let bot = loudest(&self.bot);
        self.sounds_for = if bot > BOT_SOUNDS_DB { self.sounds_for.saturating_add(1) } else { 0 };
        let could_be_echo = bot > BOT_SOUNDS_DB && without(self.caller_db(), self.swell_db) - bot < self.limit_db();
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
            (Now::Quiet, Some(VoiceEvent::Suspected)) => (!could_be_echo).then_some(Event::VoiceSuspected),
            (Now::Quiet, None) => None,
        }
    }

    fn voice(&mut self) -> Event {
        self.now = Now::Voice;
        let over = (self.caller_db() - self.floor_db).clamp(0.0, 90.0);
        Event::VoiceStarted { over_floor_db: Some(over as u8) }
    }

    fn caller_db(&self) -> f32 {
        loudest(self.caller.iter().rev().take(CALLER_FRAMES))
    }

    fn limit_db(&self) -> f32 {
        (self.echo_db + ECHO_MARGIN_DB).min(LOUDEST_ECHO_DB)
    }

    /// The line's echo while the bot sounds, its noise while it does not.
    fn learn(&mut self, level: f32, bot: f32) {
        if self.now == Now::Voice {
            return;
        }
        let below_bot = |level| without(level, self.floor_db) - bot;
        self.unsure.push_back(if bot > BOT_SOUNDS_DB {
            // Nothing is known of the echo while the first of it may still be on its way.
            let all_came = self.sounds_for > ECHO_FRAMES as u64;
            let loudest = if all_came { below_bot(loudest(&self.caller)) } else { LOUDEST_ECHO_DB };
            Lesson::Echo { frame: below_bot(level).min(LOUDEST_ECHO_DB), loudest }
        } else {
            Lesson::Floor(level)
        });
        if self.unsure.len() > UNSURE_FRAMES
            && let Some(lesson) = self.unsure.pop_front()
        {
            self.take(lesson);
        }
    }

    fn take(&mut self, lesson: Lesson) {
        // Rises within some frames and falls within seconds, and not in the pauses of the bot.
        const ECHO_RISE: f32 = 0.15;
        const ECHO_FALL: f32 = 0.01;
        const FLOOR_RISE: f32 = 0.01;
        const FLOOR_FALL: f32 = 0.2;
        const SWELL_RISE: f32 = 0.2;
        const SWELL_FALL: f32 = 0.01;
        match lesson {
            Lesson::Echo { frame, .. } if frame > self.echo_db => self.echo_db += (frame - self.echo_db) * ECHO_RISE,
            Lesson::Echo { loudest, .. } => self.echo_db += (loudest - self.echo_db).min(0.0) * ECHO_FALL,
            Lesson::Floor(level) if self.now == Now::Quiet => {
                // The mean of the first frames: a bot greets soon.
                self.floor_known += 1.0;
                let share = if level < self.floor_db { FLOOR_FALL } else { FLOOR_RISE };
                self.floor_db += (level - self.floor_db) * share.max(1.0 / self.floor_known);
                let share = if level > self.swell_db { SWELL_RISE } else { SWELL_FALL };
                self.swell_db += (level - self.swell_db) * share.max(1.0 / self.floor_known);
            }
            Lesson::Floor(_) => {}
        }
    }
}

fn keep(levels: &mut VecDeque<f32>, level: f32) {
    levels.push_back(level);
    if levels.len() > ECHO_FRAMES {
        levels.pop_front();
    }
}

fn loudest<'a>(levels: impl IntoIterator<Item = &'a f32>) -> f32 {
    levels.into_iter().copied().fold(LEAST_DB, f32::max)
}

/// What is left of a level without the noise in it.
fn without(level: f32, noise: f32) -> f32 {
    let power = 10_f32.powf(level / 10.0) - 10_f32.powf(noise / 10.0);
    (10.0 * power.max(f32::MIN_POSITIVE).log10()).max(LEAST_DB)
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
            .filter(|(_, event)| *event != Event::VoiceSuspected)
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

    /// What is told of a line on which somebody begins to speak over the bot at the 400th frame, so far below
    /// it, and of whom the detector tells so many frames later.
    fn soft_caller(setup: &Setup, below_db: f32, told_after: usize) -> Vec<(usize, Event)> {
        let mut guard = EchoGuard::default();
        let syllables = |n: usize| [0.3, 0.7, 1.0, 0.8, 0.5, 0.9, 1.0, 0.4][n % 8] * BOT * gain(-below_db);
        (0..460_usize)
            .filter_map(|n| {
                let sounds = if n >= 30 { bot(n) } else { 0.0 };
                let back = if n >= 30 + setup.delay { bot(n - setup.delay) * gain(setup.echo_db) } else { 0.0 };
                let own = n.checked_sub(400).map_or(0.0, syllables);
                let hears = (back.powi(2) + own.powi(2) + setup.noise.powi(2)).sqrt();
                let told = (n == 400 + told_after).then_some(VoiceEvent::Started);
                guard.frame(hears, sounds, told).map(|event| (n, event))
            })
            .collect()
    }

    #[test]
    fn a_soft_caller_is_no_echo_however_late_the_detector_tells() {
        for told_after in [4, 6, 10, 16] {
            for (noise, echo_db) in [(328.0, -60.0), (100.0, -60.0), (5.0, -25.0), (5.0, -30.0)] {
                let setup = Setup { echo_db, delay: 8, noise };
                let heard = starts(&soft_caller(&setup, 16.0, told_after));
                assert_eq!(heard, [400 + told_after], "noise {noise}, echo {echo_db} dB");
            }
        }
    }

    #[test]
    fn a_street_that_swells_is_no_voice_over_the_bot_and_a_caller_on_it_is() {
        // A second of traffic, a second of less; the bot begins when the line is known.
        let street = |n: usize| if n / 50 % 2 == 1 { 900.0_f32 } else { 200.0 };
        let told_of = |own: f32| {
            let mut guard = EchoGuard::default();
            (0..500_usize)
                .filter(|n| {
                    let sounds = if *n >= 400 { bot(*n) } else { 0.0 };
                    let hears = if *n >= 450 { (street(*n).powi(2) + own.powi(2)).sqrt() } else { street(*n) };
                    let told = (*n == 455).then_some(VoiceEvent::Started);
                    matches!(guard.frame(hears, sounds, told), Some(Event::VoiceStarted { .. }))
                })
                .collect::<Vec<usize>>()
        };
        assert!(told_of(0.0).is_empty());
        assert_eq!(told_of(BOT), vec![455]);
    }

    #[test]
    fn an_echo_that_was_not_there_before_is_known_after_some_false_alarms() {
        let (mut guard, mut told_of) = (EchoGuard::default(), Vec::new());
        for n in 0..3_000 {
            // Sentences of two seconds, a second apart; from the sixth on they come back.
            let sounds = |n: usize| if n % 150 < 100 { bot(n) } else { 0.0 };
            let back = if n >= 750 { sounds(n - 8) * gain(-20.0) } else { 0.0 };
            let told = match n % 150 {
                12 if n >= 750 => Some(VoiceEvent::Started),
                113 => Some(VoiceEvent::Stopped),
                _ => None,
            };
            if let Some(Event::VoiceStarted { .. }) = guard.frame(back + 5.0, sounds(n), told) {
                told_of.push(n / 150);
            }
        }
        assert!(told_of.len() <= 4 && told_of.last() < Some(&9), "{told_of:?}");
    }

    #[test]
    fn where_the_bot_is_silent_everything_is_the_callers_and_its_loudness_is_told() {
        let own = |n: usize| if n >= 100 { 1_000.0 } else { 0.0 };
        let events = run(&Setup { echo_db: -20.0, delay: 8, noise: 30.0 }, 110, |_| 0.0, own);
        let [(_, Event::VoiceStarted { over_floor_db: Some(over) })] = events[..] else { panic!("{events:?}") };
        assert!((28..=32).contains(&over), "1,000 over 30: {over} dB");
    }
}
