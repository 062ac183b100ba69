//! `./start.sh`, after it has started Postgres and Redis.

use std::process::ExitCode;

use clap::Parser;
use local::arguments::Arguments;
use local::campaign;
use local::product::{Options, Product, Rhythm};
use local::start_error::StartError;
use shared::config::Environment;
use shared::sim::speech::{Lexicon, Voice};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut env = Environment::of_process();
    env.default_to("APP_ENV", "local");
    shared::wiring::start_logging(&env);
    match run(arguments, env).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, env: Environment) -> Result<ExitCode, StartError> {
    let Arguments { demo, real, aws_local, port, no_sample, data } = arguments;
    let lexicon = Lexicon::new(Voice::detect());
    let options = Options { data: data.clone(), port, real, env, aws_local, rhythm: Rhythm::default(), lexicon };
    let product = Product::start(options).await?;
    std::fs::write(data.join("address"), &product.base_url)?;
    eprintln!("Ready: {}/#key={}", product.base_url, product.api_key);
    let code = tokio::select! {
        code = work(&product, demo, no_sample) => code,
        () = told_to_stop() => Ok(ExitCode::SUCCESS),
    };
    eprintln!("Stopping …");
    product.stop().await;
    code
}

/// The sample campaign where it is due; then serves until told to stop, unless it is a demo.
#[expect(clippy::print_stdout, reason = "the demo's one line is its result")]
async fn work(product: &Product, demo: bool, no_sample: bool) -> Result<ExitCode, StartError> {
    let simulated = product.simulators.exotel.is_some() && product.simulators.sarvam.is_some();
    if demo && !simulated {
        return Err("--demo phones made-up numbers: unset EXOTEL_TOKEN and SARVAM_API_KEY first".into());
    }
    if demo || (simulated && !no_sample && product.is_new().await?) {
        let summary = campaign::run(product).await?;
        println!("{}", serde_json::to_string(&summary)?);
        if demo {
            return Ok(if summary.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    std::future::pending().await
}

async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
