//! Simulated speech: audio whose every 20 ms frame carries which word it belongs to.
//!
//! The Sarvam simulator speaks through it and hears by it; the virtual callers of the Exotel
//! simulator too. The product never reads the marks. A mark sits in the lowest bits of the
//! samples: it survives exact copies in whole 320-byte frames and nothing else. Whoever mixes
//! noise into a frame marks it again with [`Lexicon::mark`].

mod mark;
mod voice;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use mark::Mark;
pub use voice::Voice;

use crate::domain::audio::FRAME_BYTES;
use crate::domain::language::Language;

/// Sounds kept for saying the same again, in bytes.
const SOUND_CACHE_BYTES: usize = 64 << 20;
/// Clips whose words are known; beyond it the longest unused quarter is forgotten.
const CLIPS_KEPT: usize = 20_000;

/// Clip numbers are unique in the process, so that one lexicon never reads another's clips.
static NEXT_CLIP: AtomicU32 = AtomicU32::new(1);

/// What was said in one go.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// 8 kHz 16-bit little-endian mono, whole 20 ms frames, every frame marked.
    pub audio: Vec<u8>,
    /// The words with the frames they cover.
    pub words: Vec<SpokenWord>,
}

/// One word of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenWord {
    /// As written.
    pub text: String,
    /// First frame.
    pub first_frame: usize,
    /// Frame after the last.
    pub end_frame: usize,
}

/// Everything said so far in this process. Cheap to clone.
#[derive(Clone)]
pub struct Lexicon {
    inner: Arc<Inner>,
}

struct Inner {
    voice: voice::Speaker,
    sounds: Mutex<Sounds>,
    clips: Mutex<Clips>,
}

/// A text as audio, not yet marked.
#[derive(Debug)]
struct Sound {
    audio: Vec<u8>,
    words: Vec<SpokenWord>,
    language: Language,
}

/// Text, language, and pace in hundredths.
type Asked = (String, Language, u32);

/// Sounds by what was asked for, oldest first out.
#[derive(Default)]
struct Sounds {
    by_text: HashMap<Asked, Arc<Sound>>,
    order: VecDeque<Asked>,
    bytes: usize,
}

/// Which sound a clip number stands for, and when that was last asked.
#[derive(Default)]
struct Clips {
    by_number: HashMap<u32, (Arc<Sound>, u64)>,
    asked: u64,
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon").field("clips", &lock(&self.inner.clips).by_number.len()).finish()
    }
}

