//! The noises of lines, at a distance to the voice or at a level of their own.

use std::f32::consts::TAU;
use std::fmt;

use shared::domain::audio::SAMPLE_RATE_HZ;

use crate::corpus::{Clip, power};

const RATE: f32 = SAMPLE_RATE_HZ as f32;
/// The least there is on a line (RMS, -72 dBFS).
const FLOOR_RMS: f32 = 8.0;
/// Noise of a bad line (RMS, -40 dBFS).
const BAD_LINE_RMS: f32 = 328.0;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    White,
    /// Pink noise that swells, an engine, horns.
    Street,
    /// Six others who talk without a pause. Speech, and yet nobody speaks to us.
    Babble,
}

/// What is on a line beside the speaker.
#[derive(Clone, Copy)]
pub(crate) enum Condition {
    /// Zeros.
    Digital,
    Clean,
    BadLine,
    Noise {
        kind: Kind,
        snr_db: u8,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digital => f.write_str("digital silence"),
            Self::Clean => f.write_str("clean"),
            Self::BadLine => f.write_str("white at -40 dBFS"),
            Self::Noise { kind, snr_db } => {
                let name = match kind {
                    Kind::White => "white",
                    Kind::Street => "street",
                    Kind::Babble => "babble",
                };
                write!(f, "{name} {snr_db} dB")
            }
        }
    }
}

impl Condition {
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Digital, Self::Clean, Self::BadLine];
        for kind in [Kind::White, Kind::Street, Kind::Babble] {
            all.extend([20, 10, 5].map(|snr_db| Self::Noise { kind, snr_db }));
        }
        all
    }

    /// The clip as it is heard.
    pub(crate) fn line(self, clip: &Clip, all: &[Clip], seed: u64) -> Vec<i16> {
        let noise = self.noise(clip, all, seed);
        clip.samples.iter().zip(noise).map(|(voice, noise)| (voice + noise).round() as i16).collect()
    }

    /// What is heard beside it.
    pub(crate) fn noise(self, clip: &Clip, all: &[Clip], seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed + 1_000);
        let length = clip.samples.len();
        match self {
            Self::Digital => vec![0.0; length],
            Self::Clean => at_power(white(&mut random, length), FLOOR_RMS.powi(2)),
            Self::BadLine => at_power(white(&mut random, length), BAD_LINE_RMS.powi(2)),
            Self::Noise { kind, snr_db } => {
                let noise = match kind {
                    Kind::White => white(&mut random, length),
                    Kind::Street => street(&mut random, length),
                    Kind::Babble => babble(all, seed as usize, length),
                };
                let voices: Vec<f32> = clip.parts.iter().map(|p| power(&clip.samples[p.start..p.end])).collect();
                let voice = voices.iter().sum::<f32>() / voices.len().max(1) as f32;
                at_power(noise, voice / 10_f32.powf(f32::from(snr_db) / 10.0))
            }
        }
    }
}

fn at_power(noise: Vec<f32>, wanted: f32) -> Vec<f32> {
    let gain = (wanted / power(&noise).max(f32::MIN_POSITIVE)).sqrt();
    noise.into_iter().map(|sample| sample * gain).collect()
}

pub(crate) fn white(random: &mut Random, length: usize) -> Vec<f32> {
    // The sum of a few even draws is close to a normal one.
    (0..length).map(|_| (0..4).map(|_| random.even()).sum::<f32>() - 2.0).collect()
}

fn street(random: &mut Random, length: usize) -> Vec<f32> {
    let swell_hz = 0.11 + 0.09 * random.even();
    let (mut low, mut middle, mut high) = (0.0, 0.0, 0.0);
    let mut noise = white(random, length);
    for (n, sample) in noise.iter_mut().enumerate() {
        // Three leaking sums, each slower than the one before: pink.
        low = 0.997 * low + 0.03 * *sample;
        middle = 0.95 * middle + 0.1 * *sample;
        high = 0.6 * high + 0.3 * *sample;
        let second = n as f32 / RATE;
        let swell = 1.0 + 0.5 * (TAU * swell_hz * second).sin();
        let engine = 0.12 * (TAU * 95.0 * second + 2.0 * (TAU * 0.3 * second).sin()).sin();
        *sample = swell * (low + middle + high) + engine;
    }
    for _ in 0..length / (9 * SAMPLE_RATE_HZ as usize) + 1 {
        let start = random.between(0, length as u64) as usize;
        let horn = (RATE * (0.15 + 0.45 * random.even())) as usize;
        for (n, sample) in noise.iter_mut().skip(start).take(horn).enumerate() {
            let second = n as f32 / RATE;
            let tone = |hz: f32| (TAU * hz * second).sin();
            *sample += 0.6 * (tone(420.0) + 0.7 * tone(530.0) + 0.4 * tone(1_260.0));
        }
    }
    noise
}

fn babble(all: &[Clip], own: usize, length: usize) -> Vec<f32> {
    let mut noise = vec![0.0; length];
    for talker in 1..=6 {
        let clip = &all[(own + talker) % all.len()];
        let spoken = clip.parts.iter().flat_map(|part| {
            let part = &clip.samples[part.start..part.end];
            let gain = 1.0 / power(part).sqrt().max(1.0);
            part.iter().map(move |sample| sample * gain)
        });
        let spoken: Vec<f32> = spoken.collect();
        // Everybody is somewhere else in what they say.
        for (sample, talk) in noise.iter_mut().zip(spoken.iter().cycle().skip(talker * 7_919)) {
            *sample += talk;
        }
    }
    noise
}

/// Repeatable draws (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In 0 to 1.
    fn even(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least).max(1)
    }
}
