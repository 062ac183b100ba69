//! API keys. Changes are audited before they are made.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::app::{App, Error, keys as api_keys};
use shared::domain::access::{ApiKey, Scope};
use shared::domain::id::ApiKeyId;
use shared::domain::page::Page;
use shared::http::{Answer, Api, Caller, Failure, JsonBody, PathId, QueryParams, ReplayAs, Route, page_failure};

use crate::reads::PageQuery;

/// Each of them once. The trail notes them all, and an entry of it is small.
const MOST_SCOPES: usize = Scope::ALL.len();

pub(crate) fn routes(api: Api) -> Api {
    let list = Route::get("/api/keys", Scope::Admin, "API keys, newest first")
        .query::<PageQuery>()
        .answers::<Page<KeyView>>(200, "A page; never a secret.");
    let create = Route::post("/api/keys", Scope::Admin, "Make an API key")
        .details("The secret is in the first answer only; a repeat with the same `Idempotency-Key` has null there.")
        .takes::<KeyWish>()
        .answers::<MadeKey>(201, "The key with its secret.");
    let revoke = Route::delete("/api/keys/{id}", Scope::Admin, "Revoke an API key")
        .id::<ApiKeyId>()
        .answers::<Revoked>(200, "From now on it opens nothing.");
    api.route(list, keys).route(create, create_key).route(revoke, revoke_key)
}

/// A key; its secret is stored nowhere.
#[derive(Serialize, JsonSchema)]
struct KeyView {
    id: ApiKeyId,
    name: String,
    #[schemars(length(max = MOST_SCOPES))]
    scopes: Vec<Scope>,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self { id: key.id, name: key.name, scopes: key.scopes, created_at: key.created_at, revoked_at: key.revoked_at }
    }
}

async fn keys(State(app): State<App>, QueryParams(page): QueryParams<PageQuery>) -> Answer<Json<Page<KeyView>>> {
    let keys = app.api_keys.list(&page.into()).await.map_err(page_failure)?;
    let items = keys.items.into_iter().map(KeyView::from).collect();
    Ok(Json(Page { items, next_cursor: keys.next_cursor }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyWish {
    /// 1 to 80 characters, for the audit trail.
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// What it may do: at least one, each of them once.
    #[schemars(length(min = 1, max = MOST_SCOPES))]
    scopes: Vec<Scope>,
}

/// The one answer that ever shows the secret.
#[derive(Serialize, JsonSchema)]
struct MadeKey {
    success: bool,
    #[serde(flatten)]
    key: KeyView,
    /// Send it as `Authorization: Bearer <secret>`. Null in an answer that is repeated.
    secret: Option<String>,
}

async fn create_key(State(app): State<App>, caller: Caller, JsonBody(wish): JsonBody<KeyWish>) -> Answer<Response> {
    if wish.scopes.len() > MOST_SCOPES {
        return Err(Failure::invalid("too_many_scopes", format!("scopes: at most {MOST_SCOPES}, each of them once")));
    }
    let scopes: Vec<&str> = wish.scopes.iter().map(|scope| scope.as_str()).collect();
    let name: String = wish.name.chars().filter(|c| !c.is_control()).take(80).collect();
    caller.audit(&app, "create_key", format!("key:{name} ({})", scopes.join(" "))).await?;
    let made = api_keys::create_key(&app, &wish.name, &wish.scopes).await?;
    let mut answer = MadeKey { success: true, key: made.key.into(), secret: None };
    let repeated = serde_json::to_value(&answer).map_err(|error| Error::Bug(Box::new(error)))?;
    answer.secret = Some(made.secret.expose_secret().to_owned());
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    response.extensions_mut().insert(ReplayAs(repeated));
    Ok(response)
}

/// A key that opens nothing any more.
#[derive(Serialize, JsonSchema)]
struct Revoked {
    success: bool,
    id: ApiKeyId,
}

async fn revoke_key(State(app): State<App>, caller: Caller, PathId(id): PathId<ApiKeyId>) -> Answer<Json<Revoked>> {
    caller.audit(&app, "revoke_key", format!("key:{id}")).await?;
    api_keys::revoke_key(&app, id).await?;
    Ok(Json(Revoked { success: true, id }))
}