impl Lexicon {
    /// A lexicon that has said nothing yet; see [`Voice::detect`].
    pub fn new(voice: Voice) -> Self {
        let inner = Inner { voice: voice::Speaker::new(voice), sounds: Mutex::default(), clips: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Speaks: real speech through `espeak-ng` where that is the voice, else a made-up voice of
    /// about the same length. Every call is a new clip, also of a text said before. A text
    /// without words gives no audio.
    pub async fn speak(&self, text: &str, language: Language) -> Spoken {
        self.speak_at(text, language, 1.0).await
    }

    /// The same quicker or slower: at a pace of 2 it takes about half as long.
    pub async fn speak_at(&self, text: &str, language: Language, pace: f64) -> Spoken {
        let sound = self.sound(text, language, pace).await;
        let clip = NEXT_CLIP.fetch_add(1, Ordering::Relaxed);
        let mut audio = sound.audio.clone();
        for (number, word) in sound.words.iter().enumerate() {
            let frames = &mut audio[word.first_frame * FRAME_BYTES..word.end_frame * FRAME_BYTES];
            for (index, frame) in frames.chunks_exact_mut(FRAME_BYTES).enumerate() {
                mark::write(frame, Mark { clip, word: small(number), frame: small(index) });
            }
        }
        let words = sound.words.clone();
        lock(&self.inner.clips).keep(clip, sound);
        Spoken { audio, words }
    }

    /// Reads the mark of one frame (320 bytes); `None` for silence, noise, foreign audio and
    /// clips forgotten since.
    pub fn read(&self, frame: &[u8]) -> Option<Mark> {
        let mark = mark::read(frame)?;
        lock(&self.inner.clips).find(mark.clip).map(|_| mark)
    }

    /// Writes a mark into one frame (320 bytes), for frames that were changed after they were
    /// spoken: quieter, or with noise in them.
    pub fn mark(&self, frame: &mut [u8], mark: Mark) {
        mark::write(frame, mark);
    }

    /// The word a mark stands for, how many words its clip has, and its language.
    pub fn word(&self, mark: Mark) -> Option<(String, usize, Language)> {
        let sound = lock(&self.inner.clips).find(mark.clip)?;
        let word = sound.words.get(usize::from(mark.word))?;
        Some((word.text.clone(), sound.words.len(), sound.language))
    }

    /// How many frames the word of a mark has.
    pub fn frames(&self, mark: Mark) -> Option<usize> {
        let sound = lock(&self.inner.clips).find(mark.clip)?;
        sound.words.get(usize::from(mark.word)).map(|word| word.end_frame - word.first_frame)
    }

    /// Whether two clips say the same.
    pub fn same_words(&self, one: u32, other: u32) -> bool {
        let mut clips = lock(&self.inner.clips);
        let (one, other) = (clips.find(one), clips.find(other));
        one.zip(other).is_some_and(|(one, other)| one.language == other.language && one.words == other.words)
    }

    async fn sound(&self, text: &str, language: Language, pace: f64) -> Arc<Sound> {
        let key = (text.to_owned(), language, (pace * 100.0).round() as u32);
        if let Some(sound) = lock(&self.inner.sounds).by_text.get(&key) {
            return Arc::clone(sound);
        }
        let (audio, words) = self.inner.voice.say(text, language, pace).await;
        let sound = Arc::new(Sound { audio, words, language });
        lock(&self.inner.sounds).keep(key, &sound);
        sound
    }
}

/// So many frames of a throat being cleared: a voice to every detector, and no word.
pub fn cleared_throat(frames: usize) -> Vec<u8> {
    voice::cleared_throat(frames)
}

impl Sounds {
    fn keep(&mut self, key: Asked, sound: &Arc<Sound>) {
        if self.by_text.insert(key.clone(), Arc::clone(sound)).is_some() {
            return;
        }
        self.order.push_back(key);
        self.bytes += sound.audio.len();
        while self.bytes > SOUND_CACHE_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.by_text.remove(&oldest).map_or(0, |sound| sound.audio.len());
        }
    }
}

impl Clips {
    fn keep(&mut self, number: u32, sound: Arc<Sound>) {
        self.asked += 1;
        self.by_number.insert(number, (sound, self.asked));
        if self.by_number.len() > CLIPS_KEPT {
            let mut asked: Vec<u64> = self.by_number.values().map(|(_, asked)| *asked).collect();
            let (_, limit, _) = asked.select_nth_unstable(CLIPS_KEPT / 4);
            let limit = *limit;
            self.by_number.retain(|_, (_, asked)| *asked >= limit);
        }
    }
    fn find(&mut self, number: u32) -> Option<Arc<Sound>> {
        self.asked += 1;
        let (sound, asked) = self.by_number.get_mut(&number)?;
        *asked = self.asked;
        Some(Arc::clone(sound))
    }
}

/// What a poisoned lock guards is still whole here: every change is one insertion.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn small(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audio::{duration_ms, samples};

    const SENTENCES: [(Language, &str); 11] = [
        (Language::English, "Hello, your payment of 4500 rupees is due tomorrow"),
        (Language::Hindi, "नमस्ते, आपकी किस्त कल देनी है"),
        (Language::Tamil, "வணக்கம், உங்கள் தவணை நாளை செலுத்த வேண்டும்"),
        (Language::Telugu, "నమస్కారం, మీ వాయిదా రేపు చెల్లించాలి"),
        (Language::Kannada, "ನಮಸ್ಕಾರ, ನಿಮ್ಮ ಕಂತು ನಾಳೆ ಪಾವತಿಸಬೇಕು"),
        (Language::Malayalam, "നമസ്കാരം, നിങ്ങളുടെ തവണ നാളെ അടയ്ക്കണം"),
        (Language::Marathi, "नमस्कार, तुमचा हप्ता उद्या भरायचा आहे"),
        (Language::Gujarati, "નમસ્તે, તમારો હપ્તો કાલે ભરવાનો છે"),
        (Language::Bengali, "নমস্কার, আপনার কিস্তি কাল দিতে হবে"),
        (Language::Punjabi, "ਸਤ ਸ੍ਰੀ ਅਕਾਲ, ਤੁਹਾਡੀ ਕਿਸ਼ਤ ਕੱਲ੍ਹ ਦੇਣੀ ਹੈ"),
        (Language::Odia, "ନମସ୍କାର, ଆପଣଙ୍କ କିସ୍ତି କାଲି ଦେବାକୁ ହେବ"),
    ];

