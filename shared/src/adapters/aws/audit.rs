//! The audit trail in DynamoDB: one partition per day (UTC), sorted by time.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::ports::StoreError;
use crate::ports::audit::{Audit, AuditEntry};
use crate::ports::clock::Clock;

/// How far back the newest entries are looked for: quiet days are skipped one by one.
const DAYS_BACK: i64 = 31;

/// The table `audit` (partition key `day`, sort key `at`).
#[derive(Clone)]
pub struct DynamoAudit {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
}

impl DynamoAudit {
    /// The table of that name.
    pub fn new(config: &SdkConfig, table: String, clock: Arc<dyn Clock>) -> Self {
        Self { client: Client::new(config), table, clock }
    }

    async fn of_day(&self, day: &str, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#day = :day")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", AttributeValue::S(day.to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|e| StoreError::unavailable("dynamodb", e))?;
        let entry = |item: &HashMap<String, AttributeValue>| {
            let text = item.get("entry").and_then(|v| v.as_s().ok()).map(String::as_str).unwrap_or_default();
            serde_json::from_str(text).map_err(|e| StoreError::corrupt("an audit entry", e))
        };
        answer.items().iter().map(entry).collect()
    }
}

#[async_trait]
impl Audit for DynamoAudit {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let text = serde_json::to_string(entry).map_err(|e| StoreError::corrupt("an audit entry", e))?;
        // Two entries of one microsecond both stay: the suffix keeps their keys apart.
        let at = format!("{}#{}", entry.at, Uuid::now_v7().simple());
        self.client
            .put_item()
            .table_name(&self.table)
            .item("day", AttributeValue::S(entry.at.strftime("%Y-%m-%d").to_string()))
            .item("at", AttributeValue::S(at))
            .item("entry", AttributeValue::S(text))
            .condition_expression("attribute_not_exists(#at)")
            .expression_attribute_names("#at", "at")
            .send()
            .await
            .map_err(|e| StoreError::unavailable("dynamodb", e))?;
        Ok(())
    }

    async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let today = self.clock.now().to_zoned(TimeZone::UTC).date();
        let mut found = Vec::new();
        for back in 0..DAYS_BACK {
            let wanted = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
            if wanted == 0 {
                break;
            }
            let day = today.saturating_sub(jiff::Span::new().days(back));
            found.extend(self.of_day(&day.to_string(), wanted).await?);
        }
        Ok(found)
    }
}
