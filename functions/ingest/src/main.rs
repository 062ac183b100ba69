//! Imports sheets that were sent to the object store.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Environment;
use shared::wire::s3::S3Event;
use shared::wiring::{Deployed, start_logging};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |_, app| Ok(app));
    lambda_runtime::run(service_fn(async |event: LambdaEvent<S3Event>| {
        let app = function.get().await?;
        // Lambda repeats an event that failed under the same id.
        let delivery = event.context.request_id;
        for key in event.payload.keys() {
            ingest::handle(&app, &key, &delivery).await?;
        }
        Ok::<_, Error>(())
    }))
    .await
}
