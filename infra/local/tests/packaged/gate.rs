//! Stands between a function and the AWS server and lets through what the template's policies let
//! through. It notes what was used and what was refused.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use local::template::{Function, Stack};
use serde_json::Value;
use tokio::net::TcpListener;

/// `sqs:SendMessage`, and the ARN it was asked of.
type Use = (String, String);

/// One function's way to the AWS server.
#[derive(Clone)]
pub(crate) struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    upstream: String,
    allowed: Vec<Use>,
    /// Queue address or table name, and its ARN.
    arns: Vec<(String, String)>,
    http: reqwest::Client,
    used: Mutex<BTreeSet<Use>>,
    refused: Mutex<Vec<Use>>,
}

impl Gate {
    /// Opens a gate for what the function's policies say; answers it and its address.
    pub(crate) async fn open(upstream: &str, function: &Function, stack: &Stack) -> (Self, String) {
        let texts = |value: &Value| match value {
            Value::Array(items) => items.iter().map(|item| stack.text(item).expect("known")).collect(),
            one => vec![stack.text(one).expect("known")],
        };
        let mut allowed = Vec::new();
        for statement in &function.statements {
            for action in texts(&statement["Action"]) {
                allowed.extend(texts(&statement["Resource"]).into_iter().map(|resource| (action.clone(), resource)));
            }
        }
        let of = |id: &str, attribute: Option<&str>| {
            let name = local::template::Name { id: id.to_owned(), attribute: attribute.map(str::to_owned) };
            stack.get(&name).expect("made").to_owned()
        };
        let named = ["DialQueue", "CallEventsQueue", "AuditTable"];
        let inner = Inner {
            upstream: upstream.to_owned(),
            allowed,
            arns: named.map(|id| (of(id, None), of(id, Some("Arn")))).into(),
            http: reqwest::Client::new(),
            used: Mutex::default(),
            refused: Mutex::default(),
        };
        let gate = Self { inner: Arc::new(inner) };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let routes = Router::new().fallback(pass).with_state(gate.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.expect("it serves") });
        (gate, address)
    }

    /// What was asked for and not allowed.
    pub(crate) fn refused(&self) -> Vec<Use> {
        self.inner.refused.lock().expect("not poisoned").clone()
    }

    /// What is allowed and was not asked for.
    pub(crate) fn unused(&self) -> Vec<Use> {
        let used = self.inner.used.lock().expect("not poisoned");
        self.inner.allowed.iter().filter(|allowed| !used.contains(*allowed)).cloned().collect()
    }

    /// Notes the use; whether some statement allows it.
    fn admits(&self, action: &str, resource: &str) -> bool {
        let covers = |pattern: &str| match pattern.split_once('*') {
            Some((before, after)) => resource.starts_with(before) && resource.ends_with(after),
            None => pattern == resource,
        };
        match self.inner.allowed.iter().find(|(may, of)| may == action && covers(of)) {
            Some(statement) => {
                self.inner.used.lock().expect("not poisoned").insert(statement.clone());
                true
            }
            None => {
                self.inner.refused.lock().expect("not poisoned").push((action.to_owned(), resource.to_owned()));
                false
            }
        }
    }

    /// The ARN of what a request names.
    fn arn(&self, named: &str) -> String {
        let known = self.inner.arns.iter().find(|(name, _)| name == named);
        known.map_or_else(|| named.to_owned(), |(_, arn)| arn.clone())
    }
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 * 1024 * 1024).await.expect("a body");
    let target = parts.headers.get("x-amz-target").and_then(|v| v.to_str().ok());
    let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let field = |name: &str| gate.arn(json[name].as_str().unwrap_or_default());
    let asked = match target.and_then(|target| target.split_once('.')) {
        Some(("AmazonSQS", name)) => (format!("sqs:{}", name.trim_end_matches("Batch")), field("QueueUrl")),
        Some(("DynamoDB_20120810", name)) => (format!("dynamodb:{name}"), field("TableName")),
        Some(("secretsmanager", name)) => (format!("secretsmanager:{name}"), field("SecretId")),
        Some(("TrentService", name)) => (format!("kms:{name}"), field("KeyId")),
        Some((service, name)) => (format!("{service}:{name}"), String::new()),
        // S3 says it by method and path.
        None => {
            let action = match parts.method.as_str() {
                "PUT" => "s3:PutObject",
                "DELETE" => "s3:DeleteObject",
                _ => "s3:GetObject",
            };
            (action.to_owned(), format!("arn:aws:s3:::{}", parts.uri.path().trim_start_matches('/')))
        }
    };
    if !gate.admits(&asked.0, &asked.1) {
        let refusal = serde_json::json!({ "__type": "AccessDeniedException", "message": "not in the policies" });
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], refusal.to_string())
            .into_response();
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let forwarded = gate.inner.http.request(parts.method, format!("{}{path}", gate.inner.upstream)).headers(headers);
    let answer = forwarded.body(body).send().await.expect("the AWS server answers");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    *response.body_mut() = answer.bytes().await.expect("a body").into();
    response
}
