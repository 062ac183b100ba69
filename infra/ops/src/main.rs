//! `ops`: see `ops --help`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ops::arguments::{Arguments, Command, Doctor, Replay};
use ops::doctor::{Patient, examine};
use ops::live::{self, Questions};
use ops::replay::{compare, names};
use shared::adapters::system::SystemClock;
use shared::config::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse().command {
        Command::Doctor(arguments) => arguments,
        Command::Replay(arguments) => return replay(&arguments),
    };
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

#[expect(clippy::print_stdout, reason = "the comparison is this program's result")]
fn replay(arguments: &Replay) -> ExitCode {
    const BAD_INPUT: u8 = 2;
    let Some(file) = arguments.file.as_deref().filter(|_| !arguments.names) else {
        print!("{}", names());
        return ExitCode::SUCCESS;
    };
    let shown = compare(file, &arguments.set).map_err(|bad| bad.to_string()).and_then(|comparison| {
        let text = match arguments.json {
            true => serde_json::to_string_pretty(&comparison).map(|json| format!("{json}\n")),
            false => Ok(comparison.to_string()),
        };
        Ok((comparison.same, text.map_err(|error| error.to_string())?))
    });
    match shown {
        Ok((same, text)) => {
            print!("{text}");
            ExitCode::from(u8::from(!same))
        }
        Err(bad) => {
            eprintln!("stopped: {bad}");
            ExitCode::from(BAD_INPUT)
        }
    }
}
