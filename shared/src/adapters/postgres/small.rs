//! The small records: do-not-call list, promises, settings, API keys, idempotent answers, health.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::PostgresRecords;
use super::customers::open_phone;
use super::sql::{Conditions, Param, change, cursor, get, json, page, row, rows, to_json};
use crate::domain::access::{ApiKey, Scope};
use crate::domain::id::{ApiKeyId, CallId, CustomerId, PromiseId};
use crate::domain::money::Paise;
use crate::domain::page::{MAX_PAGE, Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::AccountSettings;
use crate::ports::StoreError;
use crate::ports::records::{
    ApiKeys, Begun, DoNotCall, DoNotCallEntry, HeldKey, IdempotencyKeys, Promise, Promises, RecordsHealth, SavedAnswer,
    Settings,
};

/// Column as associated data of what is sealed in it.
const LISTED_PHONE: &str = "do_not_call.phone";

/// Microseconds since 1970 and the index: what the list is ordered by.
fn cursor_after(row: &Row) -> Result<String, StoreError> {
    let at: Timestamp = get(row, "created_at")?;
    let index: Vec<u8> = get(row, "phone_index")?;
    Ok(format!("{}.{}", at.as_microsecond(), URL_SAFE_NO_PAD.encode(index)))
}

fn listed_after(cursor: &str) -> Option<(Timestamp, Vec<u8>)> {
    let (at, index) = cursor.split_once('.')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, URL_SAFE_NO_PAD.decode(index).ok()?))
}

