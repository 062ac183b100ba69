//! Silero's network for telephone speech as our `VoiceModel` (`shared/assets/README.md`).

use std::io::Cursor;
use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::domain::vad::{CONTEXT_SAMPLES, WINDOW_SAMPLES, Window};
use crate::ports::BoxError;
use crate::ports::voice::{LineMemory, VoiceModel};

const NETWORK: &[u8] = include_bytes!("../../assets/silero_vad_v6_8k_inlined.onnx");
const INPUT: [usize; 2] = [1, CONTEXT_SAMPLES + WINDOW_SAMPLES];
/// What it remembers of a line: two rows of 128 numbers, 1 KiB.
const STATE: [usize; 3] = [2, 1, 128];

/// The network, ready to run. One serves every line at once: running changes nothing in it.
pub struct Silero {
    plan: Arc<TypedRunnableModel>,
}

impl Silero {
    /// Reads the network that was compiled in; takes a fraction of a second, so once in a program.
    ///
    /// # Errors
    /// When that is not the network this was written for.
    pub fn new() -> Result<Self, BoxError> {
        let plan = || -> TractResult<Arc<TypedRunnableModel>> {
            tract_onnx::onnx()
                .model_for_read(&mut Cursor::new(NETWORK))?
                .with_input_fact(0, f32::fact(INPUT).into())?
                .with_input_fact(1, f32::fact(STATE).into())?
                .into_optimized()?
                .into_runnable()
        };
        Ok(Self { plan: plan()? })
    }

    fn run(&self, window: &Window, memory: &mut LineMemory) -> TractResult<f32> {
        let samples: Vec<f32> = window.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        memory.resize(STATE.iter().product(), 0.0);
        let sound = Tensor::from_shape(&INPUT, &samples)?;
        let state = Tensor::from_shape(&STATE, memory)?;
        let answer = self.plan.run(tvec!(sound.into(), state.into()))?;
        memory.copy_from_slice(answer[1].try_as_plain_ram()?.as_slice::<f32>()?);
        answer[0].try_as_plain_ram()?.to_scalar::<f32>().copied()
    }
}

impl VoiceModel for Silero {
    /// Of what it can not judge it says that it is a voice: the gate before it has heard a sound.
    fn likelihood(&self, window: &Window, memory: &mut LineMemory) -> f32 {
        self.run(window, memory).unwrap_or_else(|error| {
            tracing::error!(%error, "the voice model failed; every sound counts as a voice");
            1.0
        })
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::domain::audio::{FRAME_SAMPLES, samples};
    use crate::domain::language::Language;
    use crate::domain::vad::{START_DELAY_MS, STOP_DELAY_MS, VoiceDetector, VoiceEvent};
    use crate::sim::speech::{Lexicon, Voice, cleared_throat};

    /// What `onnxruntime` makes of [`sung`] with the network as Silero ships it.
    const ORIGINAL: [f32; 24] = [
        0.4424, 0.7584, 0.8095, 0.8113, 0.5868, 0.4353, 0.2893, 0.2189, 0.3282, 0.5718, 0.6794, 0.7735, 0.5237, 0.6316,
        0.5852, 0.637, 0.6297, 0.5676, 0.6052, 0.5582, 0.8490, 0.8086, 0.4906, 0.4218,
    ];

    fn hiss(seed: &mut u32) -> f64 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(*seed >> 8) / f64::from(1 << 23) - 1.0
    }

    /// A vowel with breath and vibrato that swells and fades: somewhere between a voice and none.
    fn sung() -> Vec<i16> {
        let strength = |k: f64, hz: f64| 1.0 / (1.0 + ((130.0 * k - hz) / 150.0).powi(2));
        let mut seed = 7;
        let sample = |n: usize| {
            let second = n as f64 / 8_000.0;
            let phase = TAU * 130.0 * second + 8.0 * (TAU * 2.0 * second).sin();
            let harmonic = |k: f64| (strength(k, 600.0) + 0.5 * strength(k, 1_400.0)) * (k * phase).sin();
            let tone: f64 = (1..=20).map(f64::from).map(harmonic).sum();
            ((3_000.0 * tone + 900.0 * hiss(&mut seed)) * (TAU * 1.5 * second).sin().abs()).round() as i16
        };
        (0..ORIGINAL.len() * WINDOW_SAMPLES).map(sample).collect()
    }

    #[test]
    fn it_answers_what_the_network_answers_where_it_was_made() {
        let silero = Silero::new().expect("the network");
        let mut memory = LineMemory::new();
        let line = [vec![0; CONTEXT_SAMPLES], sung()].concat();
        for (number, expected) in ORIGINAL.iter().enumerate() {
            let window = line[number * WINDOW_SAMPLES..].first_chunk().expect("a window");
            let answer = silero.likelihood(window, &mut memory);
            assert!((answer - expected).abs() < 0.002, "window {number}: {answer}, not {expected}");
        }
    }

    /// Milliseconds at which voices were told to start and to stop.
    fn told(silero: &Silero, line: &[i16]) -> Vec<(u64, VoiceEvent)> {
        let (mut detector, mut memory) = (VoiceDetector::default(), LineMemory::new());
        let frames = line.chunks(FRAME_SAMPLES).zip(1..);
        frames
            .filter_map(|(frame, n)| {
                let event = detector.frame(frame, |window| silero.likelihood(window, &mut memory));
                event.filter(|event| *event != VoiceEvent::Suspected).map(|event| (n * 20, event))
            })
            .collect()
    }

