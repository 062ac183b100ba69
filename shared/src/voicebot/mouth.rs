//! Sentences to the line: paced against the playback clock, marked, and remembered as heard.
//! Pure but for the synthesis it orders; all times in milliseconds from the start of the stream.

use std::collections::VecDeque;
use std::sync::Arc;

use super::heard::Sound;
use super::speaker::{Speaker, Synthesised};
use crate::domain::audio::{FRAME_BYTES, SAMPLE_RATE_HZ, bytes, duration_ms};
use crate::domain::dialogue::Sentence;
use crate::domain::transcript::{Line, Speaker as Who};
use crate::ports::speech::TextToSpeech;
use crate::wire::exotel::stream::StreamWriter;

/// Audio kept ahead of the playback. What is sent is hard to take back, so more makes
/// interruptions dull; less lets a hiccup of the network be heard.
const LEAD_MS: u64 = 400;
/// Below this lead a piece goes out even if it is short.
const URGENT_MS: u64 = 120;
/// The body of a sentence: 200 ms, the carrier's documented minimum (exotel.md 5.3). A piece that
/// is being played cannot be cleared, so larger ones outlast an interruption.
const PIECE_BYTES: usize = 3_200;
/// A mark this late will not come (exotel.md 5.4).
const MARK_GRACE_MS: u64 = 1_000;

/// Silence into which a short tone says that we are still there. No caller shall hear nothing for
/// 3 s, and up to 0.8 s of them are gone when we know what to say.
const TONE_AFTER_MS: u64 = 1_800;
const TONE_HZ: f32 = 400.0;
/// About -30 dBFS, softer than any voice.
const TONE_HEIGHT: f32 = 1_400.0;

/// One sentence on its way.
struct Saying {
    id: u32,
    sentence: Sentence,
    /// Synthesised, not sent.
    audio: VecDeque<u8>,
    /// What of it sounds.
    sound: Sound,
    complete: bool,
    failed: bool,
    marked: bool,
    /// Pieces sent: when each begins to sound, and for how long.
    sent: Vec<(u64, u64)>,
}

impl Saying {
    fn start(&self) -> Option<u64> {
        self.sent.first().map(|(start, _)| *start)
    }
    fn end(&self) -> u64 {
        self.sent.last().map_or(0, |(start, length)| start + length)
    }
}

/// What the driver must know of the playback.
#[derive(Debug, PartialEq)]
pub(super) enum Spoken {
    /// The caller heard it to its end.
    Played(u32, Line),
    /// It cannot be spoken.
    Failed(u32),
}

/// A piece of audio on the line.
pub(super) struct Sent {
    /// Whose it is; none for the tone.
    pub(super) sentence: Option<u32>,
    /// When it begins to sound.
    pub(super) start_ms: u64,
    pub(super) audio: Vec<u8>,
}

/// The speaking side of one call.
pub(super) struct Mouth {
    tts: Arc<dyn TextToSpeech>,
    speaker: Option<Speaker>,
    saying: VecDeque<Saying>,
    /// When everything sent so far has been played.
    sent_until: u64,
    /// Since when a sentence is due and nothing sounds.
    silent_since: Option<u64>,
    /// Sent since it was last asked for.
    sent: Vec<Sent>,
    writer: StreamWriter,
}

impl Mouth {
    pub(super) fn new(tts: Arc<dyn TextToSpeech>, writer: StreamWriter) -> Self {
        Self {
            tts,
            speaker: None,
            saying: VecDeque::new(),
            sent_until: 0,
            silent_since: None,
            sent: Vec::new(),
            writer,
        }
    }

    /// Queues a sentence and begins to synthesise it.
    pub(super) fn say(&mut self, id: u32, sentence: Sentence) {
        let speaker = self.speaker.get_or_insert_with(|| Speaker::start(Arc::clone(&self.tts)));
        speaker.order(id, sentence.clone());
        self.saying.push_back(Saying {
            id,
            sentence,
            audio: VecDeque::new(),
            sound: Sound::default(),
            complete: false,
            failed: false,
            marked: false,
            sent: Vec::new(),
        });
    }

