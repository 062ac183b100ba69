//! `--aws-local`: the queues, tables, buckets, secrets and keys of the template on a local AWS
//! server, used through the same SDK adapters as in AWS.

mod deliveries;
mod resources;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use shared::adapters::aws::{SecretsManager, sdk_config};
use shared::app::App;
use shared::config::{AwsPlace, Environment};
use shared::ports::clock::Clock;
use shared::ports::secrets::SecretStore;
use shared::wiring;

use crate::start_error::StartError;
use crate::template::{Stack, Template};

pub use deliveries::SqsDeliveries;
pub use resources::create;

/// The template's functions over a local AWS server, with everything they need made and filled.
pub struct AwsLocal {
    /// What the template's names stand for here.
    pub stack: Stack,
    /// Every variable that the template gives any function, as references; and those of `env` that
    /// it does not give.
    pub env: Environment,
}

/// Variables that differ from the template's because the local servers differ from those in AWS.
const OF_THIS_MACHINE: [&str; 4] = ["REDIS_HOST", "REDIS_PORT", "REDIS_TLS", "RUST_LOG"];

impl AwsLocal {
    /// Makes the resources on the server that `env` names and puts the secrets of `env` into them.
    pub async fn prepare(env: &Environment, stack_name: &str) -> Result<Self, StartError> {
        let place: AwsPlace = env.read()?;
        if place.endpoint.is_none() {
            return Err("AWS_ENDPOINT_URL must name the local AWS server".into());
        }
        let template = Template::ours()?;
        let sdk = sdk_config(place.region.clone(), place.endpoint).await;
        let mut stack = Stack::default();
        for (name, value) in
            [("AWS::StackName", stack_name), ("AWS::AccountId", "123456789012"), ("AWS::Partition", "aws")]
        {
            stack.set(name, None, value);
        }
        stack.set("AWS::Region", None, place.region);
        for (parameter, usual) in template.defaults() {
            stack.set(parameter, None, usual);
        }
        if let Some(playbook) = env.get("PLAYBOOK") {
            stack.set("Playbook", None, playbook);
        }
        for (parameter, variable) in
            [("PublicBaseUrl", "PUBLIC_BASE_URL"), ("PublicWsUrl", "PUBLIC_WS_URL"), ("RedisHost", "REDIS_HOST")]
        {
            stack.set(parameter, None, env.get(variable).unwrap_or_default());
        }
        create(&template, &sdk, &mut stack).await?;
        let given = given(&template, &stack)?;
        fill(&SecretsManager::new(&sdk), &given, env).await?;
        let mut ours = env.clone();
        for (name, value) in given.iter().filter(|(name, _)| !OF_THIS_MACHINE.contains(&name.as_str())) {
            ours.set(name, value);
        }
        ours.default_to("REDIS_TLS", "false");
        Ok(Self { stack, env: ours })
    }

    /// The app, through the adapters that are deployed, after the function `migrate` has run.
    pub async fn app(&self, clock: Arc<dyn Clock>) -> Result<App, StartError> {
        migrate::handle(&wiring::upkeep(&self.env).await?, &migrate::Order::default()).await?;
        wiring::app_with_clock(&wiring::with_secrets(&self.env).await?, clock).await
    }
}

/// Every variable that the template gives any function.
fn given(template: &Template, stack: &Stack) -> Result<BTreeMap<String, String>, StartError> {
    let mut variables = BTreeMap::new();
    for function in template.functions() {
        for (name, value) in &function.variables {
            variables.insert(name.clone(), stack.text(value)?);
        }
    }
    Ok(variables)
}

/// Puts the values of `env` where the template's references point. The data keys are `migrate`'s.
async fn fill(store: &dyn SecretStore, given: &BTreeMap<String, String>, env: &Environment) -> Result<(), StartError> {
    let references = Environment::of(given.clone()).references();
    let mut fields: BTreeMap<String, serde_json::Map<String, Value>> = BTreeMap::new();
    for (variable, reference) in references.into_iter().filter(|(name, _)| name != "DATA_KEYS") {
        let value = env.get(&variable).unwrap_or_default();
        match reference.field {
            Some(field) => _ = fields.entry(reference.id).or_default().insert(field, value.into()),
            None => store.put(&reference.id, &value.into()).await?,
        }
    }
    for (id, object) in fields {
        store.put(&id, &Value::Object(object).to_string().into()).await?;
    }
    Ok(())
}
