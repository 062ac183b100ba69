//! The questions that one call can decide, with what the simulator does by default.

use serde_json::Value;

use super::super::{Answer, Findings};

/// One question.
pub(super) struct Guess {
    question: &'static str,
    switch: &'static str,
    default: Plain,
}

/// A default.
enum Plain {
    Is(bool),
    Word(&'static str),
    Number(u64),
    Unset,
}

impl Guess {
    const fn is(question: &'static str, switch: &'static str, default: bool) -> Self {
        Self { question, switch, default: Plain::Is(default) }
    }

    const fn word(question: &'static str, switch: &'static str, default: &'static str) -> Self {
        Self { question, switch, default: Plain::Word(default) }
    }

    const fn number(question: &'static str, switch: &'static str, default: u64) -> Self {
        Self { question, switch, default: Plain::Number(default) }
    }

    const fn unset(question: &'static str, switch: &'static str) -> Self {
        Self { question, switch, default: Plain::Unset }
    }

    /// The answer.
    pub(super) fn found(&self, findings: &mut Findings, found: impl Into<Value>, evidence: impl Into<String>) {
        let default = match self.default {
            Plain::Is(default) => default.into(),
            Plain::Word(default) => default.into(),
            Plain::Number(default) => default.into(),
            Plain::Unset => Value::Null,
        };
        let (question, switch) = (self.question, self.switch);
        let (found, evidence) = (found.into(), evidence.into());
        findings.answers.push(Answer { question, switch, default, found, evidence, setting: None });
    }

    /// Why there is none.
    pub(super) fn undecided(&self, findings: &mut Findings, why: impl Into<String>) {
        findings.left_open(self.question, &[self.switch], why);
    }
}

pub(super) const LONG_FIELD: Guess =
    Guess::is("exotel.md 12.7, CustomField above 128 characters", "cut_long_custom_field", false);
pub(super) const HEAD: Guess = Guess::is("exotel.md 12.2, HEAD before a Passthru", "head_before_get", false);
pub(super) const TWICE: Guess = Guess::is("exotel.md 4, Passthru sent twice", "passthru_a_twice", false);
pub(super) const EARLY: Guess = Guess::is("exotel.md 1.3, customer before our answer", "answer_before_response", false);
pub(super) const ADDRESS: Guess =
    Guess::word("exotel.md 12.3, request for the Voicebot's address", "voicebot_request", "get");
pub(super) const APPLETS: Guess =
    Guess::is("exotel.md 12.3, CustomField for the applets that ask us", "custom_field_for_applets", true);
pub(super) const SWAPPED: Guess = Guess::is("exotel.md 12.4, which number is the customer", "swap_from_to", false);
pub(super) const SHAPE: Guess = Guess::word("exotel.md 1.5, shape of numbers", "number_shape", "leading_zero");
pub(super) const FIELDS: Guess =
    Guess::word("exotel.md 12.1, status reports of a flow call", "callback_fields", "plain");
pub(super) const BODY: Guess = Guess::word("exotel.md 2, body of a status report", "callback_body", "as_asked");
pub(super) const COPIES: Guess = Guess::number("exotel.md 2, copies of a status report", "callback_copies", 1);
pub(super) const ORDER: Guess =
    Guess::is("exotel.md 2.1, `answered` after the last report", "answered_after_terminal", false);
pub(super) const MISSING: Guess =
    Guess::word("exotel.md 2.2, RecordingUrl where nothing was recorded", "missing_recording", "absent");
pub(super) const UNASKED: Guess = Guess::is("exotel.md 12.11, a recording nobody asked for", "recorded", false);
pub(super) const FORMAT: Guess = Guess::word("exotel.md 12.4, start.media_format", "media_format", "raw");
pub(super) const RATE: Guess =
    Guess::is("exotel.md 12.6, sample-rate among the custom parameters", "sample_rate_is_parameter", false);
pub(super) const INTEGERS: Guess = Guess::is("exotel.md 5.2, type of sequence numbers", "integers", false);
pub(super) const MEDIA: Guess = Guess::number("exotel.md 5.3, length of inbound media", "media_ms", 20);
pub(super) const SAMPLES: Guess = Guess::unset("exotel.md 5.1, a rate other than the address asks for", "sample_rate");
pub(super) const MARKS: Guess = Guess::is("exotel.md 12.4, pending marks on clear", "return_cleared_marks", false);
pub(super) const PONG: Guess = Guess::is("exotel.md 12.5, answer to our ping", "answers_pings", true);
pub(super) const CUT: Guess =
    Guess::is("exotel.md 12.5, end of the stream when the customer hangs up", "cut_on_hang_up", false);
pub(super) const CODE: Guess =
    Guess::number("exotel.md 12.5, close code when the customer hangs up", "hang_up_code", 1_000);
pub(super) const REPORT: Guess = Guess::is("exotel.md 5.4, report of the stream", "stream_report_as_json", false);
pub(super) const RECORDED: Guess = Guess::is("exotel.md 12.11, recording of the stream", "stream_recording", false);
pub(super) const B_COPIES: Guess =
    Guess::number("exotel.md 5.4, copies of the Passthru after the stream", "passthru_b_copies", 1);
pub(super) const OTHER: Guess = Guess::word("exotel.md 12.2, Passthru answered with 500", "passthru_other", "branch_b");
pub(super) const LATE: Guess =
    Guess::is("exotel.md 8.3, Passthru after the terminal report", "passthru_b_after_end", false);
pub(super) const WRAPPED: Guess = Guess::is("exotel.md 3.2, calls in a list", "list_wraps_calls", false);
pub(super) const RETRIES: Guess =
    Guess::number("exotel.md 5.1, further tries after a refused handshake", "handshake_retries", 1);
pub(super) const RECONNECTS: Guess = Guess::is("exotel.md 12.5, reconnecting after a drop", "reconnects", false);
pub(super) const PATIENCE: Guess = Guess::number("exotel.md 12.2, timeout of a Passthru", "passthru_timeout_ms", 5_000);
pub(super) const SILENT: Guess = Guess::word("exotel.md 12.2, Passthru left unanswered", "passthru_silent", "branch_b");
