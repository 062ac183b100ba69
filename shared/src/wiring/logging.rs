//! Logs: lines for people on a laptop, JSON where machines read them.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::config::{Environment, Stage};

/// A laptop's terminal shows the progress of calls; only what needs somebody is said between.
const LOCAL_FILTER: &str = "warn";
/// The dependencies' own chatter below warnings is noise.
const DEPLOYED_FILTER: &str = "info,tokio_postgres=warn,hyper=warn,reqwest=warn,rustls=warn,tungstenite=warn";

/// Starts writing logs to standard error. Later calls change nothing.
pub fn start_logging(env: &Environment) {
    let local = env.read::<Stage>() == Ok(Stage::Local);
    let default = if local { LOCAL_FILTER } else { DEPLOYED_FILTER };
    let told = env.get("RUST_LOG").and_then(|told| told.parse::<Targets>().ok());
    let filter = told.unwrap_or_else(|| default.parse().expect("our own is well written"));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let _ = if local {
        registry().with(filter).with(lines).try_init()
    } else {
        registry().with(filter).with(lines.json().flatten_event(true)).try_init()
    };
}