    fn rms(audio: &[u8]) -> f64 {
        let samples = samples(audio);
        (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
    }

    fn heard(lexicon: &Lexicon, audio: &[u8]) -> Vec<String> {
        let mut words: Vec<(Mark, String)> = Vec::new();
        for frame in audio.chunks(FRAME_BYTES) {
            let mark = lexicon.read(frame).expect("every frame is marked");
            if words.last().is_none_or(|(last, _)| (last.clip, last.word) != (mark.clip, mark.word)) {
                words.push((mark, lexicon.word(mark).expect("a clip of this lexicon").0));
            }
        }
        words.into_iter().map(|(_, word)| word).collect()
    }

    async fn sounds_sane(voice: Voice) {
        let lexicon = Lexicon::new(voice);
        for (language, text) in SENTENCES {
            let spoken = lexicon.speak(text, language).await;
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(heard(&lexicon, &spoken.audio), words, "{language}");
            assert_eq!(spoken.words.last().map(|w| w.end_frame * FRAME_BYTES), Some(spoken.audio.len()));
            let ms = duration_ms(spoken.audio.len());
            assert!((1_000..8_000).contains(&ms), "{language}: {ms} ms");
            assert!((1_500.0..4_000.0).contains(&rms(&spoken.audio)), "{language}: {}", rms(&spoken.audio));
            let unmarked = lexicon.sound(text, language, 1.0).await;
            let change = rms(&spoken.audio) / rms(&unmarked.audio);
            assert!((0.999..1.001).contains(&change), "{language}: {change}");
        }
    }

    #[tokio::test]
    async fn a_made_voice_says_every_language_in_marked_frames_at_telephone_loudness() {
        sounds_sane(Voice::Made).await;
    }

    #[tokio::test]
    async fn the_voice_found_here_says_every_language_in_marked_frames_at_telephone_loudness() {
        sounds_sane(Voice::detect()).await;
    }

    #[tokio::test]
    async fn the_same_text_twice_is_two_clips() {
        let lexicon = Lexicon::new(Voice::Made);
        let first = lexicon.speak("haan ji", Language::Hindi).await;
        let second = lexicon.speak("haan ji", Language::Hindi).await;
        let clip = |spoken: &Spoken| lexicon.read(&spoken.audio[..FRAME_BYTES]).map(|mark| mark.clip);
        assert!(clip(&first).is_some());
        assert_ne!(clip(&first), clip(&second));
    }

    #[tokio::test]
    async fn another_lexicon_a_changed_frame_and_no_words_give_nothing_until_marked_again() {
        let (ours, theirs) = (Lexicon::new(Voice::Made), Lexicon::new(Voice::Made));
        let mut audio = ours.speak("kal", Language::Hindi).await.audio;
        assert_eq!(theirs.read(&audio[..FRAME_BYTES]), None);
        let mark = ours.read(&audio[..FRAME_BYTES]).expect("marked");
        let quieter: Vec<i16> = samples(&audio[..FRAME_BYTES]).iter().map(|s| s / 2).collect();
        audio = crate::domain::audio::bytes(&quieter);
        assert_eq!(ours.read(&audio), None);
        ours.mark(&mut audio, mark);
        assert_eq!(ours.read(&audio), Some(mark));
        assert_eq!(ours.word(mark), Some(("kal".to_owned(), 1, Language::Hindi)));
        assert!(ours.speak("  ", Language::Hindi).await.audio.is_empty());
    }

    #[tokio::test]
    async fn the_longest_unused_clips_are_forgotten_first() {
        let lexicon = Lexicon::new(Voice::Made);
        let greeting = lexicon.speak("namaste", Language::Hindi).await.audio;
        let unused = lexicon.speak("alvida", Language::Hindi).await.audio;
        for _ in 0..CLIPS_KEPT {
            assert!(lexicon.read(&greeting[..FRAME_BYTES]).is_some());
            lexicon.speak("", Language::Hindi).await;
        }
        assert_eq!(lexicon.read(&unused[..FRAME_BYTES]), None);
        assert!(lock(&lexicon.inner.clips).by_number.len() <= CLIPS_KEPT);
    }
}
