//! The packaged functions (`bootstrap`, as cargo-lambda builds it) under an emulated Runtime API,
//! with exactly the variables and permissions that template.yaml gives them, over real Postgres
//! and Redis and a local AWS server.

mod events;
mod gate;
mod world;

use std::time::Duration;

use events::{Http, s3, schedule, sqs};
use jiff::tz::TimeZone;
use local::runtime_api::Outcome;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::app::App;
use shared::app::keys::create_key;
use shared::config::AwsPlace;
use shared::domain::access::Scope;
use shared::domain::call::NewOrder;
use shared::domain::id::{CallId, CallSid};
use shared::domain::page::PageRequest;
use shared::domain::status::CallStatus;
use shared::ports::calls::CallFilter;
use shared::ports::queue::QueueMessage;
use world::{Running, World};

const SHEET: &str = "Name,Mobile,EMI\nAsha Test,9000000001,1500\nRavi Test,12,1500\nMeena Test,9000000101,900\n";

/// Puts noon into the settings: the functions run on the real clock, at whatever hour that is.
async fn make_it_noon(app: &App) {
    let mut settings = app.settings.current().await.expect("settings");
    let east = 12 - i32::from(app.clock.now().to_zoned(TimeZone::UTC).hour());
    // POSIX counts hours to the west.
    settings.time_zone = if east >= 0 { format!("Etc/GMT-{east}") } else { format!("Etc/GMT+{}", -east) };
    app.settings.replace(&settings, "system:test", app.clock.now()).await.expect("replaced");
}

/// Takes the messages out of one of the template's queues, as Lambda's poller does.
async fn messages(world: &World, queue: &str) -> Vec<String> {
    let place: AwsPlace = world.aws.env.read().expect("a place");
    let client = aws_sdk_sqs::Client::new(&shared::adapters::aws::sdk_config(place.region, place.endpoint).await);
    let url = world.aws.stack.get(&queue.into()).expect("made");
    let request = client.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(8);
    let taken = request.send().await.expect("an answer").messages.unwrap_or_default();
    for message in &taken {
        let handle = message.receipt_handle().expect("a handle");
        client.delete_message().queue_url(url).receipt_handle(handle).send().await.expect("deleted");
    }
    taken.into_iter().filter_map(|message| message.body).collect()
}

