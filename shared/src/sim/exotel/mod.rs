//! Exotel, as far as reference/exotel.md section 8 knows it: REST, call flow, streams, callbacks,
//! and the people who answer the phone.
//!
//! It reads and writes Exotel's forms and JSON by itself and never through `wire`, so that it
//! does not repeat a mistake of our client.

mod agent;
mod callback;
mod caller;
mod choices;
mod connect;
mod control;
mod delay;
mod ear;
mod echo;
mod engine;
mod flow;
mod form;
mod line;
mod mouth;
mod outbox;
mod persona;
mod phrases;
mod playback;
mod rate;
mod record;
mod rest;
mod scenario;
mod silence;
mod socket;
mod stream;
mod switches;
mod truth;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use choices::{
    AgentConduct, Applet, CallbackBody, CallbackFields, Echo, MediaFormat, Mishap, MissingRecording, NumberShape,
    PassthruOther, Refusal, RefusalBody, Stall, VoicebotRequest,
};
pub use delay::Delay;
pub use flow::{Flow, Voicebot};
pub use persona::Persona;
pub use phrases::Phrase;
pub use playback::PlaybackWarnings;
pub use scenario::Scenario;
pub use switches::Switches;
pub use truth::{
    AgentTruth, CallTruth, HeardUtterance, Outcome, SaidUtterance, StreamTruth, Traffic, TrafficLine, Truth,
};

use crate::domain::language::Language;
use crate::ports::clock::{Clock, Random};
use crate::sim::speech::Lexicon;

/// Everything the simulated account is.
pub struct ExotelSimConfig {
    /// In the path of every request.
    pub account_sid: String,
    /// User of the Basic credentials.
    pub api_key: String,
    /// Password of the Basic credentials.
    pub api_token: String,
    /// The one number of the account; other `CallerId`s are refused.
    pub exophone: String,
    /// Flows by app id (the last part of `Url` in a connect request).
    pub flows: BTreeMap<String, Flow>,
    /// What callers speak before they heard the bot's language.
    pub default_language: Language,
    /// Behaviour of every call without an override.
    pub switches: Switches,
    /// Times in records and logs. Durations follow tokio's clock.
    pub clock: Arc<dyn Clock>,
    /// For ids.
    pub random: Arc<dyn Random>,
    /// The voices, shared with the speech simulator.
    pub lexicon: Lexicon,
}

impl ExotelSimConfig {
    /// An account with Exotel's documented limits and the default switches.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, lexicon: Lexicon) -> Self {
        Self {
            account_sid: "simlender1".to_owned(),
            api_key: "sim-key".to_owned(),
            api_token: "sim-token".to_owned(),
            exophone: "02200000000".to_owned(),
            flows: BTreeMap::new(),
            default_language: Language::English,
            switches: Switches::default(),
            clock,
            random,
            lexicon,
        }
    }
}

/// What may change while the simulator runs.
struct Settings {
    switches: Switches,
    flows: BTreeMap<String, Flow>,
    scenarios: scenario::Scenarios,
}

/// What all tasks of one simulator share.
struct World {
    config: ExotelSimConfig,
    settings: Mutex<Settings>,
    records: Mutex<Vec<record::Record>>,
    rate: Mutex<rest::RateWindow>,
    open_streams: AtomicUsize,
    log: truth::Log,
    http: reqwest::Client,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl World {
    /// Runs a task that ends with the simulator.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.cancel.clone();
        self.tasks.spawn(async move {
            cancel.run_until_cancelled_owned(task).await;
        });
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    fn note(&self, event: Traffic) {
        self.log.note(self.config.clock.now(), event);
    }

    /// Random lower-case hex digits.
    fn hex(&self, digits: usize) -> String {
        let mut bytes = vec![0; digits.div_ceil(2)];
        self.config.random.fill(&mut bytes);
        let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text.truncate(digits);
        text
    }
}

/// The values behind our mutexes are replaced whole, so a panic elsewhere leaves them usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running simulator. Clones are the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct ExotelSim {
    world: Arc<World>,
    address: SocketAddr,
    _stop_on_drop: Arc<DropGuard>,
}

impl ExotelSim {
    /// Serves Exotel's API (`/v1/...`) and the control API (`/sim/...`) on the listener. Must be
    /// called inside a tokio runtime.
    ///
    /// # Errors
    /// The listener has no local address, or no HTTP client can be built.
    pub fn start(listener: TcpListener, config: ExotelSimConfig) -> std::io::Result<Self> {
        // Another part of the process may have chosen a provider before: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        let address = listener.local_addr()?;
        let cancel = CancellationToken::new();
        let world = Arc::new(World {
            settings: Mutex::new(Settings {
                switches: config.switches.clone(),
                flows: config.flows.clone(),
                scenarios: scenario::Scenarios::default(),
            }),
            config,
            records: Mutex::default(),
            rate: Mutex::default(),
            open_streams: AtomicUsize::new(0),
            log: truth::Log::new(),
            http,
            cancel: cancel.clone(),
            tasks: TaskTracker::new(),
        });
        let routes = rest::routes(world.clone()).merge(control::routes(world.clone()));
        // Not cut off like a call: open connections are told to close, then all is over.
        let stopped = cancel.clone().cancelled_owned();
        world.tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the simulated carrier stopped serving");
            }
        });
        Ok(Self { world, address, _stop_on_drop: Arc::new(cancel.drop_guard()) })
    }

    /// Where it listens; the API's base is `http://{address}`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every call and connection and returns when nothing runs any more.
    pub async fn stop(&self) {
        self.world.cancel.cancel();
        self.world.tasks.close();
        self.world.tasks.wait().await;
    }

    /// Draws (or redraws) the flow of an app id.
    pub fn set_flow(&self, app_id: &str, flow: Flow) {
        self.world.settings().flows.insert(app_id.to_owned(), flow);
    }

    /// Changes the behaviour of all calls placed from now on; the JSON object holds the changed
    /// fields of [`Switches`].
    ///
    /// # Errors
    /// Names the field that does not exist or does not fit.
    pub fn set_switches(&self, patch: &Value) -> Result<(), String> {
        let mut settings = self.world.settings();
        settings.switches = settings.switches.patched(patch)?;
        Ok(())
    }

    /// Decides about calls to one number (compared by its last ten digits).
    ///
    /// # Errors
    /// The scenario's switches do not fit.
    pub fn set_scenario(&self, number: &str, scenario: Scenario) -> Result<(), String> {
        let mut settings = self.world.settings();
        settings.switches.patched(&scenario.switches)?;
        settings.scenarios.set_number(number, scenario);
        Ok(())
    }

    /// Decides about the n-th connect request from the start of the simulator (the first is 1).
    ///
    /// # Errors
    /// The scenario's switches do not fit.
    pub fn set_nth_scenario(&self, nth: u64, scenario: Scenario) -> Result<(), String> {
        let mut settings = self.world.settings();
        settings.switches.patched(&scenario.switches)?;
        settings.scenarios.set_nth(nth, scenario);
        Ok(())
    }

    /// Everything that happened so far.
    pub fn truth(&self) -> Truth {
        self.world.log.truth()
    }

    /// The traffic log from a sequence number on (0: from the start).
    pub fn traffic(&self, from_seq: u64) -> Vec<TrafficLine> {
        self.world.log.traffic(from_seq)
    }

    /// Returns once the truth fulfils the predicate, which is asked after every change. Bound it
    /// with a timeout.
    pub async fn wait_for(&self, holds: impl FnMut(&Truth) -> bool) {
        self.world.log.wait_for(holds).await;
    }
}
