//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Looks after an installation. Reads the same environment as the programs do.
#[derive(Debug, Parser)]
#[command(name = "ops", version)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check every configured dependency and say what to fix; exits 1 if something fails
    Doctor(Doctor),
}

/// How to examine.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Print JSON instead of lines
    #[arg(long)]
    pub json: bool,
    /// Also ask the real providers what their pages leave open: costs a few rupees of speech, and
    /// one call with --phone
    #[arg(long)]
    pub live: bool,
    /// Your own phone, for the one call; without it the carrier is not asked
    #[arg(long, requires = "live", requires = "yes_call_me")]
    pub phone: Option<String>,
    /// Confirms that --phone is yours and may be called now
    #[arg(long, requires = "phone")]
    pub yes_call_me: bool,
    /// Where this program listens for the carrier during that call; PUBLIC_BASE_URL and
    /// PUBLIC_WS_URL must lead here
    #[arg(long, requires = "live", default_value = "0.0.0.0:8000")]
    pub listen: SocketAddr,
    /// Folder for the redacted frames
    #[arg(long, requires = "live", default_value = "shared/tests/fixtures/recorded")]
    pub record: PathBuf,
    /// Do not wait 90 s for what happens to idle sockets
    #[arg(long, requires = "live")]
    pub impatient: bool,
}
