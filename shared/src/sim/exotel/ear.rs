//! From played frames to the words the caller heard.

use crate::domain::audio::{FRAME_MS, samples};
use crate::domain::language::Language;
use crate::sim::speech::{Lexicon, Mark};

use super::phrases::thanks;
use super::truth::HeardUtterance;

/// Samples above this are sound, below it line noise (about -45 dBFS).
const SOUND_PEAK: u16 = 180;

/// Collects the words of one stream.
pub(super) struct Ear {
    lexicon: Lexicon,
    heard: Vec<HeardUtterance>,
    last: Option<Mark>,
    /// The last word that counts in the utterance that was heard last.
    counted: Option<u16>,
    language: Option<Language>,
    thanked: bool,
}

/// What one frame was to the ear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Impression {
    /// Somebody or something sounds.
    pub(super) sounds: bool,
    /// The list of utterances changed (a new word, or one completed).
    pub(super) news: bool,
}

impl Ear {
    pub(super) fn new(lexicon: Lexicon) -> Self {
        Self { lexicon, heard: Vec::new(), last: None, counted: None, language: None, thanked: false }
    }

    /// Everything heard so far.
    pub(super) fn heard(&self) -> &[HeardUtterance] {
        &self.heard
    }

    /// The language heard last.
    pub(super) fn language(&self) -> Option<Language> {
        self.language
    }

    /// A sentence has begun with thanks.
    pub(super) fn thanked(&self) -> bool {
        self.thanked
    }

    /// One frame that sounds from `at_ms` on.
    pub(super) fn frame(&mut self, frame: &[u8], at_ms: u64) -> Impression {
        let Some(mark) = self.lexicon.read(frame) else {
            let sounds = samples(frame).iter().any(|s| s.unsigned_abs() > SOUND_PEAK);
            return Impression { sounds, news: false };
        };
        let news = self.hear(mark, at_ms);
        Impression { sounds: true, news }
    }

