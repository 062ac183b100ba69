//! The simulated carrier against a tiny lender: the scenarios of exotel.md 8.5.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod account;
mod agents;
mod app;
mod defaults;
mod guesses;
mod personas;

use app::{Conduct, Stage};
use axum::extract::ws::Message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::language::Language;
use shared::sim::exotel::{Outcome, Persona, Scenario, Traffic};

const COOPERATIVE: &str = "+919000000001";

async fn sid_of(response: reqwest::Response) -> String {
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["Call"]["Status"], "in-progress");
    body["Call"]["Sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_conversation_ends_by_the_bot_and_every_word_is_known() {
    let stage = Stage::new(Conduct::default()).await;
    let sid = sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let truth = stage.over(1).await;
    let call = truth.call(&sid).unwrap();
    assert_eq!(call.outcome, Some(Outcome::Completed));
    let heard: Vec<&str> = call.heard.iter().map(|u| u.text.as_str()).collect();
    assert_eq!(heard, Conduct::default().sentences);
    assert!(call.heard.iter().all(|u| u.complete && u.end_ms > u.start_ms));
    let said: Vec<&str> = call.said.iter().map(|u| u.text.as_str()).collect();
    assert_eq!(said, ["Yes, speaking.", "No, thank you."]);
    assert_eq!(stage.words(), "Yes, speaking. No, thank you.");
    assert_eq!(call.warnings.cut_at_close_ms, 0);
    let stream = call.stream.as_ref().unwrap();
    assert_eq!((stream.status.as_deref(), stream.disconnected_by.as_deref()), (Some("completed"), Some("bot")));
    assert_eq!(stage.paths(), ["passthru-a", "voicebot-url", "passthru-b", "status"]);
}

#[tokio::test]
async fn the_applets_and_the_plain_callback_carry_what_the_documentation_says() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    let sid = sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    let a = &stage.seen("passthru-a")[0].query;
    assert_eq!((a["k"].as_str(), a["CallSid"].as_str()), ("secret", sid.as_str()));
    assert_eq!((a["CallFrom"].as_str(), a["CustomField"].as_str()), ("09000000001", "order-1"));
    assert_eq!(a["EndTime"], "1970-01-01 05:30:00");
    let b = &stage.seen("passthru-b")[0].query;
    assert_eq!((b["Stream[Status]"].as_str(), b["Stream[DisconnectedBy]"].as_str()), ("completed", "bot"));
    let status = &stage.seen("status")[0];
    assert!(status.kind.starts_with("multipart/form-data"), "{}", status.kind);
    assert!(status.body.contains("CallSid") && status.body.contains("completed"));
    assert!(!status.body.contains("CustomField"), "the plain callback has four fields only");
    let start = &stage.frames()[1]["start"];
    assert_eq!((start["call_sid"].as_str(), start["to"].as_str()), (Some(sid.as_str()), Some("02200000000")));
    assert_eq!(start["custom_parameters"], json!({"t": "token"}));
}

#[tokio::test]
async fn nobody_talks_to_a_bot_on_a_busy_a_dead_or_an_unanswered_line() {
    let stage = Stage::new(Conduct::default()).await;
    for number in ["+919000000011", "+919000000012", "+919000000013", "+919000000023"] {
        sid_of(stage.dial(number, number).await).await;
    }
    let truth = stage.over(1).await;
    let outcomes: Vec<_> = truth.calls.iter().map(|call| call.outcome.unwrap()).collect();
    assert_eq!(outcomes, [Outcome::Busy, Outcome::NoAnswer, Outcome::Failed, Outcome::Canceled]);
    assert!(truth.calls.iter().all(|call| call.stream.is_none() && call.answered_at.is_none()));
    assert_eq!(stage.paths(), ["status"; 4]);
}

