//! Runs the sample campaign through the product's own API, and holds what the product says against
//! what the simulated people lived.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::id::CallId;
use shared::sim::exotel::{CallTruth, Outcome, Truth};

use crate::agreement::{Utterance, differences};
use crate::api::Api;
use crate::product::Product;
use crate::sample;
use crate::start_error::StartError;

/// Thirty calls of at most a minute and a half, ten at a time at the least.
const PATIENCE: Duration = Duration::from_secs(600);
/// Thirty people in half a minute: fast enough to watch, and a laptop that has to be the carrier, the
/// speech provider and thirty callers as well keeps up.
const CALLS_PER_MINUTE: u32 = 60;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The last line of the demo.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names of the printed line")]
pub struct Summary {
    pub customers: usize,
    pub calls: usize,
    #[serde(rename = "final")]
    pub final_calls: usize,
    pub completed: usize,
    pub not_picked: usize,
    pub failed: usize,
    pub transferred: usize,
    /// Calls that are not final, or whose final state is not what the simulator saw.
    pub lost: usize,
    /// Orders under which more than one call was placed, by the simulator's own log.
    pub dialed_twice: usize,
    /// Stored transcripts that do not agree with what was heard and said.
    pub transcript_mismatches: usize,
    /// From a customer's last sound to the bot's next, in the middle and at the worst but 5 %.
    pub reply_p50_ms: u64,
    pub reply_p95_ms: u64,
    pub seconds: u64,
}

impl Summary {
    /// Everything the demo promises held.
    pub fn holds(&self) -> bool {
        self.customers == sample::CUSTOMERS
            && self.calls == self.customers
            && self.final_calls == self.calls
            && self.lost + self.dialed_twice + self.transcript_mismatches == 0
    }
}

/// Uploads the sample, calls everybody, waits until every call is final.
#[expect(clippy::disallowed_methods, reason = "how long people wait is measured on the real clock")]
pub async fn run(product: &Product) -> Result<Summary, StartError> {
    let started = Instant::now();
    let api = Api::new(&product.base_url, &product.api_key);
    let upload = api.upload("sample.csv", sample::sheet().into_bytes()).await?;
    let upload_id = upload["upload_id"].as_str().ok_or("the upload has no id")?;
    let order = json!({"upload_id": upload_id, "settings": {"calls_per_minute": CALLS_PER_MINUTE}});
    let campaign = api.post("/api/trigger-bulk-calls", &order).await?;
    let campaign_id = campaign["campaign_id"].as_str().ok_or("the campaign has no id")?;
    let calls = watch(&api, campaign_id, started).await?;
    let mut summary = count(&calls);
    summary.customers = usize::try_from(upload["processed_records"].as_u64().unwrap_or(0)).unwrap_or(0);
    summary.seconds = started.elapsed().as_secs();
    if let Some(exotel) = &product.simulators.exotel {
        compare(product, &calls, &exotel.truth(), &mut summary).await?;
    }
    Ok(summary)
}

