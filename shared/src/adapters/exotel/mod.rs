//! Exotel as our `Telephony`: one request per ask, sorted by whether there may be a call.
//! Never repeats a request, never follows a redirect; what an answer means is read in `wire`.

mod client;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::Url;

use client::{Answer, Client, NoAnswer};

use crate::config::ExotelSection;
use crate::domain::id::CallSid;
use crate::domain::phone::PhoneNumber;
use crate::domain::status::FailureClass;
use crate::ports::BoxError;
use crate::ports::clock::Clock;
use crate::ports::telephony::{CarrierRecord, Dial, Telephony, TelephonyError};
use crate::wire::exotel::connect::{ConnectAnswer, ConnectForm, read_answer};
use crate::wire::exotel::details::{CallDetails, last_ten, meaning, read_call, read_list};
use crate::wire::exotel::{retry_after, time};

/// Calls on one page of a list; Exotel's most.
const PAGE_ROWS: &str = "100";
/// Pages of one look-up: nobody phones one number 500 times in the minutes we ask about.
const MOST_PAGES: usize = 5;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection to stand.
    pub connect: Duration,
    /// For the answer to a dial request: Exotel tries several operators before it answers, so a
    /// shorter wait turns calls that ring into calls of unknown outcome (exotel.md 1.3).
    pub dial: Duration,
    /// For the answer to a reading request.
    pub read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), dial: Duration::from_secs(35), read: Duration::from_secs(10) }
    }
}

/// Exotel's v1 call API.
pub struct ExotelTelephony {
    client: Client,
    exophone: String,
    flow_url: String,
    clock: Arc<dyn Clock>,
}

impl ExotelTelephony {
    /// Opens no connection. An error means that the addresses in the configuration can not be used.
    pub fn new(config: &ExotelSection, timeouts: Timeouts, clock: Arc<dyn Clock>) -> Result<Self, BoxError> {
        let flows = config.flow_base_url.trim_end_matches('/');
        let (sid, app) = (&config.account_sid, &config.flow_app_id);
        Ok(Self {
            client: Client::new(config, timeouts)?,
            exophone: config.exophone.clone(),
            flow_url: format!("{flows}/{sid}/exoml/start_voice/{app}"),
            clock,
        })
    }

    /// The answer to a reading request; `None` for "no such thing".
    async fn read(&self, path: &str, query: &[(&str, String)]) -> Result<Option<String>, TelephonyError> {
        let answer = self.client.get(path, query).await.map_err(no_answer)?;
        match read_answer(answer.status, &answer.body) {
            _ if (200..300).contains(&answer.status) => Ok(Some(answer.body)),
            _ if answer.status == 404 => Ok(None),
            ConnectAnswer::SlowDown => Err(self.slow_down(&answer)),
            meaning => Err(refusal(meaning)),
        }
    }

    fn slow_down(&self, answer: &Answer) -> TelephonyError {
        let retry_after = answer.retry_after.as_deref().and_then(|text| retry_after::parse(text, self.clock.now()));
        TelephonyError::Busy { retry_after }
    }
}

#[async_trait]
impl Telephony for ExotelTelephony {
    async fn dial(&self, dial: &Dial) -> Result<CallSid, TelephonyError> {
        let form = ConnectForm {
            from: dial.to.expose(),
            caller_id: &self.exophone,
            flow_url: &self.flow_url,
            call_id: dial.call_id,
            ring_timeout_s: dial.ring_timeout_s,
            call_limit_s: dial.call_limit_s,
            status_callback: &dial.status_callback,
        };
        let answer = self.client.post("Calls/connect.json", &form.fields()).await.map_err(no_answer)?;
        match read_answer(answer.status, &answer.body) {
            ConnectAnswer::Accepted(sid) => Ok(sid),
            ConnectAnswer::SlowDown => Err(self.slow_down(&answer)),
            meaning => Err(refusal(meaning)),
        }
    }

    async fn details(&self, sid: &CallSid) -> Result<Option<CarrierRecord>, TelephonyError> {
        let Some(body) = self.read(&format!("Calls/{sid}.json"), &[]).await? else { return Ok(None) };
        match read_call(&body) {
            Some(call) => Ok(Some(record(call))),
            None => Err(TelephonyError::OutcomeUnknown("the call's record could not be read".into())),
        }
    }

