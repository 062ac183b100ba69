//! How often one address and one key may ask. Counted in Redis, so that all processes count
//! together; the carrier's routes and `/health` are never counted.

use std::net::{IpAddr, Ipv6Addr};

use super::Failure;
use crate::app::{App, Error};
use crate::domain::id::ApiKeyId;

/// One window of counting, in seconds.
const WINDOW_S: u32 = 60;
/// An office of forty open dashboards behind one address makes about 2,400 requests a minute.
const PER_ADDRESS: u64 = 3_000;
/// A dashboard in use makes about 60 requests a minute, a script a few hundred.
const PER_KEY: u64 = 1_200;

/// Counts a request of that address, before anything else is asked about it; 429 above the limit.
pub async fn count_address(app: &App, address: Option<&str>) -> Result<(), Failure> {
    count(app, &format!("address:{}", network(address)), PER_ADDRESS).await
}

/// Counts a request of that key; 429 above the limit.
pub(super) async fn count_key(app: &App, key: ApiKeyId) -> Result<(), Failure> {
    count(app, &key.to_string(), PER_KEY).await
}

async fn count(app: &App, who: &str, most: u64) -> Result<(), Failure> {
    let now = app.clock.now();
    match app.sessions.count_request(who, WINDOW_S, now).await {
        Ok(count) if count > most => {
            let into_window = u32::try_from(now.as_second().rem_euclid(WINDOW_S.into())).unwrap_or(0);
            Err(Error::TooMany { retry_after_s: WINDOW_S - into_window }.into())
        }
        Ok(_) => Ok(()),
        // Without Redis nobody counts; locking everybody out would be the worse fault.
        Err(error) => {
            tracing::warn!(%error, "request rates are not counted");
            Ok(())
        }
    }
}

/// Who is counted as one: an IPv4 address, or the 64 bits of an IPv6 address that name a customer
/// of a provider (the rest its owner chooses freely).
fn network(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        },
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_owns_a_whole_ipv6_network_is_one_asker() {
        assert_eq!(network(Some("2001:db8:1:2:aaaa::1")), network(Some("2001:db8:1:2:bbbb::9")));
        assert_ne!(network(Some("2001:db8:1:2::1")), network(Some("2001:db8:1:3::1")));
        assert_eq!(network(Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(network(Some("a:b\r\nc")), "unknown");
        assert_eq!(network(None), "unknown");
    }
}
