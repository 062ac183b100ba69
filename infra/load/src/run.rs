//! A run: the providers, the stores, and every bot at every level.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use shared::config::Environment;
use shared::sim::speech::{Lexicon, Voice};
use tokio::time::{Instant, sleep};

use crate::Fallible;
use crate::arguments::Run;
use crate::bots::{self, Bot, Running, Site};
use crate::callers::{Callers, Manner, turns};
use crate::level::{Around, Level, hold_all};
use crate::line::{Held, Shared};
use crate::proc::{Of, Watch, core_busy_s, look};
use crate::providers::{ANSWER_MS, Delays, Providers};
use crate::script::Script;
use crate::seed::Records;
use crate::table::{notes, table};
use crate::targets::{Measured, NOISY_DBFS, WORKING, targets};

/// Calls before each level, which nobody measures.
const WARM_UP: usize = 2;
/// The calls of a level begin within this time.
const SPREAD: Duration = Duration::from_secs(8);
/// Finished calls after which growth is looked at.
const GROWTH_CALLS: u16 = 1_000;
/// Calls before growth is measured: caches fill.
const GROWTH_WARM_UP: usize = 50;
/// What a finished call leaves is saved within this time.
const SETTLE: Duration = Duration::from_secs(10);

/// Memory of a bot before and after many calls.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Growth {
    pub(crate) bot: Bot,
    pub(crate) calls: usize,
    pub(crate) at_once: usize,
    pub(crate) before_mb: f64,
    pub(crate) halfway_mb: f64,
    pub(crate) after_mb: f64,
}

/// Everything a level needs.
struct Bench<'a> {
    asked: &'a Run,
    site: Site,
    providers: Providers,
    callers: Arc<Callers>,
    /// What the files of this line are called, after the bot and the level.
    line: &'static str,
    records: Option<Records>,
}

/// Runs; whether every figure can be trusted.
pub(crate) async fn run(asked: &Run) -> Fallible<bool> {
    fs::create_dir_all(&asked.out)?;
    let mut bench = Bench::open(asked).await?;
    let (mut levels, mut noisy, mut growths) = (Vec::new(), Vec::new(), Vec::new());
    for at_once in &asked.levels {
        for bot in &asked.bots {
            let level = bench.level(*bot, usize::from(*at_once)).await?;
            say(&progress(&level))?;
            levels.push(level);
        }
    }
    let speak = || asked.bots.iter().copied().filter(|bot| *bot != Bot::Null);
    if let Some(calls) = asked.growth.or(asked.targets.then_some(GROWTH_CALLS)) {
        for bot in speak() {
            growths.push(bench.growth(bot, usize::from(calls)).await?);
        }
    }
    if asked.targets {
        bench.move_to_a_street().await;
        for bot in speak() {
            noisy.push(bench.level(bot, WORKING).await?);
        }
    }
    let served = bench.providers.served();
    let whole = serde_json::json!({"levels": levels, "noisy": noisy, "growth": growths, "providers": served});
    fs::write(asked.out.join("levels.json"), serde_json::to_string_pretty(&whole)?)?;
    let mut text = format!("\n{}\n{}", table(&levels), notes(&levels));
    if asked.targets {
        let measured = Measured { levels: &levels, noisy: &noisy, growths: &growths };
        writeln!(text, "At {NOISY_DBFS} dBFS of noise:\n{}\n{}", table(&noisy), notes(&noisy))?;
        writeln!(text, "{}", targets(&measured, &asked.bots))?;
    }
    for grown in &growths {
        writeln!(
            text,
            "{}: {} calls, {} at a time: {:.0} MB before, {:.0} halfway, {:.0} after.",
            grown.bot.name(),
            grown.calls,
            grown.at_once,
            grown.before_mb,
            grown.halfway_mb,
            grown.after_mb
        )?;
    }
    writeln!(
        text,
        "Providers: {:.0} ms from the last word to the first sound that a bot could play; {} finals, {} answers, {} \
         sentences, {} recordings taken, {} requests that a call without trouble does not make.",
        bench.providers.floor_ms(),
        served.finals,
        served.answers,
        served.sentences,
        served.recordings,
        served.unexpected
    )?;
    say(&text)?;
    Ok(levels.iter().chain(&noisy).all(|level| level.doubt().is_none()))
}

impl<'a> Bench<'a> {
    async fn open(asked: &'a Run) -> Fallible<Self> {
        let lexicon = Lexicon::new(Voice::detect());
        let callers = Arc::new(Callers::new(&lexicon, manner(asked)).await);
        let delays = Delays { spread: asked.spread, ..Delays::default() };
        let providers = Providers::new(lexicon, delays, asked.lose_words).await;
        let address = providers.serve().await?;
        let env = bots::environment(&Environment::of_process(), address);
        let records = match asked.bots.contains(&Bot::Ours) {
            true => Some(Records::open(&Environment::of(env.clone())).await?),
            false => None,
        };
        let site = Site {
            core: asked.core,
            voicebot: asked.voicebot.clone().unwrap_or_else(|| "voicebot".into()),
            pipecat: asked.pipecat.split_whitespace().map(str::to_owned).collect(),
            providers: address,
            env,
            logs: asked.out.clone(),
        };
        Ok(Self { asked, site, providers, callers, line: "", records })
    }

