//! Sentences to the line: paced against the playback clock, marked, and remembered as heard.
//! Pure but for the synthesis it orders; all times in milliseconds from the start of the stream.

use std::collections::VecDeque;
use std::sync::Arc;

use super::meter::MeteredVoice;
use super::saying::{Part, Piece, Saying};
use super::speaker::{Speaker, Synthesised};
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, bytes, duration_ms};
use crate::domain::dialogue::Sentence;
use crate::domain::transcript::Line;
use crate::ports::Fault;
use crate::wire::exotel::stream::StreamWriter;

/// Audio kept ahead of the playback, and never more: what is sent is hard to take back, so more
/// makes interruptions dull; less lets a hiccup of the network be heard.
const LEAD_MS: u64 = 400;
/// Below this lead a piece goes out even if it is short.
const URGENT_MS: u64 = 120;
/// 60 ms. A piece that is being played cannot be cleared, and an interruption is heard on average half a piece
/// later. The carrier documents 200 ms as the least, its own samples send 100, others whatever they have, and what
/// is queued is played without a gap (exotel.md 5.3); each message more costs a system call on both sides.
pub(super) const PIECE_BYTES: usize = 3 * FRAME_BYTES;
const PIECE_MS: u64 = 3 * FRAME_MS;
/// Silence that the caller waits through, from their last sound or ours, into which a short tone says
/// that we are still there: nobody shall hear nothing for 3 s, and what is ready by then needs none.
const TONE_AFTER_MS: u64 = 2_400;
const TONE_HZ: f32 = 400.0;
/// About -30 dBFS, softer than any voice.
const TONE_HEIGHT: f32 = 1_400.0;

/// How far back the bot's level is known: longer than any echo takes.
const LEVELS_KEPT_MS: u64 = 1_000;

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
    /// The sentence begins with it.
    pub(super) begins: bool,
    pub(super) audio: Vec<u8>,
}

/// The speaking side of one call.
pub(super) struct Mouth {
    voice: Arc<MeteredVoice>,
    speaker: Option<Speaker>,
    saying: VecDeque<Saying>,
    /// Ordered ahead; perhaps never said.
    prepared: Vec<Saying>,
    /// Silent until told to go on.
    held: bool,
    /// How loud each frame that was sent lately is, by when it sounds.
    levels: VecDeque<(u64, f32)>,
    /// When everything sent so far has been played.
    sent_until: u64,
    /// Sent since it was last asked for.
    sent: Vec<Sent>,
    writer: StreamWriter,
}

impl Mouth {
    pub(super) fn new(voice: Arc<MeteredVoice>, writer: StreamWriter) -> Self {
        Self {
            voice,
            speaker: None,
            saying: VecDeque::new(),
            prepared: Vec::new(),
            held: false,
            levels: VecDeque::new(),
            sent_until: 0,
            sent: Vec::new(),
            writer,
        }
    }

    /// Queues a sentence and begins to synthesise it, unless that was done ahead.
    pub(super) fn say(&mut self, id: u32, sentence: Sentence) {
        let prepared = self.prepared.iter().position(|ahead| ahead.id == id);
        let saying = match prepared.map(|at| self.prepared.remove(at)) {
            Some(ahead) if !ahead.failed => ahead,
            _ => self.ordered(id, sentence),
        };
        self.saying.push_back(saying);
    }

    /// Begins to synthesise what will perhaps be said.
    pub(super) fn prepare(&mut self, id: u32, sentence: Sentence) {
        let ahead = self.ordered(id, sentence);
        self.prepared.push(ahead);
    }

    /// Does away with what was prepared; answers how many characters were spoken for nobody.
    pub(super) fn forget(&mut self) -> usize {
        if self.saying.is_empty() {
            self.speaker = None;
        }
        self.prepared.drain(..).map(|ahead| ahead.sentence.text.chars().count()).sum()
    }

