//! What we aim at, beside what each bot reached. Pure.

use std::fmt::Write as _;

use crate::bots::Bot;
use crate::figures::Percentiles;
use crate::level::Level;
use crate::run::Growth;

/// Calls at once of the rows that are about work.
pub(crate) const WORKING: usize = 10;
/// The noise of the noisy row: a street.
pub(crate) const NOISY_DBFS: f64 = -40.0;
/// Calls on one core.
const AT_ONCE: usize = 200;
/// Growth below this is the allocator's breath (MB).
const NO_GROWTH_MB: f64 = 1.0;

/// All that a run with targets measured.
pub(crate) struct Measured<'a> {
    pub(crate) levels: &'a [Level],
    /// At [`WORKING`] calls on a noisy line.
    pub(crate) noisy: &'a [Level],
    pub(crate) growths: &'a [Growth],
}

/// One row: what, what we aim at, and a bot's figure with whether it is reached.
type Row = (&'static str, &'static str, fn(&Measured<'_>, Bot) -> Option<(String, bool)>);

const ROWS: [Row; 7] = [
    ("over the providers, one call, p50 / p95", "≤ 120 / 200 ms", |measured, bot| {
        within(measured.at(bot, 1)?.over_providers_ms?, 120.0, 200.0)
    }),
    ("interruption to silence, one call, p50 / p95", "≤ 200 / 300 ms", |measured, bot| {
        within(measured.at(bot, 1)?.silent_ms?, 200.0, 300.0)
    }),
    ("calls at once on one core, of those tried", "≥ 200", |measured, bot| {
        let first = measured.of(bot).min_by_key(|level| level.at_once)?;
        let kept = measured.of(bot).filter(|level| level.doubt().is_none() && level.keeps_up(first).is_ok());
        let most = kept.map(|level| level.at_once).max().unwrap_or_default();
        Some((most.to_string(), most >= AT_ONCE))
    }),
    ("CPU s a call-minute, 10 calls", "≤ 0.20", |measured, bot| {
        below(measured.at(bot, WORKING)?.cpu_s_per_call_minute, 0.20)
    }),
    ("the same on a noisy line", "≤ 0.45", |measured, bot| {
        below(measured.noisy.iter().find(|level| level.bot == bot)?.cpu_s_per_call_minute, 0.45)
    }),
    ("MB a call, 10 calls", "≤ 1", |measured, bot| below(measured.at(bot, WORKING)?.rss_mb_per_call, 1.0)),
    ("MB more after the second half of all finished calls", "none", |measured, bot| {
        let growth = measured.growths.iter().find(|growth| growth.bot == bot)?;
        below(growth.after_mb - growth.halfway_mb, NO_GROWTH_MB)
    }),
];

impl<'a> Measured<'a> {
    fn of(&self, bot: Bot) -> impl Iterator<Item = &'a Level> {
        self.levels.iter().filter(move |level| level.bot == bot)
    }

    fn at(&self, bot: Bot, at_once: usize) -> Option<&'a Level> {
        self.of(bot).find(|level| level.at_once == at_once)
    }
}

fn within(of: Percentiles, p50: f64, p95: f64) -> Option<(String, bool)> {
    Some((format!("{:.0} / {:.0} ms", of.p50, of.p95), of.p50 <= p50 && of.p95 <= p95))
}

fn below(figure: f64, most: f64) -> Option<(String, bool)> {
    Some((format!("{figure:.2}"), figure <= most))
}

/// The table; what was not measured has a dash.
pub(crate) fn targets(measured: &Measured<'_>, bots: &[Bot]) -> String {
    let bots: Vec<Bot> = bots.iter().copied().filter(|bot| *bot != Bot::Null).collect();
    let names: Vec<&str> = bots.iter().map(|bot| bot.name()).collect();
    let mut text = format!("| | aim | {} |\n|---|---|{}\n", names.join(" | "), "---|".repeat(bots.len()));
    for (what, aim, figure) in ROWS {
        let cell = |bot: &Bot| match figure(measured, *bot) {
            Some((figure, true)) => figure,
            Some((figure, false)) => format!("{figure} (missed)"),
            None => "–".to_owned(),
        };
        let cells: Vec<String> = bots.iter().map(cell).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "| {what} | {aim} | {} |", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::tests::empty;

    fn level(bot: Bot, at_once: usize, cpu_s_per_call_minute: f64) -> Level {
        let waits = Percentiles::of(&[113.0, 113.0]);
        Level {
            cpu_s_per_call_minute,
            rss_mb_per_call: 0.5,
            waited_ms: waits,
            over_providers_ms: waits,
            late_ms: Percentiles::of(&[1.0]),
            ..empty(bot, at_once)
        }
    }

    #[test]
    fn each_row_says_whether_its_aim_is_reached_and_leaves_out_what_was_not_measured() {
        let levels = [level(Bot::Ours, 1, 0.5), level(Bot::Ours, 10, 0.19), level(Bot::Ours, 200, 0.15)];
        let noisy = [level(Bot::Ours, 10, 0.46)];
        let growths =
            [Growth { bot: Bot::Ours, calls: 1_000, at_once: 50, before_mb: 50.0, halfway_mb: 60.0, after_mb: 60.4 }];
        let text = targets(&Measured { levels: &levels, noisy: &noisy, growths: &growths }, &[Bot::Ours, Bot::Null]);
        let cells: Vec<&str> =
            text.lines().skip(2).filter_map(|line| line.trim_end_matches(" |").rsplit(" | ").next()).collect();
        let expected = ["113 / 113 ms", "–", "200", "0.19", "0.46 (missed)", "0.50", "0.40"];
        assert_eq!(cells, expected);
    }
}
