//! The do-not-call list. Changes, and every look at full numbers, are audited first.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::domain::access::Scope;
use shared::domain::page::Page;
use shared::domain::phone::PhoneNumber;
use shared::http::{Answer, Api, Caller, Failure, JsonBody, QueryParams, Route, page_failure};
use shared::ports::records::DoNotCallEntry;

use crate::reads::PageQuery;

const LIST: &str = "/api/do-not-call";

pub(crate) fn routes(api: Api) -> Api {
    let list = Route::get(LIST, Scope::Admin, "The do-not-call list, newest first")
        .details("Full numbers only to keys with the scope `pii`; each time is noted in the audit trail.")
        .query::<PageQuery>()
        .answers::<Page<ListedView>>(200, "A page.");
    let add = Route::post(LIST, Scope::Admin, "Never phone this number again")
        .takes::<Listing>()
        .answers::<Listed>(201, "It is on the list; also where it was before.");
    let remove = Route::delete(LIST, Scope::Admin, "Take a number off the do-not-call list")
        .takes::<Listing>()
        .answers::<Unlisted>(200, "It is off the list.");
    let check = Route::post("/api/do-not-call/check", Scope::Admin, "Whether a number is on the do-not-call list")
        .details("A number never travels in an address, so this is a POST.")
        .takes::<Listing>()
        .answers::<Checked>(200, "Whether it is.");
    api.route(list, do_not_call)
        .route(add, add_do_not_call)
        .route(remove, remove_do_not_call)
        .route(check, check_do_not_call)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Listing {
    /// As people write it.
    #[schemars(example = "+91 90000 00001")]
    phone_number: String,
    /// Why, for the record; the first 200 characters of it.
    #[serde(default)]
    reason: Option<String>,
}

/// A number that is not phoned.
#[derive(Serialize, JsonSchema)]
struct ListedView {
    /// `+91******3210`, or the full number for callers with the `pii` scope.
    phone_number: String,
    /// Why it is on the list.
    reason: String,
    /// Who put it there: `key:…` or `call:…`.
    source: String,
    created_at: Timestamp,
}

async fn do_not_call(
    State(app): State<App>,
    caller: Caller,
    QueryParams(page): QueryParams<PageQuery>,
) -> Answer<Json<Page<ListedView>>> {
    let found = app.do_not_call.list(&page.into()).await.map_err(page_failure)?;
    let reveal = caller.actor.may(Scope::Pii);
    if reveal && !found.items.is_empty() {
        caller.audit(&app, "reveal_phone", format!("do_not_call:{} numbers", found.items.len())).await?;
    }
    let view = |entry: DoNotCallEntry| ListedView {
        phone_number: if reveal { entry.phone.expose().to_owned() } else { entry.phone.masked() },
        reason: entry.reason,
        source: entry.source,
        created_at: entry.created_at,
    };
    Ok(Json(Page { items: found.items.into_iter().map(view).collect(), next_cursor: found.next_cursor }))
}

impl Listing {
    async fn phone(&self, app: &App) -> Result<PhoneNumber, Failure> {
        let reach = app.settings.current().await?.reach;
        PhoneNumber::parse_within(&self.phone_number, reach)
            .map_err(|error| Failure::invalid("invalid_phone", format!("phone_number: {error}")))
    }
}

/// A number that is on the list now.
#[derive(Serialize, JsonSchema)]
struct Listed {
    success: bool,
    /// Masked.
    phone_number: String,
}

async fn add_do_not_call(
    State(app): State<App>,
    caller: Caller,
    JsonBody(listing): JsonBody<Listing>,
) -> Answer<(StatusCode, Json<Listed>)> {
    let phone = listing.phone(&app).await?;
    let reason: String = listing.reason.as_deref().unwrap_or("asked for").trim().chars().take(200).collect();
    caller.audit(&app, "add_do_not_call", format!("phone:{phone}")).await?;
    app.do_not_call.add(&phone, &reason, &format!("key:{}", caller.actor.name), app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(Listed { success: true, phone_number: phone.masked() })))
}

/// A number that is off the list now.
#[derive(Serialize, JsonSchema)]
struct Unlisted {
    success: bool,
    /// False where it was not on the list.
    removed: bool,
    /// Masked.
    phone_number: String,
}

async fn remove_do_not_call(
    State(app): State<App>,
    caller: Caller,
    JsonBody(listing): JsonBody<Listing>,
) -> Answer<Json<Unlisted>> {
    let phone = listing.phone(&app).await?;
    caller.audit(&app, "remove_do_not_call", format!("phone:{phone}")).await?;
    let removed = app.do_not_call.remove(&phone).await?;
    Ok(Json(Unlisted { success: true, removed, phone_number: phone.masked() }))
}

/// Whether a number is on the list.
#[derive(Serialize, JsonSchema)]
struct Checked {
    listed: bool,
    /// Masked.
    phone_number: String,
}

async fn check_do_not_call(State(app): State<App>, JsonBody(listing): JsonBody<Listing>) -> Answer<Json<Checked>> {
    let phone = listing.phone(&app).await?;
    let listed = app.do_not_call.contains(&phone).await?;
    Ok(Json(Checked { listed, phone_number: phone.masked() }))
}
