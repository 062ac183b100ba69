//! How long a packaged function takes from its start to its first question for an event, and how
//! large it is, each beside a hello-world of the same build. `infra/bench.sh start` runs it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Parser;
use local::runtime_api::RuntimeApi;
use local::start_error::StartError;
use local::template::Template;
use tokio::process::Command;

/// A function that has not asked by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures the start of packaged functions.
#[derive(Parser)]
struct Arguments {
    /// Folder of folders with a `bootstrap` each; one of them is `hello`
    folder: PathBuf,
    /// Starts per function
    #[arg(long, default_value_t = 20)]
    runs: usize,
}

struct Figures {
    name: String,
    bytes: u64,
    median: Duration,
    worst: Duration,
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let Arguments { folder, runs } = Arguments::parse();
    let mut names: Vec<String> = Template::ours()?.functions().into_iter().map(|f| f.folder).collect();
    names.sort();
    names.insert(0, "hello".to_owned());
    let mut samples = vec![Vec::new(); names.len()];
    // In turns, so that whatever else the machine does meets all of them alike.
    for _ in 0..runs {
        for (name, of_one) in names.iter().zip(&mut samples) {
            of_one.push(start_once(&folder.join(name).join("bootstrap"), name).await?);
        }
    }
    let mut all = Vec::new();
    for (name, mut times) in names.into_iter().zip(samples) {
        times.sort_unstable();
        let bytes = std::fs::metadata(folder.join(&name).join("bootstrap"))?.len();
        all.push(Figures { median: times[times.len() / 2], worst: times[times.len() - 1], name, bytes });
    }
    print(&all, runs);
    Ok(())
}

/// From exec to the first poll. The variables are a name and nothing else: no secret is there to
/// be read, and none must be asked for.
#[expect(clippy::disallowed_methods, reason = "a start is measured on the real clock")]
async fn start_once(bootstrap: &Path, name: &str) -> Result<Duration, StartError> {
    let runtime = RuntimeApi::start().await?;
    let mut command = Command::new(bootstrap);
    command.env_clear().envs(runtime.variables(name)).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", bootstrap.display()))?;
    tokio::time::timeout(PATIENCE, runtime.polled(1)).await.map_err(|_| format!("{name} never asked for an event"))?;
    let took = started.elapsed();
    child.kill().await?;
    Ok(took)
}

#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn print(all: &[Figures], runs: usize) {
    let Some(hello) = all.first() else { return };
    println!("{:<10} {:>9} {:>14} {:>9} {:>9}", "function", "size MB", "start ms (p50)", "worst ms", "x hello");
    for figures in all {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        let (size, ratio) = (figures.bytes as f64 / 1e6, ms(figures.median) / ms(hello.median));
        let (median, worst) = (ms(figures.median), ms(figures.worst));
        println!("{:<10} {size:>9.2} {median:>14.2} {worst:>9.2} {ratio:>9.2}", figures.name);
    }
    println!("exec to first poll, median of {runs} starts in turns, no sandbox and no download");
}
