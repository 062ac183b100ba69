//! What a call plays, and what comes of each turn. Only data.

use serde::Serialize;

/// What a turn of the caller is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Says who is on the line. What follows is a script's, so its latency is another figure.
    Opening,
    /// The answer is heard to its end.
    Plain,
    /// The answer will be talked over.
    Interrupted,
    /// Talks over the answer; its own is heard to the end.
    Interrupting,
}

/// One turn to be played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    /// Which clip.
    pub(crate) clip: usize,
    pub(crate) kind: Kind,
}

/// What a clip is to the timeline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    /// Frames on the line.
    pub(crate) frames: usize,
    /// Silence at the beginning, so that speech ends with a frame.
    pub(crate) lead_ms: f64,
}

/// What every call of a level plays.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) frame_ms: f64,
    /// The bot speaks first.
    pub(crate) greets: bool,
    pub(crate) turns: Vec<Planned>,
    /// By clip.
    pub(crate) lengths: Vec<Length>,
    /// A whole answer sounds at least so long.
    pub(crate) answer_ms: f64,
}

/// What came of one turn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Turn {
    pub(crate) kind: Kind,
    /// The caller's first sample.
    pub(crate) started: f64,
    /// The last frame with speech was sent.
    pub(crate) ended: Option<f64>,
    /// The bot's first sound after it.
    pub(crate) answered: Option<f64>,
    /// How much of the answer came.
    pub(crate) audio_ms: f64,
    /// Moments inside the answer in which the line was empty, and how long.
    pub(crate) holes: Vec<f64>,
    /// Of an interrupting turn: when the bot fell silent; `None` where it talked on.
    pub(crate) silent: Option<f64>,
    /// Of an interrupting turn: whether there was anything to interrupt.
    pub(crate) talked: bool,
    /// The bot sounded while the caller spoke, and was not being interrupted.
    pub(crate) talked_over: bool,
    pub(crate) failed: Option<&'static str>,
}

impl Turn {
    /// One that begins now.
    pub(crate) fn new(kind: Kind, started: f64, talked: bool) -> Self {
        Self {
            kind,
            started,
            ended: None,
            answered: None,
            audio_ms: 0.0,
            holes: Vec::new(),
            silent: None,
            talked,
            talked_over: false,
            failed: None,
        }
    }

    /// From the caller's last voiced frame to the bot's first sound.
    pub(crate) fn waited_ms(&self) -> Option<f64> {
        Some(self.answered? - self.ended?)
    }
}
