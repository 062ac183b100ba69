//! What a recogniser makes of the audio it got: words by their marks, speech by its energy.

use std::collections::BTreeSet;

use super::switches::Finals;
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, samples};
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

/// What was understood of one utterance.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    words: Vec<String>,
    language: Option<Language>,
}

impl Taken {
    /// The finals it becomes: text and language each.
    pub(super) fn as_told(&self, finals: &Finals, understood: bool) -> Vec<(String, Option<Language>)> {
        let named = self.language.map(|heard| finals.other_language.unwrap_or(heard));
        let language = named.filter(|_| understood && !finals.no_language);
        if finals.empty || !understood {
            return vec![(String::new(), None)];
        }
        match self.words.split_last() {
            Some((last, rest)) if finals.split && !rest.is_empty() => {
                vec![(rest.join(" "), language), (last.clone(), language)]
            }
            _ => vec![(self.words.join(" "), language)],
        }
    }
}

/// Listens to one stream. Words count once at least half of their frames have arrived.
pub(super) struct Ear {
    lexicon: Lexicon,
    /// Samples that come for each one at 8 kHz.
    spread: usize,
    silence_frames: u32,
    rest: Vec<u8>,
    words: Vec<HeardWord>,
    /// The last word reported and its last frame: an utterance may end inside a word.
    reported: Option<(u32, u16, u16)>,
    speaking: bool,
    run: u32,
}

impl Ear {
    /// For audio of that rate, a multiple of 8 kHz.
    pub(super) fn new(lexicon: Lexicon, silence_ms: u64, rate_hz: u32) -> Self {
        Self {
            lexicon,
            spread: (rate_hz / SAMPLE_RATE_HZ).max(1) as usize,
            silence_frames: frames(silence_ms),
            rest: Vec::new(),
            words: Vec::new(),
            reported: None,
            speaking: false,
            run: 0,
        }
    }

    /// From now on, this much silence ends speech.
    pub(super) fn set_silence(&mut self, silence_ms: u64) {
        self.silence_frames = frames(silence_ms);
    }

    /// Takes 16-bit PCM. Of a higher rate every so-manieth sample is heard: whoever raised it from
    /// 8 kHz left those as they were.
    pub(super) fn hear(&mut self, pcm: &[u8]) -> Vec<Noticed> {
        let mut audio = std::mem::take(&mut self.rest);
        audio.extend_from_slice(pcm);
        let frame_bytes = FRAME_BYTES * self.spread;
        let whole = audio.len() - audio.len() % frame_bytes;
        let mut noticed = Vec::new();
        for frame in audio[..whole].chunks_exact(frame_bytes) {
            let heard: Vec<u8> = frame.chunks_exact(2).step_by(self.spread).flatten().copied().collect();
            noticed.extend(self.frame(&heard));
        }
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
        self.texts().join(" ")
    }

    fn texts(&self) -> Vec<String> {
        self.understood().filter_map(|word| self.lexicon.word(word.mark)).map(|(text, ..)| text).collect()
    }

    /// The language of the first clip heard.
    pub(super) fn language(&self) -> Option<Language> {
        self.understood().find_map(|word| self.lexicon.word(word.mark)).map(|(_, _, language)| language)
    }

    /// How many words are understood so far.
    pub(super) fn count(&self) -> usize {
        self.understood().count()
    }

    /// Between two utterances.
    pub(super) fn is_quiet(&self) -> bool {
        !self.speaking && self.words.is_empty()
    }

    /// Ends the utterance. Later audio is a new one.
    pub(super) fn take(&mut self) -> Taken {
        let taken = Taken { words: self.texts(), language: self.language() };
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

fn frames(silence_ms: u64) -> u32 {
    u32::try_from(silence_ms / FRAME_MS).unwrap_or(u32::MAX).max(1)
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
        let mut ear = Ear::new(lexicon, 500, SAMPLE_RATE_HZ);
        ear.hear(&clip.audio[..cut - FRAME_BYTES]);
        assert_eq!(ear.text(), "pehla");
        ear.hear(&clip.audio[cut - FRAME_BYTES..cut]);
        let told = |taken: Taken| taken.as_told(&Finals::default(), true);
        assert_eq!(told(ear.take()), [("pehla doosra".to_owned(), Some(Language::Hindi))]);
        ear.hear(&clip.audio[cut..]);
        assert_eq!(told(ear.take()), [(String::new(), None)]);
    }

    #[tokio::test]
    async fn frames_are_put_together_from_pieces_of_any_size() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "ek do teen").await;
        let mut ear = Ear::new(lexicon, 500, SAMPLE_RATE_HZ);
        for piece in clip.audio.chunks(333) {
            ear.hear(piece);
        }
        assert_eq!(ear.text(), "ek do teen");
    }

    #[tokio::test]
    async fn raised_audio_is_heard_by_the_samples_it_was_raised_from() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "ek do teen").await;
        let raised: Vec<u8> = clip.audio.chunks_exact(2).flat_map(|sample| [sample[0], sample[1], 7, 7]).collect();
        let mut ear = Ear::new(lexicon, 500, 16_000);
        for piece in raised.chunks(334) {
            ear.hear(piece);
        }
        assert_eq!(ear.text(), "ek do teen");
    }

    #[test]
    fn what_is_told_of_an_utterance_follows_the_switches() {
        let words = || vec!["kal".to_owned(), "dunga".to_owned()];
        let taken = Taken { words: words(), language: Some(Language::Hindi) };
        let told = |finals: Finals| taken.as_told(&finals, true);
        let hindi = Some(Language::Hindi);
        let split = [("kal".to_owned(), hindi), ("dunga".to_owned(), hindi)];
        assert_eq!(told(Finals { split: true, ..Finals::default() }), split);
        assert_eq!(told(Finals { empty: true, ..Finals::default() }), [(String::new(), None)]);
        assert_eq!(told(Finals { no_language: true, ..Finals::default() }), [("kal dunga".to_owned(), None)]);
        let tamil = Finals { other_language: Some(Language::Tamil), ..Finals::default() };
        assert_eq!(told(tamil), [("kal dunga".to_owned(), Some(Language::Tamil))]);
        assert_eq!(taken.as_told(&Finals::default(), false), [(String::new(), None)]);
    }

    #[tokio::test]
    async fn speech_starts_with_a_voice_and_ends_only_when_silence_is_heard() {
        let lexicon = Lexicon::new(Voice::Made);
        let clip = spoken(&lexicon, "haan").await;
        let mut ear = Ear::new(lexicon, 500, SAMPLE_RATE_HZ);
        assert_eq!(ear.hear(&[0; FRAME_BYTES * 50]), vec![]);
        let noticed = ear.hear(&clip.audio);
        assert!(noticed.contains(&Noticed::Start) && noticed.contains(&Noticed::Word), "{noticed:?}");
        assert_eq!(ear.hear(&[0; FRAME_BYTES * 24]), vec![]);
        assert_eq!(ear.hear(&[0; FRAME_BYTES]), vec![Noticed::End]);
    }
}
