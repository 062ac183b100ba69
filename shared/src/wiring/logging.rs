//! Logs: lines for people on a laptop, JSON where machines read them.

use tracing_subscriber::EnvFilter;

use crate::config::{Environment, Stage};

/// A laptop's terminal shows the progress of calls; only what needs somebody is said between.
const LOCAL_FILTER: &str = "warn";
/// The dependencies' own chatter below warnings is noise.
const DEPLOYED_FILTER: &str = "info,tokio_postgres=warn,hyper=warn,reqwest=warn,rustls=warn,tungstenite=warn";

/// Starts writing logs to standard error. Later calls change nothing.
pub fn start_logging(env: &Environment) {
    let local = env.read::<Stage>() == Ok(Stage::Local);
    let default = if local { LOCAL_FILTER } else { DEPLOYED_FILTER };
    let filter = EnvFilter::try_new(env.get("RUST_LOG").unwrap_or(default)).unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if local { builder.try_init() } else { builder.json().flatten_event(true).try_init() };
}
