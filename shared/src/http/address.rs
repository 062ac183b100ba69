//! Where a request comes from, as far as that can be trusted.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use crate::app::App;

/// Longer texts are no addresses.
const LONGEST: usize = 64;

/// The address of the caller. Each proxy in front of us adds to `X-Forwarded-For` whom it was asked
/// by; with `n` proxies of our own the `n`th entry from the end is the first one that we wrote, and
/// what stands before it is a claim. Without a proxy it is the other end of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub Option<String>);

impl Address {
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, proxies: u8) -> Self {
        if proxies == 0 {
            let peer = extensions.get::<ConnectInfo<SocketAddr>>();
            return Self(peer.map(|ConnectInfo(socket)| socket.ip().to_string()));
        }
        let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
        let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let ours = entries.len().saturating_sub(usize::from(proxies));
        Self(entries.get(ours).map(|entry| entry.chars().take(LONGEST).collect()))
    }
}

impl<S> FromRequestParts<S> for Address
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &parts.extensions, App::from_ref(state).urls.proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(forwarded: &[&'static str], proxies: u8) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(line));
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4_000))));
        Address::of(&headers, &extensions, proxies).0
    }

    #[test]
    fn what_a_caller_claims_about_itself_is_not_believed() {
        assert_eq!(address(&["203.0.113.9, 198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9", "198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9, 198.51.100.7, 192.0.2.8"], 2).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9"], 0).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&["203.0.113.9"], 2).as_deref(), Some("203.0.113.9"));
        assert_eq!(address(&[], 1), None);
    }
}
