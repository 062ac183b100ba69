//! The flow drawn in App Bazaar, and the requests its applets make (exotel.md 4, 5.1, 6).

use std::time::Duration;

use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::Traffic;
use super::agent::Dialled;
use super::choices::{PassthruOther, VoicebotRequest};
use super::engine::Call;
use super::form::with_query;
use super::record::{ist, ist_long};
use super::stream::Report;
use super::switches::Switches;

/// How long the Connect applet waits for an answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// A number of the flow; only its presence matters.
const FLOW_ID: &str = "123456";

/// `passthru_a > voicebot > passthru_b { 200: connect > passthru_c { 200: apology }, 302: hang up }`; an absent
/// applet is not in the drawing. Without Passthru B the Connect applet follows at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Before the stream: 200 goes on, everything else hangs up.
    #[serde(default)]
    pub passthru_a: Option<String>,
    /// The conversation.
    pub voicebot: Voicebot,
    /// After the stream: 200 goes on to Connect.
    #[serde(default)]
    pub passthru_b: Option<String>,
    /// Dynamic address that says whom to dial.
    #[serde(default)]
    pub connect: Option<String>,
    /// After the agent: 200 goes on, everything else hangs up.
    #[serde(default)]
    pub passthru_c: Option<String>,
    /// A second Voicebot, behind that.
    #[serde(default)]
    pub apology: Option<Voicebot>,
}

/// Where the bot is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voicebot {
    /// The same `ws(s)://` address for every call.
    Static(String),
    /// An `http(s)://` address that answers `{"url": "wss://..."}`.
    Dynamic(String),
}

/// Where a sync Passthru leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Branch {
    A,
    B,
}

/// The applets of one call.
pub(super) struct Applets<'a> {
    call: &'a Call,
}

impl<'a> Applets<'a> {
    pub(super) fn new(call: &'a Call) -> Self {
        Self { call }
    }

    pub(super) async fn passthru_a(&self, url: &str) -> Branch {
        let fields = self.parameters("call-attempt");
        if self.call.switches().passthru_a_twice {
            self.passthru("passthru_a", url, &fields).await;
        }
        self.passthru("passthru_a", url, &fields).await
    }

    /// Without the applet in the drawing the flow goes on to Connect; with none sent it does not.
    pub(super) async fn passthru_b(&self, url: Option<&str>, report: &Report) -> Branch {
        let Some(url) = url else {
            return Branch::A;
        };
        let mut fields = self.parameters(if report.customer_gone { "client-hangup" } else { "call-attempt" });
        fields.extend(report.fields(self.call.switches()));
        let mut branch = Branch::B;
        for _ in 0..self.call.switches().passthru_b_copies {
            branch = self.passthru("passthru_b", url, &fields).await;
        }
        branch
    }

    pub(super) async fn passthru_c(&self, url: &str, dialled: &Dialled) -> Branch {
        let mut fields = self.parameters(if dialled.answered() { "completed" } else { "incomplete" });
        fields.extend(dialled.fields(&self.call.world.config.exophone));
        self.passthru("passthru_c", url, &fields).await
    }

    /// Asks the dynamic address for the bot's address.
    pub(super) async fn voicebot_url(&self, url: &str) -> Result<String, String> {
        let http = &self.call.world.http;
        let parameters = self.of_an_applet();
        let request = match self.call.switches().voicebot_request {
            VoicebotRequest::Get => http.get(with_query(url, &parameters)?),
            VoicebotRequest::BareGet => http.get(url),
            VoicebotRequest::Post => http.post(url).form(&parameters),
        };
        let limit = Duration::from_millis(self.call.switches().voicebot_url_timeout_ms);
        let answer = self.json("voicebot_url", request, limit).await?;
        answer["url"].as_str().map(str::to_owned).ok_or_else(|| "the answer has no url".to_owned())
    }

    /// Asks the Connect applet's dynamic address whom to dial.
    pub(super) async fn connect(&self, url: &str) -> Result<Value, String> {
        let mut fields = self.of_an_applet();
        fields.push(("DialWhomNumber".to_owned(), String::new()));
        let request = self.call.world.http.get(with_query(url, &fields)?).header("Exotel-Version", "1.0");
        self.json("connect", request, CONNECT_LIMIT).await
    }

    /// Tells of the agent's leg; nobody waits for the answer's content.
    pub(super) async fn agent_leg(&self, url: &str, number: &str, event: &str) {
        let status = if event == "Terminal" { "free" } else { "busy" };
        let mut fields = self.parameters("call-attempt");
        let own = [("DialWhomNumber", number), ("Status", status), ("EventType", event)];
        fields.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
        if let Ok(url) = with_query(url, &fields) {
            self.ask("agent_leg", self.call.world.http.get(url), CONNECT_LIMIT).await;
        }
    }

