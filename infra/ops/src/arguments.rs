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
    /// Also ask the real providers what their pages leave open: costs a few rupees of speech and of
    /// every language model that is set, and one call with --phone
    #[arg(long)]
    pub live: bool,
    /// Your own phone, for the one call; without it the carrier is not asked
    #[arg(long, requires = "live", requires = "yes_call_me")]
    pub phone: Option<String>,
    /// Confirms that --phone is yours and may be called now
    #[arg(long, requires = "phone")]
    pub yes_call_me: bool,
    /// Spend that call on faults: its stream is refused once and dropped once, a request left
    /// unanswered; stay on the line, nobody speaks. Decides what a call without this can not
    #[arg(long, requires = "yes_call_me")]
    pub with_faults: bool,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_spent_on_faults_only_where_somebody_confirmed_it() {
        let taken = |flags: &[&str]| Arguments::try_parse_from([&["ops", "doctor", "--live"], flags].concat()).is_ok();
        assert!(!taken(&["--with-faults"]) && !taken(&["--with-faults", "--phone", "9000000001"]));
        assert!(taken(&["--with-faults", "--phone", "9000000001", "--yes-call-me"]));
    }
}