    #[tokio::test]
    async fn a_word_is_a_voice_in_every_language_and_soon_told_the_second_time_too() {
        const LEAD_MS: u64 = 600;
        let silero = Silero::new().expect("the network");
        for voice in [Voice::Made, Voice::detect()] {
            let lexicon = Lexicon::new(voice);
            for (language, word) in [
                (Language::English, "wrong number"),
                (Language::Hindi, "नमस्ते"),
                (Language::Tamil, "வணக்கம்"),
                (Language::Telugu, "నమస్కారం"),
                (Language::Kannada, "ನಮಸ್ಕಾರ"),
                (Language::Malayalam, "നമസ്കാരം"),
                (Language::Marathi, "नमस्कार"),
                (Language::Gujarati, "હા બોલો"),
                (Language::Bengali, "নমস্কার"),
                (Language::Punjabi, "ਹਾਂ ਜੀ"),
                (Language::Odia, "ହଁ କୁହନ୍ତୁ"),
            ] {
                let said = samples(&lexicon.speak(word, language).await.audio);
                let silence = |ms: u64| vec![0; usize::try_from(ms * 8).expect("short")];
                let once = [silence(LEAD_MS), said.clone(), silence(1_000)].concat();
                let once_ms = once.len() as u64 / 8;
                let end_ms = LEAD_MS + said.len() as u64 / 8;
                let events = told(&silero, &[once.clone(), once].concat());
                let (first, second): (Vec<_>, Vec<_>) = events.into_iter().partition(|(ms, _)| *ms <= once_ms);
                let second = second.into_iter().map(|(ms, event)| (ms - once_ms, event)).collect();
                for events in [first, second] {
                    let (Some((began, VoiceEvent::Started)), Some((ended, VoiceEvent::Stopped))) =
                        (events.first(), events.last())
                    else {
                        panic!("{voice:?} {language}: {events:?}");
                    };
                    // The stop before a double consonant may be a pause.
                    assert!(voice == Voice::Espeak || events.len() == 2, "{language}: {events:?}");
                    let (soon, over) = (LEAD_MS + 2 * START_DELAY_MS, end_ms + 2 * STOP_DELAY_MS);
                    assert!((LEAD_MS..=soon).contains(began), "{voice:?} {language}: {began}");
                    assert!((end_ms - 200..=over).contains(ended), "{voice:?} {language}: {ended}");
                }
            }
        }
    }

    #[test]
    fn a_cleared_throat_is_a_voice_too() {
        let silero = Silero::new().expect("the network");
        let line = [vec![0; 4_800], samples(&cleared_throat(35)), vec![0; 8_000]].concat();
        let events = told(&silero, &line);
        assert!(
            matches!(events[..], [(600..=760, VoiceEvent::Started), (1_200..=1_420, VoiceEvent::Stopped)]),
            "{events:?}"
        );
    }

    /// The same on a line on which somebody has just said something; later than that.
    async fn told_after_a_word(silero: &Silero, line: &[i16]) -> Vec<(u64, VoiceEvent)> {
        let said = samples(&Lexicon::new(Voice::Made).speak("Yes, speaking.", Language::English).await.audio);
        let before = [vec![0; 4_800], said, vec![0; 4_000]].concat();
        let before_ms = before.len() as u64 / 8;
        let events = told(silero, &[&before, line].concat());
        assert!(matches!(events[..], [(..), (stopped, _), ..] if stopped <= before_ms), "the word: {events:?}");
        events[2..].iter().map(|(ms, event)| (ms - before_ms, *event)).collect()
    }

    #[tokio::test]
    async fn noise_tones_and_clicks_are_no_voice_however_loud_nor_after_one() {
        let silero = Silero::new().expect("the network");
        let mut seed = 3;
        let mut noise = |peak: f64, length: u32| (0..length).map(|_| (peak * hiss(&mut seed)) as i16).collect();
        let loud: Vec<i16> = noise(8_000.0, 80_000);
        let softer: Vec<i16> = noise(1_800.0, 16_000);
        let tone = |hz: f64| (0..40_000).map(move |n| (8_000.0 * (TAU * hz * f64::from(n) / 8_000.0).sin()) as i16);
        let clicks: Vec<i16> = (0..80_000).map(|n| if n % 4_000 < 80 { 16_000 } else { 0 }).collect();
        let dial: Vec<i16> = tone(697.0).zip(tone(1_209.0)).map(|(a, b)| a / 2 + b / 2).collect();
        for (name, sound) in [
            ("noise", loud),
            ("softer noise", softer),
            ("a tone", tone(425.0).collect()),
            ("clicks", clicks),
            ("a key", dial),
        ] {
            let line = [vec![0; 16_000], sound, vec![0; 8_000]].concat();
            assert_eq!(told(&silero, &line), [], "{name}");
            assert_eq!(told_after_a_word(&silero, &line).await, [], "{name} after a word");
        }
    }

    #[tokio::test]
    async fn a_short_noise_after_a_word_is_no_voice() {
        let silero = Silero::new().expect("the network");
        let mut seed = 3;
        for peak in [340.0, 680.0, 1_360.0, 2_550.0, 5_100.0] {
            for ms in [20, 40, 60, 80] {
                let burst: Vec<i16> = (0..ms * 8).map(|_| (peak * hiss(&mut seed)) as i16).collect();
                let line = [vec![0; 4_000], burst, vec![0; 4_000]].concat();
                assert_eq!(told_after_a_word(&silero, &line).await, [], "{ms} ms up to {peak}");
            }
        }
    }
}
