//! Live sessions: reachable, recent enough, and never throwing a session away by itself.

use shared::adapters::redis::{RedisFacts, inspect};
use shared::config::StoreConfig;
use shared::wiring::redis_settings;

use super::{Patient, causes, clock_skew};
use crate::report::Line;

const OLDEST_MAJOR: u32 = 6;

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let Ok(config) = patient.env.read::<StoreConfig>() else { return Vec::new() };
    let facts = match inspect(&redis_settings(&config)).await {
        Ok(facts) => facts,
        Err(error) => {
            let fix =
                "check REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_TLS and that the server lets this machine in";
            return vec![Line::fail("redis", causes(&error), fix)];
        }
    };
    vec![
        version(&facts),
        eviction(&facts),
        memory(&facts),
        encryption(patient, &config),
        clock_skew("redis", patient.clock.now(), facts.server_time),
    ]
}

fn version(facts: &RedisFacts) -> Line {
    let major = facts.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let holds = major.is_some_and(|major| major >= OLDEST_MAJOR);
    Line::require("redis version", holds, facts.version.clone(), "use Redis 6 or newer")
}

fn eviction(facts: &RedisFacts) -> Line {
    const CHECK: &str = "redis eviction";
    let fix = "set maxmemory-policy to noeviction: another policy forgets live calls when memory runs out";
    Line::require(CHECK, facts.eviction_policy == "noeviction", facts.eviction_policy.clone(), fix)
}

fn memory(facts: &RedisFacts) -> Line {
    const CHECK: &str = "redis memory";
    let used = mebibytes(facts.used_bytes);
    match facts.most_bytes {
        0 => Line::ok(CHECK, format!("{used} used, no limit set")),
        most => {
            let found = format!("{used} of {} used", mebibytes(most));
            let fix = "give it more memory: full, it refuses new sessions";
            Line::prefer(CHECK, facts.used_bytes < most / 5 * 4, found, fix)
        }
    }
}

fn encryption(patient: &Patient, config: &StoreConfig) -> Line {
    const CHECK: &str = "redis TLS";
    match (config.redis_tls, patient.is_local()) {
        (true, _) => Line::ok(CHECK, "on, certificate verified"),
        (false, true) => Line::ok(CHECK, "off, as usual on one machine"),
        (false, false) => Line::fail(CHECK, "off: sessions travel in clear", "set REDIS_TLS=true"),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
