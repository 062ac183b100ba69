//! The real `voicebot` program as Fargate runs it, where KMS and the agent of ECS answer and nothing
//! else does: what it asks while it is on the phone, and how it leaves.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::{post, put};
use axum::{Json, Router};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use shared::adapters::crypto::KeyRing;
use shared::adapters::system::OsRandom;
use shared::ports::clock::Random;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing here takes this long, and it is less than what a live call is given to end by itself.
const PATIENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// KMS, where a wrapped key is the key itself, and the agent, which tells what it was asked for.
async fn surroundings() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (told, asked) = mpsc::unbounded_channel();
    let routes = Router::new()
        .route(
            "/",
            post(async |body: String| {
                let asked: Value = serde_json::from_str(&body).expect("JSON");
                Json(json!({ "KeyId": asked["KeyId"], "Plaintext": asked["CiphertextBlob"] }))
            }),
        )
        .route(
            "/agent/task-protection/v1/state",
            put(async |State(told): State<mpsc::UnboundedSender<Value>>, Json(wish): Json<Value>| {
                let answer = json!({ "protection": { "ProtectionEnabled": wish["ProtectionEnabled"] } });
                told.send(wish).expect("somebody listens");
                Json(answer)
            }),
        )
        .with_state(told);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, asked)
}

struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    stream: String,
}

impl Program {
    /// Returns once it says that it is ready.
    async fn start(surroundings: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
        let random: Arc<dyn Random> = Arc::new(OsRandom::new());
        let mut child = Command::new(env!("CARGO_BIN_EXE_voicebot"))
            .env_clear()
            .envs([("PORT", free.to_string()), ("DATA_KEYS", KeyRing::generate(&*random))])
            .envs([("AWS_ENDPOINT_URL", surroundings), ("SARVAM_BASE_URL", surroundings)])
            .env("ECS_AGENT_URI", format!("{surroundings}/agent"))
            .envs([
                ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
                ("REDIS_HOST", "127.0.0.1"),
                ("REDIS_PORT", "1"),
                ("DATA_KEYS_KMS_KEY", "test"),
                ("AWS_REGION", "ap-south-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("DIAL_QUEUE_URL", "http://127.0.0.1:1/dial"),
                ("CALL_EVENTS_QUEUE_URL", "http://127.0.0.1:1/call-events"),
                ("AUDIT_TABLE", "audit"),
                ("OBJECTS_BUCKET", "objects"),
                ("EXOTEL_SHARED_SECRET", "shared"),
                ("SIGNING_SECRET", "a-signing-secret-of-32-bytes-or-more"),
                ("SARVAM_API_KEY", "test"),
                ("SARVAM_WS_URL", "ws://127.0.0.1:1"),
            ])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("piped")).lines();
        let stream = format!("ws://127.0.0.1:{free}/ws/voicebot?k=shared");
        let mut program = Self { child, log, stream };
        program.says("ready for calls").await;
        program
    }

    async fn says(&mut self, words: &str) {
        let said = async {
            while let Some(line) = self.log.next_line().await.expect("readable") {
                if line.contains(words) {
                    return true;
                }
            }
            false
        };
        assert!(tokio::time::timeout(PATIENCE, said).await.expect("in time"), "it ended before it said `{words}`");
    }

    async fn terminate(&self) {
        let pid = self.child.id().expect("it lives").to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("asked").success());
    }

    /// How the next stream is refused; those that come before are let in, and go away.
    async fn refusal(&self) -> u16 {
        loop {
            match connect_async(&self.stream).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(Error::Http(answer)) => return answer.status().as_u16(),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

async fn soon<T>(news: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, news).await.expect("in time")
}

/// Whether anybody is at the other end.
async fn answers(socket: &mut Socket) -> bool {
    socket.send(Message::Ping(Vec::new().into())).await.expect("sent");
    matches!(soon(socket.next()).await, Some(Ok(Message::Pong(_))))
}

#[tokio::test]
async fn a_task_is_protected_while_it_is_on_the_phone_and_a_sigterm_waits_for_the_call_and_refuses_others() {
    let (surroundings, mut asked) = surroundings().await;
    let mut program = Program::start(&surroundings).await;
    assert!(asked.try_recv().is_err(), "nothing is asked without a call");
    let (mut call, _) = connect_async(&program.stream).await.expect("let in");
    assert_eq!(soon(asked.recv()).await.expect("asked")["ProtectionEnabled"], json!(true));
    program.terminate().await;
    assert_eq!(soon(program.refusal()).await, 503);
    assert!(answers(&mut call).await, "the call goes on");
    assert!(program.child.try_wait().expect("known").is_none());
    drop(call);
    let ended = soon(program.child.wait()).await.expect("known");
    assert!(ended.success(), "it leaves by itself once nobody is on the phone");
}
