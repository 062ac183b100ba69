//! `CustomField`: the one text of ours that travels through Exotel (at most 128 characters,
//! exotel.md 1.2).

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::decode;
use crate::domain::id::CallId;
use crate::domain::phone::mask_in_text;

/// What came back in `CustomField`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomField {
    /// Ours, where it was in there.
    pub call_id: Option<CallId>,
    /// Other pairs of the pipe-separated form. They may hold personal data.
    pub pairs: BTreeMap<String, String>,
}

impl CustomField {
    /// Reads `temp_call_id=<uuid>`, a bare uuid, and the older `a=b|temp_call_id=<uuid>|…`, also
    /// where it was percent-encoded once too often on its way.
    pub fn parse(text: &str) -> Self {
        if !text.contains('=') && text.contains("%3") {
            return Self::read(&decode(text));
        }
        Self::read(text)
    }

    fn read(text: &str) -> Self {
        let mut field = Self::default();
        for piece in text.split('|').map(str::trim).filter(|piece| !piece.is_empty()) {
            match piece.split_once('=') {
                None => field.call_id = field.call_id.or_else(|| piece.parse().ok()),
                Some((key, value)) if is_our_id(key) => field.call_id = field.call_id.or_else(|| value.parse().ok()),
                Some((key, value)) => {
                    field.pairs.insert(key.trim().to_owned(), value.trim().to_owned());
                }
            }
        }
        field
    }

    /// The other pairs for the record, numbers masked.
    pub fn masked(&self) -> Value {
        self.pairs.iter().map(|(key, value)| (mask_in_text(key), Value::String(mask_in_text(value)))).collect()
    }
}

fn is_our_id(key: &str) -> bool {
    ["temp_call_id", "call_id"].iter().any(|name| key.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "01935a10-0000-7000-8000-000000000001";

    #[test]
    fn our_id_is_found_in_all_three_forms() {
        let call: CallId = ID.parse().expect("a uuid");
        for text in [format!("temp_call_id={ID}"), ID.to_owned(), format!("name=Asha | Temp_Call_Id = {ID}|state=Goa")]
        {
            assert_eq!(CustomField::parse(&text).call_id, Some(call), "{text}");
        }
    }

    #[test]
    fn the_other_pairs_are_carried_along() {
        let field = CustomField::parse(&format!("phone=9000000001|temp_call_id={ID}|state=Goa"));
        assert_eq!(field.pairs.get("state").map(String::as_str), Some("Goa"));
        assert_eq!(field.masked(), serde_json::json!({"phone": "******0001", "state": "Goa"}));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            let _ = CustomField::parse(&text);
        }
    }
}
