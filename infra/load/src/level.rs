//! One level: so many calls at once, and what is to be said of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bots::Bot;
use crate::figures::Percentiles;
use crate::line::{Call, Held, Shared, hold};
use crate::proc::Usage;
use crate::script::{Kind, Turn};

/// A longer hole inside an answer is heard.
const HOLE_MS: f64 = 20.0;
/// Frames that leave later than this make every other figure doubtful.
const LATE_MS: f64 = 15.0;
/// A generator with less of its core left than a twentieth is behind in some moments.
const FULL_PERCENT: f64 = 95.0;
/// A bot that keeps up is at most so much slower than with one call.
const SLOWER_MS: f64 = 250.0;
/// Between two calls of one slot.
const BETWEEN: Duration = Duration::from_millis(200);

/// Makes all calls, so many at a time, the first of each slot spread over that time.
pub(crate) async fn hold_all(shared: &Shared, calls: Vec<Call>, at_once: usize, spread: Duration) -> Vec<Held> {
    let mut slots: Vec<Vec<Call>> = vec![Vec::new(); at_once.max(1)];
    let count = slots.len();
    for (number, call) in calls.into_iter().enumerate() {
        slots[number % count].push(call);
    }
    let mut holding = JoinSet::new();
    for (number, slot) in slots.into_iter().enumerate() {
        let shared = shared.clone();
        let wait = spread.mul_f64(number as f64 / count as f64);
        holding.spawn(async move {
            sleep(wait).await;
            let mut held = Vec::with_capacity(slot.len());
            for call in &slot {
                held.push(hold(&shared, call).await);
                sleep(BETWEEN).await;
            }
            held
        });
    }
    holding.join_all().await.into_iter().flatten().collect()
}

/// What is known of a level besides its calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    pub(crate) bot: Bot,
    pub(crate) at_once: usize,
    pub(crate) floor_ms: f64,
    /// A bot's sound while a caller speaks is a failure: the callers pause inside sentences.
    pub(crate) pauses: bool,
    pub(crate) bot_usage: Usage,
    pub(crate) own_usage: Usage,
    /// Of the bot's core, taken by others.
    pub(crate) others_percent: f64,
}

/// The figures of a level.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Level {
    pub(crate) bot: Bot,
    pub(crate) at_once: usize,
    pub(crate) calls: usize,
    pub(crate) call_minutes: f64,
    /// Answers that came, of those that the callers asked for; openings are not counted.
    pub(crate) answers: usize,
    pub(crate) planned: usize,
    /// From the last voiced frame to the first sound, and the same without the providers.
    pub(crate) waited_ms: Option<Percentiles>,
    pub(crate) over_providers_ms: Option<Percentiles>,
    /// To the answer of a script.
    pub(crate) opening_ms: Option<Percentiles>,
    /// From the first sample of an interruption to silence.
    pub(crate) silent_ms: Option<Percentiles>,
    pub(crate) never_silent: usize,
    pub(crate) nothing_to_interrupt: usize,
    pub(crate) holes: usize,
    pub(crate) answers_with_holes: usize,
    pub(crate) longest_hole_ms: f64,
    pub(crate) talked_over: usize,
    pub(crate) stray_frames: usize,
    pub(crate) failures: BTreeMap<String, usize>,
    /// Of the bot's messages: all, below the size the carrier asks for, no multiple of its frame.
    pub(crate) frames: [usize; 3],
    pub(crate) usage: Usage,
    pub(crate) cpu_s_per_call_minute: f64,
    pub(crate) rss_mb_per_call: f64,
    pub(crate) others_percent: f64,
    /// The generator and the providers, which share a core.
    pub(crate) late_ms: Option<Percentiles>,
    pub(crate) own_core_percent: f64,
}

