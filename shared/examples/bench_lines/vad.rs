//! What the voice detector is worth, and what it costs: people of eleven languages who pause inside their
//! sentences, on lines with noises, heard by Silero's network and by energy alone. `espeak-ng` speaks; the
//! same version speaks the same, so runs can be compared. Called by `infra/bench.sh vad`.

mod score;

use std::io::Write;
use std::time::Duration;

use shared::adapters::memory::LoudnessModel;
use shared::adapters::silero::Silero;
use shared::domain::audio::{FRAME_MS, FRAME_SAMPLES};
use shared::domain::vad::{VoiceDetector, VoiceEvent};
use shared::ports::BoxError;
use shared::ports::voice::{LineMemory, VoiceModel};

use self::score::{Heard, Score};
use crate::corpus::{self, Clip, Manner};
use crate::noise::Condition;

/// Frames of one kind whose cost is measured: a minute and a half.
const COST_FRAMES: usize = 4_500;

const MANNER: Manner =
    Manner { inner_ms: (300, 600), after_ms: (900, 2_200), tail_ms: 15_000, turns: &[&[0], &[1], &[2], &[3]] };

pub(crate) fn run(out: &mut impl Write) -> Result<(), BoxError> {
    let clips = corpus::speak(&MANNER)?;
    let silero = Silero::new()?;
    let parts: usize = clips.iter().map(|clip| clip.parts.len()).sum();
    writeln!(out, "{} lines, {parts} utterances, with pauses of 300 to 600 ms inside sentences\n", clips.len())?;
    writeln!(
        out,
        "| line | model | false starts/min | missed | unheard | start p50/p95 ms | stop p50/p95 ms | never stopped | asked |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    for condition in Condition::all() {
        let models: [(&str, &dyn VoiceModel); 2] = [("Silero", &silero), ("energy", &LoudnessModel)];
        for (name, model) in models {
            let mut score = Score::default();
            for (number, clip) in clips.iter().enumerate() {
                let line = condition.line(clip, &clips, number as u64);
                score.add(clip, &listen(model, &line));
            }
            writeln!(out, "| {condition} | {name} | {score} |")?;
        }
    }
    costs(out, &silero, &clips[0])?;
    Ok(())
}

/// Lets a detector hear the line, frame by frame.
fn listen(model: &dyn VoiceModel, line: &[i16]) -> Heard {
    let (mut detector, mut memory) = (VoiceDetector::default(), LineMemory::new());
    let mut heard = Heard::default();
    for (number, frame) in line.chunks_exact(FRAME_SAMPLES).enumerate() {
        let asked = &mut heard.asked;
        let event = detector.frame(frame, |window| {
            *asked += 1;
            model.likelihood(window, &mut memory)
        });
        let at_ms = (number as u64 + 1) * FRAME_MS;
        match event {
            Some(VoiceEvent::Started) => heard.voices.push((at_ms, u64::MAX)),
            Some(VoiceEvent::Stopped) => {
                if let Some(voice) = heard.voices.last_mut() {
                    voice.1 = at_ms;
                }
            }
            Some(VoiceEvent::Suspected) | None => {}
        }
    }
    heard.frames = line.len() / FRAME_SAMPLES;
    heard
}

/// CPU of one frame while the line is quiet and while somebody speaks without a pause, and what a call keeps.
fn costs(out: &mut impl Write, silero: &Silero, clip: &Clip) -> Result<(), BoxError> {
    let (mut detector, mut memory) = (VoiceDetector::default(), LineMemory::new());
    let speech = clip.parts[0].of(&clip.samples);
    let talk: Vec<i16> = speech.iter().copied().cycle().take(COST_FRAMES * FRAME_SAMPLES).collect();
    let quiet = vec![8; COST_FRAMES * FRAME_SAMPLES];
    for (name, line) in [("quiet", quiet), ("speech", talk)] {
        let mut asked = 0;
        let before = cpu_time()?;
        for frame in line.chunks_exact(FRAME_SAMPLES) {
            detector.frame(frame, |window| {
                asked += 1;
                silero.likelihood(window, &mut memory)
            });
        }
        let spent = (cpu_time()? - before).as_nanos() as f64 / 1_000.0 / COST_FRAMES as f64;
        writeln!(
            out,
            "\n{name}: {spent:.2} µs of CPU a frame of 20 ms; the model was asked {asked} times in {COST_FRAMES} frames"
        )?;
    }
    let bytes = size_of::<VoiceDetector>() + memory.capacity() * size_of::<f32>();
    writeln!(out, "\na call keeps {bytes} bytes")?;
    Ok(())
}

/// What this thread has had of a processor: others on the machine do not count.
fn cpu_time() -> Result<Duration, BoxError> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(text.split_whitespace().next().ok_or("no schedstat")?.parse()?))
}