    fn hear(&mut self, mark: Mark, at_ms: u64) -> bool {
        let Some((word, words, language)) = self.lexicon.word(mark) else {
            return false;
        };
        // The same sentence from an earlier place on is said anew (a cached greeting, a repeat); from the
        // word before, it goes on where it was interrupted, or where its synthesis broke off and was
        // ordered again: then in another clip.
        let goes_on = |last: &Mark| {
            let ahead = (last.word, last.frame) < (mark.word, mark.frame);
            let one_back = (mark.word, mark.frame) > (0, 0) && mark.word + 1 >= last.word;
            (ahead || one_back) && (last.clip == mark.clip || self.lexicon.same_words(last.clip, mark.clip))
        };
        let before = self.last.filter(goes_on);
        if before.is_none() {
            let (text, complete) = (String::new(), false);
            self.heard.push(HeardUtterance { text, language, start_ms: at_ms, end_ms: at_ms, complete });
            self.counted = None;
        }
        let furthest = before.filter(|last| (last.word, last.frame) > (mark.word, mark.frame));
        self.last = Some(furthest.unwrap_or(mark));
        self.language = Some(language);
        let Some(utterance) = self.heard.last_mut() else {
            return false;
        };
        utterance.end_ms = at_ms + FRAME_MS;
        // A word was heard where half of it was.
        let frames = self.lexicon.frames(mark);
        let half = frames.is_none_or(|frames| 2 * (usize::from(mark.frame) + 1) >= frames);
        let new_word = half && self.counted.is_none_or(|word| word < mark.word);
        if new_word {
            self.counted = Some(mark.word);
            if !utterance.text.is_empty() {
                utterance.text.push(' ');
            }
            utterance.text.push_str(&word);
            self.thanked |= utterance.text.starts_with(thanks(language));
        }
        let last_word = usize::from(mark.word) + 1 == words;
        let last_frame = frames.is_none_or(|frames| usize::from(mark.frame) + 1 >= frames);
        let completed = last_word && last_frame && !utterance.complete;
        utterance.complete |= completed;
        new_word || completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audio::FRAME_BYTES;
    use crate::sim::speech::Voice;

    async fn clip(text: &str) -> (Lexicon, Vec<u8>) {
        let lexicon = Lexicon::new(Voice::Made);
        let audio = lexicon.speak(text, Language::English).await.audio;
        (lexicon, audio)
    }
    fn listen(ear: &mut Ear, audio: &[u8], start_ms: u64) {
        for (index, frame) in audio.chunks_exact(FRAME_BYTES).enumerate() {
            ear.frame(frame, start_ms + index as u64 * FRAME_MS);
        }
    }

    #[tokio::test]
    async fn a_whole_sentence_is_heard_with_its_times() {
        let (lexicon, audio) = clip("Good morning to you").await;
        let mut ear = Ear::new(lexicon);
        listen(&mut ear, &audio, 400);
        let [one] = ear.heard() else { panic!("{:?}", ear.heard()) };
        assert_eq!((one.text.as_str(), one.complete), ("Good morning to you", true));
        assert!(one.start_ms >= 400 && one.end_ms <= 400 + (audio.len() / FRAME_BYTES) as u64 * FRAME_MS);
        assert_eq!(ear.language(), Some(Language::English));
    }

    #[tokio::test]
    async fn a_cut_sentence_ends_where_it_was_cut_and_goes_on_as_the_same_one() {
        let (lexicon, audio) = clip("one two three four five six").await;
        let half = audio.len() / FRAME_BYTES / 2 * FRAME_BYTES;
        let mut ear = Ear::new(lexicon);
        listen(&mut ear, &audio[..half], 0);
        assert!(!ear.heard()[0].complete);
        assert!("one two three four five six".starts_with(&ear.heard()[0].text));
        listen(&mut ear, &audio[half..], 9_000);
        assert_eq!(ear.heard().len(), 1);
        assert_eq!(ear.heard()[0].text, "one two three four five six");
    }

    #[tokio::test]
    async fn a_sentence_that_goes_on_a_word_before_its_cut_is_still_one() {
        let (lexicon, audio) = clip("one two three four five six").await;
        let frames = audio.len() / FRAME_BYTES;
        let mut ear = Ear::new(lexicon);
        listen(&mut ear, &audio[..frames / 2 * FRAME_BYTES], 0);
        listen(&mut ear, &audio[(frames / 2 - 10) * FRAME_BYTES..], 9_000);
        let [one] = ear.heard() else { panic!("{:?}", ear.heard()) };
        assert_eq!((one.text.as_str(), one.complete), ("one two three four five six", true));
    }

    #[tokio::test]
    async fn a_sentence_whose_rest_comes_from_another_clip_is_one_and_the_whole_of_it_again_is_two() {
        let text = "one two three four five six";
        let (lexicon, audio) = clip(text).await;
        let again = lexicon.speak(text, Language::English).await.audio;
        let half = audio.len() / FRAME_BYTES / 2 * FRAME_BYTES;
        let mut ear = Ear::new(lexicon);
        listen(&mut ear, &audio[..half], 0);
        listen(&mut ear, &again[half..], 9_000);
        let [one] = ear.heard() else { panic!("{:?}", ear.heard()) };
        assert_eq!((one.text.as_str(), one.complete), (text, true));
        listen(&mut ear, &again, 20_000);
        assert_eq!(ear.heard().len(), 2);
    }

    #[tokio::test]
    async fn thanks_are_noticed_in_every_language_where_a_sentence_begins_with_them() {
        let lexicon = Lexicon::new(Voice::Made);
        for language in Language::ALL {
            let mut ear = Ear::new(lexicon.clone());
            listen(&mut ear, &lexicon.speak("namaste", language).await.audio, 0);
            assert!(!ear.thanked());
            let text = format!("{}. {}", thanks(language), "loan");
            listen(&mut ear, &lexicon.speak(&text, language).await.audio, 2_000);
            assert!(ear.thanked(), "{language}");
        }
    }

    #[tokio::test]
    async fn the_same_clip_played_again_is_a_second_utterance() {
        let (lexicon, audio) = clip("hello there").await;
        let mut ear = Ear::new(lexicon);
        listen(&mut ear, &audio, 0);
        listen(&mut ear, &audio, 5_000);
        assert_eq!(ear.heard().len(), 2);
    }

    #[test]
    fn silence_is_not_sound_and_foreign_audio_is() {
        let mut ear = Ear::new(Lexicon::new(Voice::Made));
        assert!(!ear.frame(&[0; FRAME_BYTES], 0).sounds);
        assert_eq!(ear.frame(&[0x40; FRAME_BYTES], 20), Impression { sounds: true, news: false });
    }
}
