//! Whom nobody phones, and how people learn why.

use jiff::tz::TimeZone;
use serde_json::json;
use shared::domain::settings::AccountSettings;

use crate::support::{Person, World, eventually};

pub(crate) async fn a_number_on_the_do_not_call_list_is_not_phoned_and_the_reason_is_shown() {
    let world = World::start().await;
    let [listed, other] = [Person::new(101), Person::new(211)];
    let listing = json!({"phone_number": format!("+91 {}", listed.number()), "reason": "asked for"});
    let (status, answer) = world.own("POST", "/api/do-not-call", listing).await;
    assert_eq!(status, 201, "{answer}");
    let calls = world.phone(&[listed, other]).await;
    let detail = world.detail(&calls[&listed.digits]).await;
    assert_eq!((&detail["status"], &detail["failure_class"]), (&json!("skipped"), &json!("do_not_call")), "{detail}");
    assert!(detail["reason"].as_str().is_some_and(|reason| reason.contains("do-not-call list")), "{detail}");
    assert_eq!((world.asked(listed), world.asked(other)), (0, 1));
    world.end().await;
}

pub(crate) async fn nobody_is_phoned_outside_calling_hours_and_the_reason_is_shown() {
    let world = World::start().await;
    let person = Person::new(101);
    let zone = TimeZone::get(&AccountSettings::default().time_zone).expect("known");
    let hour = world.product.app.clock.now().to_zoned(zone).hour();
    // Both lie within what the law allows, and one of them is not now.
    let (opens, closes) = if hour < 13 { ("16:00:00", "17:00:00") } else { ("08:00:00", "09:00:00") };
    let window = json!({"calling_window": {"opens": opens, "closes": closes}});
    let (status, answer) = world.own("PUT", "/api/settings", window).await;
    assert_eq!(status, 200, "{answer}");
    let campaign = world.order(&[person]).await;
    let call = world.call_when(&campaign, person, |call| !call["reason"].is_null()).await;
    let detail = world.detail(&call).await;
    assert_eq!(detail["status"], json!("queued"), "{detail}");
    assert!(detail["reason"].as_str().is_some_and(|r| r.starts_with("outside the calling window")), "{detail}");
    assert!(detail["not_before"].as_str() > detail["requested_at"].as_str(), "{detail}");
    // The feeder and the dialler have had their chance when a later order was judged.
    let customer = json!({"customer_id": call["customer_id"]});
    let (status, answer) = world.own("POST", "/api/trigger-call", customer).await;
    assert_eq!((status, &answer["status"]), (202, &json!("queued")), "{answer}");
    let single = format!("/api/calls/{}", answer["call_id"].as_str().expect("an id"));
    eventually("the single order has its reason", || async {
        let call = world.api.get(&single).await.expect("shown");
        call["reason"].as_str().is_some_and(|r| r.starts_with("outside the calling window")).then_some(())
    })
    .await;
    assert_eq!(world.asked(person), 0);
    world.end().await;
}
