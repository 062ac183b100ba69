//! One call as its caller plays it: hears a greeting out, speaks, waits for the answer, talks over
//! one, and notes when what happened. Pure: a driver tells the time and what came over the line,
//! and sends what [`Conversation::tick`] answers. Times are milliseconds from the start.

use std::sync::Arc;

use crate::playback::Playback;
use crate::script::{Kind, Script, Turn};

/// Silence after which an answer is over. A bot that pauses longer inside one is cut.
const ANSWER_IDLE_MS: f64 = 800.0;
/// A caller who hears nothing for so long has no answer.
const ANSWER_WITHIN_MS: f64 = 10_000.0;
/// A greeting that has not begun by then does not come.
const GREETING_WITHIN_MS: f64 = 5_000.0;
/// How much of an answer is heard before the caller talks over it.
const INTERRUPT_AFTER_MS: f64 = 1_200.0;
/// What sounds sooner after the caller's last word is left over from an older answer: recogniser,
/// model and voice alone take longer.
const STALE_MS: f64 = 200.0;

/// The next frame of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The line's own noise.
    Quiet,
    /// A piece of a clip.
    Speech { clip: usize, frame: usize },
    /// The caller hangs up.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Greeting,
    Greeted,
    Pause { until: f64 },
    Speaking { frame: usize },
    Waiting,
    Hearing,
}

/// One caller.
#[derive(Debug)]
pub(crate) struct Conversation {
    script: Arc<Script>,
    state: State,
    playback: Playback,
    last_media: f64,
    next: usize,
    turns: Vec<Turn>,
    /// Says a little how long this caller's pauses are.
    seed: u32,
    /// Sound that belongs to no answer.
    pub(crate) stray: usize,
    pub(crate) no_greeting: bool,
}

impl Conversation {
    pub(crate) fn new(script: Arc<Script>, seed: u32) -> Self {
        let mut new = Self {
            state: State::Greeting,
            playback: Playback::default(),
            last_media: 0.0,
            next: 0,
            turns: Vec::new(),
            seed,
            stray: 0,
            no_greeting: false,
            script,
        };
        if !new.script.greets {
            new.state = State::Pause { until: 1_000.0 + new.drawn(500) };
        }
        new
    }

    /// A frame is due: what goes out.
    pub(crate) fn tick(&mut self, now: f64) -> Frame {
        self.move_on(now);
        match self.state {
            State::Speaking { frame } => self.speak(now, frame),
            State::Pause { until } if now >= until && self.next == self.script.turns.len() => Frame::End,
            _ => Frame::Quiet,
        }
    }

    fn move_on(&mut self, now: f64) {
        let idle = now - self.playback.end().max(self.last_media) >= ANSWER_IDLE_MS;
        match self.state {
            State::Greeting if now >= GREETING_WITHIN_MS => {
                self.no_greeting = true;
                self.pause(now);
            }
            State::Greeted if idle => self.pause(now),
            State::Pause { until } if now >= until => self.begin(now),
            State::Waiting if self.since_end(now) >= ANSWER_WITHIN_MS => {
                self.fail("no answer");
                self.pause(now);
            }
            State::Hearing => self.hear(now, idle),
            _ => {}
        }
    }

    fn hear(&mut self, now: f64, idle: bool) {
        let Some(turn) = self.turns.last() else { return };
        let heard = now - turn.answered.unwrap_or(now);
        match turn.kind {
            Kind::Interrupted if heard >= INTERRUPT_AFTER_MS => self.begin(now),
            // A short answer is over before it could be interrupted.
            _ if idle => {
                let whole = turn.kind == Kind::Opening || turn.audio_ms >= self.script.answer_ms;
                if !whole {
                    self.fail("an answer was cut short");
                }
                self.pause(now);
            }
            _ => {}
        }
    }

    /// The next turn, where there is one.
    fn begin(&mut self, now: f64) {
        let Some(planned) = self.script.turns.get(self.next) else { return };
        let lead = self.script.lengths.get(planned.clip).map_or(0.0, |length| length.lead_ms);
        let started = now - self.script.frame_ms + lead;
        self.turns.push(Turn::new(planned.kind, started, self.playback.sounds_until() > started));
        self.next += 1;
        self.state = State::Speaking { frame: 0 };
    }

