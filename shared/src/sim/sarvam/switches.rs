//! How a simulator behaves: how long things take, what goes wrong, and every guess as a switch.

use std::time::Duration;

use crate::domain::language::Language;

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

/// Which connections or requests a fault meets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Hits {
    /// Every one.
    #[default]
    All,
    /// So many from now on, then none.
    First(usize),
    /// Each with this probability (0 to 1).
    Share(f64),
}

/// What stands on the wire where a message should be. It meets each final, each piece of audio
/// and each REST answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbage {
    /// The message is cut off in the middle.
    CutJson,
    /// A message of an unknown kind, and then the right one.
    UnknownKind,
    /// A binary frame, and then the right message. REST answers stay as they are.
    Binary,
    /// Audio whose base64 ends where no base64 can. Finals stay as they are.
    CutBase64,
    /// Audio that is not base64. Finals stay as they are.
    NotBase64,
}

/// What goes wrong on one kind of connection, for connections made from now on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Which of them.
    pub hits: Hits,
    /// Answers the handshake or request with this HTTP status and error code.
    pub refuse: Option<(u16, String)>,
    /// Accepts and never answers.
    pub silent: bool,
    /// Accepts the socket and closes it with this code and reason: at once, or when `cut_after`
    /// is reached.
    pub close: Option<(u16, String)>,
    /// Cuts the socket without a close frame after this many words of an utterance (hearing) or
    /// pieces of audio (speaking); REST: the connection, after this many twentieths of the answer.
    pub cut_after: Option<usize>,
    /// Says nothing more after this many finals (hearing) or pieces of audio (speaking).
    pub hang_after: Option<usize>,
    /// Instead of the first final or audio: an error message with this status, then a close.
    pub error: Option<u16>,
    /// Everything takes this many times as long.
    pub slower: Option<u32>,
    /// What comes instead of a message, or before it.
    pub garbage: Option<Garbage>,
    /// REST: the body comes in twenty parts with this pause before each.
    pub drip: Option<Duration>,
}

impl Faults {
    /// A delay under these faults.
    pub(super) fn stretch(&self, delay: Duration) -> Duration {
        delay * self.slower.unwrap_or(1)
    }
}

/// What is unusual about every final (speech-and-llm.md A9.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finals {
    /// One utterance comes in two finals, its last word apart.
    pub split: bool,
    /// The older recogniser sends it before `END_SPEECH`.
    pub before_end: bool,
    /// Nothing was understood.
    pub empty: bool,
    /// No language is named.
    pub no_language: bool,
    /// This language is named instead.
    pub other_language: Option<Language>,
    /// Each comes twice.
    pub twice: bool,
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

/// What the bytes of speech really are, whatever was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpokenAs {
    /// A WAV header stands before bare samples too.
    pub header: bool,
    /// A header stands only before the first sentence of a socket, instead of before each.
    pub header_once: bool,
    /// Their rate instead of the one asked for; a header tells it.
    pub rate_hz: Option<u32>,
}

/// What the account may use; more is over its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Recogniser sockets open at a time.
    pub stt_sockets: usize,
    /// Speaking sockets open at a time.
    pub tts_sockets: usize,
    /// REST recognitions a minute.
    pub stt_per_minute: u32,
    /// REST syntheses a minute.
    pub tts_per_minute: u32,
    /// HTTP status and code of what is over a limit.
    pub answer: (u16, String),
    /// `Retry-After` of a 429 or 503, in seconds, where there is one (not documented).
    pub retry_after_s: Option<u32>,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            stt_sockets: usize::MAX,
            tts_sockets: usize::MAX,
            stt_per_minute: u32::MAX,
            tts_per_minute: u32::MAX,
            answer: (429, "rate_limit_exceeded_error".to_owned()),
            retry_after_s: None,
        }
    }
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
    /// What is unusual about what is heard.
    pub finals: Finals,
    /// Idle sockets.
    pub idle: Idle,
    /// Limits of the account.
    pub quota: Quota,
    /// Models taken beside the documented ones, of every kind.
    pub more_models: Vec<String>,
    /// Names of the language field.
    pub language_fields: LanguageFields,
    /// The speaking socket takes `speech_sample_rate` as text only (sources disagree).
    pub rate_as_text: bool,
    /// What comes as audio.
    pub spoken_as: SpokenAs,
    /// Nothing is understood of speech at 8 kHz (sources disagree).
    pub hears_16_khz_only: bool,
    /// HTTP status of a wrong key (403 by the page, 401 by the SDK).
    pub bad_key_status: u16,
    /// The realtime recogniser takes a wrong key's socket and closes it with 1003; otherwise the
    /// handshake is refused.
    pub realtime_closes_bad_key: bool,
    /// With manual endpointing, audio outside an utterance is not heard (not documented).
    pub manual_needs_start: bool,
    /// Pieces of audio end in the middle of a sample.
    pub odd_pieces: bool,
    /// The speaking socket says twice that all is spoken.
    pub completes_twice: bool,
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
            finals: Finals::default(),
            idle: Idle { after: Duration::from_secs(60), cut: false },
            quota: Quota::default(),
            more_models: Vec::new(),
            language_fields: LanguageFields::Either,
            rate_as_text: false,
            spoken_as: SpokenAs::default(),
            hears_16_khz_only: false,
            bad_key_status: 403,
            realtime_closes_bad_key: true,
            manual_needs_start: true,
            odd_pieces: false,
            completes_twice: false,
        }
    }
}
