//! The only reader of the environment. One typed struct per concern, read once, checked as a
//! whole: a program that can not start says everything that is missing, at once.

mod environment;
mod models;

use std::path::PathBuf;

use secrecy::SecretString;

use crate::domain::phone::PhoneNumber;
use crate::domain::turn::Speculation;

pub use environment::{ConfigError, Environment, Reader, SecretReference, Section, Variable, variables_of};
pub use models::{AwsKeys, BedrockSection, GeminiSection, ModelSection, Temperature};

/// Where this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A laptop: simulators allowed.
    Local,
    /// An AWS account for trying things: real providers.
    Development,
    /// Customers are phoned.
    Production,
}

impl Section for Stage {
    fn read(reader: &mut Reader<'_>) -> Self {
        match reader.or("APP_ENV", "production").as_str() {
            "local" => Self::Local,
            "development" => Self::Development,
            "production" => Self::Production,
            _ => {
                reader.problems.push("APP_ENV must be local, development or production".to_owned());
                Self::Production
            }
        }
    }
}

/// Postgres, Redis and the keys that protect what is in them.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `postgresql://user:password@host/db?sslmode=require`.
    pub database_url: SecretString,
    /// Most connections of this process.
    pub database_pool_size: usize,
    /// Roots to trust beside the public ones: the text of PEM certificates, or the path of a file of them.
    pub database_root_certificates: Option<String>,
    /// Redis host.
    pub redis_host: String,
    /// Redis port.
    pub redis_port: u16,
    /// Redis password; none where Redis asks for none.
    pub redis_password: Option<SecretString>,
    /// Redis database number.
    pub redis_db: i64,
    /// Put before every key, so that several installations share one Redis.
    pub redis_prefix: String,
    /// Speak TLS to Redis.
    pub redis_tls: bool,
}

impl Section for StoreConfig {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            database_url: r.secret("DATABASE_URL", "where the records are, postgresql://user:password@host:5432/name"),
            database_pool_size: r.parsed_or("DATABASE_POOL_SIZE", 16, "a number of connections"),
            database_root_certificates: r.optional("DATABASE_ROOT_CERTIFICATES").map(str::to_owned),
            redis_host: r.or("REDIS_HOST", "localhost"),
            redis_port: r.parsed_or("REDIS_PORT", 6379, "a port number"),
            redis_password: r.optional("REDIS_PASSWORD").map(|p| p.to_owned().into()),
            redis_db: r.parsed_or("REDIS_DB", 0, "a database number"),
            redis_prefix: r.or("REDIS_PREFIX", ""),
            redis_tls: r.parsed_or("REDIS_TLS", false, "true or false"),
        }
    }
}

/// Where a laptop keeps the keys that encrypt personal data.
#[derive(Debug, Clone)]
pub struct KeyFileSection {
    /// Made if missing.
    pub data_key_file: PathBuf,
}

impl Section for KeyFileSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self { data_key_file: r.or("DATA_KEY_FILE", ".local/data-keys.json").into() }
    }
}

/// Where a deployed program finds the keys that encrypt personal data.
#[derive(Debug, Clone)]
pub struct WrappedKeysSection {
    /// The text of wrapped keys; a reference until it is resolved.
    pub data_keys: SecretString,
    /// The KMS key that wrapped them.
    pub kms_key: String,
}

impl Section for WrappedKeysSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            data_keys: r.secret("DATA_KEYS", "the wrapped data keys; the function `migrate` makes them"),
            kms_key: r.required("DATA_KEYS_KMS_KEY", "the KMS key that wraps the data keys"),
        }
    }
}

/// Our own addresses and secrets.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// `https://api.example.in`.
    pub public_base_url: String,
    /// `wss://voice.example.in`.
    pub public_ws_url: String,
    /// The `k=` in the addresses that Exotel's flow has fixed.
    pub exotel_shared_secret: SecretString,
    /// Signs per-call addresses and stream tokens.
    pub signing_secret: SecretString,
    /// Proxies of ours in front of this program that write `X-Forwarded-For`.
    pub trusted_proxies: u8,
}

impl Section for EdgeConfig {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            public_base_url: r.url_or("PUBLIC_BASE_URL", "http://localhost:8000", &["http", "https"]),
            public_ws_url: r.url_or("PUBLIC_WS_URL", "ws://localhost:8000", &["ws", "wss"]),
            exotel_shared_secret: r
                .secret("EXOTEL_SHARED_SECRET", "a long random text; it goes into the flow's addresses as k="),
            signing_secret: r.secret("SIGNING_SECRET", "a long random text that signs per-call addresses"),
            trusted_proxies: r.parsed_or("TRUSTED_PROXIES", 1, "the number of proxies of ours, 0 to 255"),
        }
    }
}

