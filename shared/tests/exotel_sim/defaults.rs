//! The switches' defaults against the page they come from: `defaults.json`, written from exotel.md and
//! not from the code. `page` has the page's words, `switches` what they mean; where ours is something
//! else, `instead` says what and `because` why.

use serde_json::{Map, Value};
use shared::sim::exotel::Switches;

/// What the table says the defaults are.
fn told() -> Map<String, Value> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("defaults.json")).unwrap();
    let mut told = Map::new();
    for row in &rows {
        let instead = row["instead"].as_object().cloned().unwrap_or_default();
        assert_eq!(instead.is_empty(), row["because"].is_null(), "a deviation has its reason: {row}");
        let page = row["switches"].as_object().unwrap();
        for (switch, ours) in &instead {
            assert!(page.get(switch).is_some_and(|theirs| theirs != ours), "no deviation: {switch}");
        }
        let row: Map<_, _> = page.clone().into_iter().chain(instead).collect();
        for (switch, value) in row {
            assert!(told.insert(switch.clone(), value).is_none(), "told twice: {switch}");
        }
    }
    told
}

#[test]
fn every_switch_stands_as_the_page_has_it_or_the_table_says_why_not() {
    let told = told();
    let Value::Object(ours) = serde_json::to_value(Switches::default()).unwrap() else { panic!("no object") };
    for (switch, value) in &ours {
        assert_eq!(told.get(switch), Some(value), "{switch}");
    }
    let gone: Vec<_> = told.keys().filter(|switch| !ours.contains_key(*switch)).collect();
    assert!(gone.is_empty(), "no such switch: {gone:?}");
}
