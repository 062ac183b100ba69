//! Where simulated voices come from: `espeak-ng` as a process, or made up from vowels.

use std::io;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::SpokenWord;
use crate::domain::audio::{Downsampler, FRAME_SAMPLES, SAMPLE_RATE_HZ, bytes, pad_to_frame, samples};
use crate::domain::language::Language;

/// Processes at once: more would only make each slower.
const PROCESSES: usize = 2;
const PROCESS_LIMIT: Duration = Duration::from_secs(10);
/// About what a telephone delivers: -20 dBFS.
const LOUDNESS_RMS: f32 = 3_276.8;
const PEAK: f32 = 30_000.0;
/// Mean square of a frame below which it is a pause (about -48 dBFS).
const PAUSE_ENERGY: f32 = 14_400.0;
/// Letters in a syllable of the made-up voice.
const SYLLABLE_LETTERS: usize = 3;
/// Letters that take as long as a digit: it is a word of its own.
const DIGIT_LETTERS: usize = 4;
/// Of `espeak-ng` at the pace 1; it goes down to 80.
const ESPEAK_WORDS_A_MINUTE: f64 = 150.0;
/// `espeak-ng` speaks at this rate; its filter is computed once.
const ESPEAK_RATE_HZ: u32 = 22_050;
static ESPEAK_RESAMPLER: LazyLock<Downsampler> = LazyLock::new(|| Downsampler::new(ESPEAK_RATE_HZ));

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// The `espeak-ng` program, found on the path; the made-up voice where it fails.
    Espeak,
    /// Vowels that run into each other, with breath and melody: no words, but a voice to a network that
    /// knows voices.
    Made,
}

impl Voice {
    /// `Espeak` where the program answers, else `Made`. Runs it once: ask at start, not per call.
    pub fn detect() -> Self {
        let found = std::process::Command::new("espeak-ng").arg("--version").stdin(Stdio::null()).output();
        if found.is_ok_and(|output| output.status.success()) { Self::Espeak } else { Self::Made }
    }
}

/// A voice with its limit of processes.
pub(super) struct Speaker {
    voice: Voice,
    processes: Semaphore,
}

impl Speaker {
    pub(super) fn new(voice: Voice) -> Self {
        Self { voice, processes: Semaphore::new(PROCESSES) }
    }

    /// Whole frames of audio and the words that share them out among themselves.
    pub(super) async fn say(&self, text: &str, language: Language, pace: f64) -> (Vec<u8>, Vec<SpokenWord>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            return (Vec::new(), Vec::new());
        }
        if self.voice == Voice::Espeak {
            match self.espeak(text, language, pace).await {
                Ok(audio) => return share_out(audio, &words),
                Err(error) => tracing::warn!(%error, %language, "espeak-ng failed; the made-up voice speaks"),
            }
        }
        let text = text.to_owned();
        // As with the filter. Of a runtime that shuts down nobody wants to hear anything.
        tokio::task::spawn_blocking(move || made(&text, language, pace)).await.unwrap_or_default()
    }

    async fn espeak(&self, text: &str, language: Language, pace: f64) -> io::Result<Vec<f32>> {
        let words_a_minute = (ESPEAK_WORDS_A_MINUTE * pace).round().to_string();
        let _turn = self.processes.acquire().await.map_err(io::Error::other)?;
        let mut child = Command::new("espeak-ng")
            .args(["-v", &language.code()[..2], "-s", &words_a_minute, "-b", "1", "--stdin", "--stdout"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin {
                stdin.write_all(text.as_bytes()).await?;
            }
            child.wait_with_output().await
        };
        let output = tokio::time::timeout(PROCESS_LIMIT, work).await??;
        // Filtering in a debug build takes milliseconds: not on the thread that serves sockets.
        let shaped = tokio::task::spawn_blocking(move || shape(&output.stdout)).await?;
        shaped.ok_or_else(|| io::Error::other("no audio came out"))
    }
}

/// A WAV stream (its length field is a lie) as trimmed 8 kHz audio at telephone loudness.
fn shape(wav: &[u8]) -> Option<Vec<f32>> {
    let rate = u32::from_le_bytes(wav.get(24..28)?.try_into().ok()?);
    let input = samples(wav.get(44..)?);
    let mut resampler = if rate == ESPEAK_RATE_HZ { ESPEAK_RESAMPLER.clone() } else { Downsampler::new(rate) };
    let mut output = resampler.take(&input);
    output.extend(resampler.finish());
    let trimmed = trim(&output);
    (!trimmed.is_empty()).then(|| level(trimmed))
}

