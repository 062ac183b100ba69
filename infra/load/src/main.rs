//! The load test: many calls at once, as the carrier makes them, between fake providers of fixed
//! delays and one bot with a core of its own. `infra/bench.sh conversation` starts it with all that
//! it needs.
//!
//! Generator and providers share one thread: what is left of its core is what can be trusted.

mod arguments;
mod bots;
mod callers;
mod conversation;
mod figures;
mod level;
mod line;
mod null_bot;
mod playback;
mod proc;
mod providers;
mod run;
mod script;
mod seed;
mod table;
mod targets;
mod wav;

use std::process::ExitCode;

use clap::Parser;
use shared::config::Environment;

use self::arguments::{Arguments, Command};

/// Whatever goes wrong ends the run.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Of every socket, here and at the providers: each read clears the whole of it first.
const READ_BUFFER: usize = 4 << 10;

/// The run is over, and one of its figures says little.
const DOUBTFUL: u8 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::wiring::start_logging(&Environment::of([("APP_ENV".to_owned(), "local".to_owned())]));
    let done = match Arguments::parse().command {
        Command::Null { port } => null_bot::serve(port).await.map(|()| true),
        Command::Run(asked) => run::run(&asked).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            tracing::error!("the bench could not measure every level; the table says which");
            ExitCode::from(DOUBTFUL)
        }
        Err(error) => {
            tracing::error!(%error, "nothing was measured");
            ExitCode::FAILURE
        }
    }
}
