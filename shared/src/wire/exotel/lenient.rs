//! Reading Exotel's JSON as it comes: any case of the keys, numbers as text, text as `null`.

use serde_json::{Map, Value};

/// The value under `key`, whatever its case.
pub(super) fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

/// The text under `key`: numbers become text; empty, `null` and the word `null` are nothing.
pub(super) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    let text = match get(object, key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && !text.eq_ignore_ascii_case("null")).then_some(text)
}

/// The object inside `{"Call":{…}}`, or the object itself where it came bare.
pub(super) fn call_object(value: &Value) -> Option<&Map<String, Value>> {
    let object = value.as_object()?;
    match get(object, "Call") {
        Some(inner) => inner.as_object(),
        None => Some(object),
    }
}
