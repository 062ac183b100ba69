//! People who answer the phone: sentences of two parts with a pause between them, each line another
//! language, each sentence another voice.

mod said;

use std::io;
use std::process::{Command, Stdio};

use shared::domain::audio::{Downsampler, FRAME_SAMPLES, SAMPLE_RATE_HZ, samples};
use shared::domain::language::Language;

use self::said::SAID;
use crate::noise::Random;

const LEAD_MS: u64 = 2_500;
/// Loud and soft lines (RMS of what is spoken, about -17 to -33 dBFS).
const LEVELS: [f32; 4] = [2_300.0, 4_600.0, 730.0, 1_450.0];
const VOICES: [&str; 6] = ["m1", "f2", "m3", "f4", "m7", "f5"];

/// How they speak.
pub(crate) struct Manner {
    /// From the least to the most, inside a turn and after it.
    pub(crate) inner_ms: (u64, u64),
    pub(crate) after_ms: (u64, u64),
    /// Only noise, after the last word.
    pub(crate) tail_ms: u64,
    /// Which of the four answers make up each turn.
    pub(crate) turns: &'static [&'static [usize]],
}

/// A stretch of speech, in samples.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) text: &'static str,
}

impl Part {
    pub(crate) fn of(self, samples: &[f32]) -> Vec<i16> {
        samples[self.start..self.end].iter().map(|sample| sample.round() as i16).collect()
    }
}

/// One line without its noise.
pub(crate) struct Clip {
    pub(crate) language: Language,
    pub(crate) samples: Vec<f32>,
    pub(crate) parts: Vec<Part>,
}

/// A word that greets, and one that agrees.
pub(crate) fn hello(language: Language) -> &'static str {
    answers(language)[0][0]
}
pub(crate) fn yes(language: Language) -> &'static str {
    answers(language)[1][0]
}

fn answers(language: Language) -> &'static [[&'static str; 2]; 4] {
    let said = SAID.iter().find(|(code, _)| *code == &language.code()[..2]);
    &said.unwrap_or(&SAID[0]).1
}

/// All lines, spoken anew.
pub(crate) fn speak(manner: &Manner) -> io::Result<Vec<Clip>> {
    SAID.iter().enumerate().map(|(number, (language, answers))| clip(number, language, answers, manner)).collect()
}

fn clip(number: usize, language: &str, answers: &[[&'static str; 2]; 4], manner: &Manner) -> io::Result<Clip> {
    let mut random = Random::new(number as u64);
    let mut samples = silence(LEAD_MS);
    let mut parts = Vec::new();
    let level = LEVELS[number % LEVELS.len()];
    for (index, turn) in manner.turns.iter().enumerate() {
        let voice = format!("{language}+{}", VOICES[(number + index) % VOICES.len()]);
        let (speed, pitch) = (random.between(135, 185), random.between(30, 70));
        let texts: Vec<&'static str> = turn.iter().flat_map(|answer| answers[*answer]).collect();
        for (place, text) in texts.iter().enumerate() {
            let (least, most) = if place + 1 < texts.len() { manner.inner_ms } else { manner.after_ms };
            let spoken = say(&voice, speed, pitch, text, level)?;
            let start = samples.len();
            samples.extend(spoken);
            parts.push(Part { start, end: samples.len(), text });
            samples.extend(silence(random.between(least, most)));
        }
    }
    samples.extend(silence(manner.tail_ms));
    let language = Language::parse(language).map_err(io::Error::other)?;
    Ok(Clip { language, samples, parts })
}

fn silence(ms: u64) -> Vec<f32> {
    vec![0.0; ms as usize * SAMPLE_RATE_HZ as usize / 1_000]
}

/// Without quiet at its ends, at this RMS.
pub(crate) fn say(voice: &str, speed: u64, pitch: u64, text: &str, level: f32) -> io::Result<Vec<f32>> {
    let output = Command::new("espeak-ng")
        .args(["-v", voice, "-s", &speed.to_string(), "-p", &pitch.to_string(), "-b", "1", "--stdout", text])
        .stderr(Stdio::null())
        .output()?;
    let wav = output.stdout;
    let rate = wav.get(24..28).and_then(|rate| rate.first_chunk()).map(|rate| u32::from_le_bytes(*rate));
    let rate = rate.ok_or_else(|| io::Error::other(format!("espeak-ng did not speak as {voice}")))?;
    let mut resampler = Downsampler::new(rate);
    let mut audio = resampler.take(&samples(&wav[44..]));
    audio.extend(resampler.finish());
    let audio = trimmed(&audio);
    let gain = level / power(audio).sqrt().max(1.0);
    Ok(audio.iter().map(|sample| (sample * gain).clamp(-32_000.0, 32_000.0)).collect())
}

/// Without what is 38 dB below the loudest half frame at both ends.
fn trimmed(audio: &[f32]) -> &[f32] {
    const STEP: usize = FRAME_SAMPLES / 2;
    let powers: Vec<f32> = audio.chunks(STEP).map(power).collect();
    let limit = powers.iter().copied().fold(0.0, f32::max) / 6_310.0;
    let first = powers.iter().position(|power| *power > limit).unwrap_or(0);
    let last = powers.iter().rposition(|power| *power > limit).unwrap_or(0);
    &audio[first * STEP..audio.len().min((last + 1) * STEP)]
}

/// When a sample is heard.
pub(crate) fn ms(samples: usize) -> u64 {
    samples as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)
}

/// Mean square.
pub(crate) fn power(audio: &[f32]) -> f32 {
    audio.iter().map(|sample| sample * sample).sum::<f32>() / audio.len().max(1) as f32
}
