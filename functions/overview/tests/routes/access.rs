//! Who may come and how often, and what is changed: keys, settings, the do-not-call list.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use shared::domain::access::Scope;
use tower::ServiceExt;

use crate::world::World;

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
async fn strangers_who_come_through_a_tunnel_do_not_use_up_the_rate_of_the_person_at_the_page() {
    let World { mut app, .. } = World::new();
    app.urls.proxies = 0;
    let router = shared::http::with_layers(overview::routes(app.clone()));
    let ask = async |forwarded: Option<&str>| {
        let request = Request::get("/api/uploads").header("authorization", "Bearer va_guessed");
        let request = forwarded.into_iter().fold(request, |request, by| request.header("x-forwarded-for", by));
        let request = request.extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        let response = router.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        response.expect("an answer").status()
    };
    for _ in 0..3_000 {
        assert_eq!(ask(Some("203.0.113.9")).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask(Some("203.0.113.9")).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(Some("203.0.113.9, 198.51.100.7")).await, StatusCode::UNAUTHORIZED, "another stranger");
    assert_eq!(ask(None).await, StatusCode::UNAUTHORIZED, "the person at the page");
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
