//! The routes over memory doubles: who may ask what, what is masked, what is audited.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::app::{App, expect_upload, keys};
use shared::domain::access::Scope;
use shared::domain::call::{ConversationResult, Disposition, NewOrder};
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::domain::transcript::{Line, Speaker, Transcript};
use shared::domain::upload::{RejectedRow, RejectedRows, RowError};
use shared::wiring::{MemoryParts, memory_app};
use tower::ServiceExt;

struct World {
    app: App,
    parts: MemoryParts,
    router: Router,
}

impl World {
    fn new() -> Self {
        let (app, parts) = memory_app();
        let router = shared::http::with_layers(overview::routes(app.clone()));
        Self { app, parts, router }
    }

    async fn key(&self, scopes: &[Scope]) -> String {
        let made = keys::create_key(&self.app, "test", scopes).await.expect("a key");
        made.secret.expose_secret().to_owned()
    }

    async fn customer(&self, name: &str, phone: &str) -> CustomerId {
        let details = CustomerDetails {
            name: name.to_owned(),
            phone: PhoneNumber::parse(phone).expect("a number"),
            state: Some("Kerala".to_owned()),
            loan_id: None,
            amount: None,
            due_date: None,
            language: Language::Malayalam,
            attributes: [("Guarantor".to_owned(), "X".to_owned())].into(),
        };
        let mut import = self.app.customers.import(self.app.new_id(UploadId::new)).await.expect("an import");
        import.add(vec![details]).await.expect("added");
        import.finish().await.expect("finished");
        let page = self.app.customers.list(&Default::default(), &Default::default()).await.expect("a page");
        page.items.iter().find(|c| c.details.name == name).expect("stored").id
    }

    async fn order(&self, customer_id: CustomerId) -> CallId {
        let call_id = self.app.new_id(CallId::new);
        let order = NewOrder {
            call_id,
            customer_id,
            campaign_id: None,
            attempt: 1,
            not_before: self.app.clock.now(),
            idempotency_key: None,
        };
        self.app.calls.place(&[order]).await.expect("placed");
        call_id
    }