    async fn json(&self, applet: &'static str, request: RequestBuilder, limit: Duration) -> Result<Value, String> {
        let (status, body) = self.ask(applet, request, limit).await.ok_or("no answer")?;
        if status != 200 {
            return Err(format!("answered {status}"));
        }
        serde_json::from_str(&body).map_err(|e| format!("not JSON: {e}"))
    }

    async fn passthru(&self, applet: &'static str, url: &str, fields: &[(String, String)]) -> Branch {
        let switches = self.call.switches();
        let limit = Duration::from_millis(switches.passthru_timeout_ms);
        let answer = match with_query(url, fields) {
            Ok(url) => {
                if switches.head_before_get {
                    self.ask("head", self.call.world.http.head(url.clone()), limit).await;
                }
                self.ask(applet, self.call.world.http.get(url), limit).await
            }
            Err(_) => None,
        };
        let otherwise = match answer {
            Some((200, _)) => return Branch::A,
            Some((302, _)) => return Branch::B,
            Some(_) => switches.passthru_other,
            None => switches.passthru_silent,
        };
        match otherwise {
            PassthruOther::BranchA => Branch::A,
            // In every flow of this shape branch B hangs up.
            PassthruOther::BranchB | PassthruOther::HangUp => Branch::B,
        }
    }

    /// Sends, notes both directions; `None` where nothing came back in time.
    async fn ask(&self, applet: &'static str, request: RequestBuilder, limit: Duration) -> Option<(u16, String)> {
        let sid = self.call.plan.sid.clone();
        self.call.world.note(Traffic::AppletAsked { sid: sid.clone(), applet });
        let answer = timeout(limit, self.answer(applet, request)).await.ok().flatten();
        let http_status = answer.as_ref().map(|(status, _)| *status);
        self.call.world.note(Traffic::AppletAnswered { sid, applet, http_status });
        answer
    }

    /// What comes back, through whatever goes wrong on the way.
    async fn answer(&self, applet: &'static str, request: RequestBuilder) -> Option<(u16, String)> {
        let mishap = self.call.switches().mishap.filter(|mishap| mishap.applet.as_str() == applet);
        if let Some(status) = mishap.and_then(|mishap| mishap.answered) {
            return Some((status, String::new()));
        }
        let response = request.send().await.ok()?;
        let answer = (response.status().as_u16(), response.text().await.unwrap_or_default());
        sleep(Duration::from_millis(mishap.map_or(0, |mishap| mishap.late_ms))).await;
        Some(answer)
    }

    /// What the applets that ask for an address or an agent tell.
    fn of_an_applet(&self) -> Vec<(String, String)> {
        let mut fields = self.parameters("call-attempt");
        fields.retain(|(key, _)| key != "CustomField" || self.call.switches().custom_field_for_applets);
        fields
    }

    /// What every applet tells of the call (exotel.md 4.1).
    fn parameters(&self, call_type: &str) -> Vec<(String, String)> {
        let Some(record) = self.call.record() else {
            return Vec::new();
        };
        let (from, to) = self.call.ends();
        let now = self.call.world.config.clock.now();
        let mut fields = vec![
            ("CallSid", record.sid.clone()),
            ("CallFrom", from.clone()),
            ("CallTo", to.clone()),
            ("Direction", "outbound-dial".to_owned()),
            ("Created", ist_long(record.created)),
            ("DialCallDuration", "0".to_owned()),
            ("StartTime", ist(record.created)),
            ("EndTime", ist(Timestamp::UNIX_EPOCH)),
            ("CallType", call_type.to_owned()),
            ("CallStatus", record.status().to_owned()),
            ("flow_id", FLOW_ID.to_owned()),
            ("tenant_id", "99999".to_owned()),
            ("ForwardedFrom", "null".to_owned()),
            ("From", from),
            ("To", to),
            ("CurrentTime", ist(now)),
        ];
        fields.extend(self.call.plan.order.custom_field.clone().map(|field| ("CustomField", field)));
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl Report {
    /// `Stream[...]` as flat keys, or as one key with JSON (exotel.md 5.4).
    fn fields(&self, switches: &Switches) -> Vec<(String, String)> {
        let mut values = vec![
            ("StreamSID", self.stream_sid.clone()),
            ("Status", self.status.to_owned()),
            ("Duration", (self.duration_ms / 1_000).to_string()),
            ("StreamUrl", self.url.clone()),
            ("DisconnectedBy", self.by.to_owned()),
        ];
        values.extend(self.error.clone().map(|error| ("Error", error)));
        values.extend(self.detailed_status.map(|status| ("DetailedStatus", status.to_owned())));
        if switches.stream_recording {
            values.push(("RecordingUrl", format!("https://recordings.example.test/stream/{}.mp3", self.stream_sid)));
        }
        if switches.stream_report_as_json {
            let object: serde_json::Map<String, Value> =
                values.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
            return vec![("Stream".to_owned(), Value::Object(object).to_string())];
        }
        values.into_iter().map(|(key, value)| (format!("Stream[{key}]"), value)).collect()
    }
}