#[tokio::test]
async fn how_long_a_caller_heard_nothing_after_speaking_is_told() {
    let conduct = Conduct { sentences: vec!["Am I speaking with Asha?"], closes: false, ..Conduct::default() };
    let stage = Stage::new(conduct).await;
    stage.sim.set_switches(&json!({"patience_ms": 2_000})).unwrap();
    let sid = sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let truth = stage.over(1).await;
    let silence_ms = truth.call(&sid).unwrap().longest_silence_ms;
    // Until the caller had enough; what this machine was late with does not count.
    assert!((500..=2_040).contains(&silence_ms), "{silence_ms}");
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_a_half_heard_sentence_and_a_stop() {
    let long = "Thank you. The monthly payment of your loan is due on the fifth and we remind you of it kindly";
    let stage = Stage::new(Conduct { sentences: vec!["Hello Asha?", long], ..Conduct::default() }).await;
    sid_of(stage.dial("+919000000014", "order-1").await).await;
    let truth = stage.over(1).await;
    let last = truth.calls[0].heard.last().unwrap();
    assert!(!last.complete && long.starts_with(&last.text) && last.text.len() < long.len(), "{last:?}");
    let traffic = stage.sim.traffic(0);
    let closed = traffic.iter().any(|line| matches!(&line.event, Traffic::StreamClosed { by, .. } if by == "user"));
    assert!(closed);
    assert_eq!(stage.frames().last().unwrap()["stop"]["reason"], "callended");
    // The call is over, and the Passthru after the Voicebot reports it all the same.
    stage.until(|_| stage.paths().iter().any(|path| path == "passthru-b")).await;
    assert_eq!(stage.seen("passthru-b")[0].query["Stream[DisconnectedBy]"], "user");
    assert!(stage.seen("connect").is_empty());
}

#[tokio::test]
async fn an_interrupted_bot_that_clears_is_heard_no_longer_than_the_message_playing() {
    let long = "Thank you. The monthly payment of your loan is due on the fifth and we remind you of it kindly";
    let sentences = vec!["Hello Asha?", long, "Sorry. Goodbye."];
    let stage = Stage::new(Conduct { sentences, yields: true, ..Conduct::default() }).await;
    sid_of(stage.dial("+919000000015", "order-1").await).await;
    let truth = stage.over(1).await;
    let call = &truth.calls[0];
    assert!(!call.heard[1].complete, "{:?}", call.heard);
    let cleared = stage.sim.traffic(0).into_iter().find_map(|line| match line.event {
        Traffic::Cleared { at_ms, .. } => Some(at_ms),
        _ => None,
    });
    assert!(call.heard[1].end_ms <= cleared.unwrap() + 200, "{:?} {cleared:?}", call.heard);
    assert!(call.heard[2].complete);
    let echoes: Vec<Value> = stage.frames().iter().filter(|f| f["event"] == "mark").cloned().collect();
    assert!(echoes.iter().all(|echo| echo["mark"]["name"] != long), "a cleared mark is dropped");
}

#[tokio::test]
async fn a_key_press_reaches_the_bot() {
    let stage = Stage::new(Conduct::default()).await;
    sid_of(stage.dial("+919000000019", "order-1").await).await;
    let truth = stage.over(1).await;
    assert_eq!(truth.calls[0].pressed, "1");
    assert!(stage.frames().iter().any(|frame| frame["dtmf"]["digit"] == "1"));
}

#[tokio::test]
async fn a_caller_speaks_the_language_they_were_given() {
    let stage = Stage::new(Conduct::default()).await;
    let scenario = Scenario { language: Some(Language::Tamil), ..Scenario::persona(Persona::AsksForAgent) };
    stage.set(COOPERATIVE, scenario);
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let truth = stage.over(1).await;
    assert_eq!(truth.calls[0].said[1].text, "ஏஜென்ட் கிட்ட பேசணும்.");
    assert_eq!(truth.calls[0].said[1].language, Language::Tamil);
}

#[tokio::test]
async fn a_504_may_have_placed_the_call_and_the_list_shows_it() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    stage.set(COOPERATIVE, Scenario::switches(json!({"refuse": {"status": 504, "placed": true, "body": "html"}})));
    let answer = stage.dial(COOPERATIVE, "order-1").await;
    assert_eq!(answer.status(), 504);
    let truth = stage.over(1).await;
    assert_eq!(truth.calls.len(), 1);
    let list: Value = stage.read("Calls.json?From=%2B919000000001&PageSize=10").await.json().await.unwrap();
    assert_eq!(list["Metadata"]["Total"], 1);
    assert_eq!(list["Calls"][0]["Sid"], truth.calls[0].sid.as_str());
    let none: Value = stage.read("Calls.json?DateCreated=lte%3A2020-01-01%2000%3A00%3A00").await.json().await.unwrap();
    assert_eq!(none["Metadata"]["Total"], 0);
}

