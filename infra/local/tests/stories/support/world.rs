//! One story's product, with databases of its own on the test servers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use local::api::Api;
use local::product::{Options, Product, Rhythm};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::app::reconcile_calls::ReconcileLimits;
use shared::config::Environment;
use shared::domain::status::CallStatus;
use shared::sim::exotel::{CallTruth, ExotelSim};
use shared::sim::model;
use shared::sim::sarvam::{self, Delays};
use shared::sim::speech::{Lexicon, Voice};

use super::{LENS, Person};

/// What is waited for comes within seconds; a conversation lasts at most a minute.
const PATIENCE: Duration = Duration::from_secs(90);
/// Three pages of calls at a time stay below the rate of a key.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// However slow and broken what we build on is.
const LONGEST_SILENCE_MS: u64 = 3_000;

/// One voice for all stories, made up and so the same on every machine: what was said once costs
/// the others nothing.
static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(Voice::Made));

/// Every secret of every story so far: none may stand in the log.
pub(crate) static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A running product and what belongs to it.
pub(crate) struct World {
    pub(crate) product: Product,
    pub(crate) api: Api,
    http: reqwest::Client,
    database: String,
    prefix: String,
    data: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the one place where stories read the environment")]
fn address(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: stories need a real Postgres and Redis; run ./test.sh, which starts them")
    })
}

/// Minutes become seconds.
pub(crate) fn brisk() -> Rhythm {
    let seconds = SignedDuration::from_secs;
    Rhythm {
        feed_every: Duration::from_millis(300),
        reconcile_every: Duration::from_millis(500),
        reconcile: ReconcileLimits {
            reads_per_minute: 600,
            patience: Duration::from_secs(2),
            batch: 50,
            claim_grace: seconds(3),
            window_before: seconds(5),
            window_after: seconds(1),
            absent_after: seconds(1),
            quiet_after: seconds(2),
            give_up_after: seconds(60),
            // Longer than any story: on a slow machine a conversation's record may come late.
            silent_after: seconds(1_800),
        },
    }
}

impl World {
    /// A product on which everything but the talking is quick.
    pub(crate) async fn start() -> Self {
        Self::with_environment(&[]).await
    }

    /// The same, with more in its environment.
    pub(crate) async fn with_environment(more: &[(&str, &str)]) -> Self {
        Self::of(Rhythm { feed_every: Duration::from_millis(300), ..Rhythm::default() }, more).await
    }

    /// The same, looked after in that rhythm.
    pub(crate) async fn with_rhythm(rhythm: Rhythm) -> Self {
        Self::of(rhythm, &[]).await
    }

