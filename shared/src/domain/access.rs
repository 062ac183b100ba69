//! Who may do what.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::ApiKeyId;

/// One permission of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See lists, calls and figures (numbers masked).
    Read,
    /// Start, pause and hand over calls.
    Call,
    /// Upload customers.
    Upload,
    /// Keys, settings, do-not-call list.
    Admin,
    /// See full phone numbers and the sheet's further columns. A number said in a call is masked for
    /// everybody.
    Pii,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] = [Self::Read, Self::Call, Self::Upload, Self::Admin, Self::Pii];

    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Call => "call",
            Self::Upload => "upload",
            Self::Admin => "admin",
            Self::Pii => "pii",
        }
    }

    /// The scope of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// A key as stored: never its secret, only the SHA-256 of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the record")]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// Whoever a request speaks for, after its key was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The key, or none for the system itself.
    pub key_id: Option<ApiKeyId>,
    /// The key's name, as the audit trail shows it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl Actor {
    /// The product acting by itself (schedules, callbacks).
    pub fn system(part: &str) -> Self {
        Self { key_id: None, name: format!("system:{part}"), scopes: Scope::ALL.to_vec() }
    }
    /// Whether it may.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
