//! Applies reports that could not be written at once.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<shared::wire::sqs::SqsEvent>| {
        let again = events::handle(&app, event.payload.messages()).await;
        Ok::<_, Error>(shared::wire::sqs::SqsBatchResponse::again(again))
    }))
    .await
}