    async fn find(
        &self,
        to: &PhoneNumber,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<CarrierRecord>, TelephonyError> {
        let number = last_ten(to.expose());
        let window = format!("gte:{};lte:{}", time::format(from), time::format(until));
        // In a flow call the customer is `From`, the number that was called first (exotel.md 1.2).
        let mut query = vec![
            ("From", to.expose().to_owned()),
            ("DateCreated", window),
            ("SortBy", "DateCreated:asc".to_owned()),
            ("PageSize", PAGE_ROWS.to_owned()),
        ];
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let body = self.read("Calls.json", &query).await?;
            let page = body.as_deref().and_then(read_list);
            let Some((calls, next)) = page else {
                return Err(TelephonyError::OutcomeUnknown("the list of calls could not be read".into()));
            };
            let ours = |call: &CallDetails| concerns(call, number.as_deref()) && inside(call, from, until);
            found.extend(calls.into_iter().filter(ours).map(record));
            let Some(cursor) = next.as_deref().and_then(after_cursor) else { return Ok(found) };
            query.truncate(4);
            query.push(("After", cursor));
        }
        // A list that was not read to its end must not pass as proof that a call is absent.
        Err(TelephonyError::OutcomeUnknown("the list of calls is longer than expected".into()))
    }
}

/// An outbound call of that number, as far as the record tells; a filter the server ignored must
/// not bind a stranger's call.
fn concerns(call: &CallDetails, number: Option<&str>) -> bool {
    let outbound = call.direction.as_deref().is_none_or(|d| d != "inbound" && d != "incoming");
    let same = call.ends.is_empty() || number.is_some_and(|n| call.ends.iter().any(|end| end == n));
    outbound && same
}

/// Exotel's times have whole seconds, so the window's edges are taken with one to spare.
fn inside(call: &CallDetails, from: Timestamp, until: Timestamp) -> bool {
    let second = jiff::SignedDuration::from_secs(1);
    call.created_at.is_none_or(|at| from - second <= at && at <= until + second)
}

/// Only the cursor is taken from the next page's address: following the address itself would send
/// our credentials wherever it points.
fn after_cursor(uri: &str) -> Option<String> {
    let base = Url::parse("https://exotel.invalid").ok()?;
    let uri = base.join(uri).ok()?;
    uri.query_pairs().find(|(key, _)| key == "After").map(|(_, value)| value.into_owned()).filter(|c| !c.is_empty())
}

fn no_answer(error: NoAnswer) -> TelephonyError {
    match error {
        // No byte of the request left: Exotel can not have placed anything.
        NoAnswer::NotSent => TelephonyError::Busy { retry_after: None },
        NoAnswer::Unclear(source) => TelephonyError::OutcomeUnknown(source),
    }
}

fn refusal(answer: ConnectAnswer) -> TelephonyError {
    match answer {
        ConnectAnswer::Refused { class, reason } => TelephonyError::Refused { class, reason },
        ConnectAnswer::AccountBlocked { class, reason } => TelephonyError::AccountBlocked { class, reason },
        ConnectAnswer::SlowDown => TelephonyError::Busy { retry_after: None },
        ConnectAnswer::Unclear { reason } => TelephonyError::OutcomeUnknown(reason.into()),
        ConnectAnswer::Accepted(sid) => TelephonyError::OutcomeUnknown(format!("unexpected sid {sid}").into()),
    }
}

fn record(call: CallDetails) -> CarrierRecord {
    let (status, failure_class): (_, Option<FailureClass>) = match meaning(&call.raw_status) {
        Some((status, class)) => (Some(status), class),
        None => (None, None),
    };
    CarrierRecord {
        sid: call.sid,
        status,
        raw_status: call.raw_status,
        failure_class,
        created_at: call.created_at,
        end_time: call.end_time,
        duration_s: call.duration_s,
        price: call.price,
        recording_url: call.recording_url,
        masked: call.masked,
    }
}

#[cfg(test)]
mod tests;