    fn speak(&mut self, now: f64, frame: usize) -> Frame {
        let planned = self.script.turns[self.next - 1];
        let frames = self.script.lengths.get(planned.clip).map_or(1, |length| length.frames);
        if frame + 1 < frames {
            self.state = State::Speaking { frame: frame + 1 };
        } else {
            let sounds_until = self.playback.sounds_until();
            if let Some(turn) = self.turns.last_mut() {
                turn.ended = Some(now);
                turn.silent = (turn.kind == Kind::Interrupting && sounds_until < now).then_some(sounds_until);
            }
            self.state = State::Waiting;
        }
        Frame::Speech { clip: planned.clip, frame }
    }

    /// Audio came from the bot.
    pub(crate) fn media(&mut self, now: f64, duration_ms: f64, sounds: bool) {
        let hole = self.playback.take(now, duration_ms, sounds);
        self.last_media = now;
        if self.state == State::Greeting && sounds {
            self.state = State::Greeted;
        }
        if matches!(self.state, State::Pause { .. }) {
            self.stray += usize::from(sounds);
        }
        let Some(turn) = self.turns.last_mut() else { return };
        match self.state {
            State::Speaking { .. } => turn.talked_over |= sounds && turn.kind != Kind::Interrupting,
            State::Waiting if sounds => {
                turn.answered = Some(now);
                turn.audio_ms += duration_ms;
                if turn.waited_ms().is_some_and(|waited| waited < STALE_MS) {
                    turn.failed = Some("the rest of an older answer came");
                }
                self.state = State::Hearing;
            }
            State::Hearing => {
                turn.audio_ms += duration_ms;
                if hole > 0.0 {
                    turn.holes.push(hole);
                }
            }
            State::Waiting | State::Pause { .. } | State::Greeting | State::Greeted => {}
        }
    }

    /// The bot takes back what has not begun to play.
    pub(crate) fn clear(&mut self, now: f64) {
        self.playback.clear(now);
    }

    /// When everything sent so far has been played: a mark comes back then.
    pub(crate) fn plays_until(&self) -> f64 {
        self.playback.end()
    }

    /// The call is over; what was planned and did not happen has failed.
    pub(crate) fn finish(mut self) -> Vec<Turn> {
        if matches!(self.state, State::Speaking { .. } | State::Waiting | State::Hearing) {
            self.fail("the call was dropped");
        }
        for planned in &self.script.turns[self.next..] {
            let mut missed = Turn::new(planned.kind, 0.0, false);
            missed.failed = Some("the turn never came");
            self.turns.push(missed);
        }
        self.turns
    }

    fn since_end(&self, now: f64) -> f64 {
        now - self.turns.last().and_then(|turn| turn.ended).unwrap_or(now)
    }

    fn fail(&mut self, why: &'static str) {
        if let Some(turn) = self.turns.last_mut() {
            turn.failed.get_or_insert(why);
        }
    }

    fn pause(&mut self, now: f64) {
        self.state = State::Pause { until: now + 300.0 + self.drawn(400) };
    }

    /// Below `most`, spread evenly, the same in every run.
    fn drawn(&mut self, most: u32) -> f64 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from((self.seed >> 8) % most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Length, Planned};

    const FRAME_MS: f64 = 100.0;

    fn script(greets: bool, kinds: &[Kind]) -> Arc<Script> {
        let turns = kinds.iter().map(|kind| Planned { clip: 0, kind: *kind }).collect();
        let lengths = vec![Length { frames: 20, lead_ms: 40.0 }];
        Arc::new(Script { frame_ms: FRAME_MS, greets, turns, lengths, answer_ms: 3_000.0 })
    }

    /// A bot that answers `after` the caller's end with so many pieces of 100 ms, in time.
    struct Played {
        turns: Vec<Turn>,
        stray: usize,
    }

