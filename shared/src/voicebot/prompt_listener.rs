//! Connections on which every message leaves at once.

use axum::serve::{ListenerExt, TapIo};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections that do not gather small messages into larger packets: a `clear` must not wait
/// until the carrier has acknowledged the audio before it.
pub fn prompt(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    listener.tap_io(send_at_once)
}

fn send_at_once(connection: &mut TcpStream) {
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps gathering what it sends");
    }
}

#[cfg(test)]
mod tests {
    use axum::serve::Listener;

    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_sends_at_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (_theirs, accepted) =
            tokio::join!(TcpStream::connect(address), async move { prompt(listener).accept().await });
        assert!(accepted.0.nodelay().expect("a connection"));
    }
}
