//! The command line of the local program.

use std::path::PathBuf;

use clap::Parser;

/// The whole product in one process. Started by `./start.sh`, which also starts Postgres and Redis.
#[derive(Debug, Clone, Parser)]
#[command(name = "start.sh", version)]
pub struct Arguments {
    /// Run the sample campaign, print one JSON line, and end
    #[arg(long, conflicts_with = "real")]
    pub demo: bool,
    /// Refuse to start with a simulator
    #[arg(long)]
    pub real: bool,
    /// Queues, audit trail, files, secrets and keys on a local AWS server, through the AWS SDK
    #[arg(long)]
    pub aws_local: bool,
    /// Port to serve on; 0 takes any free one
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
    /// Do not run the sample campaign on the first start
    #[arg(long, conflicts_with = "demo")]
    pub no_sample: bool,
    /// Folder for keys, files and the audit trail
    #[arg(long, default_value = ".local", hide = true)]
    pub data: PathBuf,
}
