//! What is printed: one table, the bots beside each other level by level. Pure.

use std::fmt::Write as _;

use crate::figures::Percentiles;
use crate::level::Level;

const HEAD: [&str; 14] = [
    "calls",
    "bot",
    "answers",
    "last word to first sound, p50 / p95 / p99",
    "over the providers, p50 / p95",
    "interruption to silence, p50 / p95",
    "CPU s a call-minute",
    "core %, others' %, s without a core",
    "MB a call (before, peak, end)",
    "holes (answers)",
    "talked over",
    "failures",
    "generator: late p99 ms, core %",
    "keeps up",
];

/// The levels, in the order of their size and then of the bots.
pub(crate) fn table(levels: &[Level]) -> String {
    let mut sorted: Vec<&Level> = levels.iter().collect();
    sorted.sort_by_key(|level| (level.at_once, level.bot));
    let mut text = row(HEAD.map(str::to_owned));
    text.push_str(&row(HEAD.map(|_| "---".to_owned())));
    for level in sorted {
        let first = levels.iter().filter(|other| other.bot == level.bot).min_by_key(|other| other.at_once);
        text.push_str(&row(cells(level, first.unwrap_or(level))));
    }
    text
}

fn row(cells: [String; HEAD.len()]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn cells(level: &Level, first: &Level) -> [String; HEAD.len()] {
    let usage = level.usage;
    let ignored = if level.never_silent > 0 { format!(" + {} never", level.never_silent) } else { String::new() };
    let keeps_up = match (level.doubt(), level.keeps_up(first)) {
        (Some(doubt), _) => format!("unknown: {doubt}"),
        (None, Ok(())) => "yes".to_owned(),
        (None, Err(why)) => format!("no: {why}"),
    };
    [
        level.at_once.to_string(),
        level.bot.name().to_owned(),
        format!("{}/{}", level.answers, level.planned),
        level.waited_ms.map_or_else(none, |of| format!("{:.0} / {:.0} / {:.0}", of.p50, of.p95, of.p99)),
        two(level.over_providers_ms),
        two(level.silent_ms) + &ignored,
        format!("{:.2}", level.cpu_s_per_call_minute),
        format!("{:.0}, {:.0}, {:.1}", usage.core_percent, level.others_percent, usage.runqueue_wait_s),
        format!(
            "{:.2} ({:.0}, {:.0}, {:.0})",
            level.rss_mb_per_call, usage.rss_before_mb, usage.rss_peak_mb, usage.rss_end_mb
        ),
        format!("{} ({})", level.holes, level.answers_with_holes),
        level.talked_over.to_string(),
        level.failed().to_string(),
        format!("{:.1}, {:.0}", level.late_ms.map_or(f64::NAN, |late| late.p99), level.own_core_percent),
        keeps_up,
    ]
}

fn two(of: Option<Percentiles>) -> String {
    of.map_or_else(none, |of| format!("{:.0} / {:.0}", of.p50, of.p95))
}

fn none() -> String {
    "–".to_owned()
}

/// What stands under the table: what failed, and what else a reader must know.
pub(crate) fn notes(levels: &[Level]) -> String {
    let mut text = String::new();
    for level in levels.iter().filter(|level| level.failed() > 0) {
        let listed: Vec<String> = level.failures.iter().map(|(why, times)| format!("{why} ({times})")).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{}, {} calls: {}.", level.bot.name(), level.at_once, listed.join("; "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bots::Bot;
    use crate::level::tests::empty as level;

    #[test]
    fn both_bots_stand_beside_each_other_level_by_level() {
        let levels = [level(Bot::Pipecat, 10), level(Bot::Pipecat, 1), level(Bot::Ours, 10), level(Bot::Ours, 1)];
        let text = table(&levels);
        let firsts: Vec<&str> = text.lines().skip(2).map(|line| line.get(..13).unwrap_or(line)).collect();
        assert_eq!(firsts, ["| 1 | ours | ", "| 1 | pipecat", "| 10 | ours |", "| 10 | pipeca"]);
        let columns = |line: &str| line.matches('|').count();
        assert!(text.lines().all(|line| columns(line) == HEAD.len() + 1), "{text}");
    }

    #[test]
    fn a_level_that_measured_nothing_says_so() {
        assert!(table(&[level(Bot::Ours, 1)]).contains("unknown: no answer was measured"));
        assert_eq!(notes(&[level(Bot::Ours, 1)]), "");
    }
}
