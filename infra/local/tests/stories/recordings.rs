//! What a call leaves to listen to, and what it cost.

use serde_json::json;
use shared::domain::audio::samples;

use crate::support::{Person, World, eventually};

const HEADER: usize = 44;
/// Samples per millisecond.
const MS: usize = 8;
/// A line this loud carries words.
const VOICE: i16 = 500;

pub(crate) async fn a_call_can_be_heard_afterwards_by_those_who_may_and_shows_what_it_cost() {
    let world = World::start().await;
    let person = Person::new(101);
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    let path = format!("/api/calls/{}/recording", call["call_id"].as_str().expect("an id"));
    let given = eventually("the call can be heard", async || world.api.get(&path).await.ok()).await;
    let url = given["recordings"][0]["url"].as_str().expect("an address");
    let (status, wav) = world.get(url).await;
    assert_eq!((status, &wav[..4], &wav[8..12]), (200, &b"RIFF"[..], &b"WAVE"[..]));
    assert_eq!(world.get(&url.replace("&s=", "&s=x")).await.0, 403, "not our signature");
    tape_fits(&world, person, &samples(&wav[HEADER..]));

    let (_, reader) = world.own("POST", "/api/keys", json!({ "name": "reader", "scopes": ["read"] })).await;
    let refused = world.ask("GET", &path, reader["secret"].as_str(), None).await;
    assert_eq!((refused.0, &refused.1["code"]), (403, &json!("forbidden")), "{}", refused.1);
    let trail = world.api.get("/api/audit").await.expect("shown").to_string();
    assert!(trail.contains("hear_recording"), "{trail}");
    // A minute of line that has begun, and the words.
    let cost = world.detail(call).await["cost_paise"].as_i64().expect("a cost");
    assert!((61..2_000).contains(&cost), "{cost} paise");
    world.end().await;
}

/// Every sentence that was said or heard sounds on its track at its time.
fn tape_fits(world: &World, person: Person, both: &[i16]) {
    let lived = world.lived(person);
    let sounds = |track: usize, at_ms: u64| {
        let around = (at_ms as usize).saturating_sub(150) * MS..(at_ms as usize + 150) * MS;
        around.filter_map(|at| both.get(2 * at + track)).any(|sample| sample.saturating_abs() > VOICE)
    };
    let said = lived.said.iter().map(|said| (0, said.start_ms, said.end_ms));
    let heard = lived.heard.iter().map(|heard| (1, heard.start_ms, heard.end_ms));
    for (track, start, end) in said.chain(heard) {
        assert!(sounds(track, (start + end) / 2), "track {track} is silent from {start} to {end}");
    }
}