/// What calls are for.
#[derive(Debug, Clone)]
pub struct PlaybookSection {
    /// The usual playbook: a name of ours, or a file that ends with `.toml`.
    pub playbook: String,
}

impl Section for PlaybookSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self { playbook: r.or("PLAYBOOK", "payment_reminder") }
    }
}

/// The carrier.
#[derive(Debug, Clone)]
pub struct ExotelSection {
    /// Account SID, part of the path.
    pub account_sid: String,
    /// API key, the Basic user.
    pub api_key: String,
    /// API token, the Basic password.
    pub api_token: SecretString,
    /// The ExoPhone customers see.
    pub exophone: String,
    /// The flow a call runs through.
    pub flow_app_id: String,
    /// `https://api.in.exotel.com` (Mumbai) or `https://api.exotel.com` (Singapore).
    pub base_url: String,
    /// Where flows live; Exotel's own host.
    pub flow_base_url: String,
}

impl Section for ExotelSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            account_sid: r.required("EXOTEL_SID", "the account SID of your Exotel account"),
            api_key: r.required("EXOTEL_API_KEY", "the API key of your Exotel account"),
            api_token: r.secret("EXOTEL_TOKEN", "the API token of your Exotel account"),
            exophone: r.required("EXOTEL_VIRTUAL_NUMBER", "the ExoPhone that customers see"),
            flow_app_id: r.required("EXOTEL_FLOW_APP_ID", "the number of the flow a call runs through"),
            base_url: r.url_or("EXOTEL_BASE_URL", "https://api.in.exotel.com", &["http", "https"]),
            flow_base_url: r.url_or("EXOTEL_FLOW_BASE_URL", "http://my.exotel.com", &["http", "https"]),
        }
    }
}

/// The speech provider.
#[derive(Debug, Clone)]
pub struct SarvamSection {
    /// Subscription key.
    pub api_key: SecretString,
    /// `https://api.sarvam.ai`.
    pub base_url: String,
    /// `wss://api.sarvam.ai`.
    pub ws_url: String,
    /// Bulbul voice.
    pub speaker: String,
    /// Which recogniser is asked first: `realtime` or `socket`.
    pub recogniser: String,
    /// Samples a second that recognisers get: `8000` or `16000`.
    pub stt_rate_hz: u32,
    /// Name of the language field when something is spoken: `both`, `new` or `old`.
    pub language_field: String,
    /// What the speaking socket is asked for: `wav` or `linear16`.
    pub tts_codec: String,
}

impl Section for SarvamSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            api_key: r.secret("SARVAM_API_KEY", "the subscription key of your Sarvam account"),
            base_url: r.url_or("SARVAM_BASE_URL", "https://api.sarvam.ai", &["http", "https"]),
            ws_url: r.url_or("SARVAM_WS_URL", "wss://api.sarvam.ai", &["ws", "wss"]),
            speaker: r.or("SARVAM_SPEAKER", "ritu"),
            recogniser: r.one_of("SARVAM_RECOGNISER", &["realtime", "socket"]),
            stt_rate_hz: if r.one_of("SARVAM_STT_RATE", &["8000", "16000"]) == "16000" { 16_000 } else { 8_000 },
            language_field: r.one_of("SARVAM_LANGUAGE_FIELD", &["both", "new", "old"]),
            tts_codec: r.one_of("SARVAM_TTS_CODEC", &["wav", "linear16"]),
        }
    }
}

/// Where a hand-over rings while the settings name nobody.
#[derive(Debug, Clone)]
pub struct AgentSection {
    /// E.164, if set.
    pub agent_phone: Option<PhoneNumber>,
}

impl Section for AgentSection {
    fn read(r: &mut Reader<'_>) -> Self {
        let agent_phone = match r.optional("AGENT_PHONE_NUMBER").map(PhoneNumber::parse) {
            None => None,
            Some(Ok(phone)) => Some(phone),
            Some(Err(problem)) => {
                r.problems.push(format!("AGENT_PHONE_NUMBER: {problem}"));
                None
            }
        };
        Self { agent_phone }
    }
}

/// Where AWS is.
#[derive(Debug, Clone)]
pub struct AwsPlace {
    /// `ap-south-1`.
    pub region: String,
    /// Another address for all services (a local AWS server).
    pub endpoint: Option<String>,
}

impl Section for AwsPlace {
    fn read(r: &mut Reader<'_>) -> Self {
        Self { region: r.or("AWS_REGION", "ap-south-1"), endpoint: r.optional("AWS_ENDPOINT_URL").map(str::to_owned) }
    }
}

