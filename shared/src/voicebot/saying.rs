//! One sentence on its way: synthesised, sent in pieces, cut and gone on with, heard.
//! Pure; all times in milliseconds from the start of the stream.

use bytes::Bytes;

use super::heard::Sound;
use super::mouth::PIECE_BYTES;
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, bytes_of, duration_ms};
use crate::domain::dialogue::Sentence;
use crate::domain::transcript::{Line, Speaker as Who};

/// A mark this late will not come (exotel.md 5.4).
const MARK_GRACE_MS: u64 = 1_000;
/// The carrier's playback runs in steps of a frame, and ours of the same sound a frame beside it.
const UNSURE_MS: u64 = 2 * FRAME_MS;

/// What the synthesis brings.
pub(super) enum Part {
    Audio(Bytes),
    End,
    Failure,
}

/// Audio on its way to the caller.
pub(super) struct Piece {
    /// Nothing of the sentence is on its way before this.
    pub(super) begins: bool,
    pub(super) audio: Vec<u8>,
    /// When each of its frames sounds, and how loud.
    pub(super) levels: Vec<(u64, f32)>,
}

/// A piece that was sent.
struct Sent {
    start: u64,
    length: u64,
    /// Where in the sentence it begins.
    from: usize,
    /// How much of the sentence is out with it.
    until: usize,
}

pub(super) struct Saying {
    pub(super) id: u32,
    pub(super) sentence: Sentence,
    /// All of it, as far as it is synthesised: what was sent may have to be sent again.
    audio: Vec<u8>,
    sent_bytes: usize,
    /// What of it sounds.
    sound: Sound,
    pub(super) complete: bool,
    pub(super) failed: bool,
    pub(super) marked: bool,
    /// How often it was cut: marks sent before count no more, whether they come back or not.
    cuts: u32,
    /// All of it was out when the carrier was told to forget what waited, and that was its mark.
    mark_cleared: bool,
    sent: Vec<Sent>,
}

