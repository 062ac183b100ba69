//! The bots: how each is started, where it listens, and what it must be told before a call.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use shared::adapters::crypto::KeyRing;
use shared::adapters::system::OsRandom;
use shared::config::Environment;
use shared::ports::clock::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::Fallible;
use crate::line::Call;
use crate::seed::Records;

/// A Python program imports for some seconds.
const READY_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After SIGTERM; without live calls nobody needs it.
const LEAVE_WITHIN: Duration = Duration::from_secs(15);
/// More calls than any level has: calls that are being saved still count.
const MOST_CALLS: usize = 1_000;

/// Which bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bot {
    /// The deployed `voicebot`
    Ours,
    /// The peer
    Pipecat,
    /// The one that does nothing
    Null,
}

impl Bot {
    /// As it is written in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Pipecat => "pipecat",
            Self::Null => "null",
        }
    }

    /// Speaks first, and asks who is on the line.
    pub(crate) fn greets(self) -> bool {
        self == Self::Ours
    }
}

/// Where everything is that a bot needs.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The core a bot has to itself.
    pub(crate) core: usize,
    pub(crate) voicebot: PathBuf,
    /// Python of the environment the peer is installed in, and its script with more arguments.
    pub(crate) pipecat: Vec<String>,
    pub(crate) providers: SocketAddr,
    /// Variables of our bot, all of them.
    pub(crate) env: Vec<(String, String)>,
    /// What bots write goes here.
    pub(crate) logs: PathBuf,
}

