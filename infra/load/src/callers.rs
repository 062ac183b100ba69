//! What the callers say: four sentences and a yes, spoken by the simulators' own voice, on a line
//! with noise, cut into the carrier's frames.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::domain::audio::{FRAME_BYTES, FRAME_MS, bytes, samples};
use shared::domain::language::Language;
use shared::sim::speech::{Lexicon, Spoken};

use crate::script::{Kind, Length, Planned};

/// To "am I speaking with …?".
const YES: &str = "Yes speaking";
/// Nothing that our bot's script would answer: neither yes nor no, nor a wish it knows.
const EVEN: [&str; 4] = [
    "What happens when the letter comes after the weekend",
    "Please explain how this works for the whole family",
    "Wait a moment there is another question about this",
    "Where can somebody read about all of these things",
];
/// Words of one syllable beside words of seven.
const UNEVEN: [&str; 4] = [
    "How do such misunderstandings unfortunately come about",
    "Is it an administratively complicated responsibility",
    "Oh wait this is extraordinarily incomprehensible to us",
    "Where do we see the internationally standardised rules",
];
/// Frames of quiet that differ, so that noise does not repeat itself ten times a second.
const QUIET_KINDS: usize = 40;
/// Full scale in the measure of dBFS.
const FULL_SCALE: f64 = 32_768.0;
/// About -33 dBFS. Speech begins and ends with a frame at least so loud: softer ones are heard by some
/// detectors and not by others, and whoever waits for the end would be told a wrong moment.
pub(crate) const VOICED_RMS: f64 = 700.0;
/// Pauses inside sentences, in turn.
const PAUSES_MS: [u64; 2] = [300, 400];

/// What the callers are like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Manner {
    /// Of the frames on the line.
    pub(crate) frame_ms: u64,
    /// Noise under everything.
    pub(crate) noise_dbfs: f64,
    /// Pauses in the middle of sentences.
    pub(crate) pauses: bool,
    /// Words of very different lengths.
    pub(crate) uneven: bool,
}

/// A sentence on the line.
#[derive(Debug)]
struct Clip {
    frames: Vec<String>,
    lead_ms: f64,
}

/// Everything the callers can say, as payloads.
#[derive(Debug)]
pub(crate) struct Callers {
    clips: Vec<Clip>,
    quiet: Vec<String>,
}

impl Callers {
    /// Has them speak.
    pub(crate) async fn new(lexicon: &Lexicon, manner: Manner) -> Self {
        let mut noise = Noise::new(manner.noise_dbfs);
        let sentences = if manner.uneven { UNEVEN } else { EVEN };
        let mut clips = Vec::new();
        for (number, text) in [YES].into_iter().chain(sentences).enumerate() {
            let spoken = lexicon.speak(text, Language::English).await;
            let pause_ms = PAUSES_MS[number % PAUSES_MS.len()];
            // A plain yes has no middle.
            let pause = (manner.pauses && number > 0).then_some(pause_ms);
            let audio = with_pause(&spoken, pause.unwrap_or(0));
            clips.push(clip(lexicon, &audio, &mut noise, manner.frame_ms));
        }
        let bytes_a_frame = frame_bytes(manner.frame_ms);
        let quiet = (0..QUIET_KINDS).map(|_| STANDARD.encode(noise.under(&vec![0; bytes_a_frame]))).collect();
        Self { clips, quiet }
    }

    /// What the timeline must know of every clip.
    pub(crate) fn lengths(&self) -> Vec<Length> {
        self.clips.iter().map(|clip| Length { frames: clip.frames.len(), lead_ms: clip.lead_ms }).collect()
    }

    /// A frame of a clip as the carrier sends it.
    pub(crate) fn speech(&self, clip: usize, frame: usize) -> &str {
        self.clips.get(clip).and_then(|clip| clip.frames.get(frame)).map_or("", String::as_str)
    }

    /// A frame in which nobody speaks.
    pub(crate) fn quiet(&self, number: usize) -> &str {
        self.quiet.get(number % QUIET_KINDS).map_or("", String::as_str)
    }
}

/// The turns of a call: a yes where the bot asks who is there, then plain, interrupted, the
/// interruption, and plain. A short call has one of them.
pub(crate) fn turns(opening: bool, short: bool) -> Vec<Planned> {
    let opening = opening.then_some(Planned { clip: 0, kind: Kind::Opening });
    let kinds = [Kind::Plain, Kind::Interrupted, Kind::Interrupting, Kind::Plain];
    let measured = kinds.into_iter().enumerate().map(|(at, kind)| Planned { clip: at + 1, kind });
    opening.into_iter().chain(measured.take(if short { 1 } else { kinds.len() })).collect()
}

fn frame_bytes(frame_ms: u64) -> usize {
    usize::try_from(frame_ms / FRAME_MS).unwrap_or(1).max(1) * FRAME_BYTES
}

/// The sentence with quiet between two words of its middle.
fn with_pause(spoken: &Spoken, pause_ms: u64) -> Vec<u8> {
    let middle = spoken.words.get(spoken.words.len() / 2).map_or(0, |word| word.first_frame * FRAME_BYTES);
    let (before, after) = spoken.audio.split_at(middle.min(spoken.audio.len()));
    let pause = usize::try_from(pause_ms / FRAME_MS).unwrap_or(0) * FRAME_BYTES;
    let mut audio = before.to_vec();
    audio.resize(audio.len() + pause, 0);
    audio.extend_from_slice(after);
    audio
}

