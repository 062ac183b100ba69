//! Wakes every minute and releases due orders.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let _schedule = event;
        feeder::handle(&app).await?;
        Ok::<(), Error>(())
    }))
    .await
}
