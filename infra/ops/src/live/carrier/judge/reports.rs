//! The status reports.

use super::seen::{Asked, Seen};
use crate::live::Findings;
use crate::live::carrier::guesses::{BODY, COPIES, FIELDS, MISSING, ORDER, UNASKED};
use crate::live::carrier::server::NULL;

pub(super) fn judge(seen: &Seen<'_>, sid: &str, findings: &mut Findings) {
    let terminal = seen.terminal_reports();
    let Some(last) = terminal.first() else {
        BODY.undecided(findings, "none came in time");
        return leave(findings, "none came in time");
    };
    let body = match last.content_type {
        _ if last.field("CallSid").is_none() => "empty",
        kind if kind.contains("json") => "as_asked",
        kind if kind.starts_with("multipart") => "multipart",
        _ => "urlencoded",
    };
    let kind = last.content_type.split(';').next().unwrap_or_default();
    BODY.found(findings, body, format!("asked for JSON, got `{kind}`"));
    if body == "empty" {
        return leave(findings, "the report was empty");
    }
    fields(seen, last, findings);
    let same = terminal.iter().filter(|asked| asked.field("CallSid") == Some(sid)).count();
    COPIES.found(findings, same.max(1), format!("{same} terminal reports of this call"));
    recording(last, findings);
}

/// What only a report with its fields can tell.
fn leave(findings: &mut Findings, why: &str) {
    for guess in [FIELDS, COPIES, ORDER, MISSING, UNASKED] {
        guess.undecided(findings, why);
    }
}

fn fields(seen: &Seen<'_>, last: &Asked<'_>, findings: &mut Findings) {
    let reports = seen.asked("callback");
    let extended = reports.iter().any(|asked| asked.field("EventType").is_some());
    let returned = last.field("CustomField").is_some_and(|field| !matches!(field, "" | NULL));
    let returned = if returned { "returned" } else { "not returned" };
    let evidence =
        format!("{} reports, {} fields in the last, CustomField {returned}", reports.len(), last.fields.len());
    FIELDS.found(findings, if extended { "extended" } else { "plain" }, evidence);
    match reports.iter().find(|asked| asked.field("EventType") == Some("answered")) {
        Some(answered) => ORDER.found(findings, answered.at > last.at, "their order"),
        None => ORDER.undecided(findings, "no `answered` came"),
    }
}

/// We never ask for a recording.
fn recording(last: &Asked<'_>, findings: &mut Findings) {
    let how = match last.field("RecordingUrl") {
        None => "absent",
        Some("") => "empty",
        Some("null") => "null_text",
        Some(NULL) => {
            UNASKED.found(findings, false, "RecordingUrl is null");
            return MISSING.undecided(findings, "it is JSON's null, which is none of the simulator's ways: add it");
        }
        Some(_) => {
            UNASKED.found(findings, true, "RecordingUrl in the last report");
            return MISSING.undecided(findings, "this call was recorded");
        }
    };
    UNASKED.found(findings, false, format!("RecordingUrl: {how}"));
    MISSING.found(findings, how, "the last report");
}