fn done() -> Value {
    json!({ "batchItemFailures": [] })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_packaged_functions_do_the_whole_job() {
    let world = World::new().await;

    let mut migrate = world.start("migrate").await;
    let report = migrate.answer(&json!({})).await;
    assert!(report["applied"].as_array().is_some_and(|applied| applied.len() >= 3), "{report}");
    assert_eq!(report["data_keys"], "made");
    assert_eq!(migrate.answer(&json!({})).await, json!({ "applied": [], "data_keys": "there" }));
    migrate.check(&[]);

    let app = world.app().await;
    make_it_noon(&app).await;
    let key = create_key(&app, "tests", &Scope::ALL).await.expect("a key").secret;
    let key = key.expose_secret();

    let customers = upload(&world, key).await;
    let call_sid = trigger_and_dial(&world, key, &customers[0]).await;
    callbacks(&world, &app, &call_sid).await;
    campaign(&world, key).await;
    every_minute(&world, &app, &customers[1]).await;
    look(&world, &app, key).await;
    world.end().await;
}

async fn upload(world: &World, key: &str) -> Vec<String> {
    let mut upload = world.start("upload").await;
    let form =
        format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{SHEET}\r\n--b--\r\n");
    let request = Http::new("POST", "/api/upload-customers").key(key);
    let event = request.bytes("multipart/form-data; boundary=b", form.as_bytes()).event();
    let (status, report) = upload.http(event).await;
    assert_eq!(
        (status, &report["processed_records"], &report["failed_records"]),
        (200, &2.into(), &1.into()),
        "{report}"
    );
    let (status, _) = upload.http(Http::new("POST", "/api/upload-customers").event()).await;
    assert_eq!(status, 401);
    let large = large_file(world, key, &upload).await;
    // Used by whoever holds the address, not by the function itself.
    upload.check(&["s3:PutObject"]);

    let overview = world.start("overview").await;
    let (status, report) = overview.http(Http::new("GET", &format!("/api/uploads/{large}")).key(key).event()).await;
    assert_eq!((status, &report["processed_records"]), (200, &1.into()), "{report}");
    let (status, page) = overview.http(Http::new("GET", "/api/customers?limit=10").key(key).event()).await;
    assert_eq!(status, 200, "{page}");
    let mut items = page["items"].as_array().cloned().unwrap_or_default();
    items.sort_by_key(|item| item["name"].to_string());
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// A file that goes straight to S3; answers its upload's id.
async fn large_file(world: &World, key: &str, upload: &Running) -> String {
    let sheet = "Name,Mobile\nLate Test,9000000301\n";
    let wish = json!({ "filename": "large.csv", "bytes": sheet.len() });
    let (status, given) = upload.http(Http::new("POST", "/api/uploads").key(key).json(&wish).event()).await;
    assert_eq!(status, 200, "{given}");
    let put = reqwest::Client::new().put(given["put_url"].as_str().expect("an address")).body(sheet);
    assert_eq!(put.send().await.expect("an answer").status(), 200);
    let id = given["upload_id"].as_str().expect("an id").to_owned();
    let bucket = world.aws.stack.get(&"ObjectsBucket".into()).expect("made");
    let mut ingest = world.start("ingest").await;
    let came = s3(bucket, &[&format!("uploads/{id}")]);
    assert_eq!(ingest.answer(&came).await, Value::Null);
    assert_eq!(ingest.answer(&came).await, Value::Null, "the same news again changes nothing");
    // Lists nothing, but S3 tells only those who may that an object is gone.
    ingest.check(&["s3:ListBucket"]);
    id
}

async fn trigger_and_dial(world: &World, key: &str, customer: &str) -> String {
    let mut trigger = world.start("trigger").await;
    let mut dial = world.start("dial").await;
    let order = Http::new("POST", "/api/trigger-call").key(key).json(&json!({ "customer_id": customer })).event();
    let carry = async {
        let bodies = messages(world, "DialQueue").await;
        assert_eq!(bodies.len(), 1, "one order, one message");
        let batch = [("unreadable", "not JSON".to_owned()), ("order", bodies[0].clone())];
        assert_eq!(dial.answer(&sqs(&batch)).await, done());
        assert_eq!(dial.answer(&sqs(&batch)).await, done(), "delivered twice");
    };
    let ((status, answer), ()) = tokio::join!(trigger.http(order), carry);
    assert_eq!(status, 200, "{answer}\n{}", dial.log());
    let truth = world.simulators.exotel.as_ref().expect("simulated").truth();
    assert_eq!(truth.calls.len(), 1, "the carrier was asked once");
    trigger.check(&[]);
    // Its way out where the record does not take the carrier's answer.
    dial.check(&["sqs:SendMessage"]);
    answer["call_sid"].as_str().expect("a sid").to_owned()
}

async fn callbacks(world: &World, app: &App, call_sid: &str) {
    let mut passthru = world.start("passthru").await;
    let link = |sid: &str| format!("/passthru-handler?k=shared-secret-of-tests&CallSid={sid}&CallFrom=09000000001");
    assert_eq!(passthru.http(Http::new("GET", &link(call_sid)).event()).await, (200, "OK".into()));
    assert_eq!(passthru.http(Http::new("HEAD", &link(call_sid)).event()).await.0, 200);
    assert_eq!(passthru.http(Http::new("GET", "/passthru-handler?k=wrong").event()).await.0, 403);
    assert_eq!(passthru.http(Http::new("GET", &link("a-call-nobody-knows")).event()).await, (200, "OK".into()));
    passthru.check(&[]);

    let mut webhook = world.start("webhook").await;
    let report = |sid: &str| {
        let body = json!({ "CallSid": sid, "Status": "completed" });
        Http::new("POST", "/exotel-webhook?k=shared-secret-of-tests").json(&body).event()
    };
    let success = (200, json!({ "status": "success" }));
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let form = format!("{}{}--b--\r\n", part("CallSid", call_sid), part("Status", "completed"));
    let as_exotel_sends = Http::new("POST", "/exotel-webhook?k=shared-secret-of-tests");
    let event = as_exotel_sends.bytes("multipart/form-data; boundary=b", form.as_bytes()).event();
    assert_eq!((webhook.http(event.clone()).await, &event["isBase64Encoded"]), (success.clone(), &true.into()));
    let sid = CallSid::parse(call_sid).expect("a sid");
    let call = app.calls.find_by_sid(&sid).await.expect("an answer").expect("known");
    assert_eq!(call.status, CallStatus::Completed, "{}", webhook.log());
    assert_eq!(webhook.http(report(call_sid)).await, success);
    assert_eq!(webhook.http(report("another-nobody-knows")).await, success);
    webhook.check(&[]);

    let mut events = world.start("events").await;
    let mut parked = Vec::new();
    while parked.len() < 2 {
        parked.extend(messages(world, "CallEventsQueue").await);
    }
    let batch: Vec<(&str, String)> = parked.into_iter().map(|body| ("report", body)).collect();
    assert_eq!(events.answer(&sqs(&batch)).await, done(), "put back with a delay, for their calls are still unknown");
    events.check(&[]);
}

async fn campaign(world: &World, key: &str) {
    let trigger = world.start("trigger").await;
    let order = Http::new("POST", "/api/trigger-bulk-calls").key(key).json(&json!({ "filter": { "q": "Meena" } }));
    let (status, answer) = trigger.http(order.event()).await;
    assert_eq!((status, &answer["queued"]), (200, &1.into()), "{answer}");
    assert_eq!(messages(world, "DialQueue").await.len(), 1, "the first orders are released at once");
}

async fn every_minute(world: &World, app: &App, customer: &str) {
    let order = NewOrder::single(app.new_id(CallId::new), customer.parse().expect("an id"), app.clock.now());
    app.calls.place(&[order]).await.expect("placed");
    let mut feeder = world.start("feeder").await;
    assert_eq!(feeder.answer(&schedule()).await, Value::Null);
    assert_eq!(messages(world, "DialQueue").await.len(), 1, "{}", feeder.log());
    feeder.check(&[]);

    let mut reconcile = world.start("reconcile").await;
    assert_eq!(reconcile.answer(&schedule()).await, Value::Null);
    reconcile.check(&[]);
}

async fn look(world: &World, app: &App, key: &str) {
    let mut overview = world.start("overview").await;
    listen(app, key, &overview).await;
    let (status, health) = overview.http(Http::new("GET", "/health").event()).await;
    assert_eq!((status, &health["status"]), (200, &"ok".into()), "{health}");
    let (status, data) = overview.http(Http::new("GET", "/api/dashboard-data").key(key).event()).await;
    assert_eq!((status, &data["statistics"]["completed_calls"]), (200, &1.into()), "{data}");
    let wish = json!({ "name": "second", "scopes": ["read"] });
    assert_eq!(overview.http(Http::new("POST", "/api/keys").key(key).json(&wish).event()).await.0, 201);
    let (status, trail) = overview.http(Http::new("GET", "/api/audit").key(key).event()).await;
    let actions: Vec<_> =
        trail["items"].as_array().into_iter().flatten().map(|entry| entry["action"].clone()).collect();
    assert_eq!(status, 200);
    for action in ["upload_customers", "trigger_call", "trigger_bulk_calls", "create_key"] {
        assert!(actions.contains(&action.into()), "{action} is not in {actions:?}");
    }
    overview.check(&[]);
}

/// The recording of a call, through the address that the function gives out.
async fn listen(app: &App, key: &str, overview: &Running) {
    let call = app.calls.list(&CallFilter::default(), &PageRequest::default()).await.expect("calls").items[0].call_id;
    let object = format!("recordings/{call}/1.wav");
    app.objects.put(&object, "audio/wav", "RIFF".into()).await.expect("kept");
    app.calls.keep_recording(call, &object).await.expect("noted");
    let wish = Http::new("GET", &format!("/api/calls/{call}/recording")).key(key);
    let (status, given) = overview.http(wish.event()).await;
    assert_eq!(status, 200, "{given}");
    let url = given["recordings"][0]["url"].as_str().expect("an address");
    let heard = reqwest::get(url).await.expect("an answer").text().await.expect("a body");
    assert_eq!(heard, "RIFF");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_records_away_only_what_must_come_again_is_named() {
    let world = World::without_records().await;
    let migrate = world.start("migrate").await;
    assert!(matches!(migrate.outcome(&json!({})).await, Outcome::Failed(_)));
    let report = json!({ "kind": "report_v1", "report": {
        "call": { "call_sid": "sid-1" }, "status": "completed", "source": "webhook", "message": "",
        "occurred_at": "2026-11-23T06:30:00Z", "extra": null, "dedupe_key": "a",
    } });
    let events = world.start("events").await;
    let batch = [("unreadable", "not JSON".to_owned()), ("report", report.to_string())];
    let again = events.answer(&sqs(&batch)).await;
    assert_eq!(again, json!({ "batchItemFailures": [{ "itemIdentifier": "report" }] }), "{}", events.log());
    let dial = world.start("dial").await;
    let order = QueueMessage::DialV1 { call_id: CallId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]) };
    let order = serde_json::to_string(&order).expect("JSON");
    let again = dial.answer(&sqs(&[("unreadable", "not JSON".to_owned()), ("order", order)])).await;
    assert_eq!(again, json!({ "batchItemFailures": [{ "itemIdentifier": "order" }] }), "{}", dial.log());
    let feeder = world.start("feeder").await;
    assert!(matches!(feeder.outcome(&schedule()).await, Outcome::Failed(_)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_starts_without_its_secrets_says_what_is_missing_and_works_once_it_is_there() {
    let world = World::new().await;
    let mut webhook = world.start("webhook").await;
    let event = Http::new("POST", "/exotel-webhook?k=shared-secret-of-tests").json(&json!({ "CallSid": "x" })).event();
    let (status, answer) = webhook.http(event.clone()).await;
    assert_eq!((status, &answer["code"]), (503, &"unavailable".into()), "{answer}");
    let log = webhook.log();
    assert!(log.contains("DATA_KEYS") && log.contains("DataKeysSecret"), "{log}");
    assert!(!log.contains("shared-secret-of-tests") && !log.contains("signing-secret-of-tests"), "{log}");
    let migrate = world.start("migrate").await;
    migrate.answer(&json!({})).await;
    let (status, answer) = tokio::time::timeout(Duration::from_secs(30), webhook.http(event)).await.expect("an answer");
    assert_eq!(status, 200, "{answer}\n{}", webhook.log());
    webhook.check(&["sqs:SendMessage"]);
    world.end().await;
}
