//! The whole product in one process: stores, functions, voicebot, simulators, page.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;
use serde_json::Value;
use shared::adapters::system::OsRandom;
use shared::app::App;
use shared::app::keys::create_key;
use shared::config::{AgentSection, Environment};
use shared::domain::access::Scope;
use shared::domain::page::PageRequest;
use shared::http::{Api, with_layers, with_response_times};
use shared::ports::clock::Random;
use shared::sim::speech::Lexicon;
use shared::voicebot::dashboard_socket::{self, FeedHub};
use shared::voicebot::{Drain, Voicebot};
use shared::wiring;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::business_hours;
use crate::local_secrets::{load_or_make, write_private};
use crate::page;
use crate::simulators::{Simulators, unconfigured};
use crate::start_error::StartError;
use crate::surroundings::Surroundings;

pub use crate::workers::Rhythm;

/// Sheets sent straight to this program may be larger than API Gateway lets through.
const UPLOAD_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// What to start.
pub struct Options {
    /// Folder for keys, files and the audit trail.
    pub data: PathBuf,
    /// 0 takes any free one.
    pub port: u16,
    /// Refuse to start with a simulator.
    pub real: bool,
    /// The variables; what is missing is simulated or made.
    pub env: Environment,
    /// Queues, audit trail, files, secrets and keys on the AWS server that `env` names.
    pub aws_local: bool,
    /// How often the feeder and reconcile run.
    pub rhythm: Rhythm,
    /// The simulators' voices. Products that share them say every sentence for the first time once.
    pub lexicon: Lexicon,
}

/// The running product.
pub struct Product {
    /// `http://localhost:8000`.
    pub base_url: String,
    /// The key of the person at this machine.
    pub api_key: String,
    /// The use-cases' view of the stores.
    pub app: App,
    /// What is simulated.
    pub simulators: Simulators,
    hub: FeedHub,
    drain: Drain,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Product {
    /// Starts everything; when it returns, the address answers.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { data, port, real, mut env, aws_local, rhythm, lexicon } = options;
        let missing = unconfigured(&env);
        if real && !missing.is_empty() {
            return Err(format!("--real: there are no credentials for {} in .env", missing.join(" and ")).into());
        }
        std::fs::create_dir_all(data.join("audit"))?;
        let listener = bind(port).await?;
        let port = listener.local_addr()?.port();
        let random: Arc<dyn Random> = Arc::new(OsRandom::new());
        let clock = business_hours::clock(missing.contains(&"Exotel"));
        prepare(&mut env, &data, port, &*random)?;
        let simulators = Simulators::start(&mut env, clock.clone(), random.clone(), lexicon).await?;

        let (app, surroundings) = match aws_local {
            true => Surroundings::on_aws(&env, clock).await?,
            false => Surroundings::in_process(&env, &data, clock).await?,
        };
        simulators.draw_flow(&app.urls.public_base, app.secrets.exotel_shared.expose_secret());
        name_the_agent(&app, &env).await?;
        let api_key = first_key(&app, &data).await?;

        let telephony = wiring::telephony(&env, &app)?;
        let hub = FeedHub::start(app.clone());
        let voicebot = wiring::voicebot(&env, app.clone()).await?;
        let drain = voicebot.drain().clone();
        let product = Self {
            base_url: format!("http://localhost:{port}"),
            api_key,
            app,
            simulators,
            hub,
            drain,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let files = surroundings.routes(&product.app, &product.tasks);
        product.serve(listener, voicebot, files);
        surroundings.start_workers((&product.tasks, &product.stop), &product.app, &telephony, rhythm);
        Ok(product)
    }

    fn serve(&self, listener: TcpListener, voicebot: Voicebot, files: Router) {
        let app = &self.app;
        let routes = apis(app, UPLOAD_LIMIT_BYTES)
            .into_iter()
            .fold(Router::new(), |routes, api| routes.merge(Router::from(api)))
            .merge(shared::voicebot::routes(voicebot))
            .merge(dashboard_socket::routes(app.clone(), self.hub.clone()))
            .merge(files)
            .merge(page::routes());
        let routes = with_layers(with_response_times(routes, app.clone(), "local"));
        let stopped = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move {
            let served = axum::serve(
                shared::voicebot::prompt(listener),
                routes.into_make_service_with_connect_info::<SocketAddr>(),
            )
            .with_graceful_shutdown(stopped);
            if let Err(error) = served.await {
                tracing::error!(%error, "the server stopped");
            }
        });
    }

    /// Nobody was ever uploaded.
    pub async fn is_new(&self) -> Result<bool, StartError> {
        Ok(self.app.uploads.list(&PageRequest::default()).await?.items.is_empty())
    }

    /// Ends every call and every task.
    pub async fn stop(self) {
        self.drain.finish(Duration::ZERO).await;
        self.hub.stop();
        self.stop.cancel();
        self.simulators.stop().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The routes of every HTTP function, as the OpenAPI document lists them.
pub fn apis(app: &App, max_upload_bytes: usize) -> [Api; 5] {
    [
        upload::routes_with_limit(app.clone(), max_upload_bytes),
        trigger::routes(app.clone()),
        overview::routes(app.clone()),
        passthru::routes(app.clone()),
        webhook::routes(app.clone()),
    ]
}

/// The OpenAPI document of all functions, which `overview` serves.
pub fn document() -> Value {
    // The routes want an app; nobody asks them anything here.
    let (app, _) = wiring::memory_app();
    shared::http::document(&apis(&app, UPLOAD_LIMIT_BYTES))
}

async fn bind(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("port {port} is taken by another program; stop it, or start with --port {}", port.saturating_add(1))
                .into()
        }
        _ => error.into(),
    })
}

/// What a laptop makes for itself where the environment says nothing.
fn prepare(env: &mut Environment, data: &std::path::Path, port: u16, random: &dyn Random) -> Result<(), StartError> {
    env.default_to("APP_ENV", "local");
    env.default_to("PUBLIC_BASE_URL", format!("http://localhost:{port}"));
    env.default_to("TRUSTED_PROXIES", "0");
    env.default_to("PUBLIC_WS_URL", format!("ws://localhost:{port}"));
    env.default_to("EXOTEL_SHARED_SECRET", load_or_make(data, "exotel-shared-secret", random)?);
    env.default_to("SIGNING_SECRET", load_or_make(data, "signing-secret", random)?);
    env.default_to("DATA_KEY_FILE", data.join("data-keys.json").to_string_lossy());
    Ok(())
}

/// A hand-over needs somebody to ring; the settings win over the environment.
async fn name_the_agent(app: &App, env: &Environment) -> Result<(), StartError> {
    let mut settings = app.settings.current().await?;
    if let Some(agent) = env.read::<AgentSection>()?.agent_phone
        && settings.agent_numbers.is_empty()
    {
        settings.agent_numbers.push(agent.expose().to_owned());
        app.settings.replace(&settings, "system:local", app.clock.now()).await?;
    }
    Ok(())
}

/// The key in `api-key`, made on the first start and whenever the records do not know it.
async fn first_key(app: &App, data: &std::path::Path) -> Result<String, StartError> {
    let path = data.join("api-key");
    if let Ok(secret) = std::fs::read_to_string(&path)
        && shared::http::authenticate(app, secret.trim()).await.is_ok()
    {
        return Ok(secret.trim().to_owned());
    }
    let key = create_key(app, "this machine", &Scope::ALL).await?;
    let secret = key.secret.expose_secret();
    write_private(&path, secret)?;
    Ok(secret.to_owned())
}
