//! The routes of the template are the routes of the routers.

use std::collections::BTreeSet;

use super::{sources_of, template};

/// Method (`any` for all) and path.
type Route = (String, String);

/// The routes in the sources of a function: `.route("/path", get(one).put(two))`, and
/// `Route::get("/path", …)` where a declaration carries more than the path.
fn declared(folder: &str) -> BTreeSet<Route> {
    sources_of(folder).iter().flat_map(|source| declared_in(source)).collect()
}

fn declared_in(source: &str) -> BTreeSet<Route> {
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
    for declaration in source.split("Route::").skip(1) {
        let Some((kind, rest)) = declaration.split_once('(') else { continue };
        let method = match kind {
            "get" | "open" => "get",
            "post" | "put" | "delete" => kind,
            "carrier" => "any",
            _ => continue,
        };
        let rest = rest.trim_start();
        let path = literal(rest).or_else(|| {
            let name = rest.split_once(',')?.0;
            literal(source.split_once(&format!("const {name}: &str = "))?.1)
        });
        let path = path.unwrap_or_else(|| panic!("the path of this route is neither a literal nor a constant: {rest}"));
        found.insert((method.to_owned(), path.to_owned()));
    }
    found
}

/// The text literal that a source goes on with.
fn literal(source: &str) -> Option<&str> {
    source.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(text, _)| text)
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
fn both_spellings_of_a_route_are_read() {
    let source = "const LIST: &str = \"/list\"; r.route(\"/a\", get(list).post(add)); Route::put(LIST, X); Route::carrier(\n\"/c\", X)";
    let route = |method: &str, path: &str| (method.to_owned(), path.to_owned());
    let all = [route("any", "/c"), route("get", "/a"), route("post", "/a"), route("put", "/list")];
    assert_eq!(declared_in(source), BTreeSet::from(all));
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
