//! Logs: lines for people on a laptop, JSON where machines read them.

use tracing_subscriber::EnvFilter;

use crate::config::{Environment, Stage};

/// The dependencies' own chatter below warnings is noise.
const DEFAULT_FILTER: &str = "info,tokio_postgres=warn,hyper=warn,reqwest=warn,rustls=warn,tungstenite=warn";

/// Starts writing logs to standard error. Later calls change nothing.
pub fn start_logging(env: &Environment) {
    let filter = EnvFilter::try_new(env.get("RUST_LOG").unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A program that has no stage set is a deployed one.
    let _ = match env.read::<Stage>() {
        Ok(Stage::Local) => builder.try_init(),
        _ => builder.json().flatten_event(true).try_init(),
    };
}
