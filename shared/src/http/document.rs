//! The OpenAPI 3.1 document, from the same declarations that make the routes. Schemas are those of
//! the types handlers read and answer (schemars reads their serde attributes and doc comments).

use axum::http::{Method, StatusCode};
use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::api::Api;
use super::failure::Body;
use super::idempotent;
use super::route::{Access, AnswerOf, Route, Takes};

const ABOUT: &str = "Phones a lender's customers, talks with them, hands over to a human, and shows every call live.\n\n\
    Every `/api` route wants an API key with the scope named at the route. A key may make 1,200 requests a minute, an \
    address 3,000; above that the answer is 429 with `Retry-After`. Every POST, PUT and DELETE takes an \
    `Idempotency-Key`. Fields nobody knows are refused by name. Lists come in pages: ask again with `next_cursor` as \
    `cursor` until it is null. Times are RFC 3339 in UTC, money is rupees as text or whole paise where the name says so, \
    durations are seconds unless the name says otherwise.";

/// The document of these functions together.
pub fn document(apis: &[Api]) -> Value {
    let mut writer = Writer::new();
    let mut paths = Map::new();
    for route in apis.iter().flat_map(Api::routes) {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        for method in methods(route) {
            item[method.as_str().to_ascii_lowercase()] = writer.operation(route, &method);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Voice Assistant Call Management System", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": writer.components(),
    })
}

/// The carrier may use any method; these are the two it uses.
fn methods(route: &Route) -> Vec<Method> {
    route.method.clone().map_or_else(|| vec![Method::GET, Method::POST], |method| vec![method])
}

struct Writer {
    /// What we read: written out where it stands, because the same type may be answered with other
    /// fields required.
    read: SchemaGenerator,
    /// What we answer: every type once, by its name.
    answered: SchemaGenerator,
    failure: Schema,
}

impl Writer {
    fn new() -> Self {
        let settings = || SchemaSettings::draft2020_12().with(|s| s.meta_schema = None);
        let read = settings().with(|s| s.inline_subschemas = true);
        let mut answered = settings()
            .with(|s| {
                s.definitions_path = "/components/schemas".into();
                s.contract = Contract::Serialize;
            })
            .into_generator();
        let failure = answered.subschema_for::<Body<'_>>();
        Self { read: read.into_generator(), answered, failure }
    }

    fn operation(&mut self, route: &Route, method: &Method) -> Value {
        let mut operation = json!({
            "operationId": operation_id(route, method),
            "tags": [tag(route)],
            "summary": route.summary,
            "parameters": self.parameters(route, method),
            "responses": self.responses(route, method),
            "security": security(route),
        });
        if !route.details.is_empty() {
            operation["description"] = route.details.into();
        }
        if let Some(body) = self.body(route, method) {
            operation["requestBody"] = body;
        }
        operation
    }

    fn parameters(&mut self, route: &Route, method: &Method) -> Value {
        let mut parameters = Vec::new();
        if let (Some(name), Some(id)) = (id_name(route), route.id) {
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": id(&mut self.read) }));
        }
        if let Some(query) = route.query {
            parameters.extend(query_parameters(&query(&mut self.read)));
        }
        if matches!(route.access, Access::Key(_)) && !method.is_safe() {
            parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
        }
        parameters.into()
    }

    fn body(&mut self, route: &Route, method: &Method) -> Option<Value> {
        let content = match route.takes {
            Takes::Json(schema) => json!({ "application/json": { "schema": schema(&mut self.read) } }),
            Takes::File => json!({ "multipart/form-data": { "schema": {
                "type": "object", "required": ["file"], "additionalProperties": false,
                "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
            } } }),
            Takes::Form if method == Method::POST => json!({
                "application/x-www-form-urlencoded": { "schema": { "type": "object" } },
                "multipart/form-data": { "schema": { "type": "object" } },
                "application/json": { "schema": { "type": "object" } },
            }),
            Takes::Form | Takes::Nothing => return None,
        };
        Some(json!({ "required": matches!(route.takes, Takes::Json(_) | Takes::File), "content": content }))
    }

    fn responses(&mut self, route: &Route, method: &Method) -> Value {
        let mut responses = Map::new();
        for answer in &route.answers {
            responses.insert(answer.status.to_string(), self.answer(answer, method, route.access));
        }
        for status in failures(route, method) {
            let reference = json!({ "$ref": format!("#/components/responses/{}", status.as_str()) });
            responses.entry(status.as_str()).or_insert(reference);
        }
        responses.into()
    }

    fn answer(&mut self, answer: &AnswerOf, method: &Method, access: Access) -> Value {
        let mut written = json!({ "description": answer.what });
        if let Some(schema) = answer.schema {
            written["content"] = json!({ "application/json": { "schema": schema(&mut self.answered) } });
        }
        if matches!(access, Access::Key(_)) && !method.is_safe() {
            written["headers"] =
                json!({ "Idempotency-Replayed": { "$ref": "#/components/headers/IdempotencyReplayed" } });
        }
        written
    }

