//! Takes orders from the queue and asks Exotel, once.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Environment;
use shared::wire::sqs::{SqsBatchResponse, SqsEvent};
use shared::wiring::{Deployed, start_logging, telephony};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |env, app| Ok((telephony(env, &app)?, app)));
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let (telephony, app) = function.get().await?;
        let again = dial::handle(&app, telephony, event.payload.messages()).await;
        Ok::<_, Error>(SqsBatchResponse::again(again))
    }))
    .await
}