    fn ordered(&mut self, id: u32, sentence: Sentence) -> Saying {
        let speaker = self.speaker.get_or_insert_with(|| Speaker::start(Arc::clone(&self.voice)));
        speaker.order(id, sentence.clone());
        Saying::new(id, sentence)
    }

    /// News of the synthesis. Safe to drop and call again; waits for ever while nothing is said.
    pub(super) async fn next(&mut self) -> Synthesised {
        if let Some(speaker) = &mut self.speaker {
            match speaker.news.recv().await {
                Some(news) => return news,
                // It fell over; the next sentence gets another.
                None => self.speaker = None,
            }
        }
        match self.saying.iter().find(|saying| !saying.complete && !saying.failed) {
            Some(lost) => Synthesised::Failed(lost.id, Fault::Broken),
            None => std::future::pending().await,
        }
    }

    /// Takes that news; answers what went wrong.
    pub(super) fn take(&mut self, news: Synthesised) -> Option<Fault> {
        let (id, part, fault) = match news {
            Synthesised::Audio(id, audio) => (id, Part::Audio(audio), None),
            Synthesised::Done(id) => (id, Part::End, None),
            Synthesised::Failed(id, fault) => (id, Part::Failure, Some(fault)),
            Synthesised::Retried(fault) => return Some(fault),
        };
        if let Some(saying) = self.saying.iter_mut().chain(&mut self.prepared).find(|saying| saying.id == id) {
            saying.take(part);
        }
        fault
    }

    /// Messages that are due now. `owed_since` is since when the caller waits for a sound, where they do.
    pub(super) fn due(&mut self, now: u64, owed_since: Option<u64>) -> Vec<String> {
        let mut messages = if self.held { Vec::new() } else { self.speech(now) };
        messages.extend(self.tone(now, owed_since));
        let known_since = now.saturating_sub(LEVELS_KEPT_MS);
        self.levels.retain(|(start, _)| *start >= known_since);
        messages
    }

    fn speech(&mut self, now: u64) -> Vec<String> {
        let mut messages = Vec::new();
        for saying in self.saying.iter_mut().filter(|s| !s.marked) {
            while self.sent_until.max(now) + PIECE_MS <= now + LEAD_MS {
                let start = self.sent_until.max(now);
                let Some(piece) = saying.next_piece(start, self.sent_until.saturating_sub(now) < URGENT_MS) else {
                    break;
                };
                self.levels.extend(piece.levels);
                self.sent_until = start + duration_ms(piece.audio.len());
                messages.push(self.writer.media(&piece.audio));
                let Piece { begins, audio, .. } = piece;
                self.sent.push(Sent { sentence: Some(saying.id), start_ms: start, begins, audio });
            }
            if !saying.is_all_sent() {
                break;
            }
            saying.marked = true;
            messages.push(self.writer.mark(&saying.mark_name()));
        }
        messages
    }

    /// How loud the bot sounds then.
    pub(super) fn level(&self, at: u64) -> f32 {
        let sounds = self.levels.iter().rev().find(|(start, _)| *start <= at);
        sounds.filter(|(start, _)| at < start + FRAME_MS).map_or(0.0, |(_, level)| *level)
    }

    fn tone(&mut self, now: u64, owed_since: Option<u64>) -> Option<String> {
        self.tone_at(owed_since).filter(|due| *due <= now)?;
        let audio = waiting_tone();
        self.sent_until = now + duration_ms(audio.len());
        let message = self.writer.media(&audio);
        self.sent.push(Sent { sentence: None, start_ms: now, begins: false, audio });
        Some(message)
    }

    fn tone_at(&self, owed_since: Option<u64>) -> Option<u64> {
        owed_since.map(|since| since.max(self.sent_until) + TONE_AFTER_MS)
    }

