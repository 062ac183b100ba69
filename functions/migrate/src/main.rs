//! Run by ops before new code takes traffic.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let database = shared::wiring::database(&env)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let _order = event;
        Ok::<_, Error>(migrate::handle(&database).await?)
    }))
    .await
}
