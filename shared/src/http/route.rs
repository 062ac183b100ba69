//! What a route is: where it stands, who may come, what it takes and answers. One declaration makes
//! the gate in front of the handler and the route's part of the OpenAPI document.

use axum::http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::domain::access::Scope;

/// JSON bodies are small; a route that takes files says so.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The carrier's largest form is below 8 KiB.
const MAX_FORM_BYTES: usize = 64 * 1024;

pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Who may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// An API key with this scope, within its rate and its address's.
    Key(Scope),
    /// Exotel, by the secret or the signature in the address; the function itself looks. Never
    /// limited: a lost callback would be a lost status, and one without the secret costs no store.
    Carrier,
    /// Everybody.
    Anybody,
}

/// What the handler reads.
pub(super) enum Takes {
    Nothing,
    Json(SchemaOf),
    /// The multipart field `file`.
    File,
    /// A form or JSON of the carrier's.
    Form,
}

/// One kind of answer.
pub(super) struct AnswerOf {
    pub(super) status: u16,
    pub(super) what: &'static str,
    /// None for plain text or nothing.
    pub(super) schema: Option<SchemaOf>,
}

/// A route before its handler is named.
pub struct Route {
    /// None for every method.
    pub(super) method: Option<Method>,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) max_body_bytes: usize,
    pub(super) summary: &'static str,
    pub(super) details: &'static str,
    pub(super) query: Option<SchemaOf>,
    pub(super) id: Option<SchemaOf>,
    pub(super) takes: Takes,
    pub(super) answers: Vec<AnswerOf>,
    pub(super) renews: bool,
}

impl Route {
    fn new(method: Option<Method>, path: &'static str, access: Access, summary: &'static str) -> Self {
        Self {
            method,
            path,
            access,
            max_body_bytes: MAX_BODY_BYTES,
            summary,
            details: "",
            query: None,
            id: None,
            takes: Takes::Nothing,
            answers: Vec::new(),
            renews: false,
        }
    }

    /// A read behind a key with that scope.
    pub fn get(path: &'static str, scope: Scope, summary: &'static str) -> Self {
        Self::new(Some(Method::GET), path, Access::Key(scope), summary)
    }
    /// A change behind a key with that scope; honours `Idempotency-Key`.
    pub fn post(path: &'static str, scope: Scope, summary: &'static str) -> Self {
        Self::new(Some(Method::POST), path, Access::Key(scope), summary)
    }
    /// A replacement behind a key with that scope; honours `Idempotency-Key`.
    pub fn put(path: &'static str, scope: Scope, summary: &'static str) -> Self {
        Self::new(Some(Method::PUT), path, Access::Key(scope), summary)
    }
    /// A removal behind a key with that scope; honours `Idempotency-Key`.
    pub fn delete(path: &'static str, scope: Scope, summary: &'static str) -> Self {
        Self::new(Some(Method::DELETE), path, Access::Key(scope), summary)
    }
    /// Exotel's, by every method. The function checks the secret by itself.
    pub fn carrier(path: &'static str, summary: &'static str) -> Self {
        let route = Self::new(None, path, Access::Carrier, summary);
        Self { takes: Takes::Form, max_body_bytes: MAX_FORM_BYTES, ..route }
    }
    /// A read for everybody, without a key.
    pub fn open(path: &'static str, summary: &'static str) -> Self {
        Self::new(Some(Method::GET), path, Access::Anybody, summary)
    }

    /// What people have to know beside the summary.
    pub fn details(self, details: &'static str) -> Self {
        Self { details, ..self }
    }
    /// The query string, as the handler's `QueryParams` reads it.
    pub fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }
    /// The id in the path, as the handler's `PathId` reads it.
    pub fn id<T: JsonSchema>(self) -> Self {
        Self { id: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }
    /// The body, as the handler's `JsonBody` reads it.
    pub fn takes<T: JsonSchema>(self) -> Self {
        Self { takes: Takes::Json(SchemaGenerator::subschema_for::<T>), ..self }
    }
    /// The body is a form with one file, of at most so many bytes. The file goes past the gate as it
    /// arrives, so the handler itself calls `answer_once`, with the digest of the file.
    pub fn takes_file(self, max_body_bytes: usize) -> Self {
        Self { takes: Takes::File, max_body_bytes, ..self }
    }
    /// The answer is of no use for long: a repeat with the same `Idempotency-Key` goes to the handler
    /// again, which finds in [`Repeat`](super::Repeat) what [`ReplayAs`](super::ReplayAs) kept.
    pub fn renews(self) -> Self {
        Self { renews: true, ..self }
    }
    /// A JSON answer.
    pub fn answers<T: JsonSchema>(mut self, status: u16, what: &'static str) -> Self {
        self.answers.push(AnswerOf { status, what, schema: Some(SchemaGenerator::subschema_for::<T>) });
        self
    }
    /// An answer in plain text, or without a body.
    pub fn answers_plainly(mut self, status: u16, what: &'static str) -> Self {
        self.answers.push(AnswerOf { status, what, schema: None });
        self
    }
}
