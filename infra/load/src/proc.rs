//! CPU, memory and waiting of a process and its children, from `/proc`, twice a second.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Linux counts CPU time for `/proc` in hundredths of a second (USER_HZ).
const TICKS_A_SECOND: f64 = 100.0;
const PAGE_BYTES: f64 = 4_096.0;
const EVERY: Duration = Duration::from_millis(500);

/// One look at a process and its children.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    at: Instant,
    pub(crate) cpu_s: f64,
    pub(crate) rss_mb: f64,
    /// Ready to run and without a core; its own threads waiting for each other count too.
    waited_s: f64,
}

/// What many looks come to.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) core_percent: f64,
    pub(crate) rss_before_mb: f64,
    pub(crate) rss_peak_mb: f64,
    pub(crate) rss_end_mb: f64,
    pub(crate) runqueue_wait_s: f64,
}

/// Whose figures they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// One process.
    Itself(u32),
    /// A process, its children and theirs.
    Family(u32),
}

/// Looks now.
pub(crate) fn look(of: Of) -> Look {
    let mut seen = Look { at: Instant::now(), cpu_s: 0.0, rss_mb: 0.0, waited_s: 0.0 };
    let pids = match of {
        Of::Itself(pid) => vec![pid],
        Of::Family(pid) => family(pid),
    };
    for pid in pids {
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        seen.cpu_s += cpu_ticks(&read("stat")) / TICKS_A_SECOND;
        seen.rss_mb += word(&read("statm"), 1) * PAGE_BYTES / f64::from(1 << 20);
        for task in tasks(pid) {
            seen.waited_s += word(&read(&format!("task/{task}/schedstat")), 1) / 1e9;
        }
    }
    seen
}

/// Seconds in which that core of the machine was busy, since it was switched on.
pub(crate) fn core_busy_s(core: usize) -> f64 {
    busy_ticks(&fs::read_to_string("/proc/stat").unwrap_or_default(), core) / TICKS_A_SECOND
}

/// Everything but idle and waiting for disks.
fn busy_ticks(stat: &str, core: usize) -> f64 {
    let name = format!("cpu{core} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_default();
    [0, 1, 2, 5, 6, 7].into_iter().map(|field| word(line, field)).sum()
}

/// The process, its children and theirs.
fn family(pid: u32) -> Vec<u32> {
    let (mut waiting, mut found) = (vec![pid], Vec::new());
    while let Some(pid) = waiting.pop() {
        found.push(pid);
        for task in tasks(pid) {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{task}/children")).unwrap_or_default();
            waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    found
}

fn tasks(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// User and system time; the name before them may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> f64 {
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    word(fields, 11) + word(fields, 12)
}

fn word(text: &str, index: usize) -> f64 {
    text.split_whitespace().nth(index).and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// Looks until it is stopped.
pub(crate) struct Watch {
    of: Of,
    looks: Arc<Mutex<Vec<Look>>>,
    looking: JoinHandle<()>,
}

impl Watch {
    /// Begins now.
    pub(crate) fn start(of: Of) -> Self {
        let looks = Arc::new(Mutex::new(vec![look(of)]));
        let kept = Arc::clone(&looks);
        let looking = tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                kept.lock().await.push(look(of));
            }
        });
        Self { of, looks, looking }
    }

    /// Everything until now.
    pub(crate) async fn stop(self) -> Usage {
        self.looking.abort();
        let mut looks = self.looks.lock().await.clone();
        looks.push(look(self.of));
        usage(&looks)
    }
}

fn usage(looks: &[Look]) -> Usage {
    let (first, last) = (looks[0], looks[looks.len() - 1]);
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let cpu_s = last.cpu_s - first.cpu_s;
    Usage {
        cpu_s,
        core_percent: if seconds > 0.0 { 100.0 * cpu_s / seconds } else { 0.0 },
        rss_before_mb: first.rss_mb,
        rss_peak_mb: looks.iter().map(|look| look.rss_mb).fold(0.0, f64::max),
        rss_end_mb: last.rss_mb,
        runqueue_wait_s: last.waited_s - first.waited_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_a_name_with_spaces_and_brackets() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1000 10";
        assert_eq!(cpu_ticks(stat), 300.0);
    }

    #[test]
    fn a_core_is_busy_with_everything_but_waiting() {
        let stat = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 1000 500 4 5 6 0 0\ncpu1 7 0 0 0 0 0 0 0 0 0\n";
        assert_eq!((busy_ticks(stat, 0), busy_ticks(stat, 1), busy_ticks(stat, 2)), (21.0, 7.0, 0.0));
    }

    #[tokio::test]
    async fn this_very_process_has_memory_and_its_peak_is_kept() {
        let now = Look { cpu_s: 4.0, ..look(Of::Itself(std::process::id())) };
        assert!(now.rss_mb > 1.0);
        let later = Look { at: now.at + Duration::from_secs(2), cpu_s: 5.0, rss_mb: 1.0, ..now };
        let usage = usage(&[now, later]);
        assert_eq!((usage.cpu_s, usage.core_percent), (1.0, 50.0));
        assert_eq!((usage.rss_peak_mb, usage.rss_end_mb), (now.rss_mb, 1.0));
    }
}
