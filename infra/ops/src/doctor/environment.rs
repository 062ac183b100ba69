//! The variables, as `config.rs` reads them: what is missing or malformed.

use std::fs;

use secrecy::ExposeSecret;
use shared::config::{
    AgentSection, AwsSection, EdgeConfig, Environment, ExotelSection, KeyFileSection, ModelSection, SarvamSection,
    Section, Stage, StoreConfig, VoicebotSection, WrappedKeysSection,
};

use super::Patient;
use crate::report::Line;

const CHECK: &str = "environment";
/// Short secrets are guessed.
const LEAST_SECRET: usize = 16;

pub(super) fn check(patient: &Patient) -> Vec<Line> {
    let env = &patient.env;
    let mut lines = Vec::new();
    lines.extend(problems::<Stage>(env));
    lines.extend(problems::<StoreConfig>(env));
    lines.extend(problems::<EdgeConfig>(env));
    lines.extend(problems::<AgentSection>(env));
    lines.extend(problems::<VoicebotSection>(env));
    lines.extend(problems::<ModelSection>(env));
    lines.extend(provider::<ExotelSection>(patient, "EXOTEL_TOKEN", "Exotel is simulated"));
    lines.extend(provider::<SarvamSection>(patient, "SARVAM_API_KEY", "Sarvam is simulated"));
    let on_aws = "queue, audit trail and files are in the process and in a folder";
    lines.extend(provider::<AwsSection>(patient, "DIAL_QUEUE_URL", on_aws));
    if !patient.is_local() {
        lines.extend(problems::<WrappedKeysSection>(env));
    }
    if lines.is_empty() {
        lines.push(Line::ok(CHECK, "every variable is set and readable"));
    }
    lines.extend(secrets(env));
    lines.extend(data_keys(patient));
    lines
}

fn problems<T: Section>(env: &Environment) -> Vec<Line> {
    let fix = "set it in .env or in the function's environment; .env.example explains every key";
    let failed = |problem: String| Line::fail(CHECK, problem, fix);
    env.read::<T>().err().map(|error| error.0.into_iter().map(failed).collect()).unwrap_or_default()
}

/// On a laptop what is not configured at all is simulated.
fn provider<T: Section>(patient: &Patient, key: &str, instead: &str) -> Vec<Line> {
    if patient.is_local() && patient.env.get(key).is_none() {
        let fix = "fill in its section of .env before a real customer is phoned";
        return vec![Line::warn(CHECK, format!("{key} is not set: {instead}"), fix)];
    }
    problems::<T>(&patient.env)
}

fn secrets(env: &Environment) -> Vec<Line> {
    let Ok(edge) = env.read::<EdgeConfig>() else { return Vec::new() };
    let secrets = [("EXOTEL_SHARED_SECRET", edge.exotel_shared_secret), ("SIGNING_SECRET", edge.signing_secret)];
    let long = |(name, secret): (&str, secrecy::SecretString)| {
        let length = secret.expose_secret().chars().count();
        let fix = "use a random text of 32 characters or more, e.g. of `openssl rand -hex 32`";
        Line::prefer(name, length >= LEAST_SECRET, format!("{length} characters"), fix)
    };
    secrets.into_iter().map(long).collect()
}

/// Whoever loses this file loses the records; whoever reads it reads them.
fn data_keys(patient: &Patient) -> Option<Line> {
    const CHECK: &str = "data keys";
    if !patient.is_local() || patient.env.get("DATA_KEYS").is_some() {
        return None;
    }
    let path = patient.env.read::<KeyFileSection>().ok()?.data_key_file;
    let shown = path.display();
    let Ok(file) = fs::metadata(&path) else {
        let fix = "it is made on the first start; if there are records already, restore it from your backup first";
        return Some(Line::warn(CHECK, format!("{shown} is not there"), fix));
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let fix = format!("chmod 600 {shown}");
            return Some(Line::warn(CHECK, format!("{shown} can be read by others (mode {mode:o})"), fix));
        }
    }
    Some(Line::ok(CHECK, format!("{shown}, {} bytes; keep a copy elsewhere", file.len())))
}
