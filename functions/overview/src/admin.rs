//! Keys, settings, the do-not-call list and the audit trail. Changes need `admin` and are audited
//! before they are made.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::app::{App, change_settings as settings_change, keys as api_keys};
use shared::domain::access::{ApiKey, Scope};
use shared::domain::id::ApiKeyId;
use shared::domain::page::PageRequest;
use shared::domain::phone::{PhoneNumber, mask};
use shared::domain::settings::AccountSettings;
use shared::http::{Answer, Caller, Failure, JsonBody, QueryParams, id_in_path};
use shared::ports::audit::AuditEntry;

/// The fields of a change are named by whoever sends it; the trail keeps this much of them.
const MAX_SUBJECT_CHARS: usize = 400;

#[derive(Serialize)]
pub(crate) struct KeyView {
    id: ApiKeyId,
    name: String,
    scopes: Vec<Scope>,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self { id: key.id, name: key.name, scopes: key.scopes, created_at: key.created_at, revoked_at: key.revoked_at }
    }
}

pub(crate) async fn keys(State(app): State<App>, caller: Caller) -> Answer<Json<Value>> {
    caller.require(Scope::Admin)?;
    let keys: Vec<KeyView> = app.api_keys.list().await?.into_iter().map(KeyView::from).collect();
    Ok(Json(json!({ "items": keys })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyWish {
    name: String,
    scopes: Vec<Scope>,
}

/// The one answer that ever shows the secret.
#[derive(Serialize)]
pub(crate) struct MadeKey {
    success: bool,
    #[serde(flatten)]
    key: KeyView,
    secret: String,
}

pub(crate) async fn create_key(
    State(app): State<App>,
    caller: Caller,
    JsonBody(wish): JsonBody<KeyWish>,
) -> Answer<(StatusCode, Json<MadeKey>)> {
    caller.require(Scope::Admin)?;
    let scopes: Vec<&str> = wish.scopes.iter().map(|scope| scope.as_str()).collect();
    let name: String = wish.name.chars().filter(|c| !c.is_control()).take(80).collect();
    caller.audit(&app, "create_key", format!("key:{name} ({})", scopes.join(" "))).await?;
    let made = api_keys::create_key(&app, &wish.name, &wish.scopes).await?;
    let secret = made.secret.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(MadeKey { success: true, key: made.key.into(), secret })))
}

pub(crate) async fn revoke_key(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    caller.require(Scope::Admin)?;
    let id: ApiKeyId = id_in_path(&id)?;
    caller.audit(&app, "revoke_key", format!("key:{id}")).await?;
    api_keys::revoke_key(&app, id).await?;
    Ok(Json(json!({ "success": true, "id": id })))
}

pub(crate) async fn settings(State(app): State<App>, caller: Caller) -> Answer<Json<AccountSettings>> {
    caller.require(Scope::Read)?;
    let settings = app.settings.current().await?;
    Ok(Json(shown(&app, &caller, settings).await?))
}

/// Agents have phone numbers too.
async fn shown(app: &App, caller: &Caller, mut settings: AccountSettings) -> Result<AccountSettings, Failure> {
    if !caller.actor.may(Scope::Pii) {
        settings.agent_numbers = settings.agent_numbers.iter().map(|number| mask(number)).collect();
    } else if !settings.agent_numbers.is_empty() {
        caller.audit(app, "reveal_phone", "settings:agent_numbers").await?;
    }
    Ok(settings)
}

pub(crate) async fn change_settings(
    State(app): State<App>,
    caller: Caller,
    JsonBody(change): JsonBody<Value>,
) -> Answer<Json<AccountSettings>> {
    caller.require(Scope::Admin)?;
    let fields: Vec<&str> =
        change.as_object().into_iter().flat_map(|fields| fields.keys()).map(String::as_str).collect();
    let subject: String = format!("settings:{}", fields.join(",")).chars().take(MAX_SUBJECT_CHARS).collect();
    caller.audit(&app, "change_settings", subject).await?;
    let settings = settings_change::change_settings(&app, change, &caller.actor.name).await?;
    Ok(Json(shown(&app, &caller, settings).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    phone_number: String,
    #[serde(default)]
    reason: Option<String>,
}

impl Listing {
    async fn phone(&self, app: &App) -> Result<PhoneNumber, Failure> {
        let reach = app.settings.current().await?.reach;
        PhoneNumber::parse_within(&self.phone_number, reach)
            .map_err(|error| Failure::invalid("invalid_phone", format!("phone_number: {error}")))
    }
}

pub(crate) async fn add_do_not_call(
    State(app): State<App>,
    caller: Caller,
    JsonBody(listing): JsonBody<Listing>,
) -> Answer<(StatusCode, Json<Value>)> {
    caller.require(Scope::Admin)?;
    let phone = listing.phone(&app).await?;
    let reason: String = listing.reason.as_deref().unwrap_or("asked for").trim().chars().take(200).collect();
    caller.audit(&app, "add_do_not_call", format!("phone:{phone}")).await?;
    app.do_not_call.add(&phone, &reason, &format!("key:{}", caller.actor.name), app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(json!({ "success": true, "phone_number": phone.masked() }))))
}

pub(crate) async fn remove_do_not_call(
    State(app): State<App>,
    caller: Caller,
    JsonBody(listing): JsonBody<Listing>,
) -> Answer<Json<Value>> {
    caller.require(Scope::Admin)?;
    let phone = listing.phone(&app).await?;
    caller.audit(&app, "remove_do_not_call", format!("phone:{phone}")).await?;
    let removed = app.do_not_call.remove(&phone).await?;
    Ok(Json(json!({ "success": true, "removed": removed, "phone_number": phone.masked() })))
}

/// Whether a number is on the list. A number never travels in an address, so this is a POST.
pub(crate) async fn check_do_not_call(
    State(app): State<App>,
    caller: Caller,
    JsonBody(listing): JsonBody<Listing>,
) -> Answer<Json<Value>> {
    caller.require(Scope::Admin)?;
    let phone = listing.phone(&app).await?;
    let listed = app.do_not_call.contains(&phone).await?;
    Ok(Json(json!({ "listed": listed, "phone_number": phone.masked() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Trail {
    items: Vec<AuditEntry>,
}

pub(crate) async fn audit(
    State(app): State<App>,
    caller: Caller,
    QueryParams(query): QueryParams<AuditQuery>,
) -> Answer<Json<Trail>> {
    caller.require(Scope::Admin)?;
    let rows = PageRequest { limit: query.limit, cursor: None }.rows();
    Ok(Json(Trail { items: app.audit.newest(rows).await? }))
}
