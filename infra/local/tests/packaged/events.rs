//! Events as AWS's documentation shows them ("Using Lambda with API Gateway", "… with Amazon SQS",
//! "… with Amazon S3", "Invoke a Lambda function on a schedule").

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// A request that came through an HTTP API, payload format 2.0.
pub(crate) struct Http {
    method: &'static str,
    path: String,
    query: String,
    headers: Value,
    body: Option<(String, bool)>,
}

impl Http {
    pub(crate) fn new(method: &'static str, address: &str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let headers = json!({ "host": "api.example.in", "x-forwarded-for": "203.0.113.7", "accept": "*/*" });
        Self { method, path: path.to_owned(), query: query.to_owned(), headers, body: None }
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.headers["authorization"] = format!("Bearer {key}").into();
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.headers["content-type"] = "application/json".into();
        self.body = Some((body.to_string(), false));
        self
    }

    /// Anything but text reaches a function as base64.
    pub(crate) fn bytes(mut self, content_type: &str, body: &[u8]) -> Self {
        self.headers["content-type"] = content_type.into();
        self.body = Some((BASE64.encode(body), true));
        self
    }

    pub(crate) fn event(self) -> Value {
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {
                "accountId": "123456789012", "apiId": "api", "stage": "$default", "routeKey": "$default",
                "domainName": "api.example.in", "domainPrefix": "api", "requestId": "request-1",
                "http": {
                    "method": self.method, "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7", "userAgent": "test",
                },
                "time": "23/Nov/2026:06:30:00 +0000", "timeEpoch": 1_795_415_400_000_u64,
            },
            "isBase64Encoded": false,
        });
        if let Some((body, encoded)) = self.body {
            event["body"] = body.into();
            event["isBase64Encoded"] = encoded.into();
        }
        event
    }
}

/// A batch of messages (id, body).
pub(crate) fn sqs(messages: &[(&str, String)]) -> Value {
    let record = |(id, body): &(&str, String)| {
        json!({
            "messageId": id, "receiptHandle": "handle", "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1", "SentTimestamp": "1795415400000",
                "SenderId": "AIDAEXAMPLE", "ApproximateFirstReceiveTimestamp": "1795415400001",
            },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:ap-south-1:123456789012:queue", "awsRegion": "ap-south-1",
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

/// The minute has come round.
pub(crate) fn schedule() -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.scheduler", "account": "123456789012", "time": "2026-11-23T06:30:00Z",
        "region": "ap-south-1", "resources": ["arn:aws:scheduler:ap-south-1:123456789012:schedule/default/minute"],
        "detail": "{}",
    })
}

/// Objects came into a bucket.
pub(crate) fn s3(bucket: &str, keys: &[&str]) -> Value {
    let record = |key: &&str| {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "ap-south-1",
            "eventTime": "2026-11-23T06:30:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "UploadCame",
                "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
                "object": { "key": key, "size": 100, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0A" },
            },
        })
    };
    json!({ "Records": keys.iter().map(record).collect::<Vec<_>>() })
}
