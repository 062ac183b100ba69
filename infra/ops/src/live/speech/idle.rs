//! What becomes of sockets nobody uses.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use super::super::{Answer, Findings};
use super::probe::{Account, Opened, Seen};

/// The documented time, give or take.
const DOCUMENTED_S: std::ops::RangeInclusive<u64> = 45..=75;

/// How a socket ended, and after how long.
struct End {
    name: &'static str,
    after: Duration,
    /// The close code; none where it was cut.
    code: Option<u16>,
}

/// F4. All sockets at once: it takes as long as the slowest.
pub(super) async fn ask(account: &Account<'_>, patience: Duration, findings: &mut Findings) {
    const QUESTION: &str = "speech-and-llm.md F4, end of an idle socket";
    let sockets = super::sockets();
    let watched = sockets.iter().map(|(name, path)| watch(account, name, path, patience));
    let ends: Vec<End> = join_all(watched).await.into_iter().flatten().collect();
    let Some(first) = ends.iter().find(|end| end.name != "realtime").or(ends.first()) else {
        return findings.undecided(QUESTION, format!("none ended within {} s", patience.as_secs()));
    };
    let told = |end: &End| {
        let how = end.code.map_or("cut without a close frame".to_owned(), |code| format!("closed with {code}"));
        format!("{}: {how} after {:.0} s", end.name, end.after.as_secs_f64())
    };
    let seconds = first.after.as_secs();
    let after = if DOCUMENTED_S.contains(&seconds) { 60 } else { seconds };
    findings.answers.push(Answer {
        question: QUESTION,
        switch: "idle",
        default: json!({"after_s": 60, "cut": false}),
        found: json!({"after_s": after, "cut": first.code.is_none()}),
        evidence: ends.iter().map(told).collect::<Vec<_>>().join("; "),
        setting: None,
    });
}

async fn watch(account: &Account<'_>, name: &'static str, path: &str, patience: Duration) -> Option<End> {
    let Opened::Open(mut socket) = account.open(path).await else { return None };
    let began = Instant::now();
    loop {
        let left = patience.checked_sub(began.elapsed())?;
        let code = match socket.next_within(left).await {
            Seen::Said(_) => continue,
            Seen::Closed(code, _) => code,
            Seen::Cut => None,
            Seen::Silence => return None,
        };
        // A socket that is refused by its close is not idle.
        let idle = !matches!(code, Some(1003 | 4000));
        return idle.then(|| End { name, after: began.elapsed(), code });
    }
}
