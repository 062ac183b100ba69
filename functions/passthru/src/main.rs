//! Exotel's flow asks.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let env = shared::config::Environment::of_process();
    shared::wiring::start_logging(&env);
    let app = shared::wiring::app_from_env(&env).await?;
    lambda_http::run(shared::http::with_layers(passthru::routes(app))).await
}
