//! The API as its callers see it.

use serde_json::{Value, json};
use shared::app::keys::create_key;
use shared::domain::access::Scope;

use crate::support::{Person, World};

pub(crate) async fn what_can_not_be_done_is_refused_with_a_code_and_a_request_id() {
    use secrecy::ExposeSecret;

    let world = World::start().await;
    let reader = create_key(&world.product.app, "a reader", &[Scope::Read]).await.expect("made");
    let (own, reader) = (Some(world.product.api_key.as_str()), Some(reader.secret.expose_secret()));
    let nobody = json!({"customer_id": "cus_00000000000000000000000000"});
    let unknown = unknown_customer(&world).await;
    let bulk = "/api/trigger-bulk-calls";
    let cases: [(&str, Option<&str>, Value, u16, &str); 6] = [
        (bulk, own, json!({"customer_ids": []}), 422, "empty_list"),
        ("/api/trigger-call", own, json!({"customer_id": unknown}), 404, "not_found"),
        ("/api/trigger-call", own, nobody, 422, "invalid_id"),
        (bulk, None, json!({"filter": {"all": true}}), 401, "unauthorized"),
        (bulk, Some("va_guessed"), json!({"filter": {"all": true}}), 401, "unauthorized"),
        (bulk, reader, json!({"filter": {"all": true}}), 403, "forbidden"),
    ];
    for (path, key, body, expected, code) in cases {
        let (status, answer) = world.ask("POST", path, key, Some(body.clone())).await;
        assert_eq!((status, &answer["code"]), (expected, &json!(code)), "{path} {body}: {answer}");
        assert_eq!(answer["success"], json!(false));
        assert!(answer["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer}");
        assert!(answer["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{answer}");
    }
    let calls = world.api.get("/api/calls").await.expect("listed");
    assert_eq!(calls["items"], json!([]), "nothing was ordered");
    world.end().await;
}

/// An id of the right shape that belongs to nobody.
async fn unknown_customer(world: &World) -> String {
    let app = &world.product.app;
    app.new_id(shared::domain::id::CustomerId::new).to_string()
}

pub(crate) async fn a_workbook_with_good_and_bad_rows_becomes_a_campaign_of_the_good_ones() {
    let world = World::start().await;
    let people = [111, 212, 313].map(Person::new);
    let upload = world.api.upload("customers.xlsx", workbook(&people)).await.expect("taken");
    assert_eq!(
        (&upload["total_records"], &upload["processed_records"], &upload["failed_records"], &upload["status"]),
        (&json!(5), &json!(3), &json!(2), &json!("partial_failure")),
        "{upload}"
    );
    let rows: Vec<_> = upload["errors"].as_array().expect("errors").iter().map(|e| (&e["row"], &e["column"])).collect();
    assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [&json!(3), &json!(5)], "{upload}");
    assert_eq!(upload["errors"][0]["value_masked"], json!("*****"), "{upload}");
    let order = world.api.call_upload(upload["upload_id"].as_str().expect("an id")).await.expect("ordered");
    assert_eq!((&order["total"], &order["queued"]), (&json!(3), &json!(3)), "{order}");
    let calls = world.finished(order["campaign_id"].as_str().expect("an id")).await;
    let statuses: Vec<_> = calls.values().map(|call| call["status"].clone()).collect();
    assert_eq!(statuses, ["not_picked", "not_picked", "failed"]);
    world.everybody_was_phoned_once(&people);
    world.end().await;
}

/// Headers as lenders have them, numbers as numbers, and two rows nobody can be phoned by.
fn workbook(people: &[Person; 3]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip(["Customer Name", "Mobile No", "State", "EMI Amount"]) {
        sheet.write(0, column, header).expect("written");
    }
    let numbers = [people[0].number(), "98765".to_owned(), people[1].number(), String::new(), people[2].number()];
    for (row, number) in (1..).zip(&numbers) {
        sheet.write(row, 0, format!("Person {row}")).expect("written");
        match number.parse::<f64>() {
            Ok(digits) if row == 1 => sheet.write(row, 1, digits).expect("written"),
            _ => sheet.write(row, 1, number).expect("written"),
        };
        sheet.write(row, 2, "Bihar").expect("written");
        sheet.write(row, 3, 1_500.5).expect("written");
    }
    book.save_to_buffer().expect("a workbook")
}

/// The whole way of a file too large for a request, watched by somebody at the dashboard.
pub(crate) async fn a_large_sheet_is_sent_to_its_own_address_and_everybody_sees_it_come_in() {
    let world = World::start().await;
    let mut watcher = world.watch().await;
    let rows: String = (0..25_000).map(|n| format!("Person {n},90000{n:05},Bihar\n")).collect();
    let sheet = format!("Name,Phone,State\n{rows}Bad,12,Bihar\n");
    let announced = json!({"filename": "large.csv", "bytes": sheet.len()});
    let (status, address) = world.own("POST", "/api/uploads", announced).await;
    assert_eq!(status, 200, "{address}");
    let (id, url) = (address["upload_id"].as_str().expect("an id"), address["put_url"].as_str().expect("an address"));
    assert_eq!(world.put(url, sheet[1..].to_owned()).await, 400, "a byte too few");
    assert_eq!(world.put(&url.replace("&s=", "&s=x"), sheet.clone()).await, 403, "not our signature");
    assert_eq!(world.api.get(&format!("/api/uploads/{id}")).await.expect("shown")["upload_status"], "awaiting_file");
    // Twice: the second arrival changes nothing.
    assert_eq!(world.put(url, sheet.clone()).await, 200);
    assert_eq!(world.put(url, sheet).await, 200);
    let mut seen = Vec::new();
    let last = loop {
        let event = watcher.next().await;
        if event["type"] == "upload_progress" && event["upload_id"] == *id {
            seen.push((event["status"].as_str().expect("a word").to_owned(), event["total_records"].as_i64()));
            if event["status"] == "partial_failure" {
                break event;
            }
        }
    };
    let word = |status: &str, rows| (status.to_owned(), Some(rows));
    assert_eq!(
        seen,
        [word("awaiting_file", 0), word("processing", 0), word("processing", 20_000), word("partial_failure", 25_001)]
    );
    assert_eq!((&last["processed_records"], &last["failed_records"]), (&json!(25_000), &json!(1)));
    let record = world.api.get(&format!("/api/uploads/{id}")).await.expect("shown");
    assert_eq!((&record["duplicate_records"], &record["storage_key"]), (&json!(0), &Value::Null), "{record}");
    let small = world.api.upload("small.csv", b"Name,Phone\nAsha Test,9000000001\n".to_vec()).await.expect("taken");
    let mut words = Vec::new();
    while words.last().is_none_or(|word| word != "completed") {
        let event = watcher.next().await;
        if event["upload_id"] == small["upload_id"] {
            words.push(event["status"].as_str().expect("a word").to_owned());
        }
    }
    assert_eq!(words, ["processing", "completed"]);
    world.end().await;
}
