//! What only a call that is spent on faults can tell.

use std::time::Duration;

use super::branch;
use super::seen::{Asked, Seen};
use crate::live::Findings;
use crate::live::carrier::guesses::{PATIENCE, RECONNECTS, RETRIES, SILENT};
use crate::live::carrier::log::Event;
use crate::live::carrier::server::UNANSWERED;

pub(super) fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let passthru = seen.asked("passthru_b").into_iter().next();
    // Only then has the carrier chosen to go on; a customer who leaves ends everything else.
    let went_on = passthru.as_ref().filter(|asked| !seen.customer_gone(asked)).map(|asked| asked.at);
    handshake(seen, went_on, findings);
    reconnecting(seen, went_on, findings);
    match passthru {
        Some(asked) => unanswered(seen, &asked, findings),
        None => [PATIENCE, SILENT].iter().for_each(|guess| guess.undecided(findings, "it never came")),
    }
    let why = "this call was spent on faults: a call without --with-faults asks them";
    findings.undecided("exotel.md 12.2 to 12.6 and 5.4, the stream, its end and its report", why);
}

/// In a call without faults.
pub(super) fn leave(findings: &mut Findings) {
    for guess in [RETRIES, RECONNECTS, PATIENCE, SILENT] {
        guess.undecided(findings, "it takes a call of its own: --with-faults");
    }
}

fn handshake(seen: &Seen<'_>, went_on: Option<Duration>, findings: &mut Findings) {
    let tries = seen.handshakes();
    match (&tries[..], went_on) {
        ([], _) => RETRIES.undecided(findings, "the stream was never asked for"),
        ([refused, again, ..], _) => {
            let after = (*again - *refused).as_millis();
            RETRIES.found(findings, 1, format!("tried again {after} ms after it was refused, and not refused again"));
        }
        ([_], Some(_)) => RETRIES.found(findings, 0, "refused once, and not tried again"),
        ([_], None) => RETRIES.undecided(findings, "the call ended before"),
    }
}

fn reconnecting(seen: &Seen<'_>, went_on: Option<Duration>, findings: &mut Findings) {
    let Some(dropped) = seen.time_of(|event| *event == Event::StreamDropped) else {
        return RECONNECTS.undecided(findings, "there was no stream to drop");
    };
    let again = seen.handshakes().into_iter().find(|at| *at > dropped);
    match (again, went_on) {
        (Some(at), _) => {
            RECONNECTS.found(findings, true, format!("opened again {} ms after", (at - dropped).as_millis()));
        }
        (None, Some(at)) => {
            let evidence = format!("the flow went on {} ms after", at.saturating_sub(dropped).as_millis());
            RECONNECTS.found(findings, false, evidence);
        }
        (None, None) => RECONNECTS.undecided(findings, "the call ended before"),
    }
}

fn unanswered(seen: &Seen<'_>, passthru: &Asked<'_>, findings: &mut Findings) {
    let waited = seen.time_of(|event| *event == Event::GaveUp).map(|at| at - passthru.at);
    match waited.filter(|waited| *waited < UNANSWERED) {
        Some(waited) => {
            let ms = waited.as_millis() as u64;
            PATIENCE.found(findings, (ms + 500) / 1_000 * 1_000, format!("it gave up after {ms} ms"));
        }
        None => PATIENCE.undecided(findings, "its connection stayed open (a proxy in between may hold it)"),
    }
    branch(&SILENT, seen, passthru, findings);
}