#[async_trait]
impl DoNotCall for PostgresRecords {
    async fn add(&self, phone: &PhoneNumber, reason: &str, source: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "insert into do_not_call (phone_index, phone, reason, source, created_at)
                   values ($1, $2, $3, $4, $5) on conflict (phone_index) do nothing";
        let sealed = self.keys.seal(LISTED_PHONE, phone.expose().as_bytes());
        let index = self.keys.phone_index(phone);
        let params: [Param<'_>; 5] = [&index.as_slice(), &sealed, &reason, &source, &now];
        change(&self.client().await?, "the do-not-call entry", sql, &params).await?;
        Ok(())
    }

    async fn contains(&self, phone: &PhoneNumber) -> Result<bool, StoreError> {
        let index = self.keys.phone_index(phone);
        let sql = "select 1 from do_not_call where phone_index = $1";
        Ok(row(&self.client().await?, sql, &[&index.as_slice()]).await?.is_some())
    }

    async fn remove(&self, phone: &PhoneNumber) -> Result<bool, StoreError> {
        let index = self.keys.phone_index(phone);
        let sql = "delete from do_not_call where phone_index = $1";
        Ok(change(&self.client().await?, "the do-not-call entry", sql, &[&index.as_slice()]).await? == 1)
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<DoNotCallEntry>, StoreError> {
        let mut conditions = Conditions::new();
        if let Some(text) = &request.cursor {
            let (at, index) = listed_after(text).ok_or(StoreError::Conflict { what: "the cursor" })?;
            conditions.add("created_at <= $?", at);
            conditions.add("(created_at, phone_index) < ($1, $?)", index);
        }
        let limit = request.rows() as usize;
        let sql = format!(
            "select phone_index, phone, reason, source, created_at from do_not_call where {}
             order by created_at desc, phone_index desc limit {}",
            conditions.sql(),
            limit + 1
        );
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        let last = found.get(limit - 1).filter(|_| found.len() > limit);
        let next_cursor = last.map(cursor_after).transpose()?;
        let of_row = |row: &Row| {
            Ok(DoNotCallEntry {
                phone: open_phone(&self.keys, LISTED_PHONE, get(row, "phone")?)?,
                reason: get(row, "reason")?,
                source: get(row, "source")?,
                created_at: get(row, "created_at")?,
            })
        };
        let items: Result<Vec<_>, StoreError> = found.iter().take(limit).map(of_row).collect();
        Ok(Page { items: items?, next_cursor })
    }
}

#[async_trait]
impl Promises for PostgresRecords {
    async fn record(&self, promise: &Promise) -> Result<(), StoreError> {
        let sql = "insert into promises (id, customer_id, call_id, amount_paise, due_date, created_at)
                   values ($1, $2, $3, $4, $5, $6)
                   on conflict (call_id) do update set id = excluded.id, amount_paise = excluded.amount_paise,
                       due_date = excluded.due_date, created_at = excluded.created_at";
        let params: [Param<'_>; 6] = [
            &promise.id.as_uuid(),
            &promise.customer_id.as_uuid(),
            &promise.call_id.as_uuid(),
            &promise.amount.map(|amount| amount.0),
            &promise.due_date,
            &promise.created_at,
        ];
        change(&self.client().await?, "the promise", sql, &params).await?;
        Ok(())
    }

    async fn of_customer(&self, customer: CustomerId) -> Result<Vec<Promise>, StoreError> {
        let sql = "select id, customer_id, call_id, amount_paise, due_date, created_at from promises
                   where customer_id = $1 order by created_at desc, id desc limit $2";
        let found = rows(&self.client().await?, sql, &[&customer.as_uuid(), &i64::from(MAX_PAGE)]).await?;
        let of_row = |row: &Row| {
            Ok(Promise {
                id: PromiseId::from_uuid(get(row, "id")?),
                customer_id: CustomerId::from_uuid(get(row, "customer_id")?),
                call_id: CallId::from_uuid(get(row, "call_id")?),
                amount: get::<Option<i64>>(row, "amount_paise")?.map(Paise),
                due_date: get(row, "due_date")?,
                created_at: get(row, "created_at")?,
            })
        };
        found.iter().map(of_row).collect()
    }
}

#[async_trait]
impl Settings for PostgresRecords {
    async fn current(&self) -> Result<AccountSettings, StoreError> {
        let sql = "select settings from settings order by version desc limit 1";
        match row(&self.client().await?, sql, &[]).await? {
            Some(row) => json("the settings", get(&row, "settings")?),
            None => Ok(AccountSettings::default()),
        }
    }

    async fn replace(&self, settings: &AccountSettings, by: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "insert into settings (settings, created_by, created_at) values ($1, $2, $3)";
        let settings = to_json("the settings", settings)?;
        change(&self.client().await?, "the settings", sql, &[&settings, &by, &now]).await?;
        Ok(())
    }
}

const KEY_COLUMNS: &str = "id, name, scopes, created_at, revoked_at";

fn key_of(row: &Row) -> Result<ApiKey, StoreError> {
    let words: Vec<String> = get(row, "scopes")?;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(get(row, "id")?),
        name: get(row, "name")?,
        // A scope this program does not know permits nothing here.
        scopes: words.iter().filter_map(|word| Scope::parse(word)).collect(),
        created_at: get(row, "created_at")?,
        revoked_at: get(row, "revoked_at")?,
    })
}