/// Cuts what is 40 dB below the loudest frame from both ends.
fn trim(audio: &[f32]) -> &[f32] {
    let energies: Vec<f32> = audio.chunks(FRAME_SAMPLES).map(energy).collect();
    let limit = energies.iter().copied().fold(0.0, f32::max) / 10_000.0;
    let heard = |energy: &f32| *energy > limit;
    match (energies.iter().position(heard), energies.iter().rposition(heard)) {
        (Some(first), Some(last)) => &audio[first * FRAME_SAMPLES..audio.len().min((last + 1) * FRAME_SAMPLES)],
        _ => &[],
    }
}

fn energy(frame: &[f32]) -> f32 {
    frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32
}

fn level(audio: &[f32]) -> Vec<f32> {
    let peak = audio.iter().fold(1.0_f32, |peak, s| peak.max(s.abs()));
    let gain = (LOUDNESS_RMS / energy(audio).sqrt().max(1.0)).min(PEAK / peak);
    audio.iter().map(|s| s * gain).collect()
}

fn to_frames(audio: &[f32]) -> Vec<u8> {
    let rounded: Vec<i16> = audio.iter().map(|s| *s as i16).collect();
    let mut audio = bytes(&rounded);
    pad_to_frame(&mut audio);
    audio
}

/// Shares the sounding frames of real speech out among the words by how much there is to say in
/// each; a pause belongs to the word before it.
fn share_out(mut audio: Vec<f32>, words: &[&str]) -> (Vec<u8>, Vec<SpokenWord>) {
    let frames = audio.len().div_ceil(FRAME_SAMPLES).max(words.len());
    audio.resize(frames * FRAME_SAMPLES, 0.0);
    let mut sounding: Vec<usize> =
        (0..frames).filter(|f| energy(&audio[f * FRAME_SAMPLES..(f + 1) * FRAME_SAMPLES]) > PAUSE_ENERGY).collect();
    if sounding.len() < words.len() {
        sounding = (0..frames).collect();
    }
    let total: usize = words.iter().map(|word| weight(word)).sum();
    // One frame is everybody's; the rest is shared by weight.
    let (spare, mut said, mut first_frame) = (sounding.len() - words.len(), 0, 0);
    let mut spans = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        said += weight(word);
        let share = index + 1 + spare * said / total.max(1);
        // The next word begins with its first sound.
        let end_frame = sounding.get(share).copied().unwrap_or(frames);
        spans.push(SpokenWord { text: (*word).to_owned(), first_frame, end_frame });
        first_frame = end_frame;
    }
    (to_frames(&audio), spans)
}

/// Roughly the sounds in a word: a digit is a word of its own.
fn weight(word: &str) -> usize {
    let sound = |c: char| if c.is_numeric() { DIGIT_LETTERS } else { usize::from(c.is_alphanumeric()) };
    1 + word.chars().map(sound).sum::<usize>()
}

/// One vowel per syllable, with uneven lengths; a digit is a syllable of four letters.
fn made(text: &str, language: Language, pace: f64) -> (Vec<u8>, Vec<SpokenWord>) {
    let (mut throat, mut spans) = (Throat::new(85.0 + 3.0 * f32::from(language as u8), pace), Vec::new());
    for word in text.split_whitespace() {
        let first_frame = throat.audio.len() / FRAME_SAMPLES;
        for (letter, letters) in syllables(word) {
            throat.syllable(letter, letters);
        }
        spans.push(SpokenWord { text: word.to_owned(), first_frame, end_frame: throat.audio.len() / FRAME_SAMPLES });
    }
    (to_frames(&level(&throat.audio)), spans)
}

/// The first letter of each syllable, and how many letters it is as long as.
fn syllables(word: &str) -> Vec<(char, usize)> {
    let mut syllables: Vec<(char, usize)> = Vec::new();
    for letter in word.chars() {
        match syllables.last_mut() {
            _ if letter.is_numeric() => syllables.push((letter, DIGIT_LETTERS)),
            Some((_, letters)) if *letters < SYLLABLE_LETTERS => *letters += 1,
            _ => syllables.push((letter, 1)),
        }
    }
    syllables
}

/// So many frames of a throat being cleared: a voice to every detector, and no word.
pub(super) fn cleared_throat(frames: usize) -> Vec<u8> {
    let mut throat = Throat::new(100.0, 1.0);
    while throat.audio.len() < frames * FRAME_SAMPLES {
        throat.syllable('h', 3);
    }
    throat.audio.truncate(frames * FRAME_SAMPLES);
    to_frames(&level(&throat.audio))
}

