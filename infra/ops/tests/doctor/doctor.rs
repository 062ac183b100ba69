//! Every check, where all is well and where it is not.

use std::time::Duration;

use ops::doctor::{Patient, examine};
use ops::report::Level;
use shared::adapters::system::SystemClock;
use shared::config::Environment;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::support::{CLAUDE, House, level, line, listener, sql};

#[tokio::test]
async fn a_laptop_with_everything_configured_passes_every_check() {
    let house = House::migrated("well").await;
    let report = house.with(&[]).await;
    assert!(!report.has_failed(), "{report}");
    let well = [
        "postgres version",
        "postgres TLS",
        "postgres migrations",
        "postgres connections",
        "clock against postgres",
        "calling hours",
        "agents",
        "redis version",
        "redis eviction",
        "redis memory",
        "redis TLS",
        "clock against redis",
        "exotel credentials",
        "exotel ExoPhone",
        "exotel flow",
        "sarvam key",
        "clock against sarvam",
        "playbook",
        "bedrock in.anthropic.claude-haiku-4-5-20251001-v1:0",
        "gemini gemini-3.5-flash-lite",
        "EXOTEL_SHARED_SECRET",
        "SIGNING_SECRET",
    ];
    for check in well {
        assert_eq!(level(&report, check), Level::Ok, "{check} in\n{report}");
    }
    assert_eq!(level(&report, "PUBLIC_BASE_URL"), Level::Warn, "nobody outside reaches a laptop");
    assert_eq!(level(&report, "data keys"), Level::Warn, "they are made on the first start");
}

