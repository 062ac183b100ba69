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
    /// Play the events of a recorded call through the turn machine again, perhaps with other numbers, and
    /// print both timelines side by side; exits 0 if they are the same, 1 if not, 2 if the input is bad
    ///
    /// What nobody can know: what the caller had done after another action. Their voice, their words and the
    /// clock stay as they were, to within a frame of 20 ms. A sentence sounds, and a model answers, as long after
    /// it is ordered as it did in the call; a sentence that was never said takes its usual time, a question that
    /// was never asked is not answered, and then the script is. The echo guard and the detector are not replayed:
    /// there is no audio in a journal.
    Replay(Replay),
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

/// What to replay.
#[derive(Debug, Clone, Args)]
pub struct Replay {
    /// The journal of a call held with VOICEBOT_JOURNAL=true, from the folder `journals` of the object store
    #[arg(required_unless_present = "names")]
    pub file: Option<PathBuf>,
    /// Give a number another value than in that call; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Print JSON instead of lines
    #[arg(long)]
    pub json: bool,
    /// Only print the names that --set takes, with their values in calls, bounds and reasons
    #[arg(long)]
    pub names: bool,
}
