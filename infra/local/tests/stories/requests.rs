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
