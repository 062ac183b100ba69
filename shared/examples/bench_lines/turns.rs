//! Whether the bot waits for the end of what somebody says, and only for that: lines with pauses inside of
//! sentences through the detector, the echo guard and the turn machine on a virtual clock, as they arrive in
//! calls; and what makes the bot fall silent while it speaks. The recogniser knows what is said and answers
//! 150 ms after it is asked; what the bot answers takes no time, so that it listens to every sentence.

mod bot;
mod call;
mod delivery;
mod labelled;
mod manifest;
mod mouth;
mod recogniser;
mod scene;
mod score;

use std::io::Write;
use std::path::Path;

use shared::adapters::silero::Silero;
use shared::domain::audio::SAMPLE_RATE_HZ;
use shared::ports::BoxError;

use self::bot::{Disturbance, Talk};
use self::delivery::Delivery;
use self::labelled::Line;
use self::mouth::Voice;
use self::scene::{Scene, Stage};
use self::score::{ENDS, Interruptions, Outcome, ends, judge};
use crate::corpus::{self, Manner};
use crate::noise::Condition;

/// The second half of the turns is of two answers each.
const MANNER: Manner = Manner {
    inner_ms: (200, 601),
    after_ms: (2_500, 3_500),
    tail_ms: 4_000,
    turns: &[&[0], &[1], &[2], &[3], &[1, 3], &[0, 2], &[3, 0], &[2, 1]],
};
/// Of each line while the bot speaks.
const TALK_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;
/// The longest pause of a sentence, up to and including.
const PAUSES_MS: [u64; 4] = [300, 400, 500, labelled::LONGEST_INNER_MS];

/// One sentence, and where it was said.
struct Case {
    kind: String,
    language: &'static str,
    scene: Scene,
    delivery: Delivery,
    outcome: Outcome,
}

/// The bot's speech on one kind of line, by what disturbed it.
struct Spoken {
    kind: String,
    interruptions: [Interruptions; Disturbance::ALL.len()],
}

pub(crate) fn run(out: &mut impl Write, manifest: Option<&Path>) -> Result<(), BoxError> {
    let lines = match manifest {
        Some(manifest) => manifest::read(manifest)?,
        None => spoken_anew()?,
    };
    let (silero, stage, voice) = (Silero::new()?, Stage::new()?, Voice::default());
    let (mut cases, mut spoken) = (Vec::new(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        cases.extend(listened_to(&stage, &silero, line));
        let noise: Vec<i16> = line.noise().into_iter().cycle().take(TALK_SAMPLES).collect();
        let talk =
            Talk { stage: &stage, model: &silero, voice: &voice, language: line.language, noise: &noise, number };
        let mut interruptions = [Interruptions::default(); Disturbance::ALL.len()];
        for (sum, disturbance) in interruptions.iter_mut().zip(Disturbance::ALL) {
            *sum = bot::talk(&talk, disturbance)?;
        }
        spoken.push(Spoken { kind: line.kind.clone(), interruptions });
    }
    print_ends(out, &cases)?;
    print_interruptions(out, &spoken)?;
    Ok(())
}

fn spoken_anew() -> Result<Vec<Line>, BoxError> {
    let clips = corpus::speak(&MANNER)?;
    let lines = Condition::all().into_iter().flat_map(|condition| {
        let clips = &clips;
        clips.iter().enumerate().map(move |(number, clip)| Line::of(clip, condition, clips, number as u64))
    });
    Ok(lines.collect())
}

fn listened_to(stage: &Stage, silero: &Silero, line: &Line) -> Vec<Case> {
    let frames = call::frames(silero, &line.samples);
    let mut cases = Vec::new();
    for scene in [Scene::AskedOpenly, Scene::AskedYesNo] {
        for delivery in Delivery::ALL {
            let told = call::listen(stage, scene, line, &frames, delivery);
            cases.extend(line.sentences.iter().map(|sentence| Case {
                kind: line.kind.clone(),
                language: line.language.name(),
                scene,
                delivery,
                outcome: judge(sentence, &told),
            }));
        }
    }
    cases
}

fn print_ends(out: &mut impl Write, cases: &[Case]) -> std::io::Result<()> {
    writeln!(out, "| line | {ENDS} |\n|---|---|---|---|---|---|---|---|")?;
    let mut row = |name: &str, holds: &dyn Fn(&Case) -> bool| {
        let those: Vec<&Outcome> = cases.iter().filter(|case| holds(case)).map(|case| &case.outcome).collect();
        if those.is_empty() { Ok(()) } else { writeln!(out, "| {name} | {} |", ends(&those)) }
    };
    let openly = |case: &Case| case.scene == Scene::AskedOpenly;
    for kind in in_order(cases.iter().map(|case| case.kind.as_str())) {
        row(kind, &|case| openly(case) && case.kind == kind)?;
    }
    for delivery in Delivery::ALL {
        row(&delivery.to_string(), &|case| openly(case) && case.delivery == delivery)?;
    }
    let mut above = 0;
    for most in PAUSES_MS {
        let within = |case: &Case| case.outcome.pause_ms.is_some_and(|pause| pause > above && pause <= most);
        row(&format!("longest pause {above} to {most} ms"), &|case| openly(case) && within(case))?;
        above = most;
    }
    for language in in_order(cases.iter().map(|case| case.language)) {
        row(language, &|case| openly(case) && case.language == language)?;
    }
    row("**in all**", &openly)?;
    row("asked for a yes or a no", &|case| !openly(case))
}

fn print_interruptions(out: &mut impl Write, spoken: &[Spoken]) -> std::io::Result<()> {
    writeln!(
        out,
        "\n| line | bot speaks min | silent for nothing, in 10 min | floor given away, in 10 min \
         | coughs | silent, floor given away | backchannels | silent, floor given away |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for kind in in_order(spoken.iter().map(|spoken| spoken.kind.as_str())) {
        print_spoken(out, kind, spoken.iter().filter(|spoken| spoken.kind == kind))?;
    }
    print_spoken(out, "**in all**", spoken.iter())
}

fn print_spoken<'a>(out: &mut impl Write, name: &str, spoken: impl Iterator<Item = &'a Spoken>) -> std::io::Result<()> {
    let sums = spoken.fold([Interruptions::default(); Disturbance::ALL.len()], |sums, spoken| {
        let mut added = spoken.interruptions.into_iter();
        sums.map(|sum| added.next().map_or(sum, |one| sum.and(one)))
    });
    let [nothing, coughs, backchannels] = sums;
    let heard = |sum: Interruptions| {
        let each_ms = sum.silent_ms / (sum.held.saturating_sub(sum.cut)).max(1) as u64;
        format!("{} | {} ({each_ms} ms each), {}", sum.sounds, sum.held, sum.cut)
    };
    let minutes = nothing.spoken_ms as f64 / 60_000.0;
    writeln!(
        out,
        "| {name} | {minutes:.0} | {:.2} | {:.2} | {} | {} |",
        nothing.rate(nothing.held),
        nothing.rate(nothing.cut),
        heard(coughs),
        heard(backchannels),
    )
}

/// Each once.
fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    for name in names {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}
