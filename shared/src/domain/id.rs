//! Identifiers as types, so that a customer's id can never be passed where a call's is meant.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {kind}")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A UUIDv7: sorts by the time it was made. `random` comes from the `Random` port.
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
            }
            /// An id read back from where we stored it.
            pub fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }
            /// The bare UUID, for storage.
            pub fn as_uuid(self) -> Uuid {
                self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text.trim()).map(Self).map_err(|_| BadId {
                    kind: $kind,
                    text: text.chars().take(64).collect(),
                })
            }
        }
    };
}

uuid_id!(
    /// Our own id of one order to phone somebody, and of the call it becomes; `temp_call_id` in
    /// Exotel's `CustomField`. Exists before Exotel hears of the call.
    CallId,
    "call id"
);
uuid_id!(
    /// One customer record: a person and one loan.
    CustomerId,
    "customer id"
);
uuid_id!(
    /// One uploaded sheet.
    UploadId,
    "upload id"
);
uuid_id!(
    /// One batch of orders started together.
    CampaignId,
    "campaign id"
);
uuid_id!(
    /// One API key (not its secret).
    ApiKeyId,
    "API key id"
);
uuid_id!(
    /// One promise to pay.
    PromiseId,
    "promise id"
);

/// Exotel's id of a call: opaque text of about 32 characters, never parsed as hex
/// (reference/exotel.md 1.5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,100}$"))]
pub struct CallSid(String);

impl CallSid {
    /// Accepts 1 to 100 letters, digits, `-` and `_`: it goes into Redis keys and URLs.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let text = text.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 100 || !text.chars().all(plain) {
            return Err(BadId { kind: "call sid", text: text.chars().take(64).collect() });
        }
        Ok(Self(text.to_owned()))
    }
    /// The text as Exotel wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for CallSid {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::parse(text)
    }
}
impl TryFrom<String> for CallSid {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        Self::parse(&text)
    }
}
impl From<CallSid> for String {
    fn from(sid: CallSid) -> Self {
        sid.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let early = CallId::new(Timestamp::from_second(1_700_000_000).expect("in range"), [9; 10]);
        let late = CallId::new(Timestamp::from_second(1_700_000_001).expect("in range"), [0; 10]);
        assert!(early < late);
    }

    #[test]
    fn a_sid_that_could_leave_its_redis_key_is_refused() {
        assert!(CallSid::parse("abc:def").is_err());
        assert!(CallSid::parse("").is_err());
        assert!(CallSid::parse(" 3f9c1e2ab47d4c55a0de71b2c6f8162m ").is_ok());
    }
}
