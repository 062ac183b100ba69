//! Takes orders from the queue and asks Exotel, once.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    let telephony = shared::wiring::telephony(&env, &app)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<shared::wire::sqs::SqsEvent>| {
        let again = dial::handle(&app, telephony.clone(), event.payload.messages()).await;
        Ok::<_, Error>(shared::wire::sqs::SqsBatchResponse::again(again))
    }))
    .await
}
