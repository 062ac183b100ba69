//! A private database, a prefix in Redis, the template's resources on the local AWS server, and the
//! packaged functions over them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use local::aws_local::AwsLocal;
use local::runtime_api::{Outcome, RuntimeApi};
use local::simulators::Simulators;
use local::template::{Function, Template};
use serde_json::Value;
use shared::adapters::system::{OsRandom, SystemClock};
use shared::app::App;
use shared::config::Environment;
use shared::sim::speech::{Lexicon, Voice};
use shared::wiring;
use tokio::process::{Child, Command};

use super::gate::Gate;

/// Nobody listens there: a test tells nobody outside what it does.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Where a test's servers are.
pub(crate) struct World {
    pub(crate) aws: AwsLocal,
    pub(crate) simulators: Simulators,
    database: String,
    logs: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the test programs are told where their servers are")]
fn told(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run ./test.sh"))
}

impl World {
    /// Everything made and filled, and nothing migrated yet.
    pub(crate) async fn new() -> Self {
        Self::over(None).await
    }

    /// As [`World::new`], with the records at an address where nobody answers.
    pub(crate) async fn without_records() -> Self {
        Self::over(Some("postgres://app@127.0.0.1:1/app")).await
    }

    async fn over(records: Option<&str>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("packaged{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let server = told("TEST_DATABASE_URL");
        sql(&server, &format!("create database {name}")).await;
        let base = server.rsplit_once('/').expect("an address with a database").0;
        let redis = reqwest::Url::parse(&told("TEST_REDIS_URL")).expect("an address of Redis");
        let records = records.map_or_else(|| format!("{base}/{name}"), str::to_owned);
        let mut env = Environment::of(
            [
                ("DATABASE_URL", records),
                ("REDIS_HOST", redis.host_str().unwrap_or("127.0.0.1").to_owned()),
                ("REDIS_PORT", redis.port().unwrap_or(6379).to_string()),
                ("REDIS_PREFIX", format!("{name}:")),
                ("AWS_ENDPOINT_URL", told("TEST_AWS_ENDPOINT")),
                ("PUBLIC_BASE_URL", NOWHERE.to_owned()),
                ("PUBLIC_WS_URL", "ws://127.0.0.1:1".to_owned()),
                ("EXOTEL_SHARED_SECRET", "shared-secret-of-tests".to_owned()),
                ("SIGNING_SECRET", "signing-secret-of-tests".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let lexicon = Lexicon::new(Voice::detect());
        let random = Arc::new(OsRandom::new());
        let simulators = Simulators::start(&mut env, Arc::new(SystemClock), random, lexicon).await.expect("simulators");
        simulators.draw_flow(NOWHERE, "shared-secret-of-tests");
        let aws = AwsLocal::prepare(&env, &name).await.expect("resources");
        Self { aws, simulators, database: name, logs: tempfile::tempdir().expect("a folder") }
    }

    /// The same stores, as the functions see them.
    pub(crate) async fn app(&self) -> App {
        let env = wiring::with_secrets(&self.aws.env).await.expect("filled");
        wiring::app_from_env(&env).await.expect("complete")
    }

    /// Starts a packaged function with what the template gives it, and what differs on this machine.
    pub(crate) async fn start(&self, folder: &str) -> Running {
        let template = Template::ours().expect("readable");
        let function = template.functions().into_iter().find(|f| f.folder == folder).expect("a function");
        let (gate, address) = Gate::open(&told("TEST_AWS_ENDPOINT"), &function, &self.aws.stack).await;
        let runtime = RuntimeApi::start().await.expect("a Runtime API");
        let bootstrap = PathBuf::from(told("TEST_FUNCTIONS")).join(folder).join("bootstrap");
        let log = self.logs.path().join(format!("{folder}.log"));
        let given = function.variables.iter().map(|(name, value)| (name, self.aws.stack.text(value).expect("known")));
        let mut command = Command::new(&bootstrap);
        command.env_clear().envs(given).envs(runtime.variables(folder));
        for name in ["REDIS_PORT", "REDIS_PREFIX", "REDIS_TLS", "EXOTEL_BASE_URL"] {
            command.env(name, self.aws.env.get(name).unwrap_or_default());
        }
        command.env("AWS_ENDPOINT_URL", address).env("AWS_REGION", "ap-south-1");
        command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
        let child = command
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run ./test.sh", bootstrap.display()));
        Running { function, runtime, gate, log, child }
    }

    /// Removes what the test stored; a test that failed leaves it to look at.
    pub(crate) async fn end(self) {
        self.simulators.stop().await;
        let drop = format!("drop database {} with (force)", self.database);
        sql(&told("TEST_DATABASE_URL"), &drop).await;
    }
}

async fn sql(server: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("connected");
    let driver = tokio::spawn(connection);
    client.simple_query(statement).await.expect("a statement that works");
    driver.abort();
}

/// A packaged function in its sandbox.
pub(crate) struct Running {
    pub(crate) function: Function,
    runtime: RuntimeApi,
    gate: Gate,
    log: PathBuf,
    child: Child,
}

impl Running {
    /// The answer to one event, within the time that the template gives the function.
    pub(crate) async fn answer(&self, event: &Value) -> Value {
        match self.outcome(event).await {
            Outcome::Answered(answer) => answer,
            other => panic!("{}: {other:?} for {event}\n{}", self.function.folder, self.log()),
        }
    }

    pub(crate) async fn outcome(&self, event: &Value) -> Outcome {
        self.runtime.invoke(event, Duration::from_secs(self.function.timeout_s)).await
    }

    /// Status and JSON body of an HTTP answer; a body that is no JSON comes as text.
    pub(crate) async fn http(&self, event: Value) -> (u64, Value) {
        let answer = self.answer(&event).await;
        let body = answer["body"].as_str().unwrap_or_default();
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        (answer["statusCode"].as_u64().unwrap_or_default(), body)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// It still runs, never reported a bad start, asked AWS for nothing that its policies do not
    /// allow, and used every permission but those named here.
    pub(crate) fn check(&mut self, spared: &[&str]) {
        let folder = &self.function.folder;
        assert!(self.child.try_wait().expect("a state").is_none(), "{folder} ended:\n{}", self.log());
        assert_eq!(self.runtime.init_error(), None, "{folder}");
        assert!(self.gate.refused().is_empty(), "{folder} was refused {:?}\n{}", self.gate.refused(), self.log());
        let unused = self.gate.unused();
        let idle: Vec<_> = unused.iter().filter(|(action, _)| !spared.contains(&action.as_str())).collect();
        assert!(idle.is_empty(), "{folder} may do what it never did: {idle:?}");
    }
}
