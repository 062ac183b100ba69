//! The query of a Passthru applet, or of the Connect applet's agent events.

use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::{AgentLegEvent, PassthruQuery};

use crate::promises::{self, SPELLINGS};

/// Where a text of the carrier's may hold a number.
const NAMES: [&str; 8] =
    ["From", "DialWhomNumber", "Legs[0][Number]", "ProcessStatus", "Stream[Error]", "CallFrom", "note", "digits"];

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let fields = Fields::from_query(&text);
    let query = PassthruQuery::read(&fields);
    assert_eq!(PassthruQuery::read(&Fields::from_query(&text)), query);
    bounded(&query);
    let event = AgentLegEvent::read(&fields);
    event.agent.iter().for_each(|agent| promises::shows_at_most_its_ends(agent));
    reads_back(&text);
    masked_whatever_stands_around(&text);
}

fn bounded(query: &PassthruQuery) {
    let extra = query.extra();
    assert!(extra.as_object().is_some_and(|shown| shown.len() <= 301), "bounded");
    for (name, _) in extra.as_object().into_iter().flatten() {
        let name = name.to_lowercase();
        let leaf = name.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
        assert!(!["streamurl", "recordingurl"].contains(&leaf), "an address is kept: {name}");
        assert!(!["k", "s", "customfield"].contains(&leaf), "a secret is kept: {name}");
    }
    if let Some(dial) = &query.dial {
        assert!(dial.legs.len() <= 20, "bounded");
        dial.whom().iter().for_each(|agent| promises::shows_at_most_its_ends(agent));
        dial.legs.iter().filter_map(|leg| leg.agent.as_deref()).for_each(promises::shows_at_most_its_ends);
    }
    if let Some(stream) = &query.stream {
        assert!(stream.duration_s.is_none_or(|s| s >= 0));
        assert!(!stream.never_opened() || stream.duration_s.unwrap_or(0) == 0);
        assert!(stream.recording_url.as_ref().is_none_or(|url| url.starts_with("http")));
    }
}

/// What we encode is decoded.
fn reads_back(text: &str) {
    let value: String = text.chars().filter(|c| *c != '\0').collect();
    let fields = Fields::from_query(&as_query(&[("digits".to_owned(), value.clone())]));
    let bare = value.trim().trim_matches('"').trim();
    let expected = Some(bare).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("null"));
    assert_eq!(fields.get("DIGITS"), expected);
}

/// A number in any field, with this text around it, is not in the record.
pub(crate) fn masked_whatever_stands_around(text: &str) {
    // Around it stands text: more digits would make another number of it.
    let around: String = text.chars().filter(|c| !c.is_numeric() && !c.is_control()).take(60).collect();
    let (before, after) = around.split_at(around.char_indices().nth(30).map_or(around.len(), |(at, _)| at));
    for (spelling, name) in SPELLINGS.iter().zip(NAMES.iter().cycle()) {
        let value = format!("{before} {spelling} {after}");
        let fields = Fields::from_query(&as_query(&[((*name).to_owned(), value)]));
        promises::hides_the_number(&fields.masked().to_string());
        promises::hides_the_number(&format!("{fields:?}"));
        promises::hides_the_number(&PassthruQuery::read(&fields).extra().to_string());
        let named = Fields::from_query(&as_query(&[(format!("{before}{spelling}{after}"), "x".to_owned())]));
        promises::hides_the_number(&named.masked().to_string());
    }
}

/// Names and values as a query string.
pub(crate) fn as_query(pairs: &[(String, String)]) -> String {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}
