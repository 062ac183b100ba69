//! Exotel's flow asks.

use lambda_http::{Error, service_fn};
use shared::config::Environment;
use shared::http::with_layers;
use shared::wiring::{Deployed, start_logging};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let env = Environment::of_process();
    start_logging(&env);
    let function = Deployed::new(env, |_, app| Ok(with_layers(passthru::routes(app))));
    lambda_http::run(service_fn(|request| function.answer(request))).await
}
