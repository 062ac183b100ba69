//! The OpenAPI document against the code: it is what the code makes, and no route is missing in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::domain::page::MAX_PAGE;

/// Routes that are no part of the contract, each with its reason.
const UNDOCUMENTED: [&str; 9] = [
    // The page, as CloudFront serves it.
    "/",
    "/original",
    "/static/enhanced_dashboard.html",
    // Sockets have no place in OpenAPI; a token, the shared secret or the first message admits.
    "/ws/dashboard",
    "/ws/voicebot",
    "/ws/voicebot/{session_id}",
    // For the load balancer and for scraping inside the network; /health of the Fargate program is
    // the same address as that of `overview`.
    "/health",
    "/metrics",
    // S3's part on a laptop: the address is signed, and given out by `POST /api/uploads` or with a recording.
    "/local-objects/{*key}",
];
/// Lambda's own Runtime API, which the tests of the packaged functions emulate.
const OF_LAMBDA: &str = "/2018-06-01/runtime/";

/// Arrays that say nothing of their length, each with what bounds it.
const BOUNDED_OTHERWISE: [&str; 13] = [
    // A call lasts four hours at most.
    "/CallDetail/timings",
    "/CallDetail/transcript",
    // The newest 500.
    "/CallDetail/updates",
    // One for each question to a store that had no answer.
    "/CallState/notes",
    "/SystemFigures/notes",
    // One page, twenty calls, and 49 slices of time.
    "/DashboardData/active_calls",
    "/DashboardData/recent_calls",
    "/DashboardData/series",
    // One for each word of a sentence.
    "/Line/word_starts_ms",
    // One for each stream that the carrier opened for the call.
    "/Recordings/recordings",
    // One for each process and route that answered in the last 90 s.
    "/SystemFigures/api_response_times",
    // No more than the request listed.
    "/TriggeredCampaign/skipped",
    // 200 of its rows, and one of the file.
    "/Upload/processing_errors",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_document_that_is_served_is_the_one_the_code_makes() {
    let made = format!("{:#}\n", local::product::document());
    let kept = root().join("functions/overview/openapi.json");
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
    std::fs::write(&fresh, &made).expect("written");
    let same = std::fs::read_to_string(&kept).expect("the document") == made;
    assert!(same, "the contract changed; if that was meant:\n  cp {} {}", fresh.display(), kept.display());
}

#[test]
fn no_route_stands_in_a_router_without_standing_in_the_document() {
    let document = local::product::document();
    let documented: BTreeSet<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let mut missing = Vec::new();
    for folder in ["functions", "shared/src/http", "shared/src/voicebot", "infra/local/src"] {
        for source in sources(&root().join(folder)) {
            let text = std::fs::read_to_string(&source).expect("a readable source");
            // Test modules stand at the foot of a file.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let routed = text.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
            missing.extend(
                routed
                    .filter(|path| !documented.contains(path) && !UNDOCUMENTED.contains(path))
                    .filter(|path| !path.starts_with(OF_LAMBDA))
                    .map(|path| format!("{} in {}", path, source.display())),
            );
            let functions = source.components().any(|part| part.as_os_str() == "functions");
            if functions && text.contains("Router::new()") {
                missing.push(format!("a router beside `Api` in {}", source.display()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "declare them with `Route`, or name them here with the reason:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_operation_says_what_it_is_who_may_and_how_it_fails() {
    let document = local::product::document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}");
            assert!(names.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{at}");
            let named = operation["parameters"].as_array().expect("parameters").iter().any(|p| p["in"] == "path");
            assert_eq!(path.contains('{'), named, "the id of {at}");
            let answers = operation["responses"].as_object().expect("responses");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{at} answers nothing");
            let keyed = operation["security"].as_array().expect("security").iter().any(|s| s.get("bearer").is_some());
            for status in ["401", "403", "429", "503"] {
                assert!(!keyed || answers.contains_key(status), "{at} {status}");
            }
            assert_eq!(path.starts_with("/api/"), keyed, "{at} wants a key exactly where it is below /api");
            let once = operation["parameters"].to_string().contains("IdempotencyKey");
            assert_eq!(keyed && method != "get", once, "the Idempotency-Key of {at}");
        }
    }
    references_lead_somewhere(&document, &document);
}

#[test]
fn every_list_is_read_in_pages_and_every_other_array_is_bounded() {
    let document = local::product::document();
    let lists = lists_with_a_limit(&document);
    let schemas = &document["components"]["schemas"];
    let cursors =
        schemas.as_object().expect("schemas").iter().filter(|(_, s)| !s["properties"]["next_cursor"].is_null());
    let pages: BTreeSet<String> = cursors.map(|(name, _)| format!("/{name}/items")).collect();
    assert!(pages.len() > 5 && pages.is_subset(&lists), "pages that no operation answers: {pages:?}");
    let mut endless = BTreeSet::new();
    arrays_without_an_end(schemas, "", &mut endless);
    arrays_without_an_end(&document["paths"], "", &mut endless);
    let endless: BTreeSet<&str> = endless.difference(&lists).map(String::as_str).collect();
    assert_eq!(
        endless,
        BTreeSet::from(BOUNDED_OTHERWISE),
        "left: without `maxItems`; right: named here with the reason"
    );
}

/// The lists that operations answer; each such operation says how many rows it gives at most.
fn lists_with_a_limit(document: &Value) -> BTreeSet<String> {
    let mut lists = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let answers = operation["responses"].as_object().expect("responses").values();
            let schemas = answers.filter_map(|answer| answer["content"]["application/json"]["schema"]["$ref"].as_str());
            let listed = schemas.filter(|place| {
                let schema = document.pointer(place.trim_start_matches('#')).expect("a schema");
                !schema["properties"]["items"].is_null()
            });
            for place in listed {
                let parameters = operation["parameters"].as_array().expect("parameters");
                let limit = parameters.iter().find(|p| p["name"] == "limit").map(|p| &p["schema"]);
                let bounds = limit.map(|schema| (&schema["minimum"], &schema["maximum"]));
                assert_eq!(bounds, Some((&1.into(), &MAX_PAGE.into())), "the `limit` of {method} {path}");
                lists.insert(format!("{}/items", place.trim_start_matches("#/components/schemas")));
            }
        }
    }
    lists
}

/// The place of every array that may have any number of items.
fn arrays_without_an_end(part: &Value, place: &str, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            let kind = fields.get("type").unwrap_or(&Value::Null);
            let array = kind == "array" || kind.as_array().is_some_and(|kinds| kinds.contains(&"array".into()));
            if array && !fields.contains_key("maxItems") {
                found.insert(place.to_owned());
            }
            for (name, field) in fields {
                let within = if name == "properties" { place.to_owned() } else { format!("{place}/{name}") };
                arrays_without_an_end(field, &within, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| arrays_without_an_end(item, place, found)),
        _ => {}
    }
}

fn references_lead_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place}");
            }
            fields.values().for_each(|field| references_lead_somewhere(document, field));
        }
        Value::Array(items) => items.iter().for_each(|item| references_lead_somewhere(document, item)),
        _ => {}
    }
}

/// The sources of what runs; tests have routers of their own.
fn sources(under: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![under.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
