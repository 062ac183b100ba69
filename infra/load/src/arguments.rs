//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::bots::Bot;

/// Plays the carrier for many calls at once and measures the bot that answers them
#[derive(Debug, Parser)]
#[command(name = "load", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start each bot, make calls at every level, and print one table
    Run(Box<Run>),
    /// Be the bot that does nothing
    Null {
        /// Where it listens, on this machine only
        #[arg(long)]
        port: u16,
    },
}

/// A run.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Which bots, one after the other at every level
    #[arg(long, value_enum, value_delimiter = ',', default_value = "ours")]
    pub(crate) bots: Vec<Bot>,
    /// Calls at once
    #[arg(long, value_delimiter = ',', default_value = "1,10,50,100,200", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) levels: Vec<u16>,
    /// Calls one after another in each slot; 3 for one call, 2 up to ten, else 1
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rounds: Option<u16>,
    /// Only the first turn of every call
    #[arg(long)]
    pub(crate) short: bool,
    /// Length of the carrier's frames
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(20..=200))]
    pub(crate) frame_ms: u16,
    /// Noise under everything; -40 is a street
    #[arg(long, default_value_t = -69.0, allow_negative_numbers = true)]
    pub(crate) noise_dbfs: f64,
    /// Pauses of 300 and 400 ms inside sentences, where any sound of the bot is a failure
    #[arg(long)]
    pub(crate) pauses: bool,
    /// Words of one syllable beside words of seven
    #[arg(long)]
    pub(crate) uneven: bool,
    /// An utterance that is ended in the middle of a word loses it
    #[arg(long)]
    pub(crate) lose_words: bool,
    /// Log-normal delays of the providers: 95 of 100 within so many times the usual
    #[arg(long, default_value_t = 1.0)]
    pub(crate) spread: f64,
    /// Afterwards, how much more memory a bot has after so many further calls, 50 at a time
    #[arg(long, num_args = 0..=1, default_missing_value = "1000")]
    pub(crate) growth: Option<u16>,
    /// Afterwards 10 calls on a noisy line and growth, and a table of what we aim at. Needs the levels 1, 10 and 200
    #[arg(long)]
    pub(crate) targets: bool,
    /// Our bot's program
    #[arg(long)]
    pub(crate) voicebot: Option<PathBuf>,
    /// How the peer is started: its Python, its script and its arguments, separated by spaces
    #[arg(long, default_value = "")]
    pub(crate) pipecat: String,
    /// The core that the bots have to themselves
    #[arg(long, default_value_t = 0)]
    pub(crate) core: usize,
    /// Where logs and every figure as JSON go
    #[arg(long)]
    pub(crate) out: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_growth_without_a_number_is_a_thousand_calls() {
        let run = |more: &[&str]| {
            let all = ["load", "run", "--out", "x"].iter().chain(more);
            match Arguments::try_parse_from(all).expect("valid").command {
                Command::Run(run) => *run,
                Command::Null { .. } => panic!("another command"),
            }
        };
        assert_eq!(run(&[]).growth, None);
        assert_eq!(run(&["--growth"]).growth, Some(1_000));
        let noisy = run(&["--noise-dbfs", "-40", "--levels", "1,2", "--bots", "ours,null"]);
        assert_eq!((noisy.noise_dbfs, noisy.levels, noisy.bots), (-40.0, vec![1, 2], vec![Bot::Ours, Bot::Null]));
    }
}