impl Level {
    pub(crate) fn of(held: &[Held], around: &Around) -> Self {
        let turns: Vec<&Turn> = held.iter().flat_map(|call| &call.turns).collect();
        let measured = || turns.iter().filter(|turn| turn.kind != Kind::Opening);
        let good = || measured().filter(|turn| turn.failed.is_none() || turn.kind == Kind::Interrupted);
        let waits = |opening: bool| -> Vec<f64> {
            let of = turns.iter().filter(|turn| (turn.kind == Kind::Opening) == opening);
            of.filter(|turn| turn.failed.is_none()).filter_map(|turn| turn.waited_ms()).collect()
        };
        let waited_ms = Percentiles::of(&waits(false));
        let over = || measured().filter(|turn| turn.kind == Kind::Interrupting && turn.ended.is_some());
        let silent: Vec<f64> =
            over().filter(|turn| turn.talked).filter_map(|turn| Some(turn.silent? - turn.started)).collect();
        let holes: Vec<f64> = turns.iter().flat_map(|turn| &turn.holes).copied().filter(|ms| *ms > HOLE_MS).collect();
        let late: Vec<f64> = held.iter().flat_map(|call| &call.late_ms).copied().collect();
        let minutes = held.iter().map(|call| call.duration.as_secs_f64()).sum::<f64>() / 60.0;
        let sum = |of: fn(&Held) -> usize| held.iter().map(of).sum::<usize>();
        Self {
            bot: around.bot,
            at_once: around.at_once,
            calls: held.len(),
            call_minutes: minutes,
            answers: good().filter(|turn| turn.answered.is_some()).count(),
            planned: measured().count(),
            waited_ms,
            over_providers_ms: waited_ms.map(|waited| waited.less(around.floor_ms)),
            opening_ms: Percentiles::of(&waits(true)),
            silent_ms: Percentiles::of(&silent),
            never_silent: over().filter(|turn| turn.talked && turn.silent.is_none()).count(),
            nothing_to_interrupt: over().filter(|turn| !turn.talked).count(),
            holes: holes.len(),
            answers_with_holes: turns.iter().filter(|turn| turn.holes.iter().any(|ms| *ms > HOLE_MS)).count(),
            longest_hole_ms: holes.iter().copied().fold(0.0, f64::max),
            talked_over: turns.iter().filter(|turn| turn.talked_over).count(),
            stray_frames: sum(|call| call.stray),
            failures: failures(held, around.pauses),
            frames: [sum(|call| call.frames_in), sum(|call| call.small), sum(|call| call.odd)],
            usage: around.bot_usage,
            cpu_s_per_call_minute: if minutes > 0.0 { around.bot_usage.cpu_s / minutes } else { 0.0 },
            rss_mb_per_call: (around.bot_usage.rss_peak_mb - around.bot_usage.rss_before_mb) / around.at_once as f64,
            others_percent: around.others_percent,
            late_ms: Percentiles::of(&late),
            own_core_percent: around.own_usage.core_percent,
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// Why these figures say little, where they do.
    pub(crate) fn doubt(&self) -> Option<String> {
        let late = self.late_ms.map_or(f64::INFINITY, |late| late.p99);
        if self.waited_ms.is_none() {
            return Some("no answer was measured".to_owned());
        }
        if late > LATE_MS {
            return Some(format!("the generator's frames left up to {late:.0} ms late (p99)"));
        }
        let full = self.own_core_percent;
        (full > FULL_PERCENT).then(|| format!("the generator's core was {full:.0} % busy"))
    }

    /// Whether the bot keeps up, beside its own first level; else everything that speaks against it.
    pub(crate) fn keeps_up(&self, first: &Self) -> Result<(), String> {
        let mut against = Vec::new();
        if self.failed() > 0 {
            against.push(format!("{} failures", self.failed()));
        }
        let slower = self.waited_ms.zip(first.waited_ms).map_or(0.0, |(now, then)| now.p95 - then.p95);
        if slower > SLOWER_MS {
            against.push(format!("{slower:.0} ms slower at p95"));
        }
        if self.answers_with_holes * 100 > self.answers {
            against.push(format!("holes in {} answers", self.answers_with_holes));
        }
        if self.never_silent > 0 {
            against.push(format!("{} interruptions ignored", self.never_silent));
        }
        if against.is_empty() { Ok(()) } else { Err(against.join(", ")) }
    }
}

fn failures(held: &[Held], pauses: bool) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for call in held {
        let talked_over = call.turns.iter().filter(|turn| pauses && turn.talked_over);
        let turns = call.turns.iter().filter_map(|turn| turn.failed);
        let all = call.trouble.iter().map(String::as_str).chain(turns);
        for why in all.chain(talked_over.map(|_| "the bot spoke into a pause")) {
            *counted.entry(why.to_owned()).or_insert(0) += 1;
        }
    }
    counted
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const USAGE: Usage = Usage {
        cpu_s: 3.0,
        core_percent: 10.0,
        rss_before_mb: 40.0,
        rss_peak_mb: 50.0,
        rss_end_mb: 45.0,
        runqueue_wait_s: 0.0,
    };

    fn around(pauses: bool) -> Around {
        Around {
            bot: Bot::Ours,
            at_once: 10,
            floor_ms: 780.0,
            pauses,
            bot_usage: USAGE,
            own_usage: USAGE,
            others_percent: 0.0,
        }
    }

    /// A level of no calls.
    pub(crate) fn empty(bot: Bot, at_once: usize) -> Level {
        Level::of(&[], &Around { bot, at_once, ..around(false) })
    }

    fn turn(kind: Kind, waited: f64) -> Turn {
        let (ended, answered) = (Some(2_000.0), Some(2_000.0 + waited));
        let (silent, holes) = (Some(300.0), vec![5.0, 25.0]);
        Turn {
            kind,
            started: 100.0,
            ended,
            answered,
            audio_ms: 5_400.0,
            holes,
            silent,
            talked: true,
            talked_over: kind == Kind::Plain,
            failed: None,
        }
    }

    fn call(turns: Vec<Turn>) -> Held {
        Held { turns, duration: Duration::from_secs(60), late_ms: vec![1.0], ..Held::default() }
    }

    #[test]
    fn openings_are_apart_and_the_floor_is_taken_off() {
        let held =
            [call(vec![turn(Kind::Opening, 400.0), turn(Kind::Plain, 900.0), turn(Kind::Interrupting, 1_000.0)])];
        let level = Level::of(&held, &around(false));
        assert_eq!((level.answers, level.planned), (2, 2));
        assert_eq!(level.over_providers_ms.expect("measured").p50, 120.0);
        assert_eq!(level.opening_ms.expect("measured").p50, 400.0);
        assert_eq!(level.silent_ms.map(|silent| (silent.p50, silent.count)), Some((200.0, 1)));
        assert_eq!((level.holes, level.answers_with_holes, level.failed()), (3, 3, 0));
        assert_eq!((level.cpu_s_per_call_minute, level.rss_mb_per_call), (3.0, 1.0));
        assert_eq!(level.doubt(), None);
    }

    #[test]
    fn a_bot_that_speaks_into_a_pause_fails_only_where_callers_pause() {
        let held = [call(vec![turn(Kind::Plain, 900.0)])];
        assert_eq!(Level::of(&held, &around(false)).failed(), 0);
        assert_eq!(Level::of(&held, &around(true)).failures["the bot spoke into a pause"], 1);
    }

    #[test]
    fn what_failed_is_named_and_counted_and_speaks_against_the_bot() {
        let mut bad = turn(Kind::Plain, 900.0);
        bad.failed = Some("no answer");
        let mut broken = call(vec![bad, turn(Kind::Interrupted, 900.0)]);
        broken.trouble = Some("the bot hung up".to_owned());
        let level = Level::of(&[broken], &around(false));
        assert_eq!((level.failures["no answer"], level.failures["the bot hung up"], level.answers), (1, 1, 1));
        let why = level.keeps_up(&level).expect_err("it does not");
        assert_eq!(why, "2 failures, holes in 2 answers");
    }

    #[test]
    fn a_late_generator_and_a_level_without_answers_are_doubted() {
        let mut late = call(vec![turn(Kind::Plain, 900.0)]);
        late.late_ms = vec![16.0];
        assert!(Level::of(&[late], &around(false)).doubt().expect("doubted").contains("late"));
        assert_eq!(Level::of(&[], &around(false)).doubt().as_deref(), Some("no answer was measured"));
    }
}