    async fn ask(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    async fn get(&self, key: &str, path: &str) -> (StatusCode, Value) {
        self.ask(key, "GET", path, None).await
    }

    fn audited(&self) -> Vec<String> {
        self.parts.audit.entries().into_iter().map(|entry| entry.action).collect()
    }
}

#[tokio::test]
async fn nothing_is_read_without_a_key_or_its_scope() {
    let world = World::new();
    let caller = world.key(&[Scope::Call]).await;
    let reads =
        ["/api/dashboard-data", "/api/customers", "/api/calls", "/api/campaigns", "/api/uploads", "/api/settings"];
    for path in reads {
        assert_eq!(world.get("va_wrong", path).await.0, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(world.get(&caller, path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    let reader = world.key(&[Scope::Read]).await;
    for path in ["/api/keys", "/api/audit"] {
        assert_eq!(world.get(&reader, path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_in_our_own_form() {
    let world = World::new();
    let key = world.key(&[Scope::Read, Scope::Admin]).await;
    let wrong = [
        "/api/calls?status=busy",
        "/api/calls?live=perhaps",
        "/api/calls?customer_id=7",
        "/api/calls?nonsense=1",
        "/api/calls?cursor=rubbish",
        "/api/calls/17",
        "/api/call-status/a:b",
        "/api/campaigns/x",
        "/api/uploads/x",
        "/api/customers?language=klingon",
        "/api/customers?cursor=rubbish",
        "/api/customers/x",
        "/api/dashboard-data?since=yesterday",
        "/api/dashboard-data?campaign_id=x",
        "/api/audit?limit=-1",
        "/api/calls?limit=0",
        "/api/calls?limit=201",
        "/api/customers?state=%00",
        "/api/customers?upload_id=",
        "/api/do-not-call?cursor=rubbish",
        "/api/keys?cursor=rubbish",
    ];
    for path in wrong {
        let (status, body) = world.get(&key, path).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {body}");
        assert_eq!(body["success"], false, "{path}");
        for field in ["code", "detail", "request_id"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{path} {field}: {body}");
        }
    }
    let unknown = CallId::new(world.app.clock.now(), [3; 10]);
    assert_eq!(world.get(&key, &format!("/api/calls/{unknown}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&key, "/api/call-status/nobody").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn full_numbers_are_shown_to_pii_keys_only_and_every_time_is_noted() {
    let world = World::new();
    let id = world.customer("Asha Rao", "9876543210").await;
    let reader = world.key(&[Scope::Read]).await;
    let (_, list) = world.get(&reader, "/api/customers?q=asha").await;
    assert_eq!(list["items"][0]["phone_number"], "+91******3210");
    let (_, one) = world.get(&reader, &format!("/api/customers/{id}")).await;
    assert_eq!((&one["phone_number"], &one["attributes"]), (&json!("+91******3210"), &Value::Null));
    assert_eq!(world.audited(), Vec::<String>::new());

    let trusted = world.key(&[Scope::Read, Scope::Pii]).await;
    let (_, list) = world.get(&trusted, "/api/customers?masked=true").await;
    assert_eq!(list["items"][0]["phone_number"], "+91******3210");
    let (_, list) = world.get(&trusted, "/api/customers").await;
    assert_eq!(list["items"][0]["phone_number"], "+919876543210");
    let (_, one) = world.get(&trusted, &format!("/api/customers/{id}")).await;
    assert_eq!((&one["phone_number"], &one["attributes"]["Guarantor"]), (&json!("+919876543210"), &json!("X")));
    assert_eq!(world.audited(), ["reveal_phone", "reveal_phone"]);

    world.parts.audit.go_away(true);
    let (status, body) = world.get(&trusted, &format!("/api/customers/{id}")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!body.to_string().contains("9876543210"));
}

#[tokio::test]
async fn the_first_screen_has_its_figures_and_survives_a_queue_that_is_away() {
    let world = World::new();
    let customer = world.customer("Asha Rao", "9876543210").await;
    let call = world.order(customer).await;
    let key = world.key(&[Scope::Read]).await;
    world.parts.queue.go_away(true);
    let (status, data) = world.get(&key, "/api/dashboard-data").await;
    assert_eq!(status, StatusCode::OK, "{data}");
    assert_eq!(data["statistics"]["total_calls"], 1);
    assert!(data["series"].as_array().is_some_and(|series| series.len() <= 500));
    let (_, calls) = world.get(&key, "/api/calls?status=queued&limit=1").await;
    assert_eq!(calls["items"][0]["call_id"], call.to_string());
    assert_eq!(calls["items"][0]["phone_number"], "******3210");
    let (_, detail) = world.get(&key, &format!("/api/calls/{call}")).await;
    assert_eq!((&detail["status"], &detail["transcript"]), (&json!("queued"), &json!([])));
}

#[tokio::test]
async fn a_number_said_in_a_call_is_masked_in_its_transcript_and_summary() {
    let world = World::new();
    let call = world.order(world.customer("Asha", "9876543210").await).await;
    let line = Line {
        speaker: Speaker::Caller,
        text: "ring me on 98765 43211".to_owned(),
        language: Language::English,
        start_ms: 0,
        end_ms: 900,
        interrupted: false,
        estimated: false,
    };
    let result = ConversationResult {
        transcript: Transcript { lines: vec![line] },
        summary: "Wants a call on 9876543211".to_owned(),
        disposition: Disposition::CallbackRequested,
        intent: None,
        promise: None,
        language: Language::English,
        duration_s: 5,
        timings: Value::Null,
    };
    world.app.calls.save_conversation(call, &result).await.expect("stored");
    let (_, detail) = world.ask(&world.key(&[Scope::Read]).await, "GET", &format!("/api/calls/{call}"), None).await;
    assert_eq!(detail["transcript"][0]["text"], "ring me on ***** *3211");
    assert_eq!(detail["summary"], "Wants a call on ******3211");
}

#[tokio::test]
async fn a_key_is_shown_once_opens_doors_and_closes_them_when_revoked() {
    let world = World::new();
    let admin = world.key(&[Scope::Admin]).await;
    let wish = json!({ "name": "page", "scopes": ["read"] });
    let (status, made) = world.ask(&admin, "POST", "/api/keys", Some(wish)).await;
    assert_eq!(status, StatusCode::CREATED);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("va_") && secret.len() == 46, "{secret}");
    assert_eq!(world.get(&secret, "/api/calls").await.0, StatusCode::OK);
    let (_, list) = world.get(&admin, "/api/keys").await;
    assert!(!list.to_string().contains(&secret));
    let path = format!("/api/keys/{}", made["id"].as_str().expect("an id"));
    assert_eq!(world.ask(&admin, "DELETE", &path, None).await.0, StatusCode::OK);
    assert_eq!(world.get(&secret, "/api/calls").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(world.audited(), ["create_key", "revoke_key"]);
    for wrong in [
        json!({"name": "", "scopes": ["read"]}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["root"]}),
    ] {
        assert_eq!(world.ask(&admin, "POST", "/api/keys", Some(wrong)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_key_made_twice_with_one_idempotency_key_is_one_key_and_its_secret_is_kept_nowhere() {
    let world = World::new();
    let admin = world.key(&[Scope::Admin]).await;
    let make = async || {
        let request = Request::post("/api/keys")
            .header("authorization", format!("Bearer {admin}"))
            .header("content-type", "application/json")
            .header("idempotency-key", "once")
            .body(Body::from(r#"{"name":"page","scopes":["read"]}"#));
        let response = world.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let replayed = response.headers().contains_key("idempotency-replayed");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (replayed, serde_json::from_slice::<Value>(&bytes).expect("JSON"))
    };
    let (first, again) = (make().await, make().await);
    assert!(first.1["secret"].is_string() && !first.0, "{first:?}");
    assert_eq!((again.0, &again.1["secret"], &again.1["id"]), (true, &Value::Null, &first.1["id"]));
    assert_eq!(world.app.api_keys.list(&Default::default()).await.expect("keys").items.len(), 2);
    assert_eq!(world.audited(), ["create_key"]);
}

#[tokio::test]
async fn a_key_and_an_address_have_their_rates_and_others_go_on() {
    let world = World::new();
    let (busy, other) = (world.key(&[Scope::Read]).await, world.key(&[Scope::Read]).await);
    let ask = async |key: &str, address: &str| {
        let request = Request::get("/api/uploads").header("authorization", format!("Bearer {key}"));
        // What a caller writes in front of our proxy's entry makes it nobody else.
        let forwarded = format!("203.0.113.{}, {address}", world.app.clock.now().as_second() % 250);
        let request = request.header("x-forwarded-for", forwarded).body(Body::empty()).expect("a request");
        let response = world.router.clone().oneshot(request).await.expect("an answer");
        (response.status(), response.headers().get("retry-after").map(|wait| wait.to_str().expect("text").to_owned()))
    };
    for _ in 0..1_200 {
        assert_eq!(ask(&busy, "198.51.100.1").await.0, StatusCode::OK);
    }
    // The clock stands at the beginning of a minute.
    assert_eq!(ask(&busy, "198.51.100.1").await, (StatusCode::TOO_MANY_REQUESTS, Some("60".to_owned())));
    assert_eq!(ask(&other, "198.51.100.1").await.0, StatusCode::OK);
    for _ in 0..1_798 {
        assert_eq!(ask("va_guessed", "198.51.100.1").await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask(&other, "198.51.100.1").await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&other, "198.51.100.2").await.0, StatusCode::OK);
    world.parts.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(ask(&busy, "198.51.100.1").await.0, StatusCode::OK);
}

#[tokio::test]
async fn settings_outside_their_bounds_are_refused_by_name_and_change_nothing() {
    let world = World::new();
    let admin = world.key(&[Scope::Admin, Scope::Read]).await;
    let wrong = json!({ "calls_per_minute": 0, "time_zone": "Mars" });
    let (status, body) = world.ask(&admin, "PUT", "/api/settings", Some(wrong)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let detail = body["detail"].as_str().expect("a detail");
    assert!(detail.contains("calls_per_minute:") && detail.contains("time_zone:"), "{detail}");
    let right = json!({ "calls_per_minute": 20, "agent_numbers": ["9876500001"] });
    let (status, body) = world.ask(&admin, "PUT", "/api/settings", Some(right)).await;
    assert_eq!((status, &body["calls_per_minute"]), (StatusCode::OK, &json!(20)));
    let (_, body) = world.get(&admin, "/api/settings").await;
    assert_eq!(body["calls_per_minute"], 20);
    assert!(!body.to_string().contains("9876500001"), "agents' numbers are masked without pii: {body}");
    assert_eq!(world.audited(), ["change_settings", "change_settings"]);
    let reader = world.key(&[Scope::Read]).await;
    assert_eq!(world.ask(&reader, "PUT", "/api/settings", Some(json!({}))).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_number_is_put_on_the_do_not_call_list_checked_and_taken_off() {
    let world = World::new();
    let admin = world.key(&[Scope::Admin]).await;
    let phone = json!({ "phone_number": "098765 43210" });
    let check = |phone: Value| world.ask(&admin, "POST", "/api/do-not-call/check", Some(phone));
    assert_eq!(check(phone.clone()).await.1["listed"], false);
    assert_eq!(world.ask(&admin, "POST", "/api/do-not-call", Some(phone.clone())).await.0, StatusCode::CREATED);
    assert_eq!(check(phone.clone()).await.1["listed"], true);
    let (_, list) = world.get(&admin, "/api/do-not-call").await;
    assert_eq!((&list["items"][0]["phone_number"], &list["next_cursor"]), (&json!("+91******3210"), &Value::Null));
    let trusted = world.key(&[Scope::Admin, Scope::Pii]).await;
    let (_, list) = world.get(&trusted, "/api/do-not-call").await;
    assert_eq!(list["items"][0]["phone_number"], "+919876543210");
    assert_eq!(world.audited().last().map(String::as_str), Some("reveal_phone"));
    assert_eq!(world.ask(&admin, "DELETE", "/api/do-not-call", Some(phone.clone())).await.1["removed"], true);
    assert_eq!(check(phone).await.1["listed"], false);
    let (status, _) = world.ask(&admin, "POST", "/api/do-not-call", Some(json!({ "phone_number": "12" }))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, trail) = world.get(&admin, "/api/audit?limit=1").await;
    assert_eq!(trail["items"][0]["action"], "remove_do_not_call");
    assert!(!trail.to_string().contains("9876543210"), "the trail holds no full number");
}

#[tokio::test]
async fn what_can_not_be_audited_is_not_done() {
    let world = World::new();
    let admin = world.key(&[Scope::Admin]).await;
    world.parts.audit.go_away(true);
    let wish = json!({ "name": "page", "scopes": ["read"] });
    assert_eq!(world.ask(&admin, "POST", "/api/keys", Some(wish)).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.app.api_keys.list(&Default::default()).await.expect("keys").items.len(), 1);
}

#[tokio::test]
async fn health_needs_no_key_and_tells_no_secret() {
    let world = World::new();
    let (status, body) = world.get("", "/health").await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "status": "ok", "database": "ok", "redis": "ok" })));
}

#[tokio::test]
async fn response_times_of_this_process_reach_the_dashboard() {
    let mut world = World::new();
    let measured =
        shared::http::with_response_times(overview::routes(world.app.clone()), world.app.clone(), "overview-1");
    world.router = shared::http::with_layers(measured);
    let key = world.key(&[Scope::Read]).await;
    world.get(&key, &format!("/api/calls/{}", CallId::new(world.app.clock.now(), [3; 10]))).await;
    let (_, data) = world.get(&key, "/api/dashboard-data").await;
    let row = &data["system"]["api_response_times"][0];
    assert_eq!((&row["process"], &row["route"]), (&json!("overview-1"), &json!("GET /api/calls/{id}")), "{data}");
    assert_eq!(row["count"], 1);
}

fn a_refused_row() -> RejectedRows {
    let problem = RowError {
        row: 3,
        column: "Phone".to_owned(),
        value_masked: "*****".to_owned(),
        problem: "too short".to_owned(),
    };
    let cells = vec!["Ravi Test".to_owned(), "98765".to_owned()];
    let row = RejectedRow { row: 3, problems: vec![problem], cells };
    RejectedRows { headers: vec!["Name".to_owned(), "Phone".to_owned()], rows: vec![row] }
}

#[tokio::test]
async fn refused_rows_are_masked_without_pii_and_shown_and_noted_with_it() {
    let world = World::new();
    let expected = expect_upload(&world.app, "a.csv", 10).await.expect("an upload").upload;
    world.app.uploads.keep_rejected(expected.id, 0, &a_refused_row()).await.expect("kept");
    let path = format!("/api/uploads/{}/rejected", expected.id);
    let table = async |key: &str, query: &str| {
        let request = Request::get(format!("{path}{query}")).header("authorization", format!("Bearer {key}"));
        let response = world.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let response = response.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        String::from_utf8(bytes.into()).expect("text")
    };
    let reader = world.key(&[Scope::Read]).await;
    assert!(table(&reader, "").await.ends_with("3,Phone,too short,R*** ****,*****\r\n"));
    assert_eq!(world.audited(), Vec::<String>::new());
    let trusted = world.key(&[Scope::Read, Scope::Pii]).await;
    assert!(table(&trusted, "").await.ends_with("3,Phone,too short,Ravi Test,98765\r\n"));
    assert!(table(&trusted, "?masked=true").await.contains("*****"));
    assert_eq!(world.audited(), ["reveal_rejected_rows"]);

    let caller = world.key(&[Scope::Call]).await;
    assert_eq!(world.get(&caller, &path).await.0, StatusCode::FORBIDDEN);
    let nowhere = path.replace(&expected.id.to_string(), &world.app.new_id(UploadId::new).to_string());
    assert_eq!(world.get(&reader, &nowhere).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&reader, "/api/uploads/x/rejected").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get(&reader, &format!("{path}?cursor=x")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_upload_whose_file_never_came_ends_as_failed() {
    let world = World::new();
    let id = expect_upload(&world.app, "a.csv", 10).await.expect("an upload").upload.id;
    let reader = world.key(&[Scope::Read]).await;
    let path = format!("/api/uploads/{id}");
    assert_eq!(world.get(&reader, &path).await.1["upload_status"], "awaiting_file");
    world.parts.clock.advance(jiff::SignedDuration::from_hours(2));
    for shown in [world.get(&reader, &path).await.1, world.get(&reader, "/api/uploads").await.1["items"][0].clone()] {
        assert_eq!(shown["upload_status"], "failed");
        assert!(shown["processing_errors"][0]["problem"].as_str().is_some_and(|p| p.contains("ask for a new one")));
    }
}
