//! The routes of the template are the routes of the functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::http::Api;
use shared::wiring::memory_app;

use super::template;

/// Method (`any` for all) and path.
type Route = (String, String);

/// By folder; a folder that is not here answers no request.
fn declared() -> BTreeMap<&'static str, BTreeSet<Route>> {
    // The routes want an app; nobody asks them anything here.
    let (app, _) = memory_app();
    let of = |api: Api| -> BTreeSet<Route> {
        let method =
            |method: Option<&axum::http::Method>| method.map_or("any".to_owned(), |m| m.as_str().to_lowercase());
        api.listed().map(|(m, path)| (method(m), path.to_owned())).collect()
    };
    BTreeMap::from([
        ("upload", of(upload::routes(app.clone()))),
        ("trigger", of(trigger::routes(app.clone()))),
        ("passthru", of(passthru::routes(app.clone()))),
        ("webhook", of(webhook::routes(app.clone()))),
        ("overview", of(overview::routes(app))),
    ])
}

#[test]
fn every_route_of_a_function_is_in_the_template_and_every_route_there_is_answered() {
    let mut declared = declared();
    for function in template().functions() {
        let events = function.events.iter().filter(|(kind, _)| kind == "HttpApi");
        let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let listed: Vec<Route> = events.map(|(_, event)| (text(event, "Method"), text(event, "Path"))).collect();
        let routed: BTreeSet<Route> = listed.iter().cloned().collect();
        assert_eq!(listed.len(), routed.len(), "{} lists a route twice", function.id);
        let own = declared.remove(function.folder.as_str()).unwrap_or_default();
        assert_eq!(routed, own, "left template.yaml, right functions/{}", function.folder);
    }
    assert!(declared.is_empty(), "the template lacks {:?}", declared.keys());
}

#[test]
fn no_two_functions_share_a_route() {
    let mut seen = BTreeSet::new();
    for (folder, routes) in declared() {
        for route in routes {
            assert!(seen.insert(route.clone()), "{route:?} of {folder} is another function's too");
        }
    }
}

#[test]
fn a_function_that_answers_requests_is_compared() {
    let compared = declared();
    for function in template().functions() {
        let answers = super::sources_of(&function.folder).iter().any(|source| source.contains("Api::new("));
        assert_eq!(answers, compared.contains_key(function.folder.as_str()), "functions/{}", function.folder);
    }
}