#[tokio::test]
async fn three_refusals_and_a_200_are_one_call_and_a_repeat_is_told_as_a_double() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    let refuse = Scenario::switches(json!({"refuse": {"status": 429, "retry_after_s": 7}}));
    stage.set(COOPERATIVE, refuse.times(3));
    for _ in 0..3 {
        let answer = stage.dial(COOPERATIVE, "order-1").await;
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    }
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    assert_eq!((stage.sim.truth().calls.len(), stage.sim.truth().connect_requests), (1, 4));
    assert!(stage.sim.truth().dialed_twice().is_empty());
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    assert_eq!(stage.sim.truth().dialed_twice(), ["order-1"]);
}

#[tokio::test]
async fn a_client_that_gives_up_does_not_stop_the_call() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    stage.sim.set_switches(&json!({"connect_latency_ms": 300})).unwrap();
    let order = stage.order(COOPERATIVE, "order-1");
    let asked = tokio::time::timeout(std::time::Duration::from_millis(100), stage.post("sim-token", &order)).await;
    assert!(asked.is_err());
    assert_eq!(stage.over(1).await.calls.len(), 1);
}

#[tokio::test]
async fn the_flow_may_run_before_the_connect_request_is_answered() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    let early = json!({"answer_before_response": true, "connect_latency_ms": 1_000, "ring_ms": 0});
    stage.sim.set_switches(&early).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    assert!(stage.paths().contains(&"passthru-a".to_owned()), "{:?}", stage.paths());
}

#[tokio::test]
async fn callbacks_are_doubled_lost_extended_and_written_as_asked() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    stage.set("+919000000001", Scenario::switches(json!({"callback_copies": 2, "callback_body": "urlencoded"})));
    stage.set("+919000000002", Scenario::switches(json!({"callback_copies": 0})));
    sid_of(stage.dial("+919000000002", "lost").await).await;
    sid_of(stage.dial("+919000000001", "double").await).await;
    stage.until(|truth| truth.calls[1].callbacks_taken == 2 && truth.calls[0].outcome.is_some()).await;
    assert!(stage.seen("status").iter().all(|seen| seen.body.contains("Status=completed")));
    stage.sim.set_switches(&json!({"callback_fields": "extended"})).unwrap();
    let mut order = stage.order("+919000000003", "wide");
    order.push(("StatusCallbackContentType".to_owned(), "application/json".to_owned()));
    sid_of(stage.post("sim-token", &order).await).await;
    stage.until(|truth| truth.calls[2].callbacks_taken == 2).await;
    let seen = stage.seen("status");
    let wide: Vec<Value> = seen[2..].iter().map(|seen| serde_json::from_str(&seen.body).unwrap()).collect();
    assert_eq!((wide[0]["EventType"].as_str(), wide[0]["Status"].as_str()), (Some("answered"), Some("in-progress")));
    assert_eq!(
        (wide[1]["CustomField"].as_str(), wide[1]["Legs"][0]["Status"].as_str()),
        (Some("wide"), Some("completed"))
    );
    assert_eq!(seen.len(), 4, "the lost one never came");
}

#[tokio::test]
async fn passthru_b_may_come_after_the_terminal_callback() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    let late = json!({"passthru_b_after_end": true, "stream_report_as_json": true, "passthru_b_copies": 2});
    stage.sim.set_switches(&late).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    stage.until(|_| stage.seen("passthru-b").len() == 2).await;
    assert_eq!(stage.paths()[2..], ["status", "passthru-b", "passthru-b"]);
    let report: Value = serde_json::from_str(&stage.seen("passthru-b")[0].query["Stream"]).unwrap();
    assert_eq!(report["Status"], "completed");
}

#[tokio::test]
async fn a_refused_stream_is_reported_as_failed() {
    let stage = Stage::new(Conduct::default()).await;
    stage.sim.set_switches(&json!({"refuse_stream": true})).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    let b = &stage.seen("passthru-b")[0].query;
    assert_eq!((b["Stream[Status]"].as_str(), b["Stream[DisconnectedBy]"].as_str()), ("failed", "NA"));
    assert!(b["Stream[Error]"].starts_with("3009"));
}

