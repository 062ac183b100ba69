//! Scale-in protection by the agent beside a task of ours on Fargate: it injects the address
//! (`ECS_AGENT_URI`) and asks ECS on our behalf, so no credentials go with it.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::tls;
use crate::ports::BoxError;
use crate::ports::protection::Protection;

/// The agent asks ECS while we wait; what takes longer is tried again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The protection of the task this process runs in.
pub struct EcsProtection {
    http: reqwest::Client,
    address: String,
}

impl EcsProtection {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(agent_uri: &str) -> Result<Self, BoxError> {
        tls::install_provider();
        // The agent is on this machine, whatever proxy the rest of the world is behind.
        let http = reqwest::Client::builder().timeout(ANSWER_WITHIN).no_proxy().build()?;
        Ok(Self { http, address: format!("{}/task-protection/v1/state", agent_uri.trim_end_matches('/')) })
    }

    /// A refusal comes as `failure` or `error`, and not always with a status that says so.
    async fn put(&self, wish: Value) -> Result<(), BoxError> {
        let answer = self.http.put(&self.address).json(&wish).send().await?;
        let status = answer.status();
        let told: Value = answer.json().await?;
        if told["protection"]["ProtectionEnabled"] == wish["ProtectionEnabled"] {
            return Ok(());
        }
        let why = [&told["failure"]["Reason"], &told["error"]["Code"], &told["error"]["Message"]];
        let why: Vec<&str> = why.into_iter().filter_map(Value::as_str).collect();
        Err(format!("the ECS agent answered {status}: {}", why.join(" ")).into())
    }
}

#[async_trait]
impl Protection for EcsProtection {
    async fn hold(&self, minutes: u16) -> Result<(), BoxError> {
        self.put(json!({ "ProtectionEnabled": true, "ExpiresInMinutes": minutes })).await
    }

    async fn release(&self) -> Result<(), BoxError> {
        self.put(json!({ "ProtectionEnabled": false })).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Json;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::routing::put;

    use super::*;

    /// What the agent was asked for, and what it answers: as the page of AWS shows it.
    #[derive(Clone, Default)]
    struct Agent {
        asked: Arc<Mutex<Vec<Value>>>,
        answers: Arc<Mutex<Vec<(StatusCode, Value)>>>,
    }

    async fn state(State(agent): State<Agent>, Json(wish): Json<Value>) -> (StatusCode, Json<Value>) {
        let (status, answer) = agent.answers.lock().unwrap().pop().unwrap_or_else(|| {
            let protection = json!({
                "ExpirationDate": "2026-11-29T12:00:00Z", "ProtectionEnabled": wish["ProtectionEnabled"],
                "TaskArn": "arn:aws:ecs:ap-south-1:111122223333:task/1234567890abcdef0",
            });
            (StatusCode::OK, json!({ "protection": protection }))
        });
        agent.asked.lock().unwrap().push(wish);
        (status, Json(answer))
    }

    async fn served() -> (Agent, EcsProtection) {
        let agent = Agent::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("http://{}/api/6e5f7f7d", listener.local_addr().expect("an address"));
        let routes = axum::Router::new().route("/api/6e5f7f7d/task-protection/v1/state", put(state));
        let served = axum::serve(listener, routes.with_state(agent.clone()));
        tokio::spawn(async move { served.await });
        (agent, EcsProtection::new(&uri).expect("a client"))
    }

    #[tokio::test]
    async fn a_task_is_held_for_minutes_and_let_go_in_the_agents_words() {
        let (agent, protection) = served().await;
        protection.hold(30).await.expect("held");
        protection.release().await.expect("let go");
        let asked = agent.asked.lock().unwrap().clone();
        assert_eq!(
            asked,
            [json!({ "ProtectionEnabled": true, "ExpiresInMinutes": 30 }), json!({ "ProtectionEnabled": false })]
        );
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_also_where_its_status_says_that_all_is_well() {
        let (agent, protection) = served().await;
        let failure = json!({ "failure": { "Arn": "arn:1", "Detail": null, "Reason": "TASK_NOT_VALID" } });
        let error = json!({ "error": { "Code": "AccessDeniedException", "Message": "no ecs:UpdateTaskProtection" } });
        let nothing = json!({ "protection": { "ProtectionEnabled": false } });
        let cases = [
            (StatusCode::OK, failure, "TASK_NOT_VALID"),
            (StatusCode::BAD_REQUEST, error, "AccessDeniedException"),
            (StatusCode::OK, nothing, "200"),
        ];
        for (status, answer, why) in cases {
            agent.answers.lock().unwrap().push((status, answer));
            let refused = protection.hold(30).await.expect_err("not held").to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
