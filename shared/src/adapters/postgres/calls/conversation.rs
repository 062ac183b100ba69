//! What a conversation left.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::super::PostgresRecords;
use super::super::sql::{Param, change, get, json, row, to_json, word};
use crate::domain::call::{ConversationResult, Disposition};
use crate::domain::id::CallId;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::transcript::Transcript;
use crate::ports::StoreError;

const TRANSCRIPT: &str = "call_sessions.conversation_transcript";
const SUMMARY: &str = "call_sessions.summary";
/// No key holds it.
const BETWEEN_KEYS: char = ' ';

pub(super) async fn save(
    records: &PostgresRecords,
    call: CallId,
    result: &ConversationResult,
) -> Result<(), StoreError> {
    let transcript = serde_json::to_vec(&result.transcript).map_err(|e| StoreError::corrupt("the transcript", e))?;
    // As `Disposition::left_after` has it; in one statement, because reports come meanwhile.
    let sql = "update call_sessions set conversation_transcript = $2, summary = $3,
                      disposition = case when disposition = 'callback_requested' and $4::text = 'transferred'
                                         then disposition else $4 end,
                      intent_detected = $5, language_detected = $6, duration_s = coalesce(duration_s, $7),
                      timings = $8, meters = $9, cost_paise = $10, updated_at = $11
               where id = $1";
    let params: [Param<'_>; 11] = [
        &call.as_uuid(),
        &records.keys.seal(TRANSCRIPT, &transcript),
        &records.keys.seal(SUMMARY, result.summary.as_bytes()),
        &result.disposition.as_str(),
        &result.intent,
        &result.language.code(),
        &result.duration_s,
        &to_json("the timings", &result.timings)?,
        &to_json("the meters", &result.meters)?,
        &result.cost.map(|cost| cost.0),
        &records.clock.now(),
    ];
    change(&records.client().await?, "the conversation", sql, &params).await?;
    Ok(())
}

pub(super) async fn whole(records: &PostgresRecords, call: CallId) -> Result<Option<ConversationResult>, StoreError> {
    let sql = "select conversation_transcript, summary, disposition, intent_detected, language_detected, duration_s,
                      timings, meters, cost_paise
               from call_sessions where id = $1 and conversation_transcript is not null";
    let Some(row) = row(&records.client().await?, sql, &[&call.as_uuid()]).await? else { return Ok(None) };
    let missing = |column: &str| StoreError::corrupt("a stored conversation", format!("it has no {column}"));
    let transcript = opened(records, &row, "conversation_transcript", TRANSCRIPT)?;
    let summary = opened(records, &row, "summary", SUMMARY)?;
    // What an older release left has no meters.
    let value = |column| Ok(get::<Option<serde_json::Value>>(&row, column)?.unwrap_or_else(|| serde_json::json!({})));
    Ok(Some(ConversationResult {
        transcript: read_transcript(&transcript.ok_or_else(|| missing("transcript"))?)?,
        disposition: word(&row, "disposition", Disposition::parse)?.ok_or_else(|| missing("disposition"))?,
        intent: get(&row, "intent_detected")?,
        // Promises are records of their own.
        promise: None,
        language: word(&row, "language_detected", |text| Language::parse(text).ok())?
            .ok_or_else(|| missing("language"))?,
        summary: read_summary(summary.ok_or_else(|| missing("summary"))?)?,
        duration_s: get::<Option<_>>(&row, "duration_s")?.unwrap_or_default(),
        timings: json("the timings", value("timings")?)?,
        meters: json("the meters", value("meters")?)?,
        cost: get::<Option<i64>>(&row, "cost_paise")?.map(Paise),
    }))
}

pub(super) async fn transcript(records: &PostgresRecords, call: CallId) -> Result<Option<Transcript>, StoreError> {
    let sql = "select conversation_transcript from call_sessions where id = $1";
    let Some(row) = row(&records.client().await?, sql, &[&call.as_uuid()]).await? else { return Ok(None) };
    opened(records, &row, "conversation_transcript", TRANSCRIPT)?.as_deref().map(read_transcript).transpose()
}

fn opened(
    records: &PostgresRecords,
    row: &Row,
    column: &str,
    sealed_as: &'static str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(sealed) = get::<Option<&[u8]>>(row, column)? else { return Ok(None) };
    records.keys.open(sealed_as, sealed).map(Some).map_err(|error| StoreError::corrupt("a stored conversation", error))
}

fn read_transcript(bytes: &[u8]) -> Result<Transcript, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::corrupt("the transcript", error))
}

fn read_summary(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| StoreError::corrupt("the summary", error))
}

pub(super) async fn keep_recording(records: &PostgresRecords, call: CallId, key: &str) -> Result<(), StoreError> {
    let sql = "update call_sessions set recording_key = concat_ws(' ', recording_key, $2)
               where id = $1 and (recording_key is null or $2 <> all (string_to_array(recording_key, ' ')))";
    change(&records.client().await?, "the recording", sql, &[&call.as_uuid(), &key]).await?;
    Ok(())
}

pub(super) async fn recordings(client: &impl GenericClient, call: CallId) -> Result<Vec<String>, StoreError> {
    let sql = "select recording_key from call_sessions where id = $1";
    let Some(row) = row(client, sql, &[&call.as_uuid()]).await? else { return Ok(Vec::new()) };
    let keys = get::<Option<&str>>(&row, "recording_key")?.unwrap_or_default();
    Ok(keys.split(BETWEEN_KEYS).filter(|key| !key.is_empty()).map(str::to_owned).collect())
}
