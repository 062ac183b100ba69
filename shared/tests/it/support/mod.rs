//! Worlds to test in: one in memory, one on real servers with its own schema and key prefix.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use jiff::civil::date;
use shared::adapters::crypto::KeyRing;
use shared::adapters::memory::{ManualClock, MemoryRecords};
use shared::adapters::postgres::{PostgresRecords, PostgresSettings, migrate};
use shared::adapters::redis::{RedisConnection, RedisFeed, RedisPace, RedisSessions, RedisSettings};
use shared::adapters::system::OsRandom;
use shared::app::App;
use shared::domain::call::{CallRef, ConversationResult, Disposition, NewOrder, StatusReport};
use shared::domain::cost::Meters;
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CallSid, CampaignId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::phone::PhoneNumber;
use shared::domain::settings::AccountSettings;
use shared::domain::status::{CallStatus, Source};
use shared::domain::timings::Timings;
use shared::domain::transcript::Transcript;
use shared::ports::calls::{Claim, Placed};
use shared::ports::campaigns::NewCampaign;
use shared::ports::customers::Stored;
use shared::wiring::memory_app;

/// One test's own world. The clock stands at noon in India.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    records: Arc<MemoryRecords>,
    pub(crate) servers: Option<Servers>,
}

/// Where a world on real servers lives.
pub(crate) struct Servers {
    pub(crate) database_url: String,
    redis_url: String,
    prefix: String,
    schema: String,
}

#[expect(clippy::disallowed_methods, reason = "the one place where tests read the environment")]
fn address(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: contract tests need real servers; run ./test.sh, which starts them")
    })
}

pub(crate) fn memory() -> World {
    let (app, parts) = memory_app();
    World { app, clock: parts.clock, records: parts.records, servers: None }
}

pub(crate) async fn real() -> World {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let servers = Servers {
        database_url: format!("{}?options=-csearch_path%3D{name}%2Cpublic", address("TEST_DATABASE_URL")),
        redis_url: address("TEST_REDIS_URL"),
        prefix: format!("{name}:"),
        schema: name,
    };
    servers.sql(&format!("create schema {}", servers.schema)).await;
    migrate(&servers.settings()).await.expect("the migrations apply");
    let (app, parts) = memory_app();
    let keys = KeyRing::parse(&KeyRing::generate(&OsRandom::new()), Arc::new(OsRandom::new())).expect("keys");
    let app = servers.app(app, keys);
    World { app, clock: parts.clock, records: parts.records, servers: Some(servers) }
}

impl Servers {
    pub(crate) fn settings(&self) -> PostgresSettings {
        PostgresSettings::new(self.database_url.clone().into(), "it")
    }

    pub(crate) fn redis(&self) -> RedisConnection {
        let settings = RedisSettings { url: self.redis_url.clone().into(), prefix: self.prefix.clone() };
        RedisConnection::open(&settings).expect("a Redis address")
    }

    /// `app` with its records and sessions on the servers.
    pub(crate) fn app(&self, app: App, keys: KeyRing) -> App {
        let records = PostgresRecords::connect(&self.settings(), Arc::new(keys), app.clock.clone(), app.random.clone());
        let records = Arc::new(records.expect("a database address"));
        let redis = self.redis();
        App {
            customers: records.clone(),
            uploads: records.clone(),
            calls: records.clone(),
            campaigns: records.clone(),
            do_not_call: records.clone(),
            promises: records.clone(),
            settings: records.clone(),
            api_keys: records.clone(),
            idempotency: records.clone(),
            records,
            sessions: Arc::new(RedisSessions::new(redis.clone())),
            feed: Arc::new(RedisFeed::new(redis.clone())),
            pace: Arc::new(RedisPace::new(redis)),
            ..app
        }
    }

    /// Runs a statement beside the product; answers the first column of the first row as text.
    pub(crate) async fn sql(&self, statement: &str) -> Option<String> {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, tokio_postgres::NoTls).await.expect("connected");
        let driver = tokio::spawn(connection);
        let answer = client.simple_query(statement).await.expect("a statement that works");
        driver.abort();
        answer.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    }
}

