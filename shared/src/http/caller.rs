//! Who asks: API keys, and what of theirs is audited.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ring::digest;

use super::{Address, Failure, limits};
use crate::app::{App, Error};
use crate::domain::access::Actor;
use crate::ports::audit::AuditEntry;

/// An authenticated caller with the scope of its route, as the route's gate let it in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Where from, as far as the proxy in front of us says.
    pub address: Option<String>,
}

impl Caller {
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
    limits::count_key(app, key.id).await?;
    Ok(Actor { key_id: Some(key.id), name: key.name, scopes: key.scopes })
}

/// Who sends these headers: counted, known, within its rate.
pub(super) async fn admit(app: &App, headers: &HeaderMap, Address(address): Address) -> Result<Caller, Failure> {
    limits::count_address(app, address.as_deref()).await?;
    let secret = key_of(headers).ok_or_else(Failure::unauthorized)?;
    Ok(Caller { actor: authenticate(app, secret).await?, address })
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let none = || Error::Bug("a handler wants a caller on a route that asks for no key".into());
        parts.extensions.get::<Self>().cloned().ok_or_else(|| none().into())
    }
}

fn key_of(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get("authorization").and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    bearer.or_else(|| headers.get("x-api-key").and_then(|v| v.to_str().ok())).map(str::trim).filter(|k| !k.is_empty())
}
