//! What starts and ends a simulated model's server.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::control::Control;
use super::switches::Switches;

/// What a simulator starts with.
#[derive(Debug)]
pub struct ModelSim {
    /// The only key it takes.
    pub key: String,
    /// How it behaves at first.
    pub switches: Switches,
}

/// A running simulator; dropping it ends it.
#[derive(Debug)]
pub struct ModelHandle {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its switches and its record.
    pub control: Arc<Control>,
    _running: DropGuard,
}

impl ModelHandle {
    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What every request sees.
#[derive(Clone)]
pub(in crate::sim) struct Served {
    pub(in crate::sim) key: Arc<str>,
    pub(in crate::sim) control: Arc<Control>,
}

/// Serves `routes` until the handle is dropped.
pub(in crate::sim) fn serve(
    listener: TcpListener,
    sim: ModelSim,
    routes: axum::Router<Served>,
) -> std::io::Result<ModelHandle> {
    let address = listener.local_addr()?;
    let control = Control::new(sim.switches);
    let routes = routes.with_state(Served { key: sim.key.into(), control: Arc::clone(&control) });
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    // Frames are sent as they come, not gathered into larger packets.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps gathering");
        }
    });
    tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(listener, routes) => {
                if let Err(error) = served {
                    tracing::error!(%error, %address, "a simulated model stopped serving");
                }
            }
            () = stopped.cancelled() => {}
        }
    });
    Ok(ModelHandle { address, control, _running: stop.drop_guard() })
}