#[tokio::test]
async fn everything_missing_or_malformed_is_named_with_its_fix() {
    let env =
        Environment::of([("APP_ENV", "production"), ("REDIS_PORT", "six")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    let report = examine(&Patient::new(env, std::sync::Arc::new(SystemClock))).await;
    assert!(report.has_failed());
    let text = report.to_string();
    for name in [
        "DATABASE_URL",
        "REDIS_PORT",
        "EXOTEL_SHARED_SECRET",
        "SIGNING_SECRET",
        "EXOTEL_SID",
        "EXOTEL_TOKEN",
        "SARVAM_API_KEY",
        "DIAL_QUEUE_URL",
        "AUDIT_TABLE",
        "OBJECTS_BUCKET",
    ] {
        assert!(text.contains(name), "{name} in\n{text}");
    }
}

#[tokio::test]
async fn on_a_laptop_a_provider_without_credentials_is_simulated_and_elsewhere_missing() {
    let house = House::migrated("simulated").await;
    let without = [("SARVAM_API_KEY", ""), ("EXOTEL_TOKEN", "")];
    let report = house.with(&without).await;
    assert!(!report.has_failed(), "{report}");
    assert!(report.to_string().contains("Sarvam is simulated"), "{report}");
    let report = house.with(&[("SARVAM_API_KEY", ""), ("APP_ENV", "production")]).await;
    let missing = report.checks.iter().find(|line| line.found.starts_with("SARVAM_API_KEY is not set"));
    assert_eq!(missing.map(|line| line.level), Some(Level::Fail), "{report}");
}

#[tokio::test]
async fn in_production_what_travels_in_clear_or_nowhere_fails() {
    let house = House::migrated("clear").await;
    let report = house.with(&[("APP_ENV", "production"), ("SIGNING_SECRET", "short")]).await;
    for check in ["postgres TLS", "redis TLS", "PUBLIC_BASE_URL", "PUBLIC_WS_URL"] {
        assert_eq!(level(&report, check), Level::Fail, "{check} in\n{report}");
    }
    assert_eq!(level(&report, "SIGNING_SECRET"), Level::Warn);
    let report = house.with(&[("APP_ENV", "production"), ("PUBLIC_BASE_URL", "http://api.example.in")]).await;
    assert!(line(&report, "PUBLIC_BASE_URL").found.contains("no public https"), "{report}");
}

#[tokio::test]
async fn records_without_their_migrations_or_with_newer_ones_are_told_apart() {
    let house = House::new("unmigrated").await;
    let report = house.with(&[]).await;
    let migrations = line(&report, "postgres migrations");
    assert_eq!(migrations.level, Level::Fail);
    assert!(migrations.found.contains("create_customers"), "{report}");
    let house = House::migrated("newer").await;
    let newer = "insert into refinery_schema_history (version, name, applied_on, checksum) values (99991231000000, 'from_tomorrow', '', '0')";
    sql(house.database(), newer).await;
    let report = house.with(&[]).await;
    let migrations = line(&report, "postgres migrations");
    assert!(migrations.level == Level::Warn && migrations.found.contains("from_tomorrow"), "{report}");
}

#[tokio::test]
async fn settings_that_stop_every_call_fail() {
    let house = House::migrated("settings").await;
    let store = |json: &str| {
        format!("insert into settings (settings, created_by, created_at) values ('{json}', 'test', now())")
    };
    sql(house.database(), &store(r#"{"calling_window": {"opens": "05:00:00", "closes": "23:00:00"}}"#)).await;
    let report = house.with(&[]).await;
    let hours = line(&report, "calling hours");
    assert!(hours.level == Level::Fail && hours.found.contains("08:00"), "{report}");
    sql(house.database(), &store(r#"{"calling_widow": 1}"#)).await;
    assert!(line(&house.with(&[]).await, "calling hours").found.contains("can not be read"));
    sql(house.database(), &store("{}")).await;
    let report = house.with(&[("AGENT_PHONE_NUMBER", "")]).await;
    assert_eq!((level(&report, "calling hours"), level(&report, "agents")), (Level::Ok, Level::Warn), "{report}");
}

#[tokio::test]
async fn a_pool_larger_than_the_server_lets_in_is_a_warning() {
    let house = House::migrated("pool").await;
    let report = house.with(&[("DATABASE_POOL_SIZE", "100000")]).await;
    assert_eq!(level(&report, "postgres connections"), Level::Warn, "{report}");
}

#[tokio::test]
async fn servers_that_are_away_are_named_with_the_variables_that_lead_to_them() {
    let house = House::new("away").await;
    let gone = listener().await.local_addr().expect("an address").port().to_string();
    let report = house
        .with(&[
            ("DATABASE_URL", &format!("postgresql://app:hunter2@127.0.0.1:{gone}/x")),
            ("REDIS_PORT", &gone),
            ("SARVAM_BASE_URL", &format!("http://127.0.0.1:{gone}")),
            ("EXOTEL_BASE_URL", &format!("http://127.0.0.1:{gone}")),
        ])
        .await;
    for (check, variable) in [
        ("postgres", "DATABASE_URL"),
        ("redis", "REDIS_HOST"),
        ("sarvam key", "SARVAM_BASE_URL"),
        ("exotel credentials", "EXOTEL_BASE_URL"),
    ] {
        let line = line(&report, check);
        assert!(line.level == Level::Fail && line.fix.as_ref().is_some_and(|fix| fix.contains(variable)), "{report}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_costs_its_check_and_no_more_time_than_that() {
    let house = House::migrated("silent").await;
    let silent = listener().await;
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut socket, _)) = silent.accept().await {
            let _request = socket.read(&mut [0; 1_024]).await;
            open.push(socket);
        }
    });
    let mut env = house.env.clone();
    env.set("EXOTEL_BASE_URL", address.clone());
    env.set("SARVAM_BASE_URL", address);
    let patient = Patient { limit: Duration::from_millis(900), ..Patient::new(env, std::sync::Arc::new(SystemClock)) };
    let report = examine(&patient).await;
    for check in ["sarvam key", "exotel credentials"] {
        assert_eq!(level(&report, check), Level::Fail, "{report}");
    }
    assert_eq!(level(&report, "postgres version"), Level::Ok, "the others are not held up: {report}");
}

#[tokio::test]
async fn wrong_credentials_fail_and_an_odd_number_or_flow_too() {
    let house = House::migrated("credentials").await;
    let report = house
        .with(&[
            ("EXOTEL_TOKEN", "wrong"),
            ("EXOTEL_VIRTUAL_NUMBER", "22"),
            ("EXOTEL_FLOW_APP_ID", "my flow"),
            ("SARVAM_API_KEY", "wrong"),
        ])
        .await;
    for check in ["exotel credentials", "exotel ExoPhone", "exotel flow", "sarvam key"] {
        assert_eq!(level(&report, check), Level::Fail, "{check} in\n{report}");
    }
    house.sarvam.control.set(|switches| switches.bad_key_status = 401);
    let report = house.with(&[("SARVAM_API_KEY", "wrong"), ("EXOTEL_SID", "somebody-else")]).await;
    for check in ["exotel credentials", "sarvam key"] {
        assert_eq!(level(&report, check), Level::Fail, "{check} in\n{report}");
    }
}

#[tokio::test]
async fn each_language_model_is_asked_and_what_is_wrong_with_one_is_told() {
    let house = House::migrated("models").await;
    let (claude, gemini) = (&format!("bedrock {CLAUDE}"), "gemini gemini-3.5-flash-lite");
    let report = house.with(&[("AWS_ACCESS_KEY_ID", "another"), ("GEMINI_API_KEY", "another")]).await;
    for (check, variable) in [(claude.as_str(), "CLAUDE_MODEL_ID"), (gemini, "GEMINI_API_KEY")] {
        let line = line(&report, check);
        assert!(line.level == Level::Fail && line.fix.as_ref().is_some_and(|fix| fix.contains(variable)), "{report}");
    }
    let retired = "global.anthropic.claude-3-haiku-20240307-v1:0";
    let report = house.with(&[("CLAUDE_FALLBACK_MODEL_ID", retired)]).await;
    assert_eq!((level(&report, claude), level(&report, &format!("bedrock {retired}"))), (Level::Ok, Level::Fail));
    house.bedrock.control.set(|s| s.faults.refuse = Some((429, "ThrottlingException".to_owned())));
    house.gemini.control.set(|s| s.faults.refuse = Some((503, "UNAVAILABLE".to_owned())));
    let report = house.with(&[]).await;
    assert_eq!((level(&report, claude), level(&report, gemini)), (Level::Warn, Level::Fail), "{report}");
    let report = house.with(&[("CLAUDE_MODEL_ID", ""), ("GEMINI_API_KEY", ""), ("PLAYBOOK", "poem")]).await;
    assert_eq!((level(&report, "language models"), level(&report, "playbook")), (Level::Ok, Level::Fail), "{report}");
    let report = house.with(&[("CLAUDE_MODEL_ID", "anthropic.claude-haiku-4-5-20251001-v1:0")]).await;
    assert!(report.has_failed() && report.to_string().contains("put in. or global. before it"), "{report}");
}

#[tokio::test]
async fn a_key_file_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::migrated("keys").await;
    let path = house.folder.path().join("keys");
    std::fs::write(&path, "index x").expect("written");
    let with_mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        house.with(&[])
    };
    assert_eq!(level(&with_mode(0o644).await, "data keys"), Level::Warn);
    assert_eq!(level(&with_mode(0o600).await, "data keys"), Level::Ok);
}

#[tokio::test]
async fn a_redis_that_forgets_sessions_or_is_nearly_full_is_found() {
    let house = House::migrated("forgetful").await;
    let free = listener().await.local_addr().expect("an address").port().to_string();
    let mut server = Command::new("redis-server")
        .args(["--port", &free, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--maxmemory", "1mb", "--maxmemory-policy", "allkeys-lru"])
        .current_dir(house.folder.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server is installed");
    let report = loop {
        let report = house.with(&[("REDIS_PORT", &free)]).await;
        if report.checks.iter().any(|line| line.check == "redis version") {
            break report;
        }
        assert!(server.try_wait().expect("asked").is_none(), "redis-server ended");
    };
    assert_eq!(level(&report, "redis eviction"), Level::Fail, "{report}");
    assert_eq!(level(&report, "redis memory"), Level::Warn, "{report}");
    server.kill().await.expect("it ends");
}