async fn watch(api: &Api, campaign_id: &str, started: Instant) -> Result<Vec<Value>, StartError> {
    let mut shown = String::new();
    loop {
        let calls = api.calls_of(campaign_id).await?;
        show(&calls, started.elapsed().as_secs(), &mut shown);
        let all_final = calls.iter().all(|c| is_final(status(c)));
        if (all_final && !calls.is_empty()) || started.elapsed() > PATIENCE {
            return Ok(calls);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn status(call: &Value) -> &str {
    call["status"].as_str().unwrap_or_default()
}

fn is_final(status: &str) -> bool {
    shared::domain::status::CallStatus::parse(status).is_some_and(|s| s.is_final())
}

/// One line that renews itself in a terminal, and a line per change in a log.
fn show(calls: &[Value], seconds: u64, shown: &mut String) {
    let of = |wanted: &str| calls.iter().filter(|c| status(c) == wanted).count();
    let done = calls.iter().filter(|c| is_final(status(c))).count();
    let line = format!(
        "{done}/{} final · queued {} · dialing {} · ringing {} · talking {} · with an agent {} · completed {} · not picked {} · failed {}",
        calls.len(),
        of("queued"),
        of("dialing") + of("initiated"),
        of("ringing"),
        of("in_progress"),
        of("agent_transfer"),
        of("completed"),
        of("not_picked"),
        of("failed"),
    );
    let mut terminal = std::io::stderr();
    // A terminal that went away is no reason to stop a campaign.
    let _ = if terminal.is_terminal() {
        write!(terminal, "\r\x1b[2K{seconds:>4} s  {line}{}", if done == calls.len() { "\n" } else { "" })
    } else if *shown != line {
        writeln!(terminal, "{seconds:>4} s  {line}")
    } else {
        Ok(())
    };
    *shown = line;
}

fn count(calls: &[Value]) -> Summary {
    let of = |wanted: &str| calls.iter().filter(|c| status(c) == wanted).count();
    Summary {
        calls: calls.len(),
        final_calls: calls.iter().filter(|c| is_final(status(c))).count(),
        completed: of("completed"),
        not_picked: of("not_picked"),
        failed: of("failed"),
        transferred: calls.iter().filter(|c| !c["agent_transfer_time"].is_null()).count(),
        ..Summary::default()
    }
}

/// The product's word against the simulator's.
async fn compare(product: &Product, calls: &[Value], truth: &Truth, summary: &mut Summary) -> Result<(), StartError> {
    summary.dialed_twice = truth.dialed_twice().len();
    let replies = replies(truth);
    let share = |percent: usize| replies.get(replies.len() * percent / 100).copied().unwrap_or(0);
    (summary.reply_p50_ms, summary.reply_p95_ms) = (share(50), share(95));
    for call in calls {
        let id: CallId = call["call_id"].as_str().unwrap_or_default().parse()?;
        let lived = truth.calls.iter().find(|t| t.custom_field.as_deref().is_some_and(|f| f.contains(&id.to_string())));
        if !ended_as(status(call), lived) {
            summary.lost += 1;
            let outcome = lived.and_then(|l| l.outcome).map(Outcome::as_str);
            tracing::error!(call.id = %id, stored = status(call), lived = ?outcome, "a call's state is not what happened");
        }
        let Some(lived) = lived.filter(|l| l.stream.is_some()) else { continue };
        let stored = product.app.calls.transcript(id).await?.unwrap_or_default();
        let found = differences(&stored.lines, &heard(lived), &said(lived));
        if !found.is_empty() {
            summary.transcript_mismatches += 1;
            tracing::error!(call.id = %id, persona = ?lived.persona, ?found, heard = ?lived.heard, stored = ?stored.lines, "a transcript is not what was heard and said");
        }
    }
    Ok(())
}

/// How long the customers waited for each answer, the shortest first, in milliseconds.
fn replies(truth: &Truth) -> Vec<u64> {
    let after = |call: &CallTruth, end_ms| call.heard.iter().map(|h| h.start_ms).filter(|s| *s >= end_ms).min();
    let of_call = |call: &CallTruth| -> Vec<u64> {
        call.said.iter().filter_map(|s| after(call, s.end_ms).map(|start| start - s.end_ms)).collect()
    };
    let mut all: Vec<u64> = truth.calls.iter().flat_map(of_call).collect();
    all.sort_unstable();
    all
}

fn ended_as(stored: &str, lived: Option<&CallTruth>) -> bool {
    match (stored, lived.and_then(|l| l.outcome)) {
        ("completed", Some(Outcome::Completed)) => true,
        ("not_picked", Some(Outcome::Busy | Outcome::NoAnswer | Outcome::Canceled)) => true,
        ("failed", Some(Outcome::Failed)) => true,
        // Never placed: then the simulator must not know it either.
        ("failed" | "skipped", None) => lived.is_none(),
        _ => false,
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn heard(lived: &CallTruth) -> Vec<Utterance> {
    lived.heard.iter().map(|h| Utterance { words: words(&h.text), complete: h.complete }).collect()
}

fn said(lived: &CallTruth) -> Vec<Utterance> {
    lived.said.iter().map(|s| Utterance { words: words(&s.text), complete: s.complete }).collect()
}
