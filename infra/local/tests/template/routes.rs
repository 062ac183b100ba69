//! The routes of the template are the routes of the routers.

use std::collections::BTreeSet;

use super::{sources_of, template};

/// Method (`any` for all) and path.
type Route = (String, String);

/// `.route("/path", get(one).put(two))` in the sources of a function.
fn declared(folder: &str) -> BTreeSet<Route> {
    let source = sources_of(folder);
    let mut found = BTreeSet::new();
    for call in source.split(".route(\"").skip(1) {
        let (path, rest) = call.split_once('"').expect("a path ends");
        let handlers = up_to_the_end(rest);
        for method in ["get", "post", "put", "delete", "patch", "any"] {
            let named = |at: usize| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if handlers.match_indices(&format!("{method}(")).any(|(at, _)| named(at)) {
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

/// What stands before the parenthesis that closes the call.
fn up_to_the_end(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return &text[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

#[test]
fn every_route_of_a_router_is_in_the_template_and_every_route_there_is_answered() {
    for function in template().functions() {
        let events = function.events.iter().filter(|(kind, _)| kind == "HttpApi");
        let text = |event: &serde_json::Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let listed: Vec<Route> = events.map(|(_, event)| (text(event, "Method"), text(event, "Path"))).collect();
        let routed: BTreeSet<Route> = listed.iter().cloned().collect();
        assert_eq!(listed.len(), routed.len(), "{} lists a route twice", function.id);
        assert_eq!(routed, declared(&function.folder), "left template.yaml, right functions/{}", function.folder);
    }
}

#[test]
fn no_two_functions_share_a_route() {
    let mut seen = BTreeSet::new();
    for function in template().functions() {
        for route in declared(&function.folder) {
            assert!(seen.insert(route.clone()), "{route:?} of {} is another function's too", function.folder);
        }
    }
    assert!(seen.len() > 25, "the search finds routes: {seen:?}");
}
