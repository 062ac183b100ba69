//! Run by ops before new code takes traffic.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use migrate::Order;
use shared::config::Environment;
use shared::wiring::{start_logging, upkeep};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Order>| {
        let upkeep = upkeep(&env).await?;
        Ok::<_, Error>(migrate::handle(&upkeep, &event.payload).await?)
    }))
    .await
}