    fn play(script: Arc<Script>, after: f64, pieces: usize, clear_after: Option<f64>) -> Played {
        let greets = script.greets;
        let mut call = Conversation::new(script, 7);
        let mut due: Vec<f64> = if greets { (0..30).map(|k| 500.0 + 100.0 * f64::from(k)).collect() } else { vec![] };
        let mut speaking = false;
        let mut clear_at = None;
        let mut now = 0.0;
        while now < 120_000.0 {
            now += 20.0;
            let (ready, later): (Vec<f64>, Vec<f64>) = due.iter().partition(|at| **at <= now);
            due = later;
            ready.iter().for_each(|_| call.media(now, 100.0, true));
            if clear_at.is_some_and(|at| at <= now) {
                clear_at = None;
                due.clear();
                call.clear(now);
            }
            if now % FRAME_MS > 0.0 {
                continue;
            }
            match call.tick(now) {
                Frame::End => return Played { stray: call.stray, turns: call.finish() },
                Frame::Speech { .. } if !speaking => {
                    speaking = true;
                    clear_at = clear_after.map(|after| now + after);
                }
                Frame::Quiet if speaking => {
                    speaking = false;
                    due.extend((0..pieces).map(|k| now - FRAME_MS + after + 100.0 * k as f64));
                }
                Frame::Speech { .. } | Frame::Quiet => {}
            }
        }
        panic!("the call does not end");
    }

    #[test]
    fn a_plain_turn_is_measured_from_its_last_frame_to_the_first_sound() {
        let played = play(script(false, &[Kind::Plain, Kind::Plain]), 900.0, 40, None);
        for turn in &played.turns {
            assert_eq!(turn.failed, None);
            assert_eq!(turn.waited_ms(), Some(900.0));
            assert_eq!((turn.audio_ms, turn.holes.len(), turn.talked_over), (4_000.0, 0, false));
        }
        assert_eq!(played.stray, 0);
    }

    #[test]
    fn a_greeting_is_heard_out_before_the_caller_speaks() {
        let played = play(script(true, &[Kind::Opening]), 700.0, 10, None);
        assert!(played.turns[0].started > 3_500.0 + ANSWER_IDLE_MS, "{:?}", played.turns[0]);
        assert_eq!((played.turns[0].failed, played.turns[0].talked_over), (None, false));
    }

    #[test]
    fn an_interruption_is_measured_to_the_end_of_the_piece_that_is_playing() {
        let kinds = [Kind::Interrupted, Kind::Interrupting];
        let played = play(script(false, &kinds), 900.0, 40, Some(180.0));
        let over = &played.turns[1];
        assert!(over.talked && over.failed.is_none(), "{over:?}");
        let silent = over.silent.expect("it fell silent") - over.started;
        // 60 ms of the first frame passed before it went out; the piece under way plays on.
        assert!((200.0..=360.0).contains(&silent), "{silent}");
    }

    #[test]
    fn a_bot_that_talks_on_was_never_silent() {
        let played = play(script(false, &[Kind::Interrupted, Kind::Interrupting]), 900.0, 60, None);
        assert!(played.turns[1].talked && played.turns[1].silent.is_none());
    }

    #[test]
    fn an_answer_that_is_too_short_or_does_not_come_has_failed() {
        let played = play(script(false, &[Kind::Plain]), 900.0, 20, None);
        assert_eq!(played.turns[0].failed, Some("an answer was cut short"));
        let played = play(script(false, &[Kind::Plain]), 900.0, 0, None);
        assert_eq!(played.turns[0].failed, Some("no answer"));
        let played = play(script(false, &[Kind::Plain]), 60.0, 40, None);
        assert_eq!(played.turns[0].failed, Some("the rest of an older answer came"));
    }

    #[test]
    fn sound_while_the_caller_speaks_is_noted_and_a_dropped_call_has_failed() {
        let mut call = Conversation::new(script(false, &[Kind::Plain, Kind::Plain]), 1);
        let mut now = 0.0;
        while !matches!(call.tick(now), Frame::Speech { .. }) {
            now += FRAME_MS;
        }
        call.media(now, 100.0, false);
        assert!(!call.turns[0].talked_over, "silence is no sound");
        call.media(now, 100.0, true);
        let turns = call.finish();
        assert!(turns[0].talked_over);
        assert_eq!((turns[0].failed, turns[1].failed), (Some("the call was dropped"), Some("the turn never came")));
    }
}
