//! The account's settings. Changes are audited before they are made.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use shared::app::{App, change_settings as settings_change};
use shared::domain::access::Scope;
use shared::domain::phone::mask;
use shared::domain::settings::AccountSettings;
use shared::http::{Answer, Api, Caller, Failure, JsonBody, Route};

/// The fields of a change are named by whoever sends it; the trail keeps this much of them.
const MAX_SUBJECT_CHARS: usize = 400;

pub(crate) fn routes(api: Api) -> Api {
    let read = Route::get("/api/settings", Scope::Read, "The account's settings")
        .answers::<AccountSettings>(200, "Agents' numbers are masked without the scope `pii`.");
    let change = Route::put("/api/settings", Scope::Admin, "Change settings")
        .details("Fields that are not named stay. The result is checked as a whole; every faulty field is named.")
        .takes::<AccountSettings>()
        .answers::<AccountSettings>(200, "The settings as they are now.");
    api.route(read, settings).route(change, change_settings)
}

async fn settings(State(app): State<App>, caller: Caller) -> Answer<Json<AccountSettings>> {
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

async fn change_settings(
    State(app): State<App>,
    caller: Caller,
    JsonBody(change): JsonBody<Value>,
) -> Answer<Json<AccountSettings>> {
    let fields: Vec<&str> =
        change.as_object().into_iter().flat_map(|fields| fields.keys()).map(String::as_str).collect();
    let subject: String = format!("settings:{}", fields.join(",")).chars().take(MAX_SUBJECT_CHARS).collect();
    caller.audit(&app, "change_settings", subject).await?;
    let settings = settings_change::change_settings(&app, change, &caller.actor.name).await?;
    Ok(Json(shown(&app, &caller, settings).await?))
}
