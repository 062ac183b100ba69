//! What no call of ours can decide, with the reason.

use super::seen::Seen;
use crate::live::Findings;
use crate::live::carrier::log::{Entry, Event};

type Open = (&'static str, &'static [&'static str], &'static str);

const OPEN: [Open; 13] = [
    (
        "exotel.md 1.7, whether reading counts against the rate",
        &["reads_share_limit"],
        "it takes 200 requests a minute",
    ),
    (
        "exotel.md 2.1, repeats of a report that is not taken",
        &["callback_retry_ms"],
        "they come minutes after the call",
    ),
    (
        "exotel.md 12.2, a hang-up instead of branch B",
        &["passthru_other", "passthru_silent"],
        "branch B of the flow hangs up: both look the same, to customers too",
    ),
    (
        "exotel.md 12.3, timeout and fallback of the Voicebot's address",
        &["voicebot_url_timeout_ms", "hang_up_without_address"],
        "left unanswered it costs the stream, and with it the call",
    ),
    (
        "exotel.md 5.3, too much audio at once",
        &["drop_oversized", "drop_flooded"],
        "we send neither large messages nor far ahead, and being dropped for it would cost the stream",
    ),
    ("exotel.md 5.3, unevenness of inbound media", &["jitter_ms"], "the networks in between add theirs"),
    (
        "exotel.md 5.3, echo of our voice, and noise",
        &["echo", "line_noise"],
        "they are those of one telephone and one room, and nobody's voice is kept",
    ),
    ("exotel.md 12.7, non-ASCII in CustomField", &[], "we send none"),
    ("exotel.md 12.8, refusals for DND, balance, ExoPhone", &["refuse"], "each needs an account in that state"),
    ("exotel.md 12.8, the ceiling of streams", &["stream_ceiling"], "it takes as many calls at once"),
    ("exotel.md 12.10, `canceled`, and hanging up a ringing call", &[], "no request is known that does it"),
    ("exotel.md 12.11, Record on the request", &[], "we do not ask for a recording"),
    ("exotel.md 3.1, when duration and price settle", &["settle_ms"], "minutes after the call"),
];

pub(in crate::live::carrier) fn name_undecidable(events: &[Entry], findings: &mut Findings) {
    let seen = Seen { events };
    let peers = seen.peers();
    let from = match peers.is_empty() {
        true => "no X-Forwarded-For came with the requests".to_owned(),
        false => format!("seen: {}", peers.join(", ")),
    };
    findings.undecided("exotel.md 12.9, addresses of the carrier per region", from);
    let why = "it varies from call to call; a single one shows no rule";
    let delay = report_delay_ms(&seen).map_or(why.to_owned(), |ms| format!("{why} (seen: {ms} ms)"));
    findings.left_open("exotel.md 8.3, from the end of the stream to the last report", &["callback_delay_ms"], delay);
    for (question, switches, why) in OPEN {
        findings.left_open(question, switches, why);
    }
}

fn report_delay_ms(seen: &Seen<'_>) -> Option<u128> {
    let ended = seen.time_of(|event| matches!(event, Event::StreamEnded(_) | Event::StreamClosed))?;
    let report = seen.terminal_reports().first()?.at;
    Some(report.checked_sub(ended)?.as_millis())
}