impl Saying {
    pub(super) fn new(id: u32, sentence: Sentence) -> Self {
        Self {
            id,
            sentence,
            audio: Vec::new(),
            sent_bytes: 0,
            sound: Sound::default(),
            complete: false,
            failed: false,
            marked: false,
            cuts: 0,
            mark_cleared: false,
            sent: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, part: Part) {
        match part {
            Part::Audio(audio) => {
                self.sound.take(&audio);
                self.audio.extend_from_slice(&audio);
            }
            Part::End => self.complete = true,
            Part::Failure => self.failed = true,
        }
    }

    /// Bytes synthesised and not sent.
    pub(super) fn unsent(&self) -> usize {
        self.audio.len() - self.sent_bytes
    }

    pub(super) fn is_all_sent(&self) -> bool {
        self.complete && self.unsent() == 0
    }

    pub(super) fn start(&self) -> Option<u64> {
        self.sent.first().map(|sent| sent.start)
    }

    pub(super) fn end(&self) -> u64 {
        self.sent.last().map_or(0, |sent| sent.start + sent.length)
    }

    pub(super) fn mark_name(&self) -> String {
        match self.cuts {
            0 => format!("s{}", self.id),
            cuts => format!("s{}-{cuts}", self.id),
        }
    }

    /// How long after its end its mark is waited for.
    pub(super) fn mark_grace_ms(&self) -> u64 {
        if self.mark_cleared { 0 } else { MARK_GRACE_MS }
    }

    /// The next piece. The last one is filled up with silence: the carrier plays short ones
    /// unevenly, and a sentence ends with a pause anyway.
    pub(super) fn next_piece(&mut self, start: u64, urgent: bool) -> Option<Piece> {
        let (unsent, ended) = (self.unsent(), self.complete || self.failed);
        let take = match unsent {
            PIECE_BYTES.. => PIECE_BYTES,
            _ if ended => unsent,
            _ if urgent => unsent - unsent % FRAME_BYTES,
            _ => 0,
        };
        if take == 0 {
            return None;
        }
        let from = self.sent_bytes;
        let mut audio = self.audio[from..from + take].to_vec();
        if ended {
            audio.resize(audio.len().max(PIECE_BYTES), 0);
        }
        self.sent_bytes += take;
        let levels = (0..audio.len()).step_by(FRAME_BYTES);
        let levels =
            levels.map(|byte| (start + byte as u64 / FRAME_BYTES as u64 * FRAME_MS, self.sound.level(from + byte)));
        let levels = levels.collect();
        let begins = self.sent.is_empty();
        self.sent.push(Sent { start, length: duration_ms(audio.len()), from, until: self.sent_bytes });
        Some(Piece { begins, audio, levels })
    }

    /// The carrier forgets what has not begun to sound: that is to be sent again, and what may not have
    /// begun too, for a syllable heard twice is better than a word never heard.
    pub(super) fn cut(&mut self, now: u64) {
        let now = now.saturating_sub(UNSURE_MS);
        self.sent.retain(|sent| sent.start < now);
        let heard = self.heard_bytes(now);
        let lost = heard < self.sent_bytes;
        self.cuts += 1;
        self.mark_cleared = self.marked && !lost;
        self.marked = self.mark_cleared;
        if !self.marked {
            self.sent_bytes = self.sound.goes_on_at(heard);
        }
    }

    /// When the piece that sounds now is over.
    pub(super) fn playing_until(&self, now: u64) -> Option<u64> {
        let playing = self.sent.iter().find(|sent| (sent.start..sent.start + sent.length).contains(&now))?;
        Some(playing.start + playing.length)
    }

    /// A piece that has begun is played to its end.
    fn heard_bytes(&self, now: u64) -> usize {
        self.sent.iter().filter(|sent| sent.start < now).map(|sent| sent.until).max().unwrap_or(0)
    }

    /// All of it was heard.
    pub(super) fn line(&self) -> Line {
        self.line_of(self.sentence.text.clone(), self.end(), false)
    }

    /// As much of it as was heard when the carrier is told to forget the rest; nothing where that is no
    /// word.
    pub(super) fn heard_line(&self, now: u64) -> Option<Line> {
        let begun = self.sent.iter().rfind(|sent| sent.start < now)?;
        self.line_until(now, self.heard_bytes(now), begun.start + begun.length)
    }

    /// As much of it as was heard when the line itself ended: no piece is played to its end.
    pub(super) fn broken_line(&self, at: u64) -> Option<Line> {
        let begun = self.sent.iter().rfind(|sent| sent.start < at)?;
        let played = |sent: &Sent| sent.until.min(sent.from + bytes_of((at - sent.start).min(sent.length)));
        let heard = self.sent.iter().filter(|sent| sent.start < at).map(played).max()?;
        self.line_until(at, heard, at.min(begun.start + begun.length))
    }

    fn line_until(&self, now: u64, heard: usize, end_ms: u64) -> Option<Line> {
        if self.marked && self.end() <= now {
            return Some(self.line());
        }
        let text = self.sound.text_heard(&self.sentence.text, duration_ms(heard), self.complete);
        (!text.is_empty()).then(|| self.line_of(text, end_ms, true))
    }

    /// When each of the first so many words was first heard.
    fn word_starts(&self, words: usize) -> Vec<u64> {
        let begins = self.sound.word_begins(&self.sentence.text, self.complete);
        let heard_at = |byte: &usize| {
            let sent = self.sent.iter().find(|sent| (sent.from..sent.until).contains(byte))?;
            Some(sent.start + duration_ms(byte - sent.from))
        };
        begins.iter().take(words).map_while(heard_at).collect()
    }

    fn line_of(&self, text: String, end_ms: u64, cut: bool) -> Line {
        let words = text.split_whitespace().count();
        // All or none: a list that is too short would be read as the times of other words.
        let word_starts_ms = Some(self.word_starts(words)).filter(|starts| starts.len() == words);
        Line {
            word_starts_ms: word_starts_ms.unwrap_or_default(),
            speaker: Who::Bot,
            text,
            language: self.sentence.language,
            start_ms: self.start().unwrap_or(end_ms),
            end_ms,
            interrupted: cut,
            estimated: cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    /// 300 ms of sound, of which so many pieces are sent, from 1,000 on.
    fn sent(pieces: u64) -> Saying {
        let sentence =
            Sentence { text: "one two three four five".to_owned(), language: Language::English, interruptible: true };
        let mut saying = Saying::new(7, sentence);
        saying.take(Part::Audio(Bytes::from(vec![0x11; 5 * PIECE_BYTES])));
        saying.take(Part::End);
        for n in 0..pieces {
            let piece = saying.next_piece(1_000 + n * 60, false).expect("more");
            assert_eq!(piece.levels.len(), 3, "a level for each frame");
        }
        saying.marked = saying.is_all_sent();
        saying
    }

    #[test]
    fn what_had_not_begun_is_sent_again_and_the_record_counts_it_once() {
        let mut saying = sent(4);
        saying.cut(1_110);
        assert_eq!(saying.playing_until(1_110), Some(1_120));
        // So near the beginning, all of it.
        assert_eq!(saying.unsent(), 5 * PIECE_BYTES);
        assert_eq!(saying.heard_line(1_900).map(|line| (line.text, line.end_ms)), Some(("one two".to_owned(), 1_120)));
        while saying.next_piece(2_000 + saying.unsent() as u64, false).is_some() {}
        assert!(saying.is_all_sent());
        assert_eq!(saying.line().text, "one two three four five");
    }

    #[test]
    fn a_line_that_ends_cuts_the_piece_that_sounds() {
        let saying = sent(5);
        let heard = |at: u64| saying.broken_line(at).map(|line| (line.text, line.end_ms));
        assert_eq!(heard(1_080), Some(("one".to_owned(), 1_080)));
        assert_eq!(saying.heard_line(1_080).map(|line| line.end_ms), Some(1_120), "told to forget the rest");
        assert_eq!((heard(1_000), heard(1_010)), (None, None), "no word yet");
        assert_eq!(heard(1_600), Some(("one two three four five".to_owned(), 1_300)));
    }

    #[test]
    fn a_word_that_was_heard_twice_began_where_it_was_heard_first() {
        let mut saying = sent(4);
        saying.cut(1_110);
        let cut = saying.heard_line(1_900).expect("two words");
        assert_eq!((cut.text.as_str(), cut.word_starts_ms), ("one two", vec![1_000, 1_040]));
        // All of it goes out again; its first 120 ms had been heard.
        for n in 0..5 {
            saying.next_piece(2_000 + n * 60, false).expect("more");
        }
        assert_eq!(saying.line().word_starts_ms, [1_000, 1_040, 1_100, 2_160, 2_220]);
    }

    #[test]
    fn a_mark_from_before_the_cut_counts_no_more() {
        let mut saying = sent(5);
        assert_eq!((saying.mark_name().as_str(), saying.marked), ("s7", true));
        saying.cut(1_150);
        assert_eq!((saying.mark_name().as_str(), saying.marked), ("s7-1", false));
    }

    #[test]
    fn a_sentence_cut_while_its_last_piece_sounds_is_over_with_that() {
        let mut saying = sent(5);
        saying.cut(1_290);
        assert!(saying.marked && saying.unsent() == 0);
        assert_eq!((saying.end(), saying.mark_grace_ms()), (1_300, 0), "nobody sends its mark any more");
        assert_eq!(sent(5).mark_grace_ms(), MARK_GRACE_MS);
    }
}
