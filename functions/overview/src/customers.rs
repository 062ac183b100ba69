//! Customers. Numbers are masked without the `pii` scope, and with it wherever the caller asks
//! for `masked=true`; every answer with full numbers is audited first.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::app::views::CallView;
use shared::app::{App, Error};
use shared::domain::access::Scope;
use shared::domain::customer::CustomerView;
use shared::domain::id::{CallId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::page::{Page, PageRequest};
use shared::http::{Answer, Caller, Failure, QueryParams, id_in_path};
use shared::ports::calls::CallFilter;
use shared::ports::customers::CustomerFilter;
use shared::ports::records::Promise;

/// Calls shown with one customer; the rest is `GET /api/calls?customer_id=…`.
const CALLS_OF_A_CUSTOMER: u32 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomersQuery {
    cursor: Option<String>,
    limit: Option<u32>,
    q: Option<String>,
    state: Option<String>,
    language: Option<String>,
    upload_id: Option<String>,
    #[serde(default)]
    masked: bool,
}

impl CustomersQuery {
    fn filter(&self) -> Result<CustomerFilter, Failure> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        let language = given(&self.language).map(|word| Language::parse(&word)).transpose();
        let language = language.map_err(|error| Failure::invalid("invalid_query", format!("language: {error}")))?;
        let upload = given(&self.upload_id).as_deref().map(id_in_path::<UploadId>).transpose()?;
        Ok(CustomerFilter {
            q: given(&self.q),
            state: given(&self.state),
            language,
            upload_id: upload.map(|id| id.to_string()),
        })
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryParams(query): QueryParams<CustomersQuery>,
) -> Answer<Json<Page<CustomerView>>> {
    caller.require(Scope::Read)?;
    let page = PageRequest { cursor: query.cursor.clone(), limit: query.limit };
    let found = app.customers.list(&query.filter()?, &page).await?;
    let reveal = caller.actor.may(Scope::Pii) && !query.masked;
    if reveal && !found.items.is_empty() {
        let ids: Vec<String> = found.items.iter().map(|customer| customer.id.to_string()).collect();
        caller.audit(&app, "reveal_phone", format!("customers:{}", ids.join(","))).await?;
    }
    let items = found.items.iter().map(|customer| customer.view(reveal)).collect();
    Ok(Json(Page { items, next_cursor: found.next_cursor }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneQuery {
    #[serde(default)]
    masked: bool,
}

/// One customer with what is known about them.
#[derive(Serialize)]
pub(crate) struct CustomerDetail {
    #[serde(flatten)]
    customer: CustomerView,
    /// The sheet's other columns: personal data, so only with the number.
    attributes: Option<BTreeMap<String, String>>,
    promises: Vec<PromiseView>,
    calls: Vec<CallView>,
}

#[derive(Serialize)]
struct PromiseView {
    call_id: CallId,
    amount_paise: Option<i64>,
    due_date: Option<Date>,
    created_at: Timestamp,
}

impl From<Promise> for PromiseView {
    fn from(promise: Promise) -> Self {
        Self {
            call_id: promise.call_id,
            amount_paise: promise.amount.map(|amount| amount.0),
            due_date: promise.due_date,
            created_at: promise.created_at,
        }
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    QueryParams(query): QueryParams<OneQuery>,
) -> Answer<Json<CustomerDetail>> {
    caller.require(Scope::Read)?;
    let id: CustomerId = id_in_path(&id)?;
    let customer = app.customers.find(id).await?.ok_or(Error::NotFound { what: "customer" })?;
    let calls = CallFilter { customer_id: Some(id.to_string()), ..CallFilter::default() };
    let page = PageRequest { limit: Some(CALLS_OF_A_CUSTOMER), cursor: None };
    let (promises, calls) = tokio::try_join!(app.promises.of_customer(id), app.calls.list(&calls, &page))?;
    let reveal = caller.actor.may(Scope::Pii) && !query.masked;
    if reveal {
        caller.audit(&app, "reveal_phone", format!("customer:{id}")).await?;
    }
    Ok(Json(CustomerDetail {
        customer: customer.view(reveal),
        attributes: reveal.then_some(customer.details.attributes),
        promises: promises.into_iter().map(PromiseView::from).collect(),
        calls: calls.items.into_iter().map(CallView::from).collect(),
    }))
}
