//! API keys: made, shown once, revoked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use secrecy::SecretString;

use crate::app::{App, Error};
use crate::domain::access::{ApiKey, Scope};
use crate::domain::id::ApiKeyId;

/// Longer names would not fit a line of the audit trail.
const MAX_NAME_CHARS: usize = 80;

/// A key just made. Its secret is known here and nowhere else: only its SHA-256 is stored.
pub struct NewKey {
    /// As stored.
    pub key: ApiKey,
    /// `va_` and 43 letters of base64url (32 random bytes).
    pub secret: SecretString,
}

/// Makes a key with these scopes.
pub async fn create_key(app: &App, name: &str, scopes: &[Scope]) -> Result<NewKey, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "bad_name",
            format!("name: give the key a name of 1 to {MAX_NAME_CHARS} characters"),
        ));
    }
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|s| scopes.contains(s)).collect();
    if scopes.is_empty() {
        let all = Scope::ALL.map(Scope::as_str).join(", ");
        return Err(Error::invalid("no_scopes", format!("scopes: name at least one of {all}")));
    }
    let mut bytes = [0; 32];
    app.random.fill(&mut bytes);
    let secret = format!("va_{}", URL_SAFE_NO_PAD.encode(bytes));
    let key = ApiKey {
        id: app.new_id(ApiKeyId::new),
        name: name.to_owned(),
        scopes,
        created_at: app.clock.now(),
        revoked_at: None,
    };
    app.api_keys.create(&key, sha256(&secret)).await?;
    Ok(NewKey { key, secret: secret.into() })
}

/// Revokes a key; from the next request on it opens nothing.
pub async fn revoke_key(app: &App, id: ApiKeyId) -> Result<(), Error> {
    if app.api_keys.revoke(id, app.clock.now()).await? { Ok(()) } else { Err(Error::NotFound { what: "API key" }) }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}
