//! Sarvam as our `SpeechToText` and `TextToSpeech`.

mod hearing;
mod pool;
mod socket;
mod speaking;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

pub use hearing::SarvamStt;
pub use speaking::SarvamTts;

use crate::domain::audio::SAMPLE_RATE_HZ;
use crate::ports::Late;
use crate::ports::speech::SpeechError;
use crate::wire::sarvam::speaking::{Codec, LanguageField, Voice};
use crate::wire::sarvam::trouble::Trouble;

/// Which recogniser is asked first; the other is the second way, and REST the third.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recogniser {
    /// `/speech-to-text-realtime/ws`: partials and finals.
    Realtime,
    /// `/speech-to-text/ws`: finals only.
    Socket,
}

impl std::str::FromStr for Recogniser {
    type Err = ();

    /// `realtime` or `socket`.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "realtime" => Ok(Self::Realtime),
            "socket" => Ok(Self::Socket),
            _ => Err(()),
        }
    }
}

/// Everything Sarvam can be told; [`Default`] is what the reference recommends, without a key.
#[derive(Debug, Clone)]
pub struct SarvamConfig {
    /// REST, without a slash at the end.
    pub base_url: String,
    /// Sockets, without a slash at the end.
    pub ws_url: String,
    /// `api-subscription-key`.
    pub key: SecretString,
    /// Asked first.
    pub recogniser: Recogniser,
    /// Model of the realtime recogniser.
    pub stt_realtime_model: String,
    /// Model of the older recogniser.
    pub stt_model: String,
    /// Samples a second that recognisers get, 8000 or 16000. Sources disagree on whether they hear
    /// 8 kHz as well as they say.
    pub stt_rate_hz: u32,
    /// Whether the realtime recogniser listens for the end of speech itself. Otherwise it does
    /// what `SpeechStart` and `SpeechEnd` say, and hears nothing outside of them.
    pub server_endpointing: bool,
    /// Whether the language is detected. Otherwise it is the expected one and none is reported.
    pub detect_language: bool,
    /// Bulbul.
    pub tts_model: String,
    /// Must belong to the model.
    pub speaker: String,
    /// 1.0 is normal.
    pub pace: f64,
    /// Not sent where absent.
    pub temperature: Option<f64>,
    /// What the language of speech is called.
    pub language_field: LanguageField,
    /// What the speaking socket is asked for.
    pub tts_codec: Codec,
    /// How long to wait for what.
    pub limits: SarvamLimits,
}

/// How long each wait may last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarvamLimits {
    /// Opening a socket.
    pub connect: Duration,
    /// From the open socket to `session.begin`.
    pub begin: Duration,
    /// Writing one message.
    pub send: Duration,
    /// From `SpeechEnd` to the final on a socket.
    pub final_text: Duration,
    /// The same over REST.
    pub final_by_rest: Duration,
    /// Without anything sent to a recogniser; then it gets a moment of silence.
    pub quiet: Duration,
    /// From the request to its first audio; then REST is asked.
    pub first_audio: Duration,
    /// Between two pieces of audio.
    pub next_audio: Duration,
    /// A whole utterance on the socket.
    pub utterance: Duration,
    /// A whole utterance over REST.
    pub rest: Duration,
    /// Between two pings on a waiting socket.
    pub ping: Duration,
    /// A socket nobody used this long is closed.
    pub unused: Duration,
    /// After a way failed, the others are asked first for this long.
    pub avoid_failed: Duration,
    /// The same after a refusal, which is not expected to pass soon.
    pub avoid_refused: Duration,
}

impl Default for SarvamLimits {
    fn default() -> Self {
        Self {
            // Twice both and REST is reached before whoever opens a recogniser gives up (4 s).
            connect: Duration::from_millis(1_200),
            begin: Duration::from_millis(700),
            send: Duration::from_secs(5),
            // Half of all take 0.25 s and 19 of 20 less than 0.7 (speech-and-llm.md D): later is lost, and
            // another recogniser still has its time before a conversation gives the words up (2.5 s).
            final_text: Duration::from_millis(1_500),
            final_by_rest: Duration::from_secs(3),
            quiet: Duration::from_secs(10),
            // Shorter than a conversation waits for one try (1.4 s), or REST would never be asked.
            first_audio: Duration::from_millis(1_200),
            // Shorter than a conversation waits for the next sound (2.5 s), for the same reason.
            next_audio: Duration::from_secs(2),
            utterance: Duration::from_secs(20),
            rest: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            unused: Duration::from_secs(600),
            avoid_failed: Duration::from_secs(30),
            avoid_refused: Duration::from_secs(3_600),
        }
    }
}

impl Default for SarvamConfig {
    fn default() -> Self {
        Self {
            base_url: "https://api.sarvam.ai".to_owned(),
            ws_url: "wss://api.sarvam.ai".to_owned(),
            key: SecretString::default(),
            recogniser: Recogniser::Realtime,
            stt_realtime_model: "saaras:v3-realtime".to_owned(),
            stt_model: "saaras:v3".to_owned(),
            stt_rate_hz: SAMPLE_RATE_HZ,
            server_endpointing: false,
            detect_language: true,
            tts_model: "bulbul:v3".to_owned(),
            speaker: "ritu".to_owned(),
            pace: 1.0,
            temperature: Some(0.6),
            language_field: LanguageField::Both,
            tts_codec: Codec::default(),
            limits: SarvamLimits::default(),
        }
    }
}

impl SarvamConfig {
    fn voice(&self) -> Voice {
        Voice {
            model: self.tts_model.clone(),
            speaker: self.speaker.clone(),
            pace: self.pace,
            temperature: self.temperature,
            language_field: self.language_field,
            codec: self.tts_codec,
        }
    }
}

/// A way that failed lately. Asking it again each time would cost every caller its time limit.
#[derive(Default)]
struct Avoided {
    until: Mutex<Option<Instant>>,
}

impl Avoided {
    fn is_now(&self) -> bool {
        self.lock().is_some_and(|until| Instant::now() < until)
    }

    fn after(&self, error: &SpeechError, limits: &SarvamLimits) {
        let refused = matches!(error, SpeechError::Refused(_));
        let pause = if refused { limits.avoid_refused } else { limits.avoid_failed };
        *self.lock() = Some(Instant::now() + pause);
    }

    /// The other way is no better.
    fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Trouble> for SpeechError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(detail) => Self::Refused(detail),
            Trouble::Busy => Self::Busy,
            Trouble::Failed(detail) => failed(detail),
        }
    }
}

/// A request over HTTP has the limit that its client was made with.
fn unanswered(error: reqwest::Error) -> SpeechError {
    if error.is_timeout() { failed(Late("the answer did not come in time")) } else { failed(error) }
}

fn failed(detail: impl Into<crate::ports::BoxError>) -> SpeechError {
    SpeechError::Failed(detail.into())
}
