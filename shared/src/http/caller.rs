//! Who asks: API keys, their scopes, their request rate, and what of theirs is audited.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use ring::digest;

use super::Failure;
use crate::app::{App, Error};
use crate::domain::access::{Actor, Scope};
use crate::ports::audit::AuditEntry;

/// Requests one key may make in a minute: a dashboard in use makes about 60, a script a few hundred.
const REQUESTS_PER_MINUTE: u64 = 1_200;

/// An authenticated caller. As an axum extractor it answers 401 without a valid key.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Where from, as far as the proxy in front of us says.
    pub address: Option<String>,
}

impl Caller {
    /// 403 where the key lacks the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Failure> {
        if self.actor.may(scope) {
            return Ok(());
        }
        let detail = format!("this API key lacks the scope `{}`", scope.as_str());
        Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", detail))
    }

    /// Notes in the audit trail what is about to be done. What can not be noted is not done.
    pub async fn audit(&self, app: &App, action: &str, subject: impl Into<String>) -> Result<(), Failure> {
        let entry = AuditEntry {
            at: app.clock.now(),
            actor: self.actor.name.clone(),
            action: action.to_owned(),
            subject: subject.into(),
            address: self.address.clone(),
            request_id: Some(super::layers::current_request_id()),
        };
        Ok(app.audit.append(&entry).await?)
    }
}

/// The actor of a key's secret; 401 for an unknown or revoked one, 429 above the request rate.
pub async fn authenticate(app: &App, secret: &str) -> Result<Actor, Failure> {
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    let hash: [u8; 32] = hash.as_ref().try_into().map_err(|_| Failure::unauthorized())?;
    let key = app.api_keys.by_hash(hash).await?.filter(|key| key.revoked_at.is_none());
    let key = key.ok_or_else(Failure::unauthorized)?;
    match app.sessions.count_request(&key.id.to_string(), 60, app.clock.now()).await {
        Ok(count) if count > REQUESTS_PER_MINUTE => return Err(Error::TooMany { retry_after_s: 60 }.into()),
        Ok(_) => {}
        // Without Redis nobody counts; locking everybody out would be the worse fault.
        Err(error) => tracing::warn!(%error, "request rates are not counted"),
    }
    Ok(Actor { key_id: Some(key.id), name: key.name, scopes: key.scopes })
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let secret = key_of(&parts.headers).ok_or_else(Failure::unauthorized)?;
        Ok(Self { actor: authenticate(app, secret).await?, address: address_of(&parts.headers) })
    }
}

fn key_of(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get("authorization").and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    bearer.or_else(|| headers.get("x-api-key").and_then(|v| v.to_str().ok())).map(str::trim).filter(|k| !k.is_empty())
}

/// Where a request comes from: the last address in `X-Forwarded-For` is the one our own edge wrote; earlier ones are claims.
pub fn address_of(headers: &HeaderMap) -> Option<String> {
    let forwarded = headers.get("x-forwarded-for")?.to_str().ok()?;
    forwarded.rsplit(',').next().map(|a| a.trim().chars().take(64).collect())
}
