//! What Lambda hands over from SQS, and the partial-batch answer it expects (the event source
//! mapping has `ReportBatchItemFailures`).

use serde::{Deserialize, Serialize};

/// One delivery of up to ten messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SqsEvent {
    /// The messages.
    #[serde(rename = "Records", default)]
    pub records: Vec<SqsRecord>,
}

/// One message; its other fields do not concern us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsRecord {
    /// Names the message in the answer.
    #[serde(default)]
    pub message_id: String,
    /// What was sent.
    #[serde(default)]
    pub body: String,
}

/// The messages that shall be delivered again; all others are removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsBatchResponse {
    /// An empty list means that everything is done with.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One message to deliver again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its message id.
    pub item_identifier: String,
}

impl SqsEvent {
    /// The messages as (id, body).
    pub fn messages(self) -> Vec<(String, String)> {
        self.records.into_iter().map(|r| (r.message_id, r.body)).collect()
    }
}

impl SqsBatchResponse {
    /// Asks for these messages again.
    pub fn again(ids: Vec<String>) -> Self {
        Self {
            batch_item_failures: ids.into_iter().map(|item_identifier| BatchItemFailure { item_identifier }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_sqs_is_read_and_answered_in_its_own_words() {
        // Shape of AWS's documentation "Using Lambda with Amazon SQS", shortened.
        let event = r#"{"Records":[{"messageId":"059f36b4","receiptHandle":"AQEB","body":"{}","attributes":
            {"ApproximateReceiveCount":"1"},"messageAttributes":{},"eventSource":"aws:sqs",
            "eventSourceARN":"arn:aws:sqs:ap-south-1:123456789012:dial","awsRegion":"ap-south-1"}]}"#;
        let event: SqsEvent = serde_json::from_str(event).expect("readable");
        assert_eq!(event.messages(), [("059f36b4".to_owned(), "{}".to_owned())]);
        let answer = serde_json::to_string(&SqsBatchResponse::again(vec!["059f36b4".into()])).expect("writable");
        assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"059f36b4"}]}"#);
    }
}