    /// What went out since this was last called.
    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// Sentences that are over by now: marks that will not come any more, and failures.
    pub(super) fn over(&mut self, now: u64) -> Vec<Spoken> {
        let mut over = Vec::new();
        while let Some(first) = self.saying.front() {
            if first.marked && now >= first.end() + first.mark_grace_ms() {
                over.extend(self.finish_front());
            } else if first.failed && first.unsent() < FRAME_BYTES && now >= first.end() {
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
        let Some(at) = self.saying.iter().position(|s| s.marked && s.mark_name() == name) else {
            return Vec::new();
        };
        (0..=at).filter_map(|_| self.finish_front()).collect()
    }

    fn finish_front(&mut self) -> Option<Spoken> {
        let done = self.saying.pop_front()?;
        Some(Spoken::Played(done.id, done.line()))
    }

    /// Falls silent and keeps what was not heard. Answers the message that empties the carrier's queue.
    pub(super) fn hold(&mut self, now: u64) -> String {
        self.held = true;
        self.saying.iter_mut().for_each(|saying| saying.cut(now));
        self.cut_line(now);
        self.writer.clear()
    }

    /// Goes on where it fell silent.
    pub(super) fn resume(&mut self) {
        self.held = false;
    }

    /// Forgets everything. Answers the message that empties the carrier's queue, where it is not
    /// empty already, and what the caller heard of the sentences that were cut.
    pub(super) fn stop(&mut self, now: u64) -> (Option<String>, Vec<Line>) {
        let heard = self.heard_by(now);
        self.cut_line(now);
        self.saying.clear();
        self.speaker = None;
        let clear = (!std::mem::take(&mut self.held)).then(|| self.writer.clear());
        (clear, heard)
    }

    /// The piece that sounds now is played out, and nothing after it.
    fn cut_line(&mut self, now: u64) {
        let playing = self.saying.iter().filter_map(|saying| saying.playing_until(now)).max();
        // A tone is nobody's piece.
        self.sent_until = playing.unwrap_or(self.sent_until.min(now + PIECE_MS));
        self.levels.retain(|(start, _)| *start < self.sent_until);
    }

    /// What the caller has heard by now of everything not yet reported.
    fn heard_by(&self, now: u64) -> Vec<Line> {
        self.saying.iter().filter_map(|saying| saying.heard_line(now)).collect()
    }

    /// What the caller has heard of it where the line itself ended then.
    pub(super) fn broken_at(&self, at: u64) -> Vec<Line> {
        self.saying.iter().filter_map(|saying| saying.broken_line(at)).collect()
    }

    /// When `due` or `over` may have something new by the clock alone.
    pub(super) fn wake_at(&self, owed_since: Option<u64>) -> Option<u64> {
        let sending = self.saying.iter().find(|s| !s.marked && !self.held);
        let send = sending.and_then(|s| {
            // Of a failed sentence whose audio is out, only its end is awaited.
            let ended = s.complete || (s.failed && s.unsent() > 0);
            match (ended || s.unsent() >= PIECE_BYTES, s.unsent() >= FRAME_BYTES) {
                (true, _) => Some((self.sent_until + PIECE_MS).saturating_sub(LEAD_MS)),
                (false, true) => Some((self.sent_until + 1).saturating_sub(URGENT_MS)),
                // The synthesis wakes us.
                (false, false) => None,
            }
        });
        let over = self.saying.front().and_then(|first| match (first.marked, first.failed) {
            (true, _) => Some(first.end() + first.mark_grace_ms()),
            (false, true) if first.unsent() < FRAME_BYTES => Some(first.end()),
            (false, _) => None,
        });
        [send, over, self.tone_at(owed_since)].into_iter().flatten().min()
    }
}

/// 200 ms, fading in and out.
fn waiting_tone() -> Vec<u8> {
    const SAMPLES: usize = SAMPLE_RATE_HZ as usize / 5;
    let sample = |n: usize| {
        let (turn, fade) = (n as f32 / SAMPLE_RATE_HZ as f32 * TONE_HZ, n as f32 / SAMPLES as f32);
        let height = TONE_HEIGHT * (fade * std::f32::consts::PI).sin();
        (height * (turn * std::f32::consts::TAU).sin()) as i16
    };
    bytes(&(0..SAMPLES).map(sample).collect::<Vec<i16>>())
}