    /// The same people, with more noise around them.
    async fn move_to_a_street(&mut self) {
        let loud = Manner { noise_dbfs: NOISY_DBFS, ..manner(self.asked) };
        self.callers = Arc::new(Callers::new(&Lexicon::new(Voice::detect()), loud).await);
        self.line = "-noisy";
    }

    /// What every call of that bot shares.
    fn shared(&self, bot: Bot, short: bool) -> Shared {
        let script = Script {
            frame_ms: f64::from(self.asked.frame_ms),
            greets: bot.greets(),
            turns: turns(bot.greets(), short),
            lengths: self.callers.lengths(),
            answer_ms: ANSWER_MS,
        };
        Shared { script: Arc::new(script), callers: Arc::clone(&self.callers) }
    }

    /// A bot that is started for this level alone.
    async fn level(&mut self, bot: Bot, at_once: usize) -> Fallible<Level> {
        let running = Running::start(bot, &self.site).await?;
        self.hold(&running, bot, WARM_UP, WARM_UP, true).await?;
        let rounds = self.asked.rounds.map_or_else(|| rounds(at_once), usize::from);
        let calls = running.calls(at_once * rounds, &mut self.records).await?;
        let (busy, began) = (core_busy_s(self.site.core), Instant::now());
        let (its, own) = (Watch::start(Of::Family(running.pid)), Watch::start(Of::Itself(std::process::id())));
        let held = hold_all(&self.shared(bot, self.asked.short), calls, at_once, SPREAD).await;
        let (bot_usage, own_usage) = (its.stop().await, own.stop().await);
        let others_s = core_busy_s(self.site.core) - busy - bot_usage.cpu_s;
        let around = Around {
            bot,
            at_once,
            floor_ms: self.providers.floor_ms(),
            pauses: self.asked.pauses,
            bot_usage,
            own_usage,
            others_percent: (100.0 * others_s / began.elapsed().as_secs_f64()).max(0.0),
        };
        running.stop().await?;
        self.keep(bot, at_once, &held)?;
        Ok(Level::of(&held, &around))
    }

    async fn growth(&mut self, bot: Bot, calls: usize) -> Fallible<Growth> {
        let running = Running::start(bot, &self.site).await?;
        // As many as the bot can surely hold: a call that fails leaves something else behind.
        let at_once = if bot == Bot::Ours { 50 } else { 10 };
        let mut memory = Vec::new();
        for count in [GROWTH_WARM_UP, calls / 2, calls - calls / 2] {
            self.hold(&running, bot, count, at_once, true).await?;
            sleep(SETTLE).await;
            memory.push(look(Of::Family(running.pid)).rss_mb);
        }
        running.stop().await?;
        Ok(Growth { bot, calls, at_once, before_mb: memory[0], halfway_mb: memory[1], after_mb: memory[2] })
    }

    async fn hold(&mut self, running: &Running, bot: Bot, count: usize, at_once: usize, short: bool) -> Fallible<()> {
        let calls = running.calls(count, &mut self.records).await?;
        let held = hold_all(&self.shared(bot, short), calls, at_once, SPREAD / 4).await;
        if held.iter().all(|call| call.trouble.is_some()) {
            let why = held.iter().find_map(|call| call.trouble.clone()).unwrap_or_default();
            return Err(format!("the bot `{}` holds no call: {why}", bot.name()).into());
        }
        Ok(())
    }

    /// Every turn of every call, for whoever wants to know more than the table says.
    fn keep(&self, bot: Bot, at_once: usize, held: &[Held]) -> Fallible<()> {
        let calls: Vec<_> = held
            .iter()
            .map(|call| serde_json::json!({"number": call.number, "trouble": call.trouble, "turns": call.turns}))
            .collect();
        let file = self.asked.out.join(format!("{}-{at_once}{}.json", bot.name(), self.line));
        Ok(fs::write(file, serde_json::to_string(&calls)?)?)
    }
}

/// With few calls at once more of them are needed for a percentile.
fn rounds(at_once: usize) -> usize {
    match at_once {
        1 => 3,
        2..=10 => 2,
        _ => 1,
    }
}

/// How the callers of this run speak.
fn manner(asked: &Run) -> Manner {
    Manner {
        frame_ms: u64::from(asked.frame_ms),
        noise_dbfs: asked.noise_dbfs,
        pauses: asked.pauses,
        uneven: asked.uneven,
    }
}

fn progress(level: &Level) -> String {
    let waited = level.waited_ms.map_or("no answer".to_owned(), |waited| format!("{:.0} ms", waited.p50));
    let Level { answers, planned, .. } = level;
    format!(
        "{} calls, {}: {waited} to the first sound (p50), {answers} of {planned} answers",
        level.at_once,
        level.bot.name()
    )
}

fn say(text: &str) -> Fallible<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
