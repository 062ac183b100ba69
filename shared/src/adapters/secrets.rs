//! Variables that say where their value is, replaced by the value.
//! Knows references and the store of secrets; what the values mean is `config`'s business.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::config::{Environment, SecretReference};
use crate::ports::StoreError;
use crate::ports::secrets::SecretStore;

/// Why a variable has no value. Names the variable and the secret, never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no such secret, or it was never filled.
    #[error("{variable}: the secret `{id}` does not exist or is empty; fill it in")]
    Empty {
        /// The variable that needs it.
        variable: String,
        /// Name or ARN.
        id: String,
    },
    /// The secret is no JSON object of texts, or has no such field.
    #[error("{variable}: the secret `{id}` has no text field `{field}`; it must be a JSON object with that field")]
    Field {
        /// The variable that needs it.
        variable: String,
        /// Name or ARN.
        id: String,
        /// The field after `#`.
        field: String,
    },
    /// The store did not answer, or does not let us read.
    #[error("the secret `{id}` can not be read")]
    Unreadable {
        /// Name or ARN.
        id: String,
        /// Its words.
        #[source]
        source: StoreError,
    },
}

/// The same variables with every reference replaced. Each secret is asked for once.
pub async fn resolved(env: &Environment, store: &dyn SecretStore) -> Result<Environment, SecretError> {
    let references = env.references();
    let ids: BTreeSet<&str> = references.iter().map(|(_, reference)| reference.id.as_str()).collect();
    let texts = ids.into_iter().map(|id| async move {
        let text = store.get(id).await.map_err(|source| SecretError::Unreadable { id: id.to_owned(), source })?;
        Ok::<_, SecretError>((id, text))
    });
    let texts: BTreeMap<&str, Option<SecretString>> = try_join_all(texts).await?.into_iter().collect();
    let mut resolved = env.clone();
    for (variable, reference) in &references {
        let text = texts.get(reference.id.as_str()).and_then(Option::as_ref);
        resolved.set(variable, value(variable, reference, text)?);
    }
    Ok(resolved)
}

fn value(variable: &str, reference: &SecretReference, text: Option<&SecretString>) -> Result<String, SecretError> {
    let (variable, id) = (variable.to_owned(), reference.id.clone());
    let Some(text) = text.map(ExposeSecret::expose_secret).filter(|text| !text.trim().is_empty()) else {
        return Err(SecretError::Empty { variable, id });
    };
    let Some(field) = &reference.field else { return Ok(text.to_owned()) };
    let fields: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    let text = fields.as_ref().and_then(|fields| fields.get(field)?.as_str()).map(str::to_owned);
    text.ok_or(SecretError::Field { variable, id, field: field.clone() })
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use super::*;
    use crate::adapters::memory::MemorySecrets;

    async fn of(variables: &[(&str, &str)], secrets: &[(&str, &str)]) -> Result<Environment, SecretError> {
        let env = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let store = MemorySecrets::default();
        for (id, text) in secrets {
            store.create(id);
            store.put(id, &(*text).into()).await.expect("filled");
        }
        resolved(&env, &store).await
    }

    #[tokio::test]
    async fn a_reference_becomes_the_secret_or_one_of_its_fields_and_the_rest_stays() {
        let variables = [("A", "plain"), ("B", "secretsmanager:s/one"), ("C", "secretsmanager:s/two#TOKEN")];
        let secrets = [("s/one", "whole"), ("s/two", r#"{"TOKEN":"part","OTHER":"x"}"#)];
        let env = of(&variables, &secrets).await.expect("all there");
        assert_eq!((env.get("A"), env.get("B"), env.get("C")), (Some("plain"), Some("whole"), Some("part")));
    }

    #[tokio::test]
    async fn what_is_missing_is_named_and_never_what_is_there() {
        let none = of(&[("A", "secretsmanager:s/none")], &[]).await.expect_err("no secret").to_string();
        assert!(none.contains("A") && none.contains("s/none"), "{none}");
        for text in [r#"{"OTHER":"hunter2"}"#, "hunter2", r#"{"TOKEN":["hunter2"]}"#] {
            let error = of(&[("A", "secretsmanager:s#TOKEN")], &[("s", text)]).await.expect_err("no field");
            let said = format!("{error} {error:?}");
            assert!(said.contains("TOKEN") && !said.contains("hunter2"), "{said}");
        }
    }
}
