//! Secrets that the variables only point to, and the data keys that KMS opens.

use std::sync::Arc;

use shared::adapters::system::OsRandom;
use shared::config::Environment;
use shared::wiring::{data_keys, with_secrets};

use super::{Patient, causes};
use crate::report::Line;

const SECRETS: &str = "secrets";
const KEYS: &str = "data keys";

/// The variables with every secret read, and how that went; without them nothing else can be asked.
pub(super) async fn read(env: &Environment) -> Result<(Environment, Option<Line>), Line> {
    let references = env.references().len();
    if references == 0 {
        return Ok((env.clone(), None));
    }
    match with_secrets(env).await {
        Ok(known) => Ok((known, Some(Line::ok(SECRETS, format!("{references} read from Secrets Manager"))))),
        Err(error) => {
            let fix = "fill the secret in, and let the role do secretsmanager:GetSecretValue on it";
            Err(Line::fail(SECRETS, causes(&*error), fix))
        }
    }
}

/// Whether the master key opens the data keys, where they are not in a file.
pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    if patient.env.get("DATA_KEYS").is_none() {
        return Vec::new();
    }
    let line = match data_keys(&patient.env, Arc::new(OsRandom::new())).await {
        Ok(_) => Line::ok(KEYS, "opened by the master key in KMS"),
        Err(error) => {
            let fix = "check DATA_KEYS_KMS_KEY, let the role do kms:Decrypt, or invoke the function `migrate` once";
            Line::fail(KEYS, causes(&*error), fix)
        }
    };
    vec![line]
}
