//! How much of a sentence was heard, from how long it sounded. An estimate, true to about a word.

use crate::domain::audio::{FRAME_BYTES, FRAME_MS, samples};
use crate::domain::transcript::{weight, word_begins};
use crate::domain::vad::rms;

/// Milliseconds a character of speech takes, where the whole length is not known yet (about 14
/// characters a second, pauses included).
const CHARACTER_MS: u64 = 65;
/// Frames below this are the pauses between words and the silence around a sentence.
const SOUND_RMS: f32 = 120.0;
/// A sentence that goes on begins at the last pause, if it is so near: a word or two are heard
/// again. Further back, and the caller thinks the bot starts anew.
const NEAR_FRAMES: usize = 20;

/// How loud each frame of a sentence is. Words lie in those that sound: a leading silence or the
/// pause at a comma holds none.
#[derive(Debug, Default)]
pub(super) struct Sound {
    frames: Vec<f32>,
    /// Bytes of a frame that has not come whole yet.
    rest: Vec<u8>,
}

impl Sound {
    /// Takes synthesised audio as it comes.
    pub(super) fn take(&mut self, audio: &[u8]) {
        self.rest.extend_from_slice(audio);
        let whole = self.rest.len() - self.rest.len() % FRAME_BYTES;
        self.frames.extend(self.rest[..whole].chunks_exact(FRAME_BYTES).map(|frame| rms(&samples(frame))));
        self.rest.drain(..whole);
    }

    /// Milliseconds of voice in the first `ms` of it.
    fn voiced_ms(&self, ms: u64) -> u64 {
        let frames = usize::try_from(ms / FRAME_MS).unwrap_or(usize::MAX);
        self.frames.iter().take(frames).filter(|level| **level >= SOUND_RMS).count() as u64 * FRAME_MS
    }

    /// How loud the frame is that begins at that byte.
    pub(super) fn level(&self, byte: usize) -> f32 {
        self.frames.get(byte / FRAME_BYTES).copied().unwrap_or_default()
    }

    /// Where a sentence that was cut at that byte goes on.
    pub(super) fn goes_on_at(&self, byte: usize) -> usize {
        let cut = (byte / FRAME_BYTES).min(self.frames.len());
        let near = cut.saturating_sub(NEAR_FRAMES);
        let pause = self.frames[near..cut].iter().rposition(|level| *level < SOUND_RMS);
        // The silence before its first word is near enough, too.
        let place = pause.map(|place| near + place).or((near == 0).then_some(0));
        place.map_or(byte, |place| place * FRAME_BYTES)
    }

    /// The words of `text` of which more than half sounded in the first `heard_ms`; `complete`
    /// where the whole sentence is known.
    pub(super) fn text_heard(&self, text: &str, heard_ms: u64, complete: bool) -> String {
        words_heard(text, self.voiced_ms(heard_ms), self.whole_ms(text, complete))
    }

    /// The byte at which each word of `text` begins to sound, as far as it is synthesised.
    pub(super) fn word_begins(&self, text: &str, complete: bool) -> Vec<usize> {
        let mut voiced = self.frames.iter().enumerate().filter(|(_, level)| **level >= SOUND_RMS).map(|(at, _)| at);
        let (mut frame, mut passed_ms) = (voiced.next(), 0);
        word_begins(text, self.whole_ms(text, complete))
            .map_while(|begins| {
                while passed_ms + FRAME_MS <= begins {
                    frame = voiced.next();
                    passed_ms += FRAME_MS;
                }
                frame.map(|frame| frame * FRAME_BYTES)
            })
            .collect()
    }

    /// Milliseconds of voice in all of it.
    fn whole_ms(&self, text: &str, complete: bool) -> u64 {
        let all = self.voiced_ms(u64::MAX);
        if complete { all } else { all.max(sounds_in(text) * CHARACTER_MS) }
    }
}

/// The words of `text` of which more than half lies in the first `heard` of `total`.
fn words_heard(text: &str, heard: u64, total: u64) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole: u64 = words.iter().map(|word| weight(word)).sum();
    let heard = heard.min(total) * whole / total.max(1);
    let mut before = 0;
    let mut count = 0;
    for word in &words {
        let weight = weight(word);
        if before + weight / 2 >= heard {
            break;
        }
        before += weight;
        count += 1;
    }
    words[..count].join(" ")
}

