//! What a recogniser makes of the audio it got: words by their marks, speech by its energy.

use std::collections::BTreeSet;

use crate::domain::audio::{FRAME_BYTES, FRAME_MS, samples};
use crate::domain::language::Language;
use crate::sim::speech::{Lexicon, Mark};

/// Louder than line noise, quieter than any voice.
const VOICE_RMS: f64 = 300.0;
const START_FRAMES: u32 = 3;

/// What a piece of audio brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noticed {
    /// Somebody began to speak.
    Start,
    /// One more word is understood.
    Word,
    /// They went quiet for long enough.
    End,
}

struct HeardWord {
    mark: Mark,
    frames: BTreeSet<u16>,
    needed: usize,
}

/// Listens to one stream. Words count once at least half of their frames have arrived.
pub(super) struct Ear {
    lexicon: Lexicon,
    silence_frames: u32,
    rest: Vec<u8>,
    words: Vec<HeardWord>,
    /// The last word reported and its last frame: an utterance may end inside a word.
    reported: Option<(u32, u16, u16)>,
    speaking: bool,
    run: u32,
}

impl Ear {
    pub(super) fn new(lexicon: Lexicon, silence_ms: u64) -> Self {
        let silence_frames = u32::try_from(silence_ms / FRAME_MS).unwrap_or(u32::MAX).max(1);
        Self { lexicon, silence_frames, rest: Vec::new(), words: Vec::new(), reported: None, speaking: false, run: 0 }
    }

    /// Takes 8 kHz 16-bit PCM.
    pub(super) fn hear(&mut self, pcm: &[u8]) -> Vec<Noticed> {
        let mut audio = std::mem::take(&mut self.rest);
        audio.extend_from_slice(pcm);
        let whole = audio.len() - audio.len() % FRAME_BYTES;
        let noticed = audio[..whole].chunks_exact(FRAME_BYTES).flat_map(|frame| self.frame(frame)).collect();
        self.rest = audio[whole..].to_vec();
        noticed
    }

    fn frame(&mut self, frame: &[u8]) -> Vec<Noticed> {
        let mark = self.lexicon.read(frame);
        let mut noticed: Vec<Noticed> = self.listen(mark.is_some() || rms(frame) > VOICE_RMS).into_iter().collect();
        if mark.is_some_and(|mark| self.add(mark)) {
            noticed.push(Noticed::Word);
        }
        noticed
    }

    fn listen(&mut self, voice: bool) -> Option<Noticed> {
        self.run = if voice == self.speaking { 0 } else { self.run + 1 };
        let enough = if self.speaking { self.silence_frames } else { START_FRAMES };
        if self.run < enough {
            return None;
        }
        self.run = 0;
        self.speaking = !self.speaking;
        Some(if self.speaking { Noticed::Start } else { Noticed::End })
    }

    /// Whether the frame made its word understood.
    fn add(&mut self, mark: Mark) -> bool {
        let same = |word: &HeardWord| (word.mark.clip, word.mark.word) == (mark.clip, mark.word);
        let index = self.words.iter().rposition(same).unwrap_or_else(|| {
            let needed = self.lexicon.frames(mark).unwrap_or(1).div_ceil(2);
            self.words.push(HeardWord { mark, frames: BTreeSet::new(), needed });
            self.words.len() - 1
        });
        let word = &mut self.words[index];
        word.frames.insert(mark.frame) && word.frames.len() == word.needed
    }

    /// The words understood so far.
    pub(super) fn text(&self) -> String {
        let texts: Vec<String> =
            self.understood().filter_map(|word| self.lexicon.word(word.mark)).map(|(text, ..)| text).collect();
        texts.join(" ")
    }

    /// The language of the first clip heard.
    pub(super) fn language(&self) -> Option<Language> {
        self.understood().find_map(|word| self.lexicon.word(word.mark)).map(|(_, _, language)| language)
    }

    /// How many words are understood so far.
    pub(super) fn count(&self) -> usize {
        self.understood().count()
    }

    /// Ends the utterance: text, language. Later audio is a new one.
    pub(super) fn take(&mut self) -> (String, Option<Language>) {
        let taken = (self.text(), self.language());
        let last = self
            .understood()
            .last()
            .map(|word| (word.mark.clip, word.mark.word, word.frames.last().copied().unwrap_or_default()));
        self.reported = last.or(self.reported);
        self.words.clear();
        self.speaking = false;
        self.run = 0;
        taken
    }

    fn understood(&self) -> impl Iterator<Item = &HeardWord> {
        // The rest of a word that ended the utterance before is not said again.
        let continued = |word: &HeardWord| {
            self.reported.is_some_and(|(clip, number, frame)| {
                (word.mark.clip, word.mark.word) == (clip, number) && word.frames.first().is_some_and(|f| *f > frame)
            })
        };
        self.words.iter().filter(move |word| word.frames.len() >= word.needed && !continued(word))
    }
}

fn rms(frame: &[u8]) -> f64 {
    let samples = samples(frame);
    (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::speech::Voice;

    async fn spoken(lexicon: &Lexicon, text: &str) -> crate::sim::speech::Spoken {
        lexicon.speak(text, Language::Hindi).await
    }

    #[tokio::test]
    async fn a_word_counts_from_half_of_its_frames_and_only_once() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "pehla doosra").await;
        let second = &clip.words[1];
        let cut = (second.first_frame + (second.end_frame - second.first_frame).div_ceil(2)) * FRAME_BYTES;
        let mut ear = Ear::new(lexicon, 500);
        ear.hear(&clip.audio[..cut - FRAME_BYTES]);
        assert_eq!(ear.text(), "pehla");
        ear.hear(&clip.audio[cut - FRAME_BYTES..cut]);
        assert_eq!(ear.take(), ("pehla doosra".to_owned(), Some(Language::Hindi)));
        ear.hear(&clip.audio[cut..]);
        assert_eq!(ear.take(), (String::new(), None));
    }

    #[tokio::test]
    async fn frames_are_put_together_from_pieces_of_any_size() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "ek do teen").await;
        let mut ear = Ear::new(lexicon, 500);
        for piece in clip.audio.chunks(333) {
            ear.hear(piece);
        }
        assert_eq!(ear.text(), "ek do teen");
    }

    #[tokio::test]
    async fn speech_starts_with_a_voice_and_ends_only_when_silence_is_heard() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "haan").await;
        let mut ear = Ear::new(lexicon, 500);
        assert_eq!(ear.hear(&[0; FRAME_BYTES * 50]), vec![]);
        let noticed = ear.hear(&clip.audio);
        assert!(noticed.contains(&Noticed::Start) && noticed.contains(&Noticed::Word), "{noticed:?}");
        assert_eq!(ear.hear(&[0; FRAME_BYTES * 24]), vec![]);
        assert_eq!(ear.hear(&[0; FRAME_BYTES]), vec![Noticed::End]);
    }
}
