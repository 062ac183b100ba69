//! Runs the stories, more of them at once than there are cores: calls mostly wait.

use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use super::guesses::{GUESSES, Lens};
use super::pulse::Pulse;

/// Stories at the same time; more, and two cores might no longer speak and hear in real time.
const AT_ONCE: usize = 20;
/// From one story's start to the next one's: each begins with a database to make.
const APART: Duration = Duration::from_millis(400);
/// No story begins while the machine is further behind than that: each adds to it.
const CALM: Duration = Duration::from_millis(25);
/// Somebody else may keep the machine busy for longer than anybody wants to wait for each story.
const CALM_WITHIN: Duration = Duration::from_secs(10);
/// Behind by this much, a caller's pause becomes another one: who fails then is told again, alone.
const OVERLOADED: Duration = Duration::from_millis(60);
/// A story that takes longer hangs; five hundred calls at a real pace take two minutes, a call under
/// each fault as long on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);
/// What people run the product with.
const FILTER: &str = "info,tokio_postgres=warn,hyper=warn,reqwest=warn,rustls=warn,tungstenite=warn";

/// One story: its name, how it goes, and how the guesses stand meanwhile.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) tell: fn() -> Pin<Box<dyn Future<Output = ()> + Send>>,
    pub(crate) lens: Lens,
}

impl Story {
    /// Its name, and how the guesses stand where they stand otherwise.
    fn title(&self) -> String {
        match self.lens {
            Lens::Default => self.name.to_owned(),
            Lens::Otherwise => format!("{} [all guesses otherwise]", self.name),
            Lens::Third => format!("{} [third values]", self.name),
            Lens::Only(place) => format!("{} [{}]", self.name, GUESSES[place].name),
        }
    }
}

tokio::task_local! {
    /// How the guesses stand for the story that is being told.
    pub(crate) static LENS: Lens;
}

/// How far behind the machine is that all of them share.
static PULSE: Pulse = Pulse::new();

/// Everything the product has logged in this process.
pub(crate) static LOG: Log = Log(Mutex::new(Vec::new()));

/// A log that is kept to be looked at.
pub(crate) struct Log(Mutex<Vec<u8>>);

impl Log {
    /// All of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs every story whose title holds all of the program's arguments, or all without any; then
/// `afterwards`. The log goes to `stories.log` in cargo's folder for tests.
pub(crate) fn run(stories: Vec<Story>, afterwards: Story) -> ExitCode {
    let filter: Targets = FILTER.parse().expect("our own is well written");
    registry().with(filter).with(fmt::layer().with_ansi(false).with_writer(|| &LOG)).init();
    let words: Vec<String> = arguments();
    let wanted = |story: &Story| words.iter().all(|word| story.title().contains(word.as_str()));
    let stories: Vec<Story> = stories.into_iter().filter(wanted).collect();
    let (told, runtime) = (stories.len(), tokio::runtime::Runtime::new().expect("a runtime"));
    let failed = runtime.block_on(async {
        let pulse = tokio::spawn(PULSE.beat());
        let one_by_one = futures_util::stream::iter(stories).then(after_a_while);
        let results: Vec<Result<(), Failed>> = one_by_one.map(tell).buffer_unordered(AT_ONCE).collect().await;
        let mut failed: Vec<Failed> = Vec::new();
        for result in results {
            match result {
                Err(Failed { story, overloaded: true }) => failed.extend(tell(story).await.err()),
                result => failed.extend(result.err()),
            }
        }
        if told > 0 {
            failed.extend(tell(afterwards).await.err());
        }
        pulse.abort();
        failed
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/stories.log");
    std::fs::write(file, LOG.text()).expect("the log can be kept");
    report(&format!("{told} stories, {} failed; their log is {file}", failed.len()));
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Parts of titles; options of the usual harness mean nothing here.
fn arguments() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect()
}

async fn after_a_while(story: Story) -> Story {
    tokio::time::sleep(APART).await;
    // Where it is never calm the stories are told nevertheless.
    let _late = tokio::time::timeout(CALM_WITHIN, PULSE.calm(CALM)).await;
    story
}

/// A story that went wrong, perhaps only because the machine could not keep up.
struct Failed {
    story: Story,
    overloaded: bool,
}

/// Tells one story.
#[expect(clippy::disallowed_methods, reason = "how long people wait is measured on the real clock")]
async fn tell(story: Story) -> Result<(), Failed> {
    let began = Instant::now();
    let result = tokio::time::timeout(LIMIT, tokio::spawn(LENS.scope(story.lens, (story.tell)()))).await;
    let behind = PULSE.worst_since(began);
    let overloaded = behind > OVERLOADED;
    let word = match &result {
        Ok(Ok(())) => "ok",
        Ok(Err(_)) if overloaded => "FAILED, overloaded",
        Ok(Err(_)) => "FAILED",
        Err(_) => "FAILED: it hangs",
    };
    let took = began.elapsed().as_secs_f32();
    report(&format!("{word} {took:>5.1} s  {} ({} ms behind)", story.title(), behind.as_millis()));
    if matches!(result, Ok(Ok(()))) { Ok(()) } else { Err(Failed { story, overloaded }) }
}

fn report(line: &str) {
    // A terminal that went away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{line}");
}
