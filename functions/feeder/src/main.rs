//! Wakes every minute and releases due orders.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Environment;
use shared::wiring::{Deployed, start_logging};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |_, app| Ok(app));
    lambda_runtime::run(service_fn(async |_schedule: LambdaEvent<serde_json::Value>| {
        let app = function.get().await?;
        feeder::handle(&app).await?;
        Ok::<(), Error>(())
    }))
    .await
}
