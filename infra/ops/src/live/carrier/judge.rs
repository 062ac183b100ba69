//! What one call tells of the carrier. Pure: events in, answers out.

mod seen;
mod stream;

use shared::domain::phone::PhoneNumber;

use super::super::Findings;
use super::guesses::{
    ADDRESS, B_COPIES, BODY, COPIES, EARLY, FIELDS, HEAD, LATE, LONG_FIELD, OTHER, RECORDED, REPORT, SHAPE, SWAPPED,
    TWICE, WRAPPED,
};
use super::log::{Entry, Event};
use seen::{Asked, Seen};

/// The call that was placed.
pub(super) struct Call<'a> {
    pub(super) sid: &'a str,
    pub(super) phone: &'a PhoneNumber,
    /// Its `CustomField` was longer than documented, and taken.
    pub(super) long_field_taken: bool,
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
    reports(&seen, call.sid, findings);
    stream::judge(&seen, findings);
    after_the_stream(&seen, findings);
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
}

fn address(asked: &Asked<'_>, findings: &mut Findings) {
    let found = match (asked.method, asked.field("CallSid").is_some()) {
        ("POST", _) => "post",
        (_, true) => "get",
        (_, false) => "bare_get",
    };
    let custom = if asked.field("CustomField").is_some() { "with" } else { "without" };
    ADDRESS.found(findings, found, format!("{} of {} fields, {custom} CustomField", asked.method, asked.fields.len()));
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

/// The status reports.
fn reports(seen: &Seen<'_>, sid: &str, findings: &mut Findings) {
    let terminal = seen.terminal_reports();
    let Some(last) = terminal.first() else { return FIELDS.undecided(findings, "none came in time") };
    let reports = seen.asked("callback");
    let extended = reports.iter().any(|asked| asked.field("EventType").is_some());
    let returned = if last.field("CustomField").is_some() { "returned" } else { "not returned" };
    let evidence =
        format!("{} reports, {} fields in the last, CustomField {returned}", reports.len(), last.fields.len());
    FIELDS.found(findings, if extended { "extended" } else { "plain" }, evidence);
    let body = match last.content_type {
        _ if last.field("CallSid").is_none() => "empty",
        kind if kind.contains("json") => "as_asked",
        kind if kind.starts_with("multipart") => "multipart",
        _ => "urlencoded",
    };
    let kind = last.content_type.split(';').next().unwrap_or_default();
    BODY.found(findings, body, format!("asked for JSON, got {kind}"));
    let same = terminal.iter().filter(|asked| asked.field("CallSid") == Some(sid)).count();
    COPIES.found(findings, same.max(1), format!("{same} terminal reports of this call"));
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
    branch(seen, first, findings);
    if let Some(report) = seen.terminal_reports().first() {
        LATE.found(findings, report.at < first.at, "their order");
    }
}

/// Where a Passthru that is answered with 500 leads.
fn branch(seen: &Seen<'_>, passthru: &Asked<'_>, findings: &mut Findings) {
    let asked_agent = !seen.asked("connect").is_empty();
    // A customer who has hung up is connected to nobody, whatever the branch.
    let gone = passthru.field("CallType") == Some("client-hangup") || seen.said("stop").next().is_some();
    match (asked_agent, gone) {
        (true, _) => OTHER.found(findings, "branch_a", "the Connect applet asked whom to ring"),
        (false, true) => OTHER.undecided(findings, "the customer had hung up; stay on the line to decide it"),
        (false, false) => {
            OTHER.found(findings, "branch_b", "no Connect applet (that the call is hung up looks the same)");
        }
    }
}

/// What no single call can decide.
pub(super) fn name_undecidable(events: &[Entry], findings: &mut Findings) {
    let peers = Seen { events }.peers();
    let from = match peers.is_empty() {
        true => "no X-Forwarded-For came with the requests".to_owned(),
        false => format!("seen: {}", peers.join(", ")),
    };
    findings.undecided("exotel.md 12.9, addresses of the carrier per region", from);
    for (question, why) in [
        ("exotel.md 12.2, timeout of a Passthru", "it takes a call of its own that is then lost"),
        ("exotel.md 12.3, timeout and fallback of the Voicebot's address", "the same"),
        ("exotel.md 12.5, reconnecting after a drop", "the stream is needed for everything else"),
        ("exotel.md 12.7, non-ASCII in CustomField", "we send none"),
        ("exotel.md 12.8, refusals for DND, balance, ceiling, ExoPhone", "each needs an account in that state"),
        ("exotel.md 12.10, `canceled`, and hanging up a ringing call", "no request is known that does it"),
        ("exotel.md 12.11, Record on the request", "we do not ask for a recording"),
    ] {
        findings.undecided(question, why);
    }
}
