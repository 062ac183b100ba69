//! Customers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tokio_postgres::Row;

use super::sql::{Conditions, contains_pattern, cursor, get, id_or_none, known, page, row, rows};
use super::{PostgresRecords, import};
use crate::adapters::crypto::KeyRing;
use crate::domain::customer::{Customer, CustomerDetails};
use crate::domain::id::{CustomerId, UploadId};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::ports::StoreError;
use crate::ports::customers::{CustomerFilter, CustomerImport, Customers};

/// Columns as associated data of what is sealed in them.
pub(super) const PHONE: &str = "customers.phone";
pub(super) const ATTRIBUTES: &str = "customers.attributes";

const COLUMNS: &str = "id, name, phone, state, loan_id, amount_paise, due_date, language_code, attributes, \
                       created_at, updated_at";

/// Opens a sealed phone number.
pub(super) fn open_phone(keys: &KeyRing, column: &'static str, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
    let fault = |error: crate::ports::BoxError| StoreError::corrupt("a phone number", error);
    let bytes = keys.open(column, sealed).map_err(|e| fault(Box::new(e)))?;
    let text = String::from_utf8(bytes).map_err(|_| fault("not text".into()))?;
    PhoneNumber::try_from(text).map_err(|e| fault(Box::new(e)))
}

fn customer_of(keys: &KeyRing, row: &Row) -> Result<Customer, StoreError> {
    let attributes: BTreeMap<String, String> = match get::<Option<&[u8]>>(row, "attributes")? {
        None => BTreeMap::new(),
        Some(sealed) => {
            let what = "a customer's other columns";
            let bytes = keys.open(ATTRIBUTES, sealed).map_err(|error| StoreError::corrupt(what, error))?;
            serde_json::from_slice(&bytes).map_err(|error| StoreError::corrupt(what, error))?
        }
    };
    Ok(Customer {
        id: CustomerId::from_uuid(get(row, "id")?),
        details: CustomerDetails {
            name: get(row, "name")?,
            phone: open_phone(keys, PHONE, get(row, "phone")?)?,
            state: get(row, "state")?,
            loan_id: get(row, "loan_id")?,
            amount: get::<Option<i64>>(row, "amount_paise")?.map(Paise),
            due_date: get(row, "due_date")?,
            language: known(row, "language_code", |text| Language::parse(text).ok())?,
            attributes,
        },
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}

fn conditions(filter: &CustomerFilter) -> Conditions {
    let mut conditions = Conditions::new();
    if let Some(q) = &filter.q {
        conditions.add("lower(name || ' ' || coalesce(loan_id, '')) like $?", contains_pattern(q));
    }
    if let Some(state) = &filter.state {
        conditions.add("state = $?", state.clone());
    }
    if let Some(language) = filter.language {
        conditions.add("language_code = $?", language.code());
    }
    if let Some(upload) = &filter.upload_id {
        conditions.add("upload_id = $?", id_or_none(upload));
    }
    conditions
}

#[async_trait]
impl Customers for PostgresRecords {
    async fn import(&self, upload: UploadId) -> Result<Box<dyn CustomerImport>, StoreError> {
        Ok(Box::new(import::PostgresImport::open(self, upload).await?))
    }

    async fn find(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let sql = format!("select {COLUMNS} from customers where id = $1");
        let found = row(&self.client().await?, &sql, &[&id.as_uuid()]).await?;
        found.map(|row| customer_of(&self.keys, &row)).transpose()
    }

    async fn find_many(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from customers join unnest($1::uuid[]) with ordinality as asked(id, at) using (id) \
             order by at"
        );
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        let found = rows(&self.client().await?, &sql, &[&ids]).await?;
        found.iter().map(|row| customer_of(&self.keys, row)).collect()
    }

    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Vec<Customer>, StoreError> {
        let sql = format!("select {COLUMNS} from customers where phone_index = $1 order by id");
        let index = self.keys.phone_index(phone);
        let found = rows(&self.client().await?, &sql, &[&index.as_slice()]).await?;
        found.iter().map(|row| customer_of(&self.keys, row)).collect()
    }

    async fn list(&self, filter: &CustomerFilter, request: &PageRequest) -> Result<Page<Customer>, StoreError> {
        let mut conditions = conditions(filter);
        if let Some(text) = &request.cursor {
            conditions.add("id < $?", cursor(text)?);
        }
        let limit = request.rows();
        let sql =
            format!("select {COLUMNS} from customers where {} order by id desc limit {}", conditions.sql(), limit + 1);
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        let customers: Result<Vec<_>, _> = found.iter().map(|row| customer_of(&self.keys, row)).collect();
        Ok(page(customers?, limit, |customer| customer.id.as_uuid()))
    }

    async fn ids(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let mut conditions = conditions(filter);
        if let Some(after) = after {
            conditions.add("id > $?", after.as_uuid());
        }
        let sql = format!("select id from customers where {} order by id limit {limit}", conditions.sql());
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        found.iter().map(|row| get(row, "id").map(CustomerId::from_uuid)).collect()
    }
}