    /// News of the synthesis. Safe to drop and call again; waits for ever while nothing is said.
    pub(super) async fn next(&mut self) -> Synthesised {
        match &mut self.speaker {
            Some(speaker) => match speaker.news.recv().await {
                Some(news) => news,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Takes that news; true where a try failed.
    pub(super) fn take(&mut self, news: Synthesised) -> bool {
        let of = |saying: &mut VecDeque<Saying>, id| saying.iter_mut().position(|s| s.id == id);
        match news {
            Synthesised::Audio(id, audio) => {
                if let Some(at) = of(&mut self.saying, id) {
                    self.saying[at].sound.take(&audio);
                    self.saying[at].audio.extend(audio);
                }
                false
            }
            Synthesised::Done(id) => {
                if let Some(at) = of(&mut self.saying, id) {
                    self.saying[at].complete = true;
                }
                false
            }
            Synthesised::Retried => true,
            Synthesised::Failed(id) => {
                if let Some(at) = of(&mut self.saying, id) {
                    self.saying[at].failed = true;
                }
                true
            }
        }
    }

    /// Messages that are due now.
    pub(super) fn due(&mut self, now: u64) -> Vec<String> {
        let mut messages = Vec::new();
        for saying in self.saying.iter_mut().filter(|s| !s.marked) {
            while self.sent_until < now + LEAD_MS {
                let Some(piece) = next_piece(saying, self.sent_until.saturating_sub(now)) else { break };
                let start = self.sent_until.max(now);
                let length = duration_ms(piece.len());
                saying.sent.push((start, length));
                self.sent_until = start + length;
                messages.push(self.writer.media(&piece));
                self.sent.push(Sent { sentence: Some(saying.id), start_ms: start, audio: piece });
            }
            if !(saying.complete && saying.audio.is_empty()) {
                break;
            }
            saying.marked = true;
            messages.push(self.writer.mark(&mark_name(saying.id)));
        }
        messages.extend(self.tone(now));
        messages
    }

    fn tone(&mut self, now: u64) -> Option<String> {
        let sounds = self.sent_until > now;
        if sounds || self.saying.iter().all(|saying| saying.marked || saying.failed) {
            self.silent_since = None;
            return None;
        }
        if now < *self.silent_since.get_or_insert(now) + TONE_AFTER_MS {
            return None;
        }
        let tone = waiting_tone();
        self.silent_since = None;
        self.sent_until = now + duration_ms(tone.len());
        let message = self.writer.media(&tone);
        self.sent.push(Sent { sentence: None, start_ms: now, audio: tone });
        Some(message)
    }

    /// What went out since this was last called.
    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// Sentences that are over by now: marks that will not come any more, and failures.
    pub(super) fn over(&mut self, now: u64) -> Vec<Spoken> {
        let mut over = Vec::new();
        while let Some(first) = self.saying.front() {
            if first.marked && now >= first.end() + MARK_GRACE_MS {
                over.extend(self.finish_front());
            } else if first.failed && first.audio.len() < FRAME_BYTES && now >= first.end() {
                over.push(Spoken::Failed(first.id));
                break;
            } else {
                break;
            }
        }
        over
    }

    /// The carrier echoed a mark: everything up to it was heard. Unknown marks are of sentences
    /// that were cleared.
    pub(super) fn mark(&mut self, name: &str) -> Vec<Spoken> {
        let Some(at) = self.saying.iter().position(|s| s.marked && mark_name(s.id) == name) else {
            return Vec::new();
        };
        (0..=at).filter_map(|_| self.finish_front()).collect()
    }

    fn finish_front(&mut self) -> Option<Spoken> {
        let done = self.saying.pop_front()?;
        let line = line(&done, done.sentence.text.clone(), done.end(), false);
        Some(Spoken::Played(done.id, line))
    }

    /// Forgets everything. Answers the message that empties the carrier's queue and what the
    /// caller heard of the sentences that were cut.
    pub(super) fn stop(&mut self, now: u64) -> (String, Vec<Line>) {
        let heard = self.heard_by(now);
        self.saying.clear();
        self.speaker = None;
        // The piece that sounds now is played out.
        self.sent_until = self.sent_until.min(now + duration_ms(PIECE_BYTES));
        (self.writer.clear(), heard)
    }

    /// What the caller has heard by now of everything not yet reported.
    pub(super) fn heard_by(&self, now: u64) -> Vec<Line> {
        self.saying.iter().filter_map(|saying| heard_line(saying, now)).collect()
    }

    /// When `due` or `over` may have something new by the clock alone.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let sending = self.saying.iter().find(|s| !s.marked);
        let send = sending.and_then(|s| {
            // Of a failed sentence whose audio is out, only its end is awaited.
            let ended = s.complete || (s.failed && !s.audio.is_empty());
            let lead = match (ended || s.audio.len() >= PIECE_BYTES, s.audio.len() >= FRAME_BYTES) {
                (true, _) => LEAD_MS,
                (false, true) => URGENT_MS,
                // The synthesis wakes us.
                (false, false) => return None,
            };
            Some((self.sent_until + 1).saturating_sub(lead))
        });
        let over = self.saying.front().and_then(|first| match (first.marked, first.failed) {
            (true, _) => Some(first.end() + MARK_GRACE_MS),
            (false, true) => Some(first.end()),
            (false, false) => None,
        });
        let tone = self.silent_since.map(|since| since + TONE_AFTER_MS);
        [send, over, tone].into_iter().flatten().min()
    }
}

/// 200 ms, fading in and out.
fn waiting_tone() -> Vec<u8> {
    let samples = PIECE_BYTES / 2;
    let sample = |n: usize| {
        let (turn, fade) = (n as f32 / SAMPLE_RATE_HZ as f32 * TONE_HZ, n as f32 / samples as f32);
        let height = TONE_HEIGHT * (fade * std::f32::consts::PI).sin();
        (height * (turn * std::f32::consts::TAU).sin()) as i16
    };
    bytes(&(0..samples).map(sample).collect::<Vec<i16>>())
}

/// The next piece of a sentence. The last one is filled up with silence: the carrier plays short
/// ones unevenly, and a sentence ends with a pause anyway.
fn next_piece(saying: &mut Saying, lead_ms: u64) -> Option<Vec<u8>> {
    let whole = saying.audio.len() - saying.audio.len() % FRAME_BYTES;
    let ended = saying.complete || saying.failed;
    let take = if saying.audio.len() >= PIECE_BYTES {
        PIECE_BYTES
    } else if ended {
        saying.audio.len()
    } else if lead_ms < URGENT_MS {
        whole
    } else {
        0
    };
    if take == 0 {
        return None;
    }
    let mut piece: Vec<u8> = saying.audio.drain(..take).collect();
    if ended {
        piece.resize(piece.len().max(PIECE_BYTES), 0);
    }
    Some(piece)
}

fn mark_name(id: u32) -> String {
    format!("s{id}")
}

fn line(saying: &Saying, text: String, end_ms: u64, cut: bool) -> Line {
    Line {
        speaker: Who::Bot,
        text,
        language: saying.sentence.language,
        start_ms: saying.start().unwrap_or(end_ms),
        end_ms,
        interrupted: cut,
        estimated: cut,
    }
}

fn heard_line(saying: &Saying, now: u64) -> Option<Line> {
    saying.start().filter(|start| *start < now)?;
    if saying.marked && saying.end() <= now {
        return Some(line(saying, saying.sentence.text.clone(), saying.end(), false));
    }
    // A piece that has begun is played to its end.
    let begun = || saying.sent.iter().filter(|(start, _)| *start < now);
    let heard_ms: u64 = begun().map(|(_, length)| length).sum();
    let end_ms = begun().next_back().map_or(now, |(start, length)| start + length);
    let text = saying.sound.text_heard(&saying.sentence.text, heard_ms, saying.complete);
    (!text.is_empty()).then(|| line(saying, text, end_ms, true))
}