/// What runs in AWS: queues, audit trail, files.
#[derive(Debug, Clone)]
pub struct AwsSection {
    /// Address of the queue of orders.
    pub dial_queue_url: String,
    /// Address of the queue of reports.
    pub call_events_queue_url: String,
    /// Table of the audit trail.
    pub audit_table: String,
    /// Bucket of the files.
    pub bucket: String,
}

impl Section for AwsSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            dial_queue_url: r.required("DIAL_QUEUE_URL", "the address of the SQS queue of orders"),
            call_events_queue_url: r.required("CALL_EVENTS_QUEUE_URL", "the address of the SQS queue of reports"),
            audit_table: r.required("AUDIT_TABLE", "the DynamoDB table of the audit trail"),
            bucket: r.required("OBJECTS_BUCKET", "the S3 bucket for uploads, exports and recordings"),
        }
    }
}

/// The voicebot program.
#[derive(Debug, Clone)]
pub struct VoicebotSection {
    /// Port it listens on.
    pub port: u16,
    /// Most live calls in this process; more are refused with a clear reason.
    pub max_calls: usize,
    /// What is done before a caller's turn is surely over.
    pub speculation: Speculation,
    /// Keep a journal of every call, with every word that was said.
    pub journal: bool,
    /// Where the agent of ECS is that protects this task; none outside of ECS, which sets it.
    pub ecs_agent_uri: Option<String>,
}

impl Section for VoicebotSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            port: r.parsed_or("PORT", 8080, "a port number"),
            max_calls: r.parsed_or("VOICEBOT_MAX_CALLS", 200, "a number of calls"),
            speculation: r.parsed_or("VOICEBOT_SPECULATION", Speculation::default(), "off, llm or llm+tts"),
            journal: r.parsed_or("VOICEBOT_JOURNAL", false, "true or false"),
            ecs_agent_uri: r.optional("ECS_AGENT_URI").map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let error =
            env(&[("EXOTEL_SID", "acme"), ("EXOTEL_TOKEN", " ")]).read::<ExotelSection>().expect_err("incomplete");
        let text = error.to_string();
        for name in ["EXOTEL_TOKEN", "EXOTEL_API_KEY", "EXOTEL_VIRTUAL_NUMBER", "EXOTEL_FLOW_APP_ID"] {
            assert!(text.contains(name), "{text}");
        }
        assert!(!text.contains("EXOTEL_SID is not set"));
    }

    #[test]
    fn a_wrong_value_names_its_variable_and_the_fix() {
        let error = env(&[("DATABASE_URL", "postgresql://localhost/x"), ("REDIS_PORT", "six")]).read::<StoreConfig>();
        assert_eq!(error.expect_err("wrong").0, ["REDIS_PORT must be a port number"]);
        assert!(env(&[("APP_ENV", "prod")]).read::<Stage>().is_err());
    }

    #[test]
    fn a_choice_takes_its_values_only() {
        let key = ("SARVAM_API_KEY", "x");
        let wrong = env(&[key, ("SARVAM_TTS_CODEC", "mp3"), ("SARVAM_STT_RATE", "44100")]).read::<SarvamSection>();
        let expected = ["SARVAM_STT_RATE must be 8000 or 16000", "SARVAM_TTS_CODEC must be wav or linear16"];
        assert_eq!(wrong.expect_err("wrong").0, expected);
        let section = env(&[key, ("SARVAM_STT_RATE", "16000")]).read::<SarvamSection>().expect("right");
        assert_eq!((section.stt_rate_hz, section.recogniser.as_str()), (16_000, "realtime"));
    }

    #[test]
    fn secrets_do_not_print() {
        let env = env(&[("SARVAM_API_KEY", "hunter2")]);
        let config = env.read::<SarvamSection>().expect("complete");
        assert!(!format!("{config:?} {env:?}").contains("hunter2"));
    }

    #[test]
    fn a_reference_says_where_and_perhaps_which_field() {
        let arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:Exotel-a1b2c3";
        let with_field = format!("secretsmanager:{arn}#EXOTEL_TOKEN");
        let env = env(&[("B", &with_field), ("A", "secretsmanager:name"), ("C", "plain#text")]);
        let field = SecretReference { id: arn.to_owned(), field: Some("EXOTEL_TOKEN".to_owned()) };
        let whole = SecretReference { id: "name".to_owned(), field: None };
        assert_eq!(env.references(), [("A".to_owned(), whole), ("B".to_owned(), field)]);
    }
}
