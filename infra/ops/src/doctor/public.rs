//! Where the carrier reaches us: public, encrypted, and answering.

use std::time::Duration;

use reqwest::Url;
use shared::adapters::tls;
use shared::config::EdgeConfig;

use super::{Patient, causes};
use crate::report::Line;

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let Ok(edge) = patient.env.read::<EdgeConfig>() else { return Vec::new() };
    let (http, socket) = tokio::join!(
        address(patient, "PUBLIC_BASE_URL", &edge.public_base_url, "https"),
        address(patient, "PUBLIC_WS_URL", &edge.public_ws_url, "wss"),
    );
    vec![http, socket]
}

async fn address(patient: &Patient, name: &str, address: &str, scheme: &str) -> Line {
    let Ok(url) = Url::parse(address) else {
        return Line::fail(name, "it is no address", format!("write it as {scheme}://host"));
    };
    let fix = format!("the carrier needs a public {scheme}:// address; a tunnel will do for trying");
    let host = url.host_str().unwrap_or_default();
    let private = is_private(host);
    if private && patient.is_local() {
        return Line::warn(name, format!("{address} can be reached from this machine only"), fix);
    }
    if private || url.scheme() != scheme {
        return Line::fail(name, format!("{address} is no public {scheme}:// address"), fix);
    }
    health(patient, name, &url).await
}

/// Both programs answer `/health`.
async fn health(patient: &Patient, name: &str, url: &Url) -> Line {
    tls::install_provider();
    let scheme = if matches!(url.scheme(), "wss" | "https") { "https" } else { "http" };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let health = format!("{scheme}://{host}{port}/health");
    let limit = patient.limit.saturating_sub(Duration::from_millis(500));
    let answer = reqwest::Client::new().get(&health).timeout(limit).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Line::ok(name, format!("{url} answers")),
        Ok(answer) => {
            let found = format!("{health} answers {}", answer.status());
            Line::fail(name, found, "let this address lead to the product and start it")
        }
        Err(error) => {
            let found = format!("{health}: {}", causes(&error.without_url()));
            Line::fail(name, found, "check DNS, certificate and that the product runs")
        }
    }
}

fn is_private(host: &str) -> bool {
    use std::net::IpAddr;
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
        Err(_) => host == "localhost" || host.ends_with(".local") || host.ends_with(".internal"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use shared::adapters::system::SystemClock;
    use shared::config::Environment;
    use tokio::net::TcpListener;

    use super::*;
    use crate::report::Level;

    #[tokio::test]
    async fn an_address_must_lead_to_a_product_that_is_well() {
        let patient = Patient::new(Environment::default(), Arc::new(SystemClock));
        for (status, expected) in [(StatusCode::OK, Level::Ok), (StatusCode::SERVICE_UNAVAILABLE, Level::Fail)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let url = format!("ws://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
            let routes = Router::new().route("/health", get(move || async move { status }));
            let server = tokio::spawn(async move { axum::serve(listener, routes).await });
            assert_eq!(health(&patient, "PUBLIC_WS_URL", &url).await.level, expected, "{status}");
            server.abort();
            let _ended = server.await;
            assert_eq!(health(&patient, "PUBLIC_WS_URL", &url).await.level, Level::Fail);
        }
    }

    #[test]
    fn addresses_nobody_outside_can_reach_are_known() {
        for host in ["localhost", "127.0.0.1", "10.0.0.7", "192.168.1.4", "[::1]", "box.local", "api.internal"] {
            assert!(is_private(host), "{host}");
        }
        for host in ["api.example.in", "203.0.113.9", "[2001:db8::1]"] {
            assert!(!is_private(host), "{host}");
        }
    }
}
