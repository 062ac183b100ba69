//! Changes of the sampling rate: any rate down to the telephone's, and the telephone's doubled.

use super::SAMPLE_RATE_HZ;

/// Input samples each side of an output sample that take part in it: the least that keeps aliases
/// 40 dB down. A debug build filters for many callers at once.
const REACH: usize = 24;
const TAPS: usize = REACH * 2 + 1;
/// Half way between the telephone's upper edge and where aliases would begin.
const CUTOFF_HZ: f64 = 3_600.0;

/// Any rate above 8 kHz down to 8 kHz, piece by piece: a low-pass below 4 kHz and the change of
/// rate in one pass. One windowed-sinc filter per position an output sample can take between two
/// input samples.
#[derive(Debug, Clone)]
pub struct Downsampler {
    up: usize,
    down: usize,
    phases: Vec<[f32; TAPS]>,
    /// Input that output still depends on; begins where an output sample falls on an input sample.
    input: Vec<i16>,
    /// The next output sample, counted from the beginning of `input`.
    next: usize,
}

impl Downsampler {
    /// From `rate_hz` (above 8 kHz) down to 8 kHz.
    pub fn new(rate_hz: u32) -> Self {
        let divisor = gcd(rate_hz, SAMPLE_RATE_HZ).max(1);
        let (up, down) = ((SAMPLE_RATE_HZ / divisor) as usize, (rate_hz / divisor) as usize);
        let cutoff = CUTOFF_HZ / f64::from(rate_hz.max(1));
        let phases = (0..up).map(|phase| filter(phase as f64 / up as f64, cutoff)).collect();
        Self { up, down: down.max(1), phases, input: Vec::new(), next: 0 }
    }

    /// Takes more of the sound; answers what of it is complete.
    pub fn take(&mut self, samples: &[i16]) -> Vec<f32> {
        self.input.extend_from_slice(samples);
        self.until(self.input.len().saturating_sub(REACH))
    }

    /// The rest, after the last piece.
    pub fn finish(&mut self) -> Vec<f32> {
        self.until(self.input.len())
    }

    /// Output whose centre lies before that input sample.
    fn until(&mut self, end: usize) -> Vec<f32> {
        let mut output = Vec::with_capacity(self.input.len() * self.up / self.down + 1);
        while self.next * self.down / self.up < end {
            output.push(self.sample(self.next));
            self.next += 1;
        }
        // Whole rounds of the filters that no output sample reaches back to any more.
        let rounds = (self.next * self.down / self.up).saturating_sub(REACH) / self.down;
        self.input.drain(..(rounds * self.down).min(self.input.len()));
        self.next -= rounds * self.up;
        output
    }

    fn sample(&self, n: usize) -> f32 {
        let (centre, phase) = (n * self.down / self.up, n * self.down % self.up);
        let first = centre.saturating_sub(REACH);
        let skipped = REACH - (centre - first);
        let taps = &self.phases[phase][skipped..];
        let input = &self.input[first..self.input.len().min(first + taps.len())];
        let (mut sum, mut at) = (0.0, 0);
        // Ten times as fast as an iterator where nothing is optimised.
        while at < input.len() {
            sum += f32::from(input[at]) * taps[at];
            at += 1;
        }
        sum
    }
}

/// 8 kHz to 16 kHz, piece by piece and without delay. Every sample stays as it is; between two
/// comes what a curve through their neighbours says.
#[derive(Debug, Default)]
pub struct Doubler {
    past: [i32; 2],
}

impl Doubler {
    /// Twice as many samples. The piece's last new sample knows nothing of what follows and leans
    /// on what was before.
    pub fn take(&mut self, samples: &[i16]) -> Vec<i16> {
        let mut output = Vec::with_capacity(samples.len() * 2);
        let last = samples.last().map_or(0, |sample| i32::from(*sample));
        let at = |index: usize| samples.get(index).map_or(last, |sample| i32::from(*sample));
        for (index, sample) in samples.iter().enumerate() {
            let before = |back: usize| index.checked_sub(back).map_or_else(|| self.past[(index + 2) - back], &at);
            let near = 150 * (at(index) + at(index + 1));
            let far = 3 * (before(2) + at(index + 3)) - 25 * (before(1) + at(index + 2));
            output.push(*sample);
            output.push(((near + far) / 256).clamp(i16::MIN.into(), i16::MAX.into()) as i16);
        }
        for sample in samples {
            self.past = [self.past[1], i32::from(*sample)];
        }
        output
    }
}

fn filter(shift: f64, cutoff: f64) -> [f32; TAPS] {
    let mut taps = [0.0; TAPS];
    for (index, tap) in taps.iter_mut().enumerate() {
        let x = index as f64 - REACH as f64 - shift;
        let angle = std::f64::consts::TAU * cutoff * x;
        let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        let window = 0.54 + 0.46 * (std::f64::consts::PI * x / (REACH as f64 + 1.0)).cos();
        *tap = (2.0 * cutoff * sinc * window) as f32;
    }
    taps
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64) -> Vec<i16> {
        (0..22_050).map(|n| (10_000.0 * (std::f64::consts::TAU * hz * f64::from(n) / 22_050.0).sin()) as i16).collect()
    }
    fn rms(samples: &[f32]) -> f32 {
        let middle = &samples[200..samples.len() - 200];
        (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
    }

    #[test]
    fn the_voice_band_passes_and_what_would_alias_does_not() {
        let run = |hz| {
            let mut resampler = Downsampler::new(22_050);
            let mut output = resampler.take(&tone(hz));
            output.extend(resampler.finish());
            output
        };
        let kept = run(1_000.0);
        assert_eq!(kept.len(), 8_000);
        assert!((rms(&kept) - 7_071.0).abs() < 100.0, "{}", rms(&kept));
        assert!((rms(&run(3_000.0)) - 7_071.0).abs() < 200.0);
        // 5.5 kHz would come back as 2.5 kHz.
        assert!(rms(&run(5_500.0)) < 50.0);
    }

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        for rate_hz in [16_000, 22_050, 24_000, 48_000] {
            let input = tone(700.0);
            let mut whole = Downsampler::new(rate_hz);
            let mut expected = whole.take(&input);
            expected.extend(whole.finish());
            let mut parts = Downsampler::new(rate_hz);
            let mut output: Vec<f32> = input.chunks(333).flat_map(|piece| parts.take(piece)).collect();
            output.extend(parts.finish());
            assert_eq!(output, expected, "{rate_hz}");
            assert_eq!(output.len(), (input.len() * 8_000).div_ceil(rate_hz as usize), "{rate_hz}");
        }
    }

    #[test]
    fn doubling_keeps_every_sample_and_draws_a_curve_between_them() {
        let sine =
            |rate: f64| move |n: i32| (10_000.0 * (std::f64::consts::TAU * 1_000.0 * f64::from(n) / rate).sin()) as i16;
        let input: Vec<i16> = (0..800).map(sine(8_000.0)).collect();
        let wanted: Vec<i16> = (0..1_600).map(sine(16_000.0)).collect();
        let mut doubler = Doubler::default();
        let output: Vec<i16> = input.chunks(160).flat_map(|piece| doubler.take(piece)).collect();
        assert!(output.iter().step_by(2).eq(&input));
        let worst =
            |from: usize, to: usize| (from..to).map(|n| (i32::from(output[n]) - i32::from(wanted[n])).abs()).max();
        assert!(worst(10, 310) < Some(200), "{:?}", worst(10, 310));
        assert!(worst(330, 630) < Some(200), "{:?}", worst(330, 630));
    }
}