    async fn of(rhythm: Rhythm, more: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("story_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let server = address("TEST_DATABASE_URL");
        sql(&server, &format!("create database {name}")).await;
        let base = server.rsplit_once('/').expect("an address with a database").0;
        let redis = reqwest::Url::parse(&address("TEST_REDIS_URL")).expect("an address of Redis");
        let prefix = format!("{name}:");
        let env = Environment::of(
            [
                ("DATABASE_URL", format!("{base}/{name}")),
                ("DATABASE_POOL_SIZE", "8".to_owned()),
                ("REDIS_HOST", redis.host_str().unwrap_or("127.0.0.1").to_owned()),
                ("REDIS_PORT", redis.port().unwrap_or(6379).to_string()),
                ("REDIS_PREFIX", prefix.clone()),
            ]
            .into_iter()
            .chain(more.iter().map(|(key, value)| (*key, (*value).to_owned())))
            .map(|(key, value)| (key.to_owned(), value)),
        );
        let data = tempfile::tempdir().expect("a folder");
        let options = Options {
            data: data.path().to_owned(),
            port: 0,
            real: false,
            env,
            aws_local: false,
            rhythm,
            lexicon: LEXICON.clone(),
        };
        let product = Product::start(options).await.expect("the product starts");
        let api = Api::new(&product.base_url, &product.api_key);
        let world = Self { product, api, http: reqwest::Client::new(), database: name, prefix, data };
        world.hurry();
        world.remember_secrets();
        world
    }

    fn hurry(&self) {
        self.switch(json!({
            "connect_latency_ms": 50, "ring_ms": 100, "refuse_ring_ms": 100, "no_answer_ms": 200,
            "callback_delay_ms": 200, "callback_retry_ms": [500, 500], "settle_ms": 0,
            "agent_ring_ms": 200, "agent_talk_ms": 1_000,
        }));
        self.switch(LENS.get().switches());
        self.speech().set(|switches| switches.delays = Delays::none());
    }

    fn remember_secrets(&self) {
        let app = &self.product.app;
        let mut secrets = SECRETS.lock().expect("no story broke off in here");
        secrets.push(self.product.api_key.clone());
        secrets.push(app.secrets.exotel_shared.expose_secret().to_owned());
        secrets.push(app.secrets.signing.expose_secret().to_owned());
    }

    /// Ends everything and removes what was stored. A story that failed leaves it to look at.
    pub(crate) async fn end(self) {
        self.nobody_was_left_in_silence();
        self.product.stop().await;
        self.data.close().expect("the folder goes");
        forget_redis(&self.prefix).await;
        sql(&address("TEST_DATABASE_URL"), &format!("drop database {} with (force)", self.database)).await;
    }

    /// Of whatever happened, callers heard something soon after they had spoken.
    fn nobody_was_left_in_silence(&self) {
        let truth = self.exotel().truth();
        let left: Vec<_> = truth.calls.iter().filter(|call| call.longest_silence_ms > LONGEST_SILENCE_MS).collect();
        assert!(left.is_empty(), "too long a silence: {left:#?}");
    }

    /// Takes away everything this story has in Redis.
    pub(crate) async fn wipe_redis(&self) -> usize {
        forget_redis(&self.prefix).await
    }

    /// The carrier.
    pub(crate) fn exotel(&self) -> &ExotelSim {
        self.product.simulators.exotel.as_ref().expect("the carrier is simulated")
    }

    /// The speech provider.
    pub(crate) fn speech(&self) -> &sarvam::Control {
        &self.product.simulators.sarvam.as_ref().expect("speech is simulated").control
    }

    /// The language model.
    pub(crate) fn model(&self) -> &model::Control {
        &self.product.simulators.bedrock.as_ref().expect("the model is simulated").control
    }

    /// Changes the carrier's switches for all calls from now on.
    pub(crate) fn switch(&self, patch: Value) {
        self.exotel().set_switches(&patch).expect("switches that exist");
    }

    /// Any request with any key; answers status and body.
    pub(crate) async fn ask(&self, method: &str, path: &str, key: Option<&str>, body: Option<Value>) -> (u16, Value) {
        self.ask_once(method, path, key, body, None).await
    }

    /// The same with an `Idempotency-Key`.
    pub(crate) async fn ask_once(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
        once: Option<&str>,
    ) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.product.base_url));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The same with the key of this machine.
    pub(crate) async fn own(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.ask(method, path, Some(&self.product.api_key), Some(body)).await
    }

    /// Uploads these people; answers the upload's id.
    pub(crate) async fn upload(&self, people: &[Person]) -> String {
        let mut sheet = "name,phone_number,state,loan_id,amount,due_date,language\n".to_owned();
        sheet.extend(people.iter().map(Person::row));
        let upload = self.api.upload("people.csv", sheet.into_bytes()).await.expect("uploaded");
        assert_eq!(upload["processed_records"], people.len(), "{upload}");
        upload["upload_id"].as_str().expect("an id").to_owned()
    }

    /// Uploads these people and orders a call to each; answers the campaign.
    pub(crate) async fn order(&self, people: &[Person]) -> String {
        let upload = self.upload(people).await;
        let campaign = self.api.call_upload(&upload).await.expect("ordered");
        assert_eq!(campaign["queued"], people.len(), "{campaign}");
        campaign["campaign_id"].as_str().expect("an id").to_owned()
    }

    /// Phones these people and waits until every call is over; answers the calls by the last
    /// four digits of their numbers.
    pub(crate) async fn phone(&self, people: &[Person]) -> BTreeMap<u16, Value> {
        let campaign = self.order(people).await;
        self.finished(&campaign).await
    }

    /// Every call of a campaign, once all are over and what was said is stored.
    pub(crate) async fn finished(&self, campaign: &str) -> BTreeMap<u16, Value> {
        let told = |call: &Value, lived: Option<&CallTruth>| {
            is_over(call, lived) && (!was_open(lived) || !call["disposition"].is_null())
        };
        self.once(campaign, PATIENCE, told).await
    }

    /// Every call of a campaign, once all are over, however their conversations went.
    pub(crate) async fn over(&self, campaign: &str, patience: Duration) -> BTreeMap<u16, Value> {
        self.once(campaign, patience, is_over).await
    }

    /// Every call of a campaign, once all fulfil the condition.
    async fn once(
        &self,
        campaign: &str,
        patience: Duration,
        holds: fn(&Value, Option<&CallTruth>) -> bool,
    ) -> BTreeMap<u16, Value> {
        let all = async {
            loop {
                let calls = self.calls(campaign).await;
                if calls.values().all(|call| holds(call, self.truth_of(call).as_ref())) {
                    return calls;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(patience, all).await {
            Ok(calls) => calls,
            Err(_) => {
                let mut calls = self.calls(campaign).await;
                calls.retain(|_, call| !holds(call, self.truth_of(call).as_ref()));
                panic!("not over: {calls:#?}")
            }
        }
    }

    /// The calls of a campaign as they are now.
    pub(crate) async fn calls(&self, campaign: &str) -> BTreeMap<u16, Value> {
        let calls = self.api.calls_of(campaign).await.expect("listed");
        calls.into_iter().map(|call| (last_four(&call), call)).collect()
    }

    /// A call of a campaign, once it fulfils the condition.
    pub(crate) async fn call_when(&self, campaign: &str, person: Person, holds: impl Fn(&Value) -> bool) -> Value {
        eventually("the call is as it should be", || async {
            self.calls(campaign).await.remove(&person.digits).filter(|call| holds(call))
        })
        .await
    }

    /// One call with its history, as `GET /api/calls/{id}` shows it.
    pub(crate) async fn detail(&self, call: &Value) -> Value {
        self.api.get(&format!("/api/calls/{}", text(&call["call_id"]))).await.expect("shown")
    }
}

/// The product and the carrier agree that it is.
fn is_over(call: &Value, lived: Option<&CallTruth>) -> bool {
    let status = CallStatus::parse(call["status"].as_str().unwrap_or_default());
    status.is_some_and(CallStatus::is_final) && lived.is_none_or(|lived| lived.outcome.is_some())
}

/// There was a conversation.
fn was_open(lived: Option<&CallTruth>) -> bool {
    lived.and_then(|lived| lived.stream.as_ref()).is_some_and(|stream| stream.duration_ms > 0)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn last_four(call: &Value) -> u16 {
    text(&call["phone_number"]).trim_start_matches('*').parse().expect("four digits")
}

/// Looks again and again until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

async fn sql(server: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("Postgres answers");
    let driver = tokio::spawn(connection);
    client.simple_query(statement).await.expect("a statement that works");
    driver.abort();
}

async fn forget_redis(prefix: &str) -> usize {
    let client = redis::Client::open(address("TEST_REDIS_URL")).expect("an address of Redis");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(&mut connection).await.expect("listed");
    if !keys.is_empty() {
        let () = redis::cmd("DEL").arg(&keys).query_async(&mut connection).await.expect("removed");
    }
    keys.len()
}
