//! The program itself: what it prints, and how it ends.

use std::process::Output;

use tokio::process::Command;

use crate::support::{House, SPEECH_KEY};

async fn ops(house: &House, arguments: &[&str], changes: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
    command.args(arguments).env_clear().current_dir(house.folder.path());
    for key in [
        "APP_ENV",
        "DATABASE_URL",
        "REDIS_HOST",
        "REDIS_PORT",
        "DATA_KEY_FILE",
        "EXOTEL_SID",
        "EXOTEL_API_KEY",
        "EXOTEL_TOKEN",
        "EXOTEL_VIRTUAL_NUMBER",
        "EXOTEL_FLOW_APP_ID",
        "EXOTEL_BASE_URL",
        "EXOTEL_SHARED_SECRET",
        "SIGNING_SECRET",
        "SARVAM_API_KEY",
        "SARVAM_BASE_URL",
        "SARVAM_WS_URL",
        "AGENT_PHONE_NUMBER",
    ] {
        command.env(key, house.env.get(key).unwrap_or_default());
    }
    command.envs(changes.iter().copied()).output().await.expect("it runs")
}

#[tokio::test]
async fn it_ends_with_0_where_all_is_well_and_with_1_where_something_fails() {
    let house = House::migrated("program").await;
    let well = ops(&house, &["doctor"], &[]).await;
    let text = String::from_utf8_lossy(&well.stdout);
    assert_eq!(well.status.code(), Some(0), "{text}");
    assert!(text.contains("ok    postgres version") && text.ends_with("0 fail\n"), "{text}");
    let ill = ops(&house, &["doctor", "--json"], &[("SARVAM_API_KEY", "wrong")]).await;
    assert_eq!(ill.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&ill.stdout).expect("JSON alone");
    let key = report["checks"].as_array().expect("checks").iter().find(|line| line["check"] == "sarvam key");
    assert_eq!(key.expect("checked")["level"], "fail");
}

#[tokio::test]
async fn nobody_is_phoned_without_a_confirmation_and_no_key_is_printed() {
    let house = House::migrated("unconfirmed").await;
    let refused = ops(&house, &["doctor", "--live", "--phone", "9000000001"], &[]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--yes-call-me"));
    let live = ops(&house, &["doctor", "--live", "--impatient", "--record", "recorded"], &[]).await;
    let text = format!("{}{}", String::from_utf8_lossy(&live.stdout), String::from_utf8_lossy(&live.stderr));
    assert_eq!(live.status.code(), Some(0), "{text}");
    assert!(text.contains("not decided  everything about Exotel"), "{text}");
    assert!(!text.contains("CHANGE") && !text.contains(SPEECH_KEY), "{text}");
    let frames = std::fs::read_to_string(house.folder.path().join("recorded/sarvam.jsonl")).expect("recorded");
    assert!(frames.contains("session.begin") && !frames.contains(SPEECH_KEY), "{frames}");
}