fn sounds_in(text: &str) -> u64 {
    text.split_whitespace().map(weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::sim::speech::{Lexicon, SpokenWord, Voice};

    /// 240 ms of silence, then voice.
    fn sound(voiced_ms: usize) -> Sound {
        let mut sound = Sound::default();
        sound.take(&vec![0; FRAME_BYTES * 12]);
        // In pieces that are no whole frames.
        for piece in vec![0x11; FRAME_BYTES * voiced_ms / 20].chunks(333) {
            sound.take(piece);
        }
        sound
    }
    const TEXT: &str = "one two three four";

    #[test]
    fn the_words_follow_the_voice_and_not_the_silence_before_it() {
        let sound = sound(1_000);
        assert_eq!(sound.text_heard(TEXT, 240, true), "");
        assert_eq!(sound.text_heard(TEXT, 740, true), "one two");
        assert_eq!(sound.text_heard(TEXT, 1_240, true), TEXT);
    }

    #[test]
    fn a_cut_sentence_goes_on_at_the_pause_before_the_cut_or_else_where_it_was_cut() {
        let mut sound = sound(600);
        sound.take(&[0; FRAME_BYTES * 3]);
        sound.take(&[0x11; FRAME_BYTES * 40]);
        let frame = |place: usize| place * FRAME_BYTES;
        assert_eq!(sound.goes_on_at(frame(50)), frame(44), "the last frame of the pause, six frames before");
        assert_eq!(sound.goes_on_at(frame(44)), frame(43), "inside the pause");
        assert_eq!(sound.goes_on_at(frame(80)), frame(80), "the pause is too far back");
        assert_eq!(sound.goes_on_at(frame(12)), frame(11), "before the first word");
        assert_eq!(Sound::default().goes_on_at(0), 0);
    }

    #[tokio::test]
    async fn a_cut_sentence_with_numbers_is_estimated_to_about_a_word() {
        let text = "Am I speaking with Person 9201 of the old house behind the new market, about 4500 rupees of it?";
        let spoken = Lexicon::new(Voice::Made).speak(text, Language::English).await;
        let mut sound = Sound::default();
        sound.take(&spoken.audio);
        let frames = spoken.audio.len() / FRAME_BYTES;
        let off = |frame: usize| {
            let half = |word: &&SpokenWord| word.first_frame + word.end_frame <= 2 * frame;
            let heard = sound.text_heard(text, frame as u64 * FRAME_MS, true).split_whitespace().count();
            spoken.words.iter().filter(half).count().abs_diff(heard)
        };
        let off: Vec<usize> = (0..=frames).map(off).collect();
        assert!(off.iter().all(|off| *off <= 1), "{off:?}");
    }

    #[test]
    fn words_begin_where_the_voice_is_and_not_in_a_pause() {
        let mut sound = sound(400);
        sound.take(&[0; FRAME_BYTES * 10]);
        sound.take(&[0x11; FRAME_BYTES * 20]);
        // Of 800 ms of voice a quarter each: after 12 frames of silence, and around ten in the middle.
        let begins: Vec<usize> = sound.word_begins("one two six ten", true).iter().map(|at| at / FRAME_BYTES).collect();
        assert_eq!(begins, [12, 22, 42, 52]);
        assert_eq!(sound.word_begins("one two three four and much more of that", false).len(), 3, "not spoken yet");
    }

    #[tokio::test]
    async fn a_word_begins_within_300_ms_of_its_estimate() {
        let text = "Am I speaking with Kavita? This is Asha Finance, about the payment that is due on Friday.";
        let spoken = Lexicon::new(Voice::Made).speak(text, Language::English).await;
        let mut sound = Sound::default();
        sound.take(&spoken.audio);
        let begins = sound.word_begins(text, true);
        assert_eq!(begins.len(), spoken.words.len());
        let off =
            |(word, begins): (&SpokenWord, &usize)| word.first_frame.abs_diff(begins / FRAME_BYTES) as u64 * FRAME_MS;
        let off: Vec<u64> = spoken.words.iter().zip(&begins).map(off).collect();
        assert!(off.iter().all(|off| *off <= 300), "{off:?}");
    }

    #[test]
    fn an_unfinished_synthesis_is_measured_by_its_characters() {
        assert_eq!(sound(600).text_heard(TEXT, 840, false), "one two");
    }
}
