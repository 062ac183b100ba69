//! The records: reachable, encrypted on the way, recent enough, migrated; and the settings in them.

use jiff::tz::TimeZone;
use shared::adapters::postgres::{DatabaseFacts, inspect};
use shared::app::change_settings::faults;
use shared::config::{AgentSection, StoreConfig};
use shared::domain::settings::AccountSettings;
use shared::wiring::database;

use super::{Patient, causes, clock_skew};
use crate::report::Line;

/// The oldest version the migrations are tested on.
const OLDEST: i32 = 150_000;

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let (Ok(settings), Ok(config)) = (database(&patient.env), patient.env.read::<StoreConfig>()) else {
        return Vec::new();
    };
    let facts = match inspect(&settings).await {
        Ok(facts) => facts,
        Err(error) => {
            let fix =
                "check DATABASE_URL (host, port, user, password, sslmode) and that the server lets this machine in";
            return vec![Line::fail("postgres", causes(&error), fix)];
        }
    };
    let mut lines = vec![
        version(&facts),
        encryption(patient, &facts),
        migrations(&facts),
        pool(&facts, config.database_pool_size),
        clock_skew("postgres", patient.clock.now(), facts.server_time),
    ];
    lines.extend(facts.settings.as_ref().map(|settings| calling_hours(patient, settings)).unwrap_or_default());
    lines
}

fn version(facts: &DatabaseFacts) -> Line {
    let (major, minor) = (facts.version / 10_000, facts.version % 10_000);
    Line::require("postgres version", facts.version >= OLDEST, format!("{major}.{minor}"), "use Postgres 15 or newer")
}

fn encryption(patient: &Patient, facts: &DatabaseFacts) -> Line {
    const CHECK: &str = "postgres TLS";
    let fix = "put ?sslmode=require at the end of DATABASE_URL";
    match (facts.encrypted, patient.is_local()) {
        (true, _) => Line::ok(CHECK, "on, certificate verified"),
        (false, true) => Line::ok(CHECK, "off, as usual on one machine"),
        (false, false) => Line::fail(CHECK, "off: names and phones travel in clear", fix),
    }
}

fn migrations(facts: &DatabaseFacts) -> Line {
    const CHECK: &str = "postgres migrations";
    if !facts.missing.is_empty() {
        let found = format!("not applied: {}", facts.missing.join(", "));
        return Line::fail(CHECK, found, "run the migrate function (./start.sh does it by itself)");
    }
    if !facts.unknown.is_empty() {
        let found = format!("applied by a newer release: {}", facts.unknown.join(", "));
        return Line::warn(CHECK, found, "run the newest release's programs against these records");
    }
    Line::ok(CHECK, format!("all {} applied", facts.applied))
}

fn pool(facts: &DatabaseFacts, pool_size: usize) -> Line {
    let (open, most) = (facts.connections, i64::from(facts.max_connections));
    let found = format!("{open} of {most} connections are open; this process may use {pool_size}");
    let room = open + i64::try_from(pool_size).unwrap_or(i64::MAX) <= most;
    Line::prefer("postgres connections", room, found, "lower DATABASE_POOL_SIZE, or raise the server's max_connections")
}

fn calling_hours(patient: &Patient, settings: &Result<AccountSettings, String>) -> Vec<Line> {
    const CHECK: &str = "calling hours";
    let fix = "correct them at PUT /api/settings";
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            return vec![Line::fail(CHECK, format!("the settings can not be read ({error}): nobody is phoned"), fix)];
        }
    };
    let wrong = faults(settings);
    if !wrong.is_empty() {
        return vec![Line::fail(CHECK, wrong.join("; "), fix)];
    }
    let window = settings.calling_window;
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let now = patient.clock.now().to_zoned(zone).time();
    let open = window.opens <= now && now < window.closes;
    let state = if open { "open now" } else { "closed now: orders wait" };
    let found =
        format!("{:.5} to {:.5} {}, {state}", window.opens.to_string(), window.closes.to_string(), settings.time_zone);
    vec![Line::ok(CHECK, found), agents(patient, settings)]
}

fn agents(patient: &Patient, settings: &AccountSettings) -> Line {
    const CHECK: &str = "agents";
    let spare = patient.env.read::<AgentSection>().ok().and_then(|section| section.agent_phone);
    match (settings.agent_numbers.len(), spare) {
        (0, None) => {
            let fix = "name numbers in agent_numbers at PUT /api/settings, or set AGENT_PHONE_NUMBER";
            Line::warn(CHECK, "a hand-over would ring nobody", fix)
        }
        (0, Some(phone)) => Line::ok(CHECK, format!("AGENT_PHONE_NUMBER {}", phone.masked())),
        (count, _) => Line::ok(CHECK, format!("{count} in the settings")),
    }
}