    fn components(mut self) -> Value {
        let failures: Map<String, Value> = FAILURES
            .iter()
            .map(|(status, what)| (status.as_str().to_owned(), failure(*status, what, &self.failure)))
            .collect();
        json!({
            "schemas": self.answered.take_definitions(true),
            "responses": failures,
            "parameters": { "IdempotencyKey": {
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Made up by the caller, one for each thing that shall happen once. A repeat within 24 hours \
                                gets the first answer again, with `Idempotency-Replayed: true`; the same key for another \
                                request is refused. Keys of two API keys have nothing to do with each other.",
                "schema": { "type": "string", "minLength": 1, "maxLength": idempotent::LONGEST, "pattern": "^[!-~]([ -~]*[!-~])?$" },
            } },
            "headers": {
                "IdempotencyReplayed": {
                    "description": "`true` where this is the answer to an earlier request.",
                    "schema": { "type": "string", "enum": ["true"] },
                },
                "RetryAfter": { "description": "Seconds.", "schema": { "type": "integer", "minimum": 0 } },
            },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer va_…`." },
                "header": { "type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key." },
                "carrier": {
                    "type": "apiKey", "in": "query", "name": "k",
                    "description": "The secret shared with Exotel, or a signature (`call_id` and `s`) where we chose the address.",
                },
            },
        })
    }
}

/// Every failure that is described once for all routes.
const FAILURES: [(StatusCode, &str); 11] = [
    (StatusCode::BAD_REQUEST, "The body can not be read."),
    (StatusCode::UNAUTHORIZED, "No key, or one we do not know."),
    (StatusCode::FORBIDDEN, "The key lacks the scope; for the carrier's routes: the secret is wrong."),
    (StatusCode::NOT_FOUND, "There is no such thing."),
    (StatusCode::CONFLICT, "It collides with what is there, or the same request is still being worked on."),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is above its limit."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has another type than this route takes."),
    (StatusCode::UNPROCESSABLE_ENTITY, "It can be read and can not be used; the detail names the thing and the fix."),
    (StatusCode::TOO_MANY_REQUESTS, "Above the rate of the key or of the address."),
    (StatusCode::INTERNAL_SERVER_ERROR, "A fault of ours; the request id finds it in the log."),
    (StatusCode::SERVICE_UNAVAILABLE, "A service we depend on is away; try again."),
];

/// How this route can fail.
fn failures(route: &Route, method: &Method) -> Vec<StatusCode> {
    let reads_body = matches!(route.takes, Takes::Json(_) | Takes::File);
    let keyed = matches!(route.access, Access::Key(_));
    let wanted = |status: StatusCode| match status {
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => reads_body,
        StatusCode::PAYLOAD_TOO_LARGE => keyed && !method.is_safe(),
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => keyed,
        StatusCode::FORBIDDEN => route.access != Access::Anybody,
        StatusCode::NOT_FOUND => keyed && (reads_body || route.id.is_some()),
        StatusCode::CONFLICT => keyed && !method.is_safe(),
        StatusCode::UNPROCESSABLE_ENTITY => {
            keyed && (reads_body || route.query.is_some() || route.id.is_some() || !method.is_safe())
        }
        _ => keyed,
    };
    FAILURES.iter().map(|(status, _)| *status).filter(|status| wanted(*status)).collect()
}

fn failure(status: StatusCode, what: &str, schema: &Schema) -> Value {
    let mut written = json!({ "description": what, "content": { "application/json": { "schema": schema } } });
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        written["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
    }
    written
}

fn security(route: &Route) -> Value {
    match route.access {
        Access::Key(scope) => json!([{ "bearer": [scope.as_str()] }, { "header": [scope.as_str()] }]),
        Access::Carrier => json!([{ "carrier": [] }]),
        Access::Anybody => json!([]),
    }
}

/// `get_api_calls_id`.
fn operation_id(route: &Route, method: &Method) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: Vec<&str> = words.collect();
    format!("{}_{}", method.as_str().to_ascii_lowercase(), name.join("_"))
}

/// `calls` of `/api/calls/{id}`; the carrier's routes together.
fn tag(route: &Route) -> &str {
    match route.access {
        Access::Carrier => "carrier",
        Access::Key(_) | Access::Anybody => route.path.trim_start_matches("/api").split('/').nth(1).unwrap_or_default(),
    }
}

/// What stands in braces.
fn id_name(route: &Route) -> Option<&str> {
    route.path.split_once('{')?.1.split_once('}').map(|(name, _)| name)
}

/// One parameter for each field of the type that the query string is read into.
fn query_parameters(schema: &Schema) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let fields = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameter = |(name, mut field): (String, Value)| {
        let description = field.as_object_mut().and_then(|field| field.remove("description")).unwrap_or_default();
        without_null(&mut field);
        json!({
            "name": name, "in": "query", "required": required.contains(&json!(name)),
            "description": description.as_str().unwrap_or_default(), "schema": field,
        })
    };
    fields.into_iter().map(parameter).collect()
}

/// A query string has no null: what is not wanted is left out.
fn without_null(field: &mut Value) {
    if let Some(kinds) = field.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            field["type"] = only.clone();
        }
    }
    if let Some(kinds) = field.get_mut("enum").and_then(Value::as_array_mut) {
        kinds.retain(|word| !word.is_null());
    }
    if let Some(choices) = field.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let [only] = choices.as_slice() {
            *field = only.clone();
        }
    }
}
