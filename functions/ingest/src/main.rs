//! Imports sheets that were sent to the object store.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<shared::wire::s3::S3Event>| {
        // Lambda repeats an event that failed under the same id.
        let delivery = event.context.request_id;
        for key in event.payload.keys() {
            ingest::handle(&app, &key, &delivery).await?;
        }
        Ok::<_, Error>(())
    }))
    .await
}