/// How loud a frame is.
pub(crate) fn rms(frame: &[u8]) -> f64 {
    let samples = samples(frame);
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / samples.len().max(1) as f64).sqrt()
}

/// Without its soft beginning and end.
fn voiced(audio: &[u8]) -> &[u8] {
    let loud = |frame: &[u8]| rms(frame) >= VOICED_RMS;
    let mut frames = audio.chunks_exact(FRAME_BYTES);
    match (frames.clone().position(loud), frames.rposition(loud)) {
        (Some(first), Some(last)) => &audio[first * FRAME_BYTES..(last + 1) * FRAME_BYTES],
        _ => audio,
    }
}

/// Padded in front: speech ends with a frame, so that its end is a moment on the wire.
fn clip(lexicon: &Lexicon, audio: &[u8], noise: &mut Noise, frame_ms: u64) -> Clip {
    let (audio, whole) = (voiced(audio), frame_bytes(frame_ms));
    let lead = audio.len().next_multiple_of(whole) - audio.len();
    let mut padded = vec![0; lead];
    padded.extend_from_slice(audio);
    let mut noisy = noise.under(&padded);
    for (frame, clean) in noisy.chunks_exact_mut(FRAME_BYTES).zip(padded.chunks_exact(FRAME_BYTES)) {
        if let Some(mark) = lexicon.read(clean) {
            lexicon.mark(frame, mark);
        }
    }
    let frames = noisy.chunks_exact(whole).map(|frame| STANDARD.encode(frame)).collect();
    Clip { frames, lead_ms: (lead / FRAME_BYTES) as f64 * FRAME_MS as f64 }
}

/// White noise, the same in every run.
struct Noise {
    deviation: f64,
    state: u32,
}

impl Noise {
    fn new(dbfs: f64) -> Self {
        Self { deviation: FULL_SCALE * 10_f64.powf(dbfs / 20.0), state: 7 }
    }

    /// The same audio with noise under it.
    fn under(&mut self, audio: &[u8]) -> Vec<u8> {
        let mixed: Vec<i16> = samples(audio)
            .into_iter()
            .map(|sample| (f64::from(sample) + self.deviation * self.normal()).round())
            .map(|sample| sample.clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16)
            .collect();
        bytes(&mixed)
    }

    /// About standard normal: the sum of twelve even draws.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.state >> 8) / f64::from(1 << 24)
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::dialogue::{Intent, understand};
    use shared::sim::speech::Voice;

    use super::*;

    const CLEAN: Manner = Manner { frame_ms: 100, noise_dbfs: -69.0, pauses: false, uneven: false };

    fn heard(callers: &Callers, lexicon: &Lexicon, clip: usize) -> Vec<String> {
        let mut words = Vec::new();
        for frame in 0..callers.clips[clip].frames.len() {
            let audio = STANDARD.decode(callers.speech(clip, frame)).expect("base64");
            for frame in audio.chunks_exact(FRAME_BYTES) {
                let word = lexicon.read(frame).and_then(|mark| lexicon.word(mark)).map(|(word, ..)| word);
                words.extend(word.filter(|word| words.last() != Some(word)));
            }
        }
        words
    }

    #[tokio::test]
    async fn words_survive_noise_pauses_and_every_frame_size() {
        for frame_ms in [20, 100] {
            let lexicon = Lexicon::new(Voice::Made);
            let manner = Manner { frame_ms, noise_dbfs: -40.0, pauses: true, ..CLEAN };
            let callers = Callers::new(&lexicon, manner).await;
            for (clip, text) in [YES].into_iter().chain(EVEN).enumerate() {
                assert_eq!(heard(&callers, &lexicon, clip).join(" "), text);
            }
        }
    }

    #[tokio::test]
    async fn speech_ends_with_a_frame_and_pauses_make_sentences_longer_by_themselves() {
        let lexicon = Lexicon::new(Voice::Made);
        let clean = Callers::new(&lexicon, CLEAN).await;
        let paused = Callers::new(&lexicon, Manner { pauses: true, ..CLEAN }).await;
        let sounds = |length: Length| length.frames as f64 * 100.0 - length.lead_ms;
        let longer: Vec<f64> =
            clean.lengths().into_iter().zip(paused.lengths()).map(|(a, b)| sounds(b) - sounds(a)).collect();
        assert_eq!(longer, [0.0, 400.0, 300.0, 400.0, 300.0]);
        assert!(clean.lengths().iter().all(|length| length.lead_ms < 100.0));
    }

    #[test]
    fn our_script_hands_every_sentence_to_the_model_and_takes_the_yes() {
        assert_eq!(understand(YES, Language::English), Intent::Yes);
        for text in EVEN.into_iter().chain(UNEVEN) {
            assert_eq!(understand(text, Language::English), Intent::Unclear, "{text}");
        }
    }

    #[test]
    fn what_is_too_soft_at_either_end_is_no_speech() {
        let (soft, loud) = (vec![1; FRAME_BYTES * 2], bytes(&[3_000; 160]));
        let audio = [&soft[..], &loud, &soft, &loud, &soft].concat();
        assert_eq!(voiced(&audio), &audio[FRAME_BYTES * 2..FRAME_BYTES * 6]);
        assert_eq!(voiced(&soft), soft);
    }

    #[test]
    fn noise_is_as_loud_as_it_is_asked_for() {
        let noise = rms(&Noise::new(-40.0).under(&[0; 32_000]));
        assert!((20.0 * (noise / FULL_SCALE).log10() + 40.0).abs() < 0.5);
    }
}
