//! Where a request comes from, as far as that can be trusted.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use crate::app::App;

/// Longer texts are no addresses.
const LONGEST: usize = 64;

/// The address of the caller. Each proxy in front of us adds to `X-Forwarded-For` whom it was asked
/// by; with `n` proxies of our own the `n`th entry from the end is the first one that we wrote, and
/// what stands before it is a claim. Without a proxy it is the other end of the connection.
///
/// A program on this very machine that writes `X-Forwarded-For` is a tunnel (ngrok before
/// `./start.sh`), and the last entry is whom it was asked by: else all strangers would share one
/// address, and one rate, with the person at the page. That entry never is this machine, so whatever
/// a tunnel lets through cannot be counted as that person. From any other machine the header stays
/// a claim, and a deployed program has its proxies counted and does not come here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub Option<String>);

impl Address {
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, proxies: u8) -> Self {
        let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
        let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        if proxies == 0 {
            let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
            let tunnelled = peer.is_some_and(|peer| peer.is_loopback()) && headers.contains_key("x-forwarded-for");
            let caller = if tunnelled { entries.last().and_then(|entry| elsewhere(entry)) } else { peer };
            return Self(caller.map(|address| address.to_string()));
        }
        let ours = entries.len().saturating_sub(usize::from(proxies));
        Self(entries.get(ours).map(|entry| entry.chars().take(LONGEST).collect()))
    }
}

/// An address that is not this machine's.
fn elsewhere(entry: &str) -> Option<IpAddr> {
    entry.parse().ok().map(|address: IpAddr| address.to_canonical()).filter(|address| !address.is_loopback())
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

    fn address_from(peer: [u8; 4], forwarded: &[&'static str], proxies: u8) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(line));
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from((peer, 4_000))));
        Address::of(&headers, &extensions, proxies).0
    }

    #[test]
    fn what_a_caller_claims_about_itself_is_not_believed() {
        let address = |forwarded, proxies| address_from([192, 0, 2, 1], forwarded, proxies);
        assert_eq!(address(&["203.0.113.9, 198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9", "198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9, 198.51.100.7, 192.0.2.8"], 2).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&["203.0.113.9"], 0).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&["203.0.113.9"], 2).as_deref(), Some("203.0.113.9"));
        assert_eq!(address(&[], 1), None);
    }

    #[test]
    fn who_comes_through_a_tunnel_on_this_machine_is_whom_the_tunnel_names_and_never_this_machine() {
        let address = |forwarded: &[&'static str]| address_from([127, 0, 0, 1], forwarded, 0);
        assert_eq!(address(&[]).as_deref(), Some("127.0.0.1"));
        assert_eq!(address(&["203.0.113.9"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(address(&["127.0.0.1, 203.0.113.9"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(address(&["198.51.100.7", "2001:db8::7"]).as_deref(), Some("2001:db8::7"));
        for local in ["127.0.0.1", "203.0.113.9, ::1", "::ffff:127.0.0.1", "localhost", ""] {
            assert_eq!(address(&[local]), None, "{local}");
        }
    }
}
