//! What a recogniser makes of the audio it got: the words whose marks arrived. Pure but for the
//! lexicon's lock.

use shared::domain::audio::FRAME_BYTES;
use shared::sim::speech::{Lexicon, Mark};

/// One word on its way.
#[derive(Debug, Clone, Copy)]
struct Word {
    mark: Mark,
    /// Frames of it that have arrived.
    arrived: usize,
    frames: usize,
}

impl Word {
    fn is(&self, mark: Mark) -> bool {
        (self.mark.clip, self.mark.word) == (mark.clip, mark.word)
    }
    fn is_understood(&self) -> bool {
        self.arrived * 2 >= self.frames
    }
    /// The last quarter may be missing: words end softly, and callers end with their last loud frame.
    fn is_whole(&self) -> bool {
        self.arrived * 4 >= self.frames * 3
    }
}

/// Listens to one stream. A word counts once half of it has arrived.
pub(crate) struct Ear {
    lexicon: Lexicon,
    /// Audio that ends in the middle of a word loses it, whatever comes after.
    loses_words: bool,
    rest: Vec<u8>,
    words: Vec<Word>,
    /// The word in which the last utterance ended: it is not told again.
    told: Option<Mark>,
}

impl Ear {
    pub(crate) fn new(lexicon: Lexicon, loses_words: bool) -> Self {
        Self { lexicon, loses_words, rest: Vec::new(), words: Vec::new(), told: None }
    }

    /// Takes 8 kHz samples; answers whether one more word is understood.
    pub(crate) fn hear(&mut self, audio: &[u8]) -> bool {
        self.rest.extend_from_slice(audio);
        let whole = self.rest.len() - self.rest.len() % FRAME_BYTES;
        let frames: Vec<u8> = self.rest.drain(..whole).collect();
        let mut more = false;
        for frame in frames.chunks_exact(FRAME_BYTES) {
            if let Some(mark) = self.lexicon.read(frame) {
                more |= self.add(mark);
            }
        }
        more
    }

    fn add(&mut self, mark: Mark) -> bool {
        if self.told.is_some_and(|told| (told.clip, told.word) == (mark.clip, mark.word)) {
            return false;
        }
        self.told = None;
        let index = self.words.iter().rposition(|word| word.is(mark)).unwrap_or_else(|| {
            let frames = self.lexicon.frames(mark).unwrap_or(1);
            self.words.push(Word { mark, arrived: 0, frames });
            self.words.len() - 1
        });
        let word = &mut self.words[index];
        let before = word.is_understood();
        word.arrived += 1;
        word.is_understood() && !before
    }

    /// The words understood so far.
    pub(crate) fn text(&self) -> String {
        let words = self.words.iter().filter(|word| word.is_understood());
        let texts: Vec<String> = words.filter_map(|word| Some(self.lexicon.word(word.mark)?.0)).collect();
        texts.join(" ")
    }

    /// Ends the utterance; what was understood of it.
    pub(crate) fn take(&mut self) -> String {
        let last = self.words.last().copied();
        if self.loses_words && last.is_some_and(|last| !last.is_whole()) {
            self.words.pop();
        }
        let text = self.text();
        self.told = last.map(|last| last.mark).or(self.told);
        // Less than half of it: the rest may still be understood in the next utterance.
        let kept = last.filter(|last| !self.loses_words && !last.is_understood());
        if kept.is_some() {
            self.told = None;
        }
        self.words = kept.into_iter().collect();
        text
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::language::Language;
    use shared::sim::speech::{Spoken, Voice};

    use super::*;

    async fn spoken(loses_words: bool) -> (Ear, Spoken) {
        let lexicon = Lexicon::new(Voice::Made);
        let spoken = lexicon.speak("please wait for the letter", Language::English).await;
        (Ear::new(lexicon, loses_words), spoken)
    }

    fn until(spoken: &Spoken, word: usize, share: f64) -> usize {
        let word = &spoken.words[word];
        let frames = ((word.end_frame - word.first_frame) as f64 * share).round() as usize;
        (word.first_frame + frames) * FRAME_BYTES
    }

    #[tokio::test]
    async fn whatever_pieces_the_audio_comes_in_its_words_are_heard() {
        let (mut ear, spoken) = spoken(true).await;
        let news = spoken.audio.chunks(500).filter(|piece| ear.hear(piece)).count();
        assert_eq!(news, 5, "a partial for each word");
        assert_eq!(ear.take(), "please wait for the letter");
        assert_eq!(ear.take(), "");
    }

    #[tokio::test]
    async fn a_flush_between_two_words_loses_none() {
        let (mut ear, spoken) = spoken(true).await;
        let (before, after) = spoken.audio.split_at(until(&spoken, 1, 1.0));
        ear.hear(before);
        assert_eq!(ear.take(), "please wait");
        ear.hear(after);
        assert_eq!(ear.take(), "for the letter");
    }

    #[tokio::test]
    async fn a_flush_in_a_word_loses_it_where_that_is_asked_for() {
        for (share, kind, lossy) in [
            (0.3, ["please", "wait for the letter"], false),
            (0.6, ["please wait", "for the letter"], false),
            (0.3, ["please", "for the letter"], true),
            (0.6, ["please", "for the letter"], true),
        ] {
            let (mut ear, spoken) = spoken(lossy).await;
            let (before, after) = spoken.audio.split_at(until(&spoken, 1, share));
            ear.hear(before);
            assert_eq!(ear.take(), kind[0], "{share} {lossy}");
            ear.hear(after);
            assert_eq!(ear.take(), kind[1], "{share} {lossy}");
        }
    }
}
