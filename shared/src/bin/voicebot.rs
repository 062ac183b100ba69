//! The Fargate program: conversations and the live feed.

use std::net::Ipv4Addr;
use std::time::Duration;

use shared::config::{Environment, VoicebotSection};
use shared::voicebot::dashboard_socket::{self, FeedHub};
use shared::voicebot::{Drain, health_routes, prompt, routes};
use shared::wiring::{self, WiringError};
use tokio::net::TcpListener;

/// Fargate kills 120 s after SIGTERM; this leaves time for apologies and for saving.
const LEAVE_WITHIN: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> Result<(), WiringError> {
    let env = Environment::of_process();
    wiring::start_logging(&env);
    let section: VoicebotSection = env.read()?;
    let env = wiring::with_secrets(&env).await?;
    let app = wiring::app_from_env(&env).await?;
    let bot = wiring::voicebot(&env, app.clone()).await?;
    let hub = FeedHub::start(app.clone());
    let all = routes(bot.clone()).merge(health_routes(bot.clone())).merge(dashboard_socket::routes(app, hub.clone()));
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, section.port)).await?;
    tracing::info!(port = section.port, "ready for calls");
    let served = axum::serve(prompt(listener), shared::http::with_layers(all));
    served.with_graceful_shutdown(leave(bot.drain().clone(), hub)).await?;
    Ok(())
}

/// SIGTERM: no new calls, the live ones finish.
async fn leave(drain: Drain, hub: FeedHub) {
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::error!(%error, "SIGTERM can not be heard; the program will be cut off");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    let left = drain.finish(LEAVE_WITHIN).await;
    tracing::info!(calls.cut = left, "left");
    hub.stop();
}
