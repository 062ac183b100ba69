//! Applies reports that could not be written at once.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Environment;
use shared::wire::sqs::{SqsBatchResponse, SqsEvent};
use shared::wiring::{Deployed, start_logging};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |_, app| Ok(app));
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let app = function.get().await?;
        let again = events::handle(&app, event.payload.messages()).await;
        Ok::<_, Error>(SqsBatchResponse::again(again))
    }))
    .await
}
