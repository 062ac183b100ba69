//! What S3 does in AWS: takes a file at an address that was given out, and tells `ingest` that it came;
//! gives an object at such an address.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use shared::adapters::local::{FolderObjects, GetQuery, NotTaken, PutQuery};
use shared::app::App;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
struct Door {
    app: App,
    objects: FolderObjects,
    tasks: TaskTracker,
}

/// The addresses that `FolderObjects` gives out. Imports run among `tasks`.
pub(crate) fn routes(app: App, objects: FolderObjects, tasks: TaskTracker) -> Router {
    let door = put(receive).get(give);
    Router::new().route("/local-objects/{*key}", door).with_state(Door { app, objects, tasks })
}

async fn receive(
    State(door): State<Door>,
    Path(key): Path<String>,
    Query(query): Query<PutQuery>,
    body: Body,
) -> (StatusCode, String) {
    match door.objects.receive(&key, &query, body.into_data_stream()).await {
        Ok(()) => {}
        Err(error @ NotTaken::BadAddress) => return (StatusCode::FORBIDDEN, error.to_string()),
        Err(error @ NotTaken::WrongSize) => return (StatusCode::BAD_REQUEST, error.to_string()),
        Err(error @ NotTaken::Store(_)) => {
            tracing::error!(%error, "a file could not be kept");
            return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        }
    }
    door.tasks.spawn(async move {
        let mut delivery = [0; 16];
        door.app.random.fill(&mut delivery);
        let delivery = u128::from_be_bytes(delivery).to_string();
        if let Err(error) = ingest::handle(&door.app, &key, &delivery).await {
            tracing::error!(%error, "a large sheet could not be imported");
        }
    });
    (StatusCode::OK, String::new())
}

async fn give(State(door): State<Door>, Path(key): Path<String>, Query(query): Query<GetQuery>) -> Response {
    match door.objects.give(&key, &query).await {
        Ok(Some(object)) => {
            // Browsers play what is called by its name.
            let kind = if key.ends_with(".wav") { "audio/wav" } else { "application/octet-stream" };
            ([(header::CONTENT_TYPE, kind)], object).into_response()
        }
        Ok(None) => (StatusCode::FORBIDDEN, "this address has expired, or is none of ours").into_response(),
        Err(error) => {
            tracing::error!(%error, "an object could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
