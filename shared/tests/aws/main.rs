//! The AWS adapters against a local AWS server that speaks the real protocols
//! (`TEST_AWS_ENDPOINT`, started by `./test.sh`), held to the same words as their in-process doubles.

mod keys_and_secrets;
#[path = "../it/contract/objects.rs"]
mod objects;
mod signed_addresses;
mod surroundings;

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::SdkConfig;
use jiff::Timestamp;
use shared::adapters::aws::sdk_config;
use shared::ports::clock::Clock;

/// A clock that stands.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "the test programs are told where their servers are")]
fn told(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run ./test.sh"))
}

async fn aws() -> SdkConfig {
    sdk_config("ap-south-1".into(), Some(told("TEST_AWS_ENDPOINT"))).await
}

/// A name that no other test and no earlier run has used.
fn fresh(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
