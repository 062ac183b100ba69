//! What Lambda hands over from S3 when an object was created.

use serde::Deserialize;

/// News of objects; S3's own test event has none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Event {
    #[serde(rename = "Records", default)]
    records: Vec<S3Record>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct S3Record {
    s3: S3Entity,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct S3Entity {
    object: S3Object,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct S3Object {
    key: String,
}

impl S3Event {
    /// The keys of the objects as S3 writes them here: form-encoded, which changes nothing in a key
    /// of ours.
    pub fn keys(self) -> Vec<String> {
        self.records.into_iter().map(|record| record.s3.object.key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_s3_names_its_objects() {
        // Shape of AWS's documentation "Event message structure", shortened.
        let event = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"ap-south-1",
            "eventTime":"2026-11-23T06:30:00.000Z","eventName":"ObjectCreated:Put",
            "s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"b","arn":"arn:aws:s3:::b"},
            "object":{"key":"uploads/0192f0aa-4c1e-7d10-b7a1-2f5d9b3c1e77","size":1024,"eTag":"d41d","sequencer":"0A"}}}]}"#;
        let event: S3Event = serde_json::from_str(event).expect("readable");
        assert_eq!(event.keys(), ["uploads/0192f0aa-4c1e-7d10-b7a1-2f5d9b3c1e77"]);
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        let test: S3Event = serde_json::from_str(test).expect("readable");
        assert_eq!(test.keys(), Vec::<String>::new());
    }
}
