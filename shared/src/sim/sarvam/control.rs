//! How a simulator behaves, changeable while it runs, and what it has seen.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(Duration),
    /// A log-normal draw.
    Drawn {
        /// Half of all draws are shorter, in milliseconds.
        p50_ms: f64,
        /// 95 of 100 are shorter, in milliseconds.
        p95_ms: f64,
    },
}

impl Delay {
    /// No delay.
    pub const NONE: Self = Self::Fixed(Duration::ZERO);
}

/// How long each step takes (defaults: speech-and-llm.md D).
#[derive(Debug, Clone, PartialEq)]
pub struct Delays {
    /// Until a socket handshake is answered.
    pub connect: Delay,
    /// From the end of speech to its final.
    pub stt_final: Delay,
    /// A REST recognition.
    pub stt_rest: Delay,
    /// From text (or flush) to the first audio.
    pub tts_first: Delay,
    /// Between two pieces of audio.
    pub tts_between: Delay,
    /// A REST synthesis.
    pub tts_rest: Delay,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            connect: Delay::Drawn { p50_ms: 150.0, p95_ms: 300.0 },
            stt_final: Delay::Drawn { p50_ms: 250.0, p95_ms: 700.0 },
            stt_rest: Delay::Drawn { p50_ms: 900.0, p95_ms: 1_400.0 },
            tts_first: Delay::Drawn { p50_ms: 300.0, p95_ms: 600.0 },
            tts_between: Delay::Fixed(Duration::from_millis(60)),
            tts_rest: Delay::Drawn { p50_ms: 600.0, p95_ms: 1_000.0 },
        }
    }
}

impl Delays {
    /// Everything at once.
    pub fn none() -> Self {
        let none = Delay::NONE;
        Self { connect: none, stt_final: none, stt_rest: none, tts_first: none, tts_between: none, tts_rest: none }
    }
}

/// What goes wrong on one kind of connection, for connections made from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Answers the handshake or request with this HTTP status and error code.
    pub refuse: Option<(u16, String)>,
    /// Accepts and never answers.
    pub silent: bool,
    /// Accepts the socket and closes it with this code and reason.
    pub close: Option<(u16, String)>,
    /// Cuts the socket without a close frame after this many words of an utterance (hearing) or
    /// pieces of audio (speaking).
    pub cut_after: Option<usize>,
    /// Instead of the first final or audio: an error message with this status, then a close.
    pub error: Option<u16>,
}

/// What happens to a socket whose client says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// After this long.
    pub after: Duration,
    /// The connection is cut without a close frame.
    pub cut: bool,
}

/// Which of the two names of the language field are taken when something is to be spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LanguageFields {
    /// Either or both.
    #[default]
    Either,
    /// `language_code` alone; the other is an unknown field.
    NewOnly,
    /// `target_language_code` alone; the other is an unknown field.
    OldOnly,
}

/// Everything that can be switched.
#[derive(Debug, Clone, PartialEq)]
pub struct Switches {
    /// How long things take.
    pub delays: Delays,
    /// Faults of the realtime recogniser.
    pub realtime: Faults,
    /// Faults of the older recogniser.
    pub socket: Faults,
    /// Faults of REST recognition.
    pub stt_rest: Faults,
    /// Faults of the speaking socket.
    pub tts: Faults,
    /// Faults of REST synthesis.
    pub tts_rest: Faults,
    /// Idle sockets.
    pub idle: Idle,
    /// How many sockets the account may have open; more are over its limit.
    pub max_sockets: usize,
    /// Names of the language field.
    pub language_fields: LanguageFields,
    /// With manual endpointing, audio outside an utterance is not heard (not documented).
    pub manual_needs_start: bool,
    /// Pieces of audio end in the middle of a sample.
    pub odd_pieces: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            delays: Delays::default(),
            realtime: Faults::default(),
            socket: Faults::default(),
            stt_rest: Faults::default(),
            tts: Faults::default(),
            tts_rest: Faults::default(),
            idle: Idle { after: Duration::from_secs(60), cut: false },
            max_sockets: usize::MAX,
            language_fields: LanguageFields::Either,
            manual_needs_start: true,
            odd_pieces: false,
        }
    }
}

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
}

/// The switches and the record of one running simulator.
#[derive(Debug)]
pub struct Control {
    switches: Mutex<Switches>,
    counts: Mutex<Counts>,
    open: AtomicUsize,
    random: AtomicU64,
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
            open: AtomicUsize::new(0),
            random: AtomicU64::new(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// Changes the switches; open connections keep the faults they began with.
    pub fn set(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.switches.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The switches as they are now.
    pub fn switches(&self) -> Switches {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        Counts { open_sockets: self.open.load(Ordering::Relaxed), ..counts }
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the account's limit of open sockets is reached.
    pub(super) fn is_full(&self) -> bool {
        self.open.load(Ordering::Relaxed) >= self.switches().max_sockets
    }

    pub(super) fn opened(&self) -> Open<'_> {
        self.count(|counts| counts.sockets += 1);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.open)
    }

    /// Draws one delay.
    pub(super) fn draw(&self, which: impl FnOnce(&Delays) -> Delay) -> Duration {
        match which(&self.switches().delays) {
            Delay::Fixed(delay) => delay,
            Delay::Drawn { p50_ms, p95_ms } => {
                let sigma = (p95_ms / p50_ms).ln() / 1.645;
                Duration::from_secs_f64(p50_ms / 1_000.0 * (sigma * self.normal()).exp())
            }
        }
    }

    /// A standard normal draw, at most three deviations out (Box and Muller).
    fn normal(&self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        ((-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()).clamp(-3.0, 3.0)
    }

    /// In (0, 1]: a simulator needs variety, not secrecy (SplitMix64).
    fn uniform(&self) -> f64 {
        let mut z = self.random.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
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
}
