//! What one call tells of the carrier. Pure: events in, answers out.

mod faults;
mod open;
mod reports;
mod seen;
mod stream;

use shared::domain::phone::PhoneNumber;

use super::super::Findings;
use super::guesses::{
    ADDRESS, APPLETS, B_COPIES, EARLY, Guess, HEAD, LATE, LONG_FIELD, OTHER, RECORDED, REPORT, SHAPE, SWAPPED, TWICE,
    WRAPPED,
};
use super::log::{Entry, Event};
pub(super) use open::name_undecidable;
use seen::{Asked, Seen};

/// The call that was placed.
pub(super) struct Call<'a> {
    pub(super) sid: &'a str,
    pub(super) phone: &'a PhoneNumber,
    /// Its `CustomField` was longer than documented, and taken.
    pub(super) long_field_taken: bool,
    /// It was spent on faults.
    pub(super) faults: bool,
}

/// Whether the last report, and the Passthru after the stream, have come.
pub(super) fn has_ended(events: &[Entry]) -> [bool; 2] {
    let seen = Seen { events };
    [!seen.terminal_reports().is_empty(), !seen.asked("passthru_b").is_empty()]
}

/// Decides what can be decided.
pub(super) fn judge(events: &[Entry], call: &Call<'_>, findings: &mut Findings) {
    let seen = Seen { events };
    let taken = if call.long_field_taken { "taken" } else { "refused" };
    LONG_FIELD.found(findings, call.long_field_taken, format!("129 characters were {taken}"));
    flow(&seen, findings);
    numbers(&seen, call.phone, findings);
    reports::judge(&seen, call.sid, findings);
    if call.faults {
        faults::judge(&seen, findings);
    } else {
        stream::judge(&seen, findings);
        after_the_stream(&seen, findings);
        faults::leave(findings);
    }
    match seen.listed() {
        Some(call) => WRAPPED.found(findings, call.get("Call").is_some(), "the first call of the list"),
        None => WRAPPED.undecided(findings, "the list could not be read"),
    }
}

/// The requests before the conversation.
fn flow(seen: &Seen<'_>, findings: &mut Findings) {
    let passthrus = seen.requests("passthru_a");
    let Some(first) = passthrus.first() else {
        let why =
            "the flow never asked /passthru-handler: was the call answered, and the flow drawn as the README says?";
        return findings.undecided("exotel.md 12.2 to 12.6", why);
    };
    let heads = passthrus.iter().filter(|asked| asked.method == "HEAD").count();
    HEAD.found(findings, heads > 0, format!("{heads} HEAD requests"));
    let gets = passthrus.len() - heads;
    TWICE.found(findings, gets > 1, format!("{gets} requests"));
    let answered = seen.time_of(|event| matches!(event, Event::Answered { status: 200, .. }));
    let early = answered.is_none_or(|at| first.at < at);
    EARLY.found(findings, early, "order of the connect answer and the first Passthru");
    match seen.asked("voicebot_url").first() {
        Some(asked) => address(asked, findings),
        None => ADDRESS.undecided(findings, "it never came"),
    }
    applets(seen, first, findings);
}

fn address(asked: &Asked<'_>, findings: &mut Findings) {
    let found = match (asked.method, asked.field("CallSid").is_some()) {
        ("POST", _) => "post",
        (_, true) => "get",
        (_, false) => "bare_get",
    };
    ADDRESS.found(findings, found, format!("{} of {} fields", asked.method, asked.fields.len()));
}

/// Whether our id comes with the requests for an address or an agent, as it does with a Passthru.
fn applets(seen: &Seen<'_>, passthru: &Asked<'_>, findings: &mut Findings) {
    let asked = ["voicebot_url", "connect"].into_iter().flat_map(|applet| seen.asked(applet));
    let Some(told) = asked.into_iter().find(|asked| asked.field("CallSid").is_some()) else {
        return APPLETS.undecided(findings, "no request of theirs told anything of the call");
    };
    let has = |asked: &Asked<'_>| asked.field("CustomField").is_some();
    let with = if has(passthru) { "with" } else { "without" };
    APPLETS.found(findings, has(&told), format!("{} fields; the Passthru came {with} it", told.fields.len()));
}

/// Who is who, and how numbers are written.
fn numbers(seen: &Seen<'_>, phone: &PhoneNumber, findings: &mut Findings) {
    let Some(asked) = seen.asked("passthru_a").into_iter().next() else { return };
    let ends = ["CallFrom", "CallTo"].map(|name| asked.field(name).unwrap_or_default());
    let customer = last_ten(phone.expose());
    let Some(place) = ends.iter().position(|number| last_ten(number) == customer) else {
        return SWAPPED.undecided(findings, "the customer's number stands in neither field");
    };
    SWAPPED.found(findings, place == 1, format!("the customer is {}", ["CallFrom", "CallTo"][place]));
    let shape = match ends[place].chars().next() {
        Some('+') => "e164",
        Some('0') => "leading_zero",
        _ => "bare",
    };
    SHAPE.found(findings, shape, format!("{} characters", ends[place].len()));
}

fn last_ten(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(10)..].to_owned()
}

/// The Passthru that follows.
fn after_the_stream(seen: &Seen<'_>, findings: &mut Findings) {
    let passthrus = seen.asked("passthru_b");
    let Some(first) = passthrus.first() else {
        return findings.undecided("exotel.md 5.4 and 12.2, the Passthru after the stream", "it never came");
    };
    let json = first.field("Stream");
    REPORT.found(findings, json.is_some(), if json.is_some() { "one key with JSON" } else { "flat keys" });
    let recorded =
        first.field("Stream[RecordingUrl]").is_some() || json.is_some_and(|json| json.contains("RecordingUrl"));
    RECORDED.found(findings, recorded, "RecordingUrl in the Passthru after it");
    B_COPIES.found(findings, passthrus.len(), format!("{} requests", passthrus.len()));
    branch(&OTHER, seen, first, findings);
    match seen.terminal_reports().first() {
        Some(report) => LATE.found(findings, report.at < first.at, "their order"),
        None => LATE.undecided(findings, "no report came in time"),
    }
}

/// Where a Passthru leads that is answered with neither 200 nor 302.
fn branch(guess: &Guess, seen: &Seen<'_>, passthru: &Asked<'_>, findings: &mut Findings) {
    if !seen.asked("connect").is_empty() {
        return guess.found(findings, "branch_a", "the Connect applet asked whom to ring");
    }
    // A customer who has hung up is connected to nobody, whatever the branch.
    if seen.customer_gone(passthru) {
        return guess.undecided(findings, "the customer had hung up; stay on the line to decide it");
    }
    match seen.terminal_reports().first() {
        Some(report) if report.at < passthru.at => guess.undecided(findings, "the call was over before"),
        _ => guess.found(findings, "branch_b", "no Connect applet (that the call is hung up looks the same)"),
    }
}
