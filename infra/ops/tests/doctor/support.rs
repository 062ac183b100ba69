//! Installations to examine.

use std::sync::Arc;
use std::time::Duration;

use ops::doctor::{Patient, examine};
use ops::report::{Level, Line, Report};
use shared::adapters::system::{OsRandom, SystemClock};
use shared::config::Environment;
use shared::sim::exotel::{ExotelSim, ExotelSimConfig};
use shared::sim::model::{self, ModelHandle, ModelSim};
use shared::sim::sarvam::{Delays, SarvamHandle, SarvamSim, Switches, serve};
use shared::sim::speech::{Lexicon, Voice};
use tokio::net::TcpListener;

pub(crate) const SPEECH_KEY: &str = "speech-key-not-to-be-printed";
pub(crate) const CLAUDE: &str = "in.anthropic.claude-haiku-4-5-20251001-v1:0";
pub(crate) const MODEL_KEY: &str = "model-key-not-to-be-printed";
pub(crate) const SHARED_SECRET: &str = "shared-secret-not-to-be-printed";

#[expect(clippy::disallowed_methods, reason = "the one place where these tests read the environment")]
pub(crate) fn address(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run ./test.sh, which starts the servers"))
}

pub(crate) async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// A database of its own, not migrated.
pub(crate) async fn database(name: &str) -> String {
    let server = address("TEST_DATABASE_URL");
    let name = format!("ops_{name}_{}", std::process::id());
    sql(&server, &format!("drop database if exists {name} with (force)")).await;
    sql(&server, &format!("create database {name}")).await;
    format!("{}/{name}", server.rsplit_once('/').expect("an address with a database").0)
}

pub(crate) async fn sql(server: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("Postgres answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(statement).await.expect("a statement that works");
    driver.abort();
}

pub(crate) async fn sarvam(change: impl FnOnce(&mut Switches)) -> SarvamHandle {
    let mut switches = Switches { delays: Delays::none(), ..Switches::default() };
    change(&mut switches);
    let lexicon = Lexicon::new(Voice::Made);
    let sim = SarvamSim { lexicon, key: SPEECH_KEY.to_owned(), switches };
    serve(listener().await, sim).await.expect("the simulator serves")
}

fn at_once() -> model::Switches {
    model::Switches { delays: model::Delays::none(), ..model::Switches::default() }
}

pub(crate) async fn bedrock() -> ModelHandle {
    let sim = ModelSim { key: MODEL_KEY.to_owned(), switches: at_once() };
    shared::sim::bedrock::serve(listener().await, sim).expect("the simulator serves")
}

pub(crate) async fn gemini() -> ModelHandle {
    let sim = ModelSim { key: MODEL_KEY.to_owned(), switches: at_once() };
    shared::sim::gemini::serve(listener().await, sim).expect("the simulator serves")
}

pub(crate) async fn exotel() -> ExotelSim {
    let lexicon = Lexicon::new(Voice::Made);
    let config = ExotelSimConfig::new(Arc::new(SystemClock), Arc::new(OsRandom::new()), lexicon);
    ExotelSim::start(listener().await, config).expect("the simulator serves")
}

/// A laptop on which everything is configured.
pub(crate) struct House {
    pub(crate) env: Environment,
    pub(crate) sarvam: SarvamHandle,
    pub(crate) bedrock: ModelHandle,
    pub(crate) gemini: ModelHandle,
    pub(crate) _exotel: ExotelSim,
    pub(crate) folder: tempfile::TempDir,
}

impl House {
    pub(crate) async fn new(name: &str) -> Self {
        let (sarvam, exotel) = (sarvam(|_| {}).await, exotel().await);
        let (bedrock, gemini) = (bedrock().await, gemini().await);
        let folder = tempfile::tempdir().expect("a folder");
        let redis: reqwest::Url = address("TEST_REDIS_URL").parse().expect("an address of Redis");
        let mut env = Environment::default();
        let database = database(name).await;
        for (key, value) in [
            ("APP_ENV", "local".to_owned()),
            ("DATABASE_URL", database),
            ("REDIS_HOST", redis.host_str().unwrap_or("127.0.0.1").to_owned()),
            ("REDIS_PORT", redis.port().unwrap_or(6379).to_string()),
            ("DATA_KEY_FILE", folder.path().join("keys").to_string_lossy().into_owned()),
            ("EXOTEL_SID", "simlender1".to_owned()),
            ("EXOTEL_API_KEY", "sim-key".to_owned()),
            ("EXOTEL_TOKEN", "sim-token".to_owned()),
            ("EXOTEL_VIRTUAL_NUMBER", "02200000000".to_owned()),
            ("EXOTEL_FLOW_APP_ID", "123456".to_owned()),
            ("EXOTEL_BASE_URL", format!("http://{}", exotel.address())),
            ("EXOTEL_SHARED_SECRET", SHARED_SECRET.to_owned()),
            ("SIGNING_SECRET", SHARED_SECRET.to_owned()),
            ("SARVAM_API_KEY", SPEECH_KEY.to_owned()),
            ("SARVAM_BASE_URL", sarvam.base_url()),
            ("SARVAM_WS_URL", sarvam.ws_url()),
            ("CLAUDE_MODEL_ID", CLAUDE.to_owned()),
            ("BEDROCK_ENDPOINT_URL", bedrock.url()),
            ("AWS_ACCESS_KEY_ID", MODEL_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SHARED_SECRET.to_owned()),
            ("GEMINI_API_KEY", MODEL_KEY.to_owned()),
            ("GEMINI_BASE_URL", gemini.url()),
            ("AGENT_PHONE_NUMBER", "9000099901".to_owned()),
        ] {
            env.set(key, value);
        }
        Self { env, sarvam, bedrock, gemini, _exotel: exotel, folder }
    }

    /// The same after its migrations.
    pub(crate) async fn migrated(name: &str) -> Self {
        let house = Self::new(name).await;
        let settings = shared::wiring::database(&house.env).expect("settings");
        shared::wiring::migrate(&settings).await.expect("migrated");
        house
    }

    pub(crate) fn database(&self) -> &str {
        self.env.get("DATABASE_URL").expect("set")
    }

    pub(crate) async fn with(&self, changes: &[(&str, &str)]) -> Report {
        let mut env = self.env.clone();
        for (key, value) in changes {
            env.set(key, *value);
        }
        let patient = Patient { limit: Duration::from_secs(5), ..Patient::new(env, Arc::new(SystemClock)) };
        let report = examine(&patient).await;
        for secret in [SPEECH_KEY, MODEL_KEY, SHARED_SECRET, "sim-token", "9000099901", "hunter2"] {
            assert!(!report.to_string().contains(secret), "{secret} is printed:\n{report}");
        }
        report
    }
}

/// The one line of a check.
pub(crate) fn line<'a>(report: &'a Report, check: &str) -> &'a Line {
    let found = report.checks.iter().find(|line| line.check == check);
    found.unwrap_or_else(|| panic!("no `{check}` in\n{report}"))
}

pub(crate) fn level(report: &Report, check: &str) -> Level {
    line(report, check).level
}