#[tokio::test]
async fn media_in_hundred_millisecond_pieces_and_a_cut_line_are_possible() {
    let stage = Stage::new(Conduct::default()).await;
    let odd = json!({"media_ms": 100, "integers": true, "swap_from_to": true, "cut_stream_after_ms": 1_500});
    stage.sim.set_switches(&odd).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let truth = stage.over(1).await;
    assert_eq!(truth.calls[0].stream.as_ref().unwrap().status.as_deref(), Some("failed"));
    let start = &stage.frames()[1];
    assert_eq!((start["sequence_number"].as_u64(), start["start"]["from"].as_str()), (Some(1), Some("02200000000")));
}

#[tokio::test]
async fn a_passthru_that_says_no_ends_the_call_before_the_bot() {
    let stage = Stage::new(Conduct { passthru_a: 302, ..Conduct::default() }).await;
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    assert_eq!(stage.paths(), ["passthru-a", "status"]);
}

#[tokio::test]
async fn a_callback_refused_or_left_unanswered_is_repeated_until_its_tries_are_used_up() {
    let refused = Conduct { refused_callbacks: 2, ..Conduct::default() };
    let silent = Conduct { silent_callbacks: 2, ..Conduct::default() };
    for (conduct, switches, expected) in [
        (refused, json!({}), [Some(500), Some(500), Some(200)]),
        (silent, json!({"callback_timeout_ms": 500}), [None, None, Some(200)]),
    ] {
        let stage = Stage::new(conduct).await;
        stage.sim.set_switches(&switches).unwrap();
        sid_of(stage.dial("+919000000011", "order-1").await).await;
        stage.over(1).await;
        assert_eq!(stage.seen("status").len(), 3);
        let answers: Vec<_> = stage
            .sim
            .traffic(0)
            .into_iter()
            .filter_map(|line| match line.event {
                Traffic::CallbackAnswered { http_status, .. } => Some(http_status),
                _ => None,
            })
            .collect();
        assert_eq!(answers, expected);
    }
}

#[tokio::test]
async fn the_account_has_a_rate_and_a_ceiling_of_streams() {
    let stage = Stage::new(Conduct::default()).await;
    stage.sim.set_switches(&json!({"requests_per_minute": 2, "stream_ceiling": 1})).unwrap();
    sid_of(stage.dial("+919000000017", "first").await).await;
    stage.until(|truth| truth.calls[0].stream.is_some()).await;
    sid_of(stage.dial(COOPERATIVE, "second").await).await;
    let truth = stage.until(|truth| truth.calls[1].outcome.is_some()).await;
    assert_eq!(truth.calls[1].stream.as_ref().unwrap().status.as_deref(), Some("failed"));
    assert_eq!(stage.seen("passthru-b")[0].query["Stream[DetailedStatus]"], "Streaming_call_throttled");
    assert_eq!(stage.dial("+919000000002", "third").await.status(), 429);
}

#[tokio::test]
async fn messages_for_another_stream_are_taken_and_told_and_unreadable_ones_only_told() {
    let audio = STANDARD.encode([1; 3_200]);
    let strangers = [
        json!({"event": "media", "stream_sid": "another", "media": {"payload": audio}}),
        json!({"event": "media", "streamSid": "another", "media": {"payload": audio}}),
        json!({"event": "mark", "stream_sid": "another", "mark": {"name": "theirs"}}),
    ];
    let unreadable = [
        json!("no object"),
        json!({"event": "hangup"}),
        json!({"event": "media", "media": {"payload": "no base64!"}}),
        json!({"event": "media"}),
        json!({"event": "mark"}),
    ];
    let sent = strangers.iter().chain(&unreadable).map(Value::to_string).chain(["{\"event\":".to_owned()]);
    let opening = sent.map(Message::text).collect();
    let stage = Stage::new(Conduct { opening, sentences: vec!["Bye."], ..Conduct::default() }).await;
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let warnings = stage.over(1).await.calls[0].warnings;
    assert_eq!((warnings.foreign_stream, warnings.unreadable), (3, 6));
    assert!(stage.frames().iter().any(|frame| frame["mark"]["name"] == "theirs"), "what came before it was played");
}

