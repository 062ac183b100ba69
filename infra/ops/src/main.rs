//! `ops`: see `ops --help`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ops::arguments::{Arguments, Command, Doctor};
use ops::doctor::{Patient, examine};
use ops::live::{self, Questions};
use shared::adapters::system::SystemClock;
use shared::config::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Doctor(arguments) = Arguments::parse().command;
    let env = Environment::of_process();
    shared::wiring::start_logging(&env);
    match doctor(arguments, env).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report is this program's result")]
async fn doctor(arguments: Doctor, env: Environment) -> Result<ExitCode, shared::wiring::WiringError> {
    let report = examine(&Patient::new(env.clone(), Arc::new(SystemClock))).await;
    let mut failed = report.has_failed();
    if !arguments.live {
        match arguments.json {
            true => println!("{}", serde_json::to_string_pretty(&report)?),
            false => print!("{report}"),
        }
        return Ok(ExitCode::from(u8::from(failed)));
    }
    eprint!("{report}");
    let findings = live::ask(&env, Questions::of(&arguments)?).await?;
    failed |= findings.has_failed();
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&findings)?),
        false => print!("{findings}"),
    }
    Ok(ExitCode::from(u8::from(failed)))
}