impl World {
    /// Removes what a test that held left on the servers; one that failed leaves it to look at.
    pub(crate) async fn remove(self) {
        let Some(servers) = self.servers else { return };
        servers.sql(&format!("drop schema {} cascade", servers.schema)).await;
        let client = redis::Client::open(servers.redis_url.as_str()).expect("a Redis address");
        let mut connection = client.get_multiplexed_async_connection().await.expect("connected");
        let () = redis::cmd("DEL")
            .arg(format!("{}feed", servers.prefix))
            .query_async(&mut connection)
            .await
            .expect("removed");
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub(crate) async fn import(&self, rows: Vec<CustomerDetails>) -> Stored {
        let mut import = self.app.customers.import(self.app.new_id(UploadId::new)).await.expect("opened");
        import.add(rows).await.expect("added");
        import.finish().await.expect("finished")
    }

    /// A stored customer with the phone 98765432`nn`.
    pub(crate) async fn customer(&self, nn: u8) -> CustomerId {
        let row = details(nn);
        self.import(vec![row.clone()]).await;
        let found = self.app.customers.by_phone(&row.phone).await.expect("found");
        found.into_iter().find(|c| c.details.loan_id == row.loan_id).expect("stored").id
    }

    /// Erases a customer record, as ops may; its calls stay.
    pub(crate) async fn erase(&self, customer: CustomerId) {
        match &self.servers {
            None => self.records.remove_customer(customer),
            Some(servers) => {
                servers.sql(&format!("delete from customers where id = '{customer}'")).await;
            }
        }
    }

    /// Makes the stored settings something this program can not read.
    pub(crate) async fn break_settings(&self) {
        match &self.servers {
            None => self.records.break_settings(true),
            Some(servers) => {
                servers.sql("update settings set settings = settings || '{\"calling_window\": \"always\"}'").await;
            }
        }
    }

    pub(crate) fn new_order(&self, customer_id: CustomerId) -> NewOrder {
        NewOrder::single(self.app.new_id(CallId::new), customer_id, self.now())
    }

    /// A stored order.
    pub(crate) async fn order(&self, customer: CustomerId) -> CallId {
        let order = self.new_order(customer);
        let placed = self.app.calls.place(std::slice::from_ref(&order)).await.expect("placed");
        assert_eq!(placed, [Placed::New(order.call_id)]);
        order.call_id
    }

    /// An order that was claimed.
    pub(crate) async fn dialing(&self, customer: CustomerId) -> CallId {
        let call = self.order(customer).await;
        assert!(matches!(self.claim(call).await, Claim::Claimed(_)));
        call
    }

    pub(crate) async fn claim(&self, call: CallId) -> Claim {
        self.app.calls.claim(call, Some(&AccountSettings::default()), self.now()).await.expect("judged")
    }

    pub(crate) async fn status(&self, call: CallId) -> CallStatus {
        self.app.calls.find(call).await.expect("read").expect("there").status
    }

    pub(crate) async fn campaign(&self, key: &str) -> CampaignId {
        let campaign = NewCampaign {
            id: self.app.new_id(CampaignId::new),
            name: "November reminders".to_owned(),
            idempotency_key: key.to_owned(),
            settings: Default::default(),
            created_by: "test".to_owned(),
            created_at: self.now(),
        };
        self.app.campaigns.create(&campaign).await.expect("created")
    }

    pub(crate) fn report(&self, call: CallId, status: CallStatus, source: Source) -> StatusReport {
        StatusReport {
            call: CallRef { call_id: Some(call), call_sid: None },
            status,
            source,
            failure_class: None,
            message: format!("{status} by {}", source.as_str()),
            occurred_at: self.now(),
            duration_s: None,
            recording_url: None,
            agent: None,
            extra: serde_json::json!({"To": "*******3210"}),
            call_back_due: false,
            dedupe_key: format!("{call}:{status}:{}", source.as_str()),
        }
    }
}

/// What a conversation may leave.
pub(crate) fn conversation(disposition: Disposition) -> ConversationResult {
    ConversationResult {
        transcript: Transcript { lines: Vec::new() },
        disposition,
        intent: None,
        promise: None,
        language: Language::Hindi,
        summary: "Asked for a human agent.".to_owned(),
        duration_s: 12,
        timings: Timings { turns: Vec::new() },
        meters: Meters { line_ms: 12_000, stt_ms: 11_000, tts_chars: 90, ..Meters::default() },
        cost: None,
    }
}

pub(crate) fn phone(nn: u8) -> PhoneNumber {
    PhoneNumber::parse(&format!("98765432{nn:02}")).expect("a valid number")
}

pub(crate) fn sid(text: &str) -> CallSid {
    CallSid::parse(text).expect("a valid Sid")
}

pub(crate) fn details(nn: u8) -> CustomerDetails {
    CustomerDetails {
        name: format!("Asha Kumari {nn}"),
        phone: phone(nn),
        state: Some("Bihar".to_owned()),
        loan_id: Some(format!("LN-{nn:03}")),
        amount: Some(Paise(1_500_050)),
        due_date: Some(date(2026, 12, 5)),
        language: Language::Hindi,
        attributes: [("Branch".to_owned(), "Patna".to_owned())].into(),
    }
}