/// Variables of our bot: the stores of this machine, our providers, and its own defaults for the rest.
pub(crate) fn environment(process: &Environment, providers: SocketAddr) -> Vec<(String, String)> {
    let given = ["DATABASE_URL", "REDIS_HOST", "REDIS_PORT", "PATH", "TMPDIR", "RUST_LOG", "VOICEBOT_SPECULATION"];
    let given = given.into_iter().filter_map(|name| Some((name, process.get(name)?.to_owned())));
    let random: Arc<dyn Random> = Arc::new(OsRandom::new());
    let http = format!("http://{providers}");
    let ours = [
        ("DATA_KEYS", KeyRing::generate(&*random)),
        ("DATA_KEYS_KMS_KEY", "load".to_owned()),
        ("AWS_ENDPOINT_URL", http.clone()),
        ("AWS_REGION", "ap-south-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "load".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "load".to_owned()),
        ("DIAL_QUEUE_URL", format!("{http}/dial")),
        ("CALL_EVENTS_QUEUE_URL", format!("{http}/call-events")),
        ("AUDIT_TABLE", "audit".to_owned()),
        ("OBJECTS_BUCKET", "load".to_owned()),
        ("EXOTEL_SHARED_SECRET", "load-shared-secret".to_owned()),
        ("SIGNING_SECRET", "load-signing-secret-of-32-bytes-or-more".to_owned()),
        ("SARVAM_API_KEY", "load".to_owned()),
        ("SARVAM_BASE_URL", http.clone()),
        ("SARVAM_WS_URL", format!("ws://{providers}")),
        ("CLAUDE_MODEL_ID", "in.anthropic.claude-haiku-4-5-20251001-v1:0".to_owned()),
        ("BEDROCK_ENDPOINT_URL", http),
        ("VOICEBOT_MAX_CALLS", MOST_CALLS.to_string()),
    ];
    given.chain(ours).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A bot that takes calls.
pub(crate) struct Running {
    bot: Bot,
    child: Child,
    pub(crate) pid: u32,
    port: u16,
}

impl Running {
    /// Starts it alone on its core and waits until it answers.
    pub(crate) async fn start(bot: Bot, site: &Site) -> Fallible<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
        let log = File::options().create(true).append(true).open(site.logs.join(format!("{}.log", bot.name())))?;
        let mut command = command(bot, site, port)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let child = command.spawn().map_err(|error| format!("taskset did not start: {error}"))?;
        let pid = child.id().ok_or("the bot ended at once")?;
        let mut running = Self { bot, child, pid, port };
        running.wait_until_ready(site).await?;
        Ok(running)
    }

    async fn wait_until_ready(&mut self, site: &Site) -> Fallible<()> {
        let due = Instant::now() + READY_WITHIN;
        while Instant::now() < due {
            if let Some(status) = self.child.try_wait()? {
                let log = site.logs.join(format!("{}.log", self.bot.name()));
                return Err(format!("the bot `{}` ended ({status}); see {}", self.bot.name(), log.display()).into());
            }
            if timeout(LOOK_EVERY, answers(self.port)).await.is_ok_and(|answer| answer.is_ok()) {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
        Err(format!("the bot `{}` was not ready in time", self.bot.name()).into())
    }

    /// The calls it will be given: ours wants to know them before.
    pub(crate) async fn calls(&self, count: usize, records: &mut Option<Records>) -> Fallible<Vec<Call>> {
        let port = self.port;
        if let (Bot::Ours, Some(records)) = (self.bot, records) {
            let address = |(number, seat): (usize, crate::seed::Seat)| Call {
                number,
                address: format!("ws://127.0.0.1:{port}/ws/voicebot/{}?t={}", seat.sid.as_str(), seat.token),
                sid: seat.sid.as_str().to_owned(),
            };
            return Ok(records.seats(count).await?.into_iter().enumerate().map(address).collect());
        }
        let call = |number| {
            let sid = format!("load{:08x}{number:08x}", self.pid);
            Call { number, address: format!("ws://127.0.0.1:{port}/ws/voicebot/{sid}"), sid }
        };
        Ok((0..count).map(call).collect())
    }

    /// Asks it to leave; whoever does not is ended.
    pub(crate) async fn stop(mut self) -> Fallible<()> {
        let asked = Command::new("kill").arg("-TERM").arg(self.pid.to_string()).status().await?;
        if !asked.success() || timeout(LEAVE_WITHIN, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

fn command(bot: Bot, site: &Site, port: u16) -> Fallible<Command> {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(site.core.to_string());
    match bot {
        Bot::Ours => {
            command.arg(&site.voicebot).env_clear();
            command.envs(site.env.iter().cloned()).env("PORT", port.to_string());
        }
        Bot::Pipecat => {
            if site.pipecat.is_empty() {
                return Err("--pipecat must say how the peer is started".into());
            }
            command.args(&site.pipecat);
            command.arg("--port").arg(port.to_string()).arg("--providers").arg(site.providers.to_string());
        }
        Bot::Null => {
            command.arg(std::env::current_exe()?).arg("null").arg("--port").arg(port.to_string());
        }
    }
    Ok(command)
}

/// Whether somebody answers HTTP there.
async fn answers(port: u16) -> std::io::Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut first = [0; 4];
    socket.read_exact(&mut first).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::config::{AwsSection, EdgeConfig, ModelSection, SarvamSection, StoreConfig, WrappedKeysSection};

    use super::*;

    #[test]
    fn our_bot_finds_everything_that_it_asks_for() {
        let stores = [("DATABASE_URL", "postgres://app@127.0.0.1/x"), ("REDIS_HOST", "127.0.0.1"), ("HOME", "/root")];
        let process = Environment::of(stores.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let env = Environment::of(environment(&process, SocketAddr::from(([127, 0, 0, 1], 9_100))));
        assert!(env.get("HOME").is_none(), "nothing else of this process reaches the bot");
        env.read::<StoreConfig>().expect("stores");
        env.read::<EdgeConfig>().expect("edge");
        env.read::<AwsSection>().expect("aws");
        env.read::<WrappedKeysSection>().expect("keys");
        assert_eq!(env.read::<SarvamSection>().expect("speech").ws_url, "ws://127.0.0.1:9100");
        assert!(env.read::<ModelSection>().expect("models").bedrock.is_some());
    }
}
