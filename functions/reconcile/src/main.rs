//! Wakes every minute and asks Exotel about quiet calls.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    let telephony = shared::wiring::telephony(&env, &app)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let _schedule = event;
        reconcile::handle(&app, &*telephony).await?;
        Ok::<(), Error>(())
    }))
    .await
}
