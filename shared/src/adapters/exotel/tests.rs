//! The client against a small server that answers with Exotel's own shapes, one per status.

use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::domain::id::CallId;
use crate::domain::status::CallStatus;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/exotel/", $name))
    };
}

const KEY: &str = "Basic a2V5MTIzOnRva2VuNDU2";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        noon()
    }
}

fn noon() -> Timestamp {
    "2026-11-23T06:30:00Z".parse().expect("a timestamp")
}

struct Seen {
    method: Method,
    uri: String,
    authorization: String,
    body: String,
}

/// Answers one after the other, the last for ever; remembers what it was asked.
struct FakeExotel {
    answers: Vec<(u16, Option<&'static str>, &'static str)>,
    seen: Mutex<Vec<Seen>>,
}

async fn answer(
    State(fake): State<Arc<FakeExotel>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let authorization = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut seen = fake.seen.lock().expect("not poisoned");
    seen.push(Seen { method, uri: uri.to_string(), authorization, body });
    let (status, retry_after, body) = fake.answers[(seen.len() - 1).min(fake.answers.len() - 1)];
    let mut headers = HeaderMap::new();
    if let Some(value) = retry_after {
        headers.insert("retry-after", value.parse().expect("a header"));
    }
    if (300..400).contains(&status) {
        headers.insert("location", "/elsewhere".parse().expect("a header"));
    }
    (StatusCode::from_u16(status).expect("a status"), headers, body)
}

fn client_of(address: &str, timeouts: Timeouts) -> ExotelTelephony {
    let config = ExotelSection {
        account_sid: "acmelend1".to_owned(),
        api_key: "key123".to_owned(),
        api_token: "token456".into(),
        exophone: "02200000000".to_owned(),
        flow_app_id: "123456".to_owned(),
        base_url: address.to_owned(),
        flow_base_url: "http://my.exotel.com".to_owned(),
    };
    ExotelTelephony::new(&config, timeouts, Arc::new(Noon)).expect("a client")
}

