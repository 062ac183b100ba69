//! The simulated providers: each on a loopback port of its own, speaking the provider's protocol.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::config::Environment;
use shared::ports::clock::{Clock, Random};
use shared::sim::bedrock;
use shared::sim::exotel::{ExotelSim, ExotelSimConfig, Flow, Voicebot};
use shared::sim::model::{self, ModelHandle, ModelSim};
use shared::sim::sarvam::{self, SarvamHandle, SarvamSim};
use shared::sim::speech::Lexicon;
use tokio::net::TcpListener;

/// The flow the simulated account has drawn.
const FLOW_APP_ID: &str = "123456";
/// What the speech simulator accepts as its key.
const SPEECH_KEY: &str = "simulated";
/// What the simulated Claude is asked by, and the access key it takes.
const MODEL_ID: &str = "in.anthropic.claude-haiku-4-5-20251001-v1:0";
const MODEL_KEY: &str = "AKIDSIMULATED";
/// Whom a simulated hand-over rings.
const SIMULATED_AGENT: &str = "9000099901";

/// The providers nobody gave us credentials for.
pub struct Simulators {
    /// The carrier with its virtual callers.
    pub exotel: Option<ExotelSim>,
    /// The speech provider.
    pub sarvam: Option<SarvamHandle>,
    /// The language model, where the carrier is simulated too and no other model is set: real
    /// customers are never talked to by a simulated one.
    pub bedrock: Option<ModelHandle>,
}

/// What is missing in the environment, by provider.
pub fn unconfigured(env: &Environment) -> Vec<&'static str> {
    [("EXOTEL_TOKEN", "Exotel"), ("SARVAM_API_KEY", "Sarvam")]
        .into_iter()
        .filter(|(key, _)| env.get(key).is_none())
        .map(|(_, provider)| provider)
        .collect()
}

impl Simulators {
    /// Starts what `env` has no credentials for, and puts the simulators' addresses and
    /// credentials into it: from there on nothing knows the difference.
    pub async fn start(
        env: &mut Environment,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        lexicon: Lexicon,
    ) -> std::io::Result<Self> {
        let missing = unconfigured(env);
        let sarvam = match missing.contains(&"Sarvam") {
            true => Some(start_sarvam(env, lexicon.clone()).await?),
            false => None,
        };
        let exotel = match missing.contains(&"Exotel") {
            true => Some(start_exotel(env, ExotelSimConfig::new(clock, random, lexicon)).await?),
            false => None,
        };
        let thinks = ["CLAUDE_MODEL_ID", "GEMINI_API_KEY"].iter().any(|key| env.get(key).is_some());
        let bedrock = match exotel.is_some() && !thinks {
            true => Some(start_bedrock(env).await?),
            false => None,
        };
        Ok(Self { exotel, sarvam, bedrock })
    }

    /// Draws the flow, once our own address and secret are known.
    pub fn draw_flow(&self, base_url: &str, shared_secret: &str) {
        let Some(exotel) = &self.exotel else { return };
        let address = |path: &str| format!("{base_url}{path}?k={shared_secret}");
        exotel.set_flow(
            FLOW_APP_ID,
            Flow {
                passthru_a: Some(address("/passthru-handler")),
                voicebot: Voicebot::Dynamic(address("/voicebot-url")),
                passthru_b: Some(address("/passthru-handler/next")),
                connect: Some(address("/agent-number")),
                passthru_c: Some(address("/passthru-handler/after-agent")),
                apology: Some(Voicebot::Dynamic(address("/voicebot-url"))),
            },
        );
    }

    /// Ends every simulated call and connection.
    pub async fn stop(&self) {
        if let Some(exotel) = &self.exotel {
            exotel.stop().await;
        }
    }
}

async fn start_sarvam(env: &mut Environment, lexicon: Lexicon) -> std::io::Result<SarvamHandle> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let sim = SarvamSim { lexicon, key: SPEECH_KEY.to_owned(), switches: sarvam::Switches::default() };
    let handle = sarvam::serve(listener, sim).await?;
    env.default_to("SARVAM_API_KEY", SPEECH_KEY);
    env.set("SARVAM_BASE_URL", handle.base_url());
    env.set("SARVAM_WS_URL", handle.ws_url());
    Ok(handle)
}

async fn start_bedrock(env: &mut Environment) -> std::io::Result<ModelHandle> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let sim = ModelSim { key: MODEL_KEY.to_owned(), switches: model::Switches::default() };
    let handle = bedrock::serve(listener, sim)?;
    env.set("CLAUDE_MODEL_ID", MODEL_ID);
    env.set("BEDROCK_ENDPOINT_URL", handle.url());
    // A key of its own, and not the environment's: with `--aws-local` that one is another server's.
    env.set("AWS_BEARER_TOKEN_BEDROCK", MODEL_KEY);
    Ok(handle)
}

async fn start_exotel(env: &mut Environment, config: ExotelSimConfig) -> std::io::Result<ExotelSim> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let account: BTreeMap<&str, String> = BTreeMap::from([
        ("EXOTEL_SID", config.account_sid.clone()),
        ("EXOTEL_API_KEY", config.api_key.clone()),
        ("EXOTEL_TOKEN", config.api_token.clone()),
        ("EXOTEL_VIRTUAL_NUMBER", config.exophone.clone()),
        ("EXOTEL_FLOW_APP_ID", FLOW_APP_ID.to_owned()),
    ]);
    let exotel = ExotelSim::start(listener, config)?;
    for (name, value) in account {
        env.set(name, value);
    }
    env.set("EXOTEL_BASE_URL", format!("http://{}", exotel.address()));
    env.default_to("AGENT_PHONE_NUMBER", SIMULATED_AGENT);
    Ok(exotel)
}