#[tokio::test]
async fn the_list_is_paged_both_ways() {
    let stage = Stage::new(Conduct::default()).await;
    let mut sids = Vec::new();
    for number in ["+919000000111", "+919000000211", "+919000000311"] {
        sids.push(sid_of(stage.dial(number, number).await).await);
    }
    let page = async |path: &str| -> (Vec<String>, Value) {
        let body: Value = stage.read(path).await.json().await.unwrap();
        let calls = body["Calls"].as_array().unwrap();
        (calls.iter().map(|call| call["Sid"].as_str().unwrap().to_owned()).collect(), body["Metadata"].clone())
    };
    let (first, metadata) = page("Calls.json?PageSize=2&SortBy=DateCreated:asc").await;
    assert_eq!((first, metadata["Total"].as_u64()), (sids[..2].to_vec(), Some(3)));
    let next = metadata["NextPageUri"].as_str().unwrap().strip_prefix("/v1/Accounts/simlender1/").unwrap().to_owned();
    let (second, metadata) = page(&next).await;
    assert_eq!((second, &metadata["NextPageUri"]), (sids[2..].to_vec(), &Value::Null));
    let (named, _) = page(&format!("Calls.json?Sid={},{}", sids[2], sids[0])).await;
    assert_eq!(named, [sids[2].clone(), sids[0].clone()], "newest first");
}

#[tokio::test]
async fn wrong_credentials_and_bad_requests_are_refused_in_exotels_words() {
    let stage = Stage::new(Conduct::default()).await;
    let order = stage.order(COOPERATIVE, "order-1");
    assert_eq!(stage.post("wrong", &order).await.status(), 401);
    let bad = stage.post("sim-token", &order[1..]).await;
    assert_eq!(bad.status(), 400);
    let body: Value = bad.json().await.unwrap();
    assert_eq!(body["RestException"]["Status"], 400);
    assert_eq!(stage.read("Calls/nothing.json").await.status(), 404);
    let streams = stage.read("ActiveStreams").await.text().await.unwrap();
    assert!(streams.contains("<ActiveStreamCount>0</ActiveStreamCount>"), "{streams}");
    assert!(stage.sim.truth().calls.is_empty());
}

#[tokio::test]
async fn details_settle_later_than_the_call_ends() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    stage.set("+919000000002", Scenario::switches(json!({"settle_ms": 600_000})));
    let settled = sid_of(stage.dial(COOPERATIVE, "a").await).await;
    let open = sid_of(stage.dial("+919000000002", "b").await).await;
    stage.over(1).await;
    let call = async |sid: &str| -> Value {
        let body: Value = stage.read(&format!("Calls/{sid}.json?details=true")).await.json().await.unwrap();
        body["Call"].clone()
    };
    let (settled, open) = (call(&settled).await, call(&open).await);
    assert_eq!((settled["Status"].as_str(), open["Status"].as_str()), (Some("completed"), Some("completed")));
    assert!(settled["Duration"].is_string() && open["Duration"].is_null() && open["EndTime"].is_null());
    assert_eq!(settled["Details"]["Legs"][0]["Leg"]["Id"], 1);
}

#[tokio::test]
async fn the_control_api_sets_scenarios_and_tells_the_truth() {
    let stage = Stage::new(Conduct::default()).await;
    let http = reqwest::Client::new();
    let url = |path: &str| format!("http://{}/sim/{path}", stage.sim.address());
    let set = http.post(url("numbers/09000000001")).json(&json!({"persona": "busy"})).send().await.unwrap();
    assert_eq!(set.status(), 204);
    let wrong = http.post(url("switches")).json(&json!({"nonsense": 1})).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    let truth: Value = http.get(url("truth")).send().await.unwrap().json().await.unwrap();
    assert_eq!(truth["calls"][0]["outcome"], "busy");
    let traffic: Value = http.get(url("traffic?from=1")).send().await.unwrap().json().await.unwrap();
    assert_eq!((traffic[0]["seq"].as_u64(), traffic[0]["kind"].as_str()), (Some(1), Some("connect_answered")));
}

#[tokio::test]
async fn a_stopped_carrier_leaves_nothing_running() {
    let stage = Stage::new(Conduct { closes: false, ..Conduct::default() }).await;
    sid_of(stage.dial("+919000000017", "order-1").await).await;
    stage.until(|truth| truth.calls.iter().any(|call| !call.heard.is_empty())).await;
    stage.sim.stop().await;
    assert!(tokio::net::TcpStream::connect(stage.sim.address()).await.is_err());
}
