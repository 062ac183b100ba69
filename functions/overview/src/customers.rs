//! Customers. Numbers are masked without the `pii` scope, and with it wherever the caller asks
//! for `masked=true`; every answer with full numbers is audited first.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::app::views::CallView;
use shared::app::{App, Error};
use shared::domain::access::Scope;
use shared::domain::customer::CustomerView;
use shared::domain::id::{CallId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::page::{MAX_PAGE, Page, PageRequest};
use shared::http::{Answer, Api, Caller, Failure, Limit, PathId, QueryParams, Route, id_in_path, page_failure};
use shared::ports::calls::CallFilter;
use shared::ports::customers::CustomerFilter;
use shared::ports::records::Promise;

/// Calls shown with one customer; the rest is `GET /api/calls?customer_id=…`.
const CALLS_OF_A_CUSTOMER: u32 = 20;

pub(crate) fn routes(api: Api) -> Api {
    let list_of_customers = Route::get("/api/customers", Scope::Read, "Customers, newest first")
        .details("Full numbers only to keys with the scope `pii`; each time is noted in the audit trail.")
        .query::<CustomersQuery>()
        .answers::<Page<CustomerView>>(200, "A page.");
    let one_customer = Route::get("/api/customers/{id}", Scope::Read, "One customer with promises and latest calls")
        .id::<CustomerId>()
        .query::<OneQuery>()
        .answers::<CustomerDetail>(200, "The customer.");
    api.route(list_of_customers, list).route(one_customer, one)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CustomersQuery {
    /// `next_cursor` of the page before.
    #[schemars(with = "Option<CustomerId>")]
    cursor: Option<String>,
    /// Rows.
    limit: Option<Limit>,
    /// Part of the name or of the loan id.
    q: Option<String>,
    /// State of residence, exactly.
    state: Option<String>,
    /// Code or name.
    #[schemars(with = "Option<Language>")]
    language: Option<String>,
    /// Last seen in this upload.
    #[schemars(with = "Option<UploadId>")]
    upload_id: Option<String>,
    /// Mask the numbers although the key may see them.
    #[serde(default)]
    masked: bool,
}

impl CustomersQuery {
    fn filter(&self) -> Result<CustomerFilter, Failure> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        let language = self.language.as_deref().map(Language::parse).transpose();
        let language = language.map_err(|error| Failure::invalid("invalid_query", format!("language: {error}")))?;
        let upload = self.upload_id.as_deref().map(id_in_path::<UploadId>).transpose()?;
        Ok(CustomerFilter {
            q: given(&self.q),
            state: given(&self.state),
            language,
            upload_id: upload.map(|id| id.to_string()),
        })
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryParams(query): QueryParams<CustomersQuery>,
) -> Answer<Json<Page<CustomerView>>> {
    let page = PageRequest { cursor: query.cursor.clone(), limit: query.limit.map(Limit::rows) };
    let found = app.customers.list(&query.filter()?, &page).await.map_err(page_failure)?;
    let reveal = caller.actor.may(Scope::Pii) && !query.masked;
    if reveal && !found.items.is_empty() {
        let ids: Vec<String> = found.items.iter().map(|customer| customer.id.to_string()).collect();
        caller.audit(&app, "reveal_phone", format!("customers:{}", ids.join(","))).await?;
    }
    let items = found.items.iter().map(|customer| customer.view(reveal)).collect();
    Ok(Json(Page { items, next_cursor: found.next_cursor }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    /// Mask the number although the key may see it.
    #[serde(default)]
    masked: bool,
}

/// One customer with what is known about them.
#[derive(Serialize, JsonSchema)]
struct CustomerDetail {
    #[serde(flatten)]
    customer: CustomerView,
    /// The sheet's other columns: personal data, so only with the number.
    attributes: Option<BTreeMap<String, String>>,
    #[schemars(length(max = MAX_PAGE))]
    promises: Vec<PromiseView>,
    #[schemars(length(max = CALLS_OF_A_CUSTOMER))]
    calls: Vec<CallView>,
}

/// A promise to pay, made on the phone.
#[derive(Serialize, JsonSchema)]
struct PromiseView {
    call_id: CallId,
    amount_paise: Option<i64>,
    /// When it will be paid.
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

async fn one(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<CustomerId>,
    QueryParams(query): QueryParams<OneQuery>,
) -> Answer<Json<CustomerDetail>> {
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