/// First three formants of five open vowels in hertz: a, ae, e, o, uh.
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1_090.0, 2_440.0],
    [660.0, 1_720.0, 2_410.0],
    [530.0, 1_840.0, 2_480.0],
    [570.0, 840.0, 2_410.0],
    [640.0, 1_190.0, 2_390.0],
];
/// How the pitch of a syllable moves: up to its middle, down to its end, and trembling.
const RISE: f32 = 0.6;
const FALL: f32 = 0.4;
const TREMBLE: f32 = 0.03;
const TREMBLE_HZ: f32 = 9.0;
/// How loud the breath is beside the tone. Without it a detector takes half of all words for an organ.
const BREATH: f32 = 0.2;
/// Where in a syllable its vowel begins to turn into the next.
const TURNS_AT: f32 = 0.25;

struct Throat {
    audio: Vec<f32>,
    pitch_hz: f32,
    pace: f64,
    /// Of the lowest harmonic, in radians: it runs on from one syllable into the next.
    phase: f32,
    breath: u32,
}

impl Throat {
    fn new(pitch_hz: f32, pace: f64) -> Self {
        Self { audio: Vec::new(), pitch_hz, pace, phase: 0.0, breath: 7 }
    }

    fn syllable(&mut self, letter: char, letters: usize) {
        let code = letter as usize;
        let frames = ((letters * 4 + code % 3) as f64 / self.pace).round().max(1.0);
        let length = frames as usize * FRAME_SAMPLES;
        let vowel = VOWELS[code % VOWELS.len()];
        let next = VOWELS[(code + 1 + code / 5 % 4) % VOWELS.len()];
        let pitch_hz = self.pitch_hz * (1.0 + (code % 7) as f32 / 50.0);
        let harmonics = (3_400.0 / (pitch_hz * (1.0 + RISE))) as usize;
        let strengths = |formants| (1..=harmonics).map(|k| strength(k as f32 * pitch_hz, formants)).collect::<Vec<_>>();
        let (from, to) = (strengths(vowel), strengths(next));
        let mut tone = Vec::with_capacity(length);
        for n in 0..length {
            let part = n as f32 / length as f32;
            let second = n as f32 / SAMPLE_RATE_HZ as f32;
            let melody = 1.0 + RISE * (std::f32::consts::PI * part).sin() - FALL * part;
            let tremble = 1.0 + TREMBLE * (std::f32::consts::TAU * TREMBLE_HZ * second).sin();
            self.phase += std::f32::consts::TAU * pitch_hz * melody * tremble / SAMPLE_RATE_HZ as f32;
            self.phase %= std::f32::consts::TAU;
            let turned = ((part - TURNS_AT) / (1.0 - TURNS_AT)).max(0.0);
            let harmonic = |(k, (from, to)): (usize, (&f32, &f32))| {
                (from + (to - from) * turned) * (self.phase * (k + 1) as f32).sin()
            };
            tone.push(from.iter().zip(&to).enumerate().map(harmonic).sum::<f32>());
        }
        let breath = BREATH * energy(&tone).sqrt();
        for (n, tone) in tone.into_iter().enumerate() {
            let envelope = (std::f32::consts::PI * n as f32 / length as f32).sin().powf(0.8);
            let sound = tone + breath * self.hiss();
            self.audio.push(1_000.0 * sound * envelope);
        }
    }

    /// Evenly spread between -1 and 1, the same in every run.
    fn hiss(&mut self) -> f32 {
        self.breath = self.breath.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.breath >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// How strongly a vowel sounds at one frequency: voices fall off upwards.
fn strength(hz: f32, formants: [f32; 3]) -> f32 {
    let peak = |(formant, gain): (f32, f32)| gain / (1.0 + ((hz - formant) / 80.0).powi(2));
    (formants.into_iter().zip([1.0, 0.7, 1.5]).map(peak).sum::<f32>() + 0.03) / (1.0 + hz / 400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_takes_as_long_as_four_letters() {
        assert_eq!(syllables("a42bcde"), [('a', 1), ('4', 4), ('2', 4), ('b', 3), ('e', 1)]);
        let frames = |text| made(text, Language::English, 1.0).0.len() / (2 * FRAME_SAMPLES);
        // A letter is four frames, and a syllable up to two more.
        assert!((4 * 16..=4 * 18).contains(&frames("9201")), "{}", frames("9201"));
        assert!(frames("9201").abs_diff(frames("sixteen letters to")) <= 12);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_long_sentence_is_made_up_beside_the_thread_that_serves() {
        let speaker = Speaker::new(Voice::Made);
        let text = "of the old house behind the new market ".repeat(8);
        let mut speaking = std::pin::pin!(speaker.say(&text, Language::English, 1.0));
        assert!(futures_util::poll!(&mut speaking).is_pending());
        assert_eq!(speaking.await.1.len(), 64);
    }
}