#[async_trait]
impl ApiKeys for PostgresRecords {
    async fn create(&self, key: &ApiKey, secret_sha256: [u8; 32]) -> Result<(), StoreError> {
        let sql = "insert into api_keys (id, secret_sha256, name, scopes, created_at, revoked_at)
                   values ($1, $2, $3, $4, $5, $6)";
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let params: [Param<'_>; 6] =
            [&key.id.as_uuid(), &secret_sha256.as_slice(), &key.name, &scopes, &key.created_at, &key.revoked_at];
        change(&self.client().await?, "the API key", sql, &params).await?;
        Ok(())
    }

    async fn by_hash(&self, secret_sha256: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!("select {KEY_COLUMNS} from api_keys where secret_sha256 = $1");
        row(&self.client().await?, &sql, &[&secret_sha256.as_slice()]).await?.map(|row| key_of(&row)).transpose()
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let mut conditions = Conditions::new();
        if let Some(text) = &request.cursor {
            conditions.add("id < $?", cursor(text)?);
        }
        let limit = request.rows();
        let sql = format!(
            "select {KEY_COLUMNS} from api_keys where {} order by id desc limit {}",
            conditions.sql(),
            limit + 1
        );
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        let keys: Result<Vec<_>, _> = found.iter().map(key_of).collect();
        Ok(page(keys?, limit, |key| key.id.as_uuid()))
    }

    async fn revoke(&self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1";
        Ok(change(&self.client().await?, "the API key", sql, &[&id.as_uuid(), &now]).await? == 1)
    }
}

/// A request that has not answered by then has died.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_secs(60);
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

#[async_trait]
impl IdempotencyKeys for PostgresRecords {
    async fn begin(
        &self,
        scope: &str,
        key: &str,
        request_sha256: [u8; 32],
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let client = self.client().await?;
        let take = "insert into idempotency_keys as k (scope, key, request_sha256, started_at) values ($1, $2, $3, $4)
                    on conflict (scope, key) do update set request_sha256 = excluded.request_sha256,
                        started_at = excluded.started_at, finished_at = null, http_status = null, body = null
                    where (k.finished_at is null and k.started_at <= $5 and k.request_sha256 = excluded.request_sha256)
                        or coalesce(k.finished_at, k.started_at) <= $6";
        let (dead, old) = (now - ABANDONED_AFTER, now - KEPT_FOR);
        let hash = request_sha256.as_slice();
        let params: [Param<'_>; 6] = [&scope, &key, &hash, &now, &dead, &old];
        if change(&client, "the idempotency key", take, &params).await? == 1 {
            return Ok(Begun::Fresh(HeldKey { scope: scope.to_owned(), key: key.to_owned(), since: now }));
        }
        let read = "select request_sha256, http_status, body from idempotency_keys where scope = $1 and key = $2";
        let Some(found) = row(&client, read, &[&scope, &key]).await? else {
            // Freed between the two statements: whoever asks again gets it.
            return Ok(Begun::InProgress);
        };
        if get::<&[u8]>(&found, "request_sha256")? != hash {
            return Ok(Begun::Mismatch);
        }
        let status: Option<i16> = get(&found, "http_status")?;
        let body: Option<String> = get(&found, "body")?;
        Ok(match status.and_then(|status| u16::try_from(status).ok()).zip(body) {
            Some((status, body)) => Begun::Answered(SavedAnswer { status, body }),
            None => Begun::InProgress,
        })
    }

    async fn finish(&self, held: &HeldKey, answer: &SavedAnswer, now: Timestamp) -> Result<bool, StoreError> {
        let client = self.client().await?;
        let sql = "update idempotency_keys set finished_at = $4, http_status = $5, body = $6
                   where scope = $1 and key = $2 and started_at = $3";
        let status = i16::try_from(answer.status).unwrap_or(500);
        let params: [Param<'_>; 6] = [&held.scope, &held.key, &held.since, &now, &status, &answer.body];
        let kept = change(&client, "the idempotency key", sql, &params).await? == 1;
        // The table holds a day's keys, whoever stops asking.
        let sweep =
            "delete from idempotency_keys where started_at <= $1 and (finished_at is null or finished_at <= $1)";
        change(&client, "the idempotency key", sweep, &[&(now - KEPT_FOR)]).await?;
        Ok(kept)
    }

    async fn abandon(&self, held: &HeldKey) -> Result<(), StoreError> {
        let sql = "delete from idempotency_keys where scope = $1 and key = $2 and started_at = $3
                   and finished_at is null";
        let params: [Param<'_>; 3] = [&held.scope, &held.key, &held.since];
        change(&self.client().await?, "the idempotency key", sql, &params).await?;
        Ok(())
    }
}

#[async_trait]
impl RecordsHealth for PostgresRecords {
    async fn ping(&self) -> Result<(), StoreError> {
        row(&self.client().await?, "select 1", &[]).await?;
        Ok(())
    }

    fn pool(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.max_size)
    }
}
