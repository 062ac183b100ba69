//! Wakes every minute and asks Exotel about quiet calls.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Environment;
use shared::wiring::{Deployed, start_logging, telephony};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |env, app| Ok((telephony(env, &app)?, app)));
    lambda_runtime::run(service_fn(async |_schedule: LambdaEvent<serde_json::Value>| {
        let (telephony, app) = function.get().await?;
        reconcile::handle(&app, &*telephony).await?;
        Ok::<(), Error>(())
    }))
    .await
}