async fn exotel(answers: &[(u16, Option<&'static str>, &'static str)]) -> (ExotelTelephony, Arc<FakeExotel>) {
    let fake = Arc::new(FakeExotel { answers: answers.to_vec(), seen: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(answer).with_state(fake.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (client_of(&address, Timeouts::default()), fake)
}

fn request() -> Dial {
    Dial {
        call_id: CallId::new(noon(), [7; 10]),
        to: PhoneNumber::parse("9000000001").expect("a number"),
        ring_timeout_s: 40,
        call_limit_s: 900,
        status_callback: "https://api.example.test/exotel-webhook?call_id=1&s=a".to_owned(),
    }
}

async fn dialed(status: u16, retry_after: Option<&'static str>, body: &'static str) -> Result<CallSid, TelephonyError> {
    let (client, fake) = exotel(&[(status, retry_after, body)]).await;
    let answer = client.dial(&request()).await;
    assert_eq!(fake.seen.lock().expect("not poisoned").len(), 1, "one request, whatever the answer");
    answer
}

#[tokio::test]
async fn the_request_is_the_documented_form() {
    let (client, fake) = exotel(&[(200, None, fixture!("connect_200.json"))]).await;
    let sid = client.dial(&request()).await.expect("accepted");
    assert_eq!(sid.as_str(), "3f9c1e2ab47d4c55a0de71b2c6f8162m");
    let seen = fake.seen.lock().expect("not poisoned");
    let asked = &seen[0];
    assert_eq!((&asked.method, asked.uri.as_str()), (&Method::POST, "/v1/Accounts/acmelend1/Calls/connect.json"));
    assert_eq!(asked.authorization, KEY);
    for field in [
        "From=%2B919000000001",
        "CallerId=02200000000",
        "Url=http%3A%2F%2Fmy.exotel.com%2Facmelend1%2Fexoml%2Fstart_voice%2F123456",
        "CallType=trans",
        "TimeLimit=900",
        "TimeOut=40",
        &format!("CustomField=temp_call_id%3D{}", request().call_id),
        "StatusCallback=https%3A%2F%2Fapi.example.test%2Fexotel-webhook%3Fcall_id%3D1%26s%3Da",
        "StatusCallbackEvents%5B0%5D=terminal",
        "StatusCallbackEvents%5B1%5D=answered",
    ] {
        assert!(asked.body.split('&').any(|f| f == field), "{field} in {}", asked.body);
    }
}

#[tokio::test]
async fn an_xml_answer_is_an_answer() {
    assert!(dialed(200, None, fixture!("connect_200.xml")).await.is_ok());
    assert!(dialed(202, None, fixture!("connect_200.json")).await.is_ok());
}

#[tokio::test]
async fn what_exotel_refuses_is_surely_no_call() {
    for (status, body, expected) in [
        (400, fixture!("connect_400.json"), FailureClass::Refused),
        (400, "", FailureClass::Refused),
        (403, fixture!("connect_403.json"), FailureClass::Refused),
        (403, fixture!("connect_403_dnd.json"), FailureClass::Dnd),
    ] {
        match dialed(status, None, body).await {
            Err(TelephonyError::Refused { class, .. }) => assert_eq!(class, expected, "{body}"),
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_blocked_account_is_told_from_a_refused_call() {
    for (status, body, expected) in [
        (401, fixture!("connect_401.json"), FailureClass::Credentials),
        (401, "<html>401</html>", FailureClass::Credentials),
        (402, fixture!("connect_402.json"), FailureClass::Balance),
        (404, fixture!("connect_404.json"), FailureClass::Credentials),
    ] {
        match dialed(status, None, body).await {
            Err(TelephonyError::AccountBlocked { class, .. }) => assert_eq!(class, expected),
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_where_it_does() {
    for (header, expected) in
        [(Some("30"), Some(30)), (Some("Mon, 23 Nov 2026 06:30:45 GMT"), Some(45)), (None, None), (Some("soon"), None)]
    {
        match dialed(429, header, fixture!("connect_429.json")).await {
            Err(TelephonyError::Busy { retry_after }) => assert_eq!(retry_after, expected.map(Duration::from_secs)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn wherever_there_may_be_a_call_the_outcome_is_unknown() {
    for (status, body) in [
        (500, fixture!("connect_500.json")),
        (502, ""),
        (503, "<html>busy</html>"),
        (504, fixture!("connect_504.html")),
        (409, fixture!("connect_409.json")),
        (408, ""),
        (302, ""),
        (200, ""),
        (200, "<html>welcome</html>"),
        (200, r#"{"Call":{"Sid":null}}"#),
    ] {
        let error = dialed(status, None, body).await.expect_err("no sid");
        assert!(!error.surely_no_call(), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_surely_no_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = client_of(&address, Timeouts::default()).dial(&request()).await.expect_err("refused");
    assert!(matches!(error, TelephonyError::Busy { retry_after: None }), "{error:?}");
}

/// A server that reads the request and then does as told, instead of answering.
async fn silent_exotel(last_words: Option<&'static [u8]>) -> (String, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Arc::new(Mutex::new(0));
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                *counted.lock().expect("not poisoned") += 1;
                match last_words {
                    Some(words) => socket.write_all(words).await.unwrap_or_default(),
                    None => std::future::pending().await,
                }
            });
        }
    });
    (address, requests)
}

#[tokio::test]
async fn an_answer_that_never_comes_is_asked_for_once_and_unknown() {
    let (address, requests) = silent_exotel(None).await;
    let timeouts = Timeouts { dial: Duration::from_millis(200), ..Timeouts::default() };
    let error = client_of(&address, timeouts).dial(&request()).await.expect_err("no answer");
    assert!(matches!(error, TelephonyError::OutcomeUnknown(_)), "{error:?}");
    assert_eq!(*requests.lock().expect("not poisoned"), 1);
}

#[tokio::test]
async fn a_connection_cut_before_or_in_the_answer_is_unknown_and_not_repeated() {
    for words in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Call\":{\"Sid\":\"half"] {
        let (address, requests) = silent_exotel(Some(words)).await;
        let error = client_of(&address, Timeouts::default()).dial(&request()).await.expect_err("cut");
        assert!(matches!(error, TelephonyError::OutcomeUnknown(_)), "{error:?}");
        assert_eq!(*requests.lock().expect("not poisoned"), 1);
    }
}

#[tokio::test]
async fn no_error_tells_the_customers_number() {
    let (address, _) = silent_exotel(Some(b"")).await;
    let client = client_of(&address, Timeouts::default());
    let error = client.find(&request().to, noon(), noon()).await.expect_err("cut");
    assert!(!format!("{error:?}").contains("9000000001"), "{error:?}");
}

#[tokio::test]
async fn a_finished_calls_record_is_read() {
    let (client, fake) = exotel(&[(200, None, fixture!("details_completed.json"))]).await;
    let sid = CallSid::parse("3f9c1e2ab47d4c55a0de71b2c6f8162m").expect("a sid");
    let record = client.details(&sid).await.expect("read").expect("known");
    assert_eq!((record.status, record.duration_s), (Some(CallStatus::Completed), Some(96)));
    assert_eq!(record.end_time.map(|t| t.to_string()).as_deref(), Some("2026-11-23T06:31:40Z"));
    assert!(!record.masked.to_string().contains("9000000001"));
    let seen = fake.seen.lock().expect("not poisoned");
    assert_eq!(seen[0].uri, format!("/v1/Accounts/acmelend1/Calls/{sid}.json"));
}

#[tokio::test]
async fn an_unknown_call_is_none_and_a_fault_is_not() {
    let sid = CallSid::parse("a1").expect("a sid");
    let (client, _) = exotel(&[(404, None, fixture!("connect_404.json"))]).await;
    assert_eq!(client.details(&sid).await.expect("read"), None);
    for status in [500, 200] {
        let (client, _) = exotel(&[(status, None, "<html>")]).await;
        assert!(matches!(client.details(&sid).await, Err(TelephonyError::OutcomeUnknown(_))));
    }
}

#[tokio::test]
async fn a_look_up_reads_every_page_of_our_own_server_and_keeps_only_our_calls() {
    let (client, fake) =
        exotel(&[(200, None, fixture!("list_page_1.json")), (200, None, fixture!("list_page_2.json"))]).await;
    let from = noon() - jiff::SignedDuration::from_mins(2);
    let until = noon() + jiff::SignedDuration::from_mins(5);
    let found = client.find(&request().to, from, until).await.expect("listed");
    assert_eq!(found.iter().map(|r| r.sid.as_str()).collect::<Vec<_>>(), ["ours1", "ours2"]);
    let seen = fake.seen.lock().expect("not poisoned");
    assert_eq!(seen.len(), 2);
    for part in ["From=%2B919000000001", "gte%3A2026-11-23+11%3A58%3A00%3Blte%3A2026-11-23+12%3A05%3A00"] {
        assert!(seen[0].uri.contains(part), "{part} in {}", seen[0].uri);
    }
    assert!(seen[1].uri.ends_with("After=MTox%3D%3D"), "{}", seen[1].uri);
}

#[tokio::test]
async fn a_list_without_an_end_proves_nothing() {
    let (client, fake) = exotel(&[(200, None, fixture!("list_page_1.json"))]).await;
    let error = client.find(&request().to, noon(), noon()).await.expect_err("endless");
    assert!(matches!(error, TelephonyError::OutcomeUnknown(_)));
    assert_eq!(fake.seen.lock().expect("not poisoned").len(), MOST_PAGES);
}
