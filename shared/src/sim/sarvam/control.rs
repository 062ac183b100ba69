//! The switches of a running simulator, and what it has seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::record::{Frame, Record, Side, Surface};
use super::switches::{Delay, Delays, Faults, Switches};
use crate::sim::chance::Chance;

/// What a simulator has seen since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sockets open now.
    pub open_sockets: usize,
    /// Sockets ever opened.
    pub sockets: usize,
    /// Characters spoken, sockets and REST.
    pub characters: usize,
    /// Utterances spoken over REST.
    pub rest_utterances: usize,
    /// Utterances whose client went away before their end.
    pub abandoned: usize,
    /// Pings on speaking sockets.
    pub pings: usize,
    /// Bytes of audio heard, sockets and REST.
    pub heard_bytes: usize,
    /// Requests that used the field `language_code`.
    pub new_field: usize,
    /// Requests that used the field `target_language_code`.
    pub old_field: usize,
    /// Connections and requests that a fault met.
    pub faulty: usize,
}

/// The switches and the record of one running simulator.
#[derive(Debug)]
pub struct Control {
    switches: Mutex<Switches>,
    counts: Mutex<Counts>,
    record: Mutex<Record>,
    open_stt: AtomicUsize,
    open_tts: AtomicUsize,
    connections: AtomicUsize,
    buckets: Mutex<BTreeMap<Surface, Bucket>>,
    chance: Chance,
}

/// Requests that may still be made now.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// One open socket, counted while it lives.
pub(super) struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Control {
    pub(super) fn new(switches: Switches) -> Self {
        Self {
            switches: Mutex::new(switches),
            counts: Mutex::default(),
            record: Mutex::new(Record::new()),
            open_stt: AtomicUsize::new(0),
            open_tts: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            buckets: Mutex::default(),
            chance: Chance::default(),
        }
    }

    /// Changes the switches; open connections keep the faults they began with.
    pub fn set(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.switches));
    }

    /// The switches as they are now.
    pub fn switches(&self) -> Switches {
        lock(&self.switches).clone()
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        let open = [&self.open_stt, &self.open_tts].map(|open| open.load(Ordering::Relaxed));
        Counts { open_sockets: open[0] + open[1], ..*lock(&self.counts) }
    }

    /// Every frame so far, oldest first.
    pub fn frames(&self) -> Vec<Frame> {
        lock(&self.record).frames()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
    }

    pub(super) fn log(&self, surface: Surface, connection: usize, from: Side, body: Value) {
        lock(&self.record).add(surface, connection, from, body);
    }

    /// The number of a new connection or request.
    pub(super) fn next_connection(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What goes wrong on a new connection or request.
    pub(super) fn faults(&self, surface: Surface) -> Faults {
        let mut switches = lock(&self.switches);
        let faults = match surface {
            Surface::Realtime => &mut switches.realtime,
            Surface::Socket => &mut switches.socket,
            Surface::Tts => &mut switches.tts,
            Surface::SttRest => &mut switches.stt_rest,
            Surface::TtsRest => &mut switches.tts_rest,
        };
        let hit = self.chance.hits(&mut faults.hits);
        let met = if hit { faults.clone() } else { Faults::default() };
        let anything = Faults { hits: met.hits, ..Faults::default() } != met;
        drop(switches);
        self.count(|counts| counts.faulty += usize::from(anything));
        met
    }

    /// Whether one more is over the account's limit.
    pub(super) fn is_over_limit(&self, surface: Surface) -> bool {
        let quota = self.switches().quota;
        match surface {
            Surface::Realtime | Surface::Socket => self.open_stt.load(Ordering::Relaxed) >= quota.stt_sockets,
            Surface::Tts => self.open_tts.load(Ordering::Relaxed) >= quota.tts_sockets,
            Surface::SttRest => !self.take_token(surface, quota.stt_per_minute),
            Surface::TtsRest => !self.take_token(surface, quota.tts_per_minute),
        }
    }

    fn take_token(&self, surface: Surface, per_minute: u32) -> bool {
        let (now, most) = (Instant::now(), f64::from(per_minute));
        let mut buckets = lock(&self.buckets);
        let bucket = buckets.entry(surface).or_insert(Bucket { tokens: most, at: now });
        let refilled = bucket.tokens + now.duration_since(bucket.at).as_secs_f64() * most / 60.0;
        *bucket = Bucket { tokens: refilled.min(most), at: now };
        let taken = bucket.tokens >= 1.0;
        bucket.tokens -= if taken { 1.0 } else { 0.0 };
        taken
    }

    pub(super) fn opened(&self, surface: Surface) -> Open<'_> {
        let open = if surface == Surface::Tts { &self.open_tts } else { &self.open_stt };
        self.count(|counts| counts.sockets += 1);
        open.fetch_add(1, Ordering::Relaxed);
        Open(open)
    }

    /// Draws one delay.
    pub(super) fn draw(&self, which: impl FnOnce(&Delays) -> Delay) -> Duration {
        self.chance.delay(which(&self.switches().delays))
    }
}

/// What a poisoned lock guards is still whole here: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::switches::Hits;
    use super::*;

    #[test]
    fn drawn_delays_have_the_stated_median_and_tail() {
        let control = Control::new(Switches::default());
        let mut draws: Vec<Duration> = (0..4_000).map(|_| control.draw(|delays| delays.stt_final)).collect();
        draws.sort();
        let near = |index: usize, ms: f64| (draws[index].as_secs_f64() * 1_000.0 / ms - 1.0).abs() < 0.1;
        assert!(near(2_000, 250.0), "{:?}", draws[2_000]);
        assert!(near(3_800, 700.0), "{:?}", draws[3_800]);
    }

    #[test]
    fn a_fault_meets_as_many_connections_as_it_should() {
        let control = Control::new(Switches::default());
        let hits = |hits| {
            control.set(|switches| switches.tts = Faults { hits, silent: true, ..Faults::default() });
            (0..1_000).filter(|_| control.faults(Surface::Tts).silent).count()
        };
        assert_eq!((hits(Hits::All), hits(Hits::First(2))), (1_000, 2));
        assert_eq!(control.counts().faulty, 1_002);
        assert_eq!((control.faults(Surface::Realtime), control.counts().faulty), (Faults::default(), 1_002));
        assert!((200..400).contains(&hits(Hits::Share(0.3))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_holds_as_many_requests_as_the_account_may_make() {
        let control = Control::new(Switches::default());
        control.set(|switches| switches.quota.tts_per_minute = 30);
        let made = || (0..100).filter(|_| !control.is_over_limit(Surface::TtsRest)).count();
        assert_eq!(made(), 30);
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(made(), 10);
    }
}
