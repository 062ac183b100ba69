//! Asks the real providers what their pages leave open, and says which of the simulators' defaults
//! (and which of our settings) are wrong. Run against a simulator it finds the simulator's
//! switches; that is how it is tested.

mod carrier;
mod findings;
mod models;
mod recorder;
mod speech;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;
use shared::config::{EdgeConfig, Environment, ExotelSection, SarvamSection};
use shared::domain::phone::PhoneNumber;
use shared::wiring::WiringError;
use tokio::net::TcpListener;

pub use findings::{Answer, Findings, Undecided};

use crate::arguments::Doctor;
use recorder::Recorder;

/// What may be asked, and how long answers may take.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Whom the one call goes to; without it the carrier is not asked.
    pub phone: Option<PhoneNumber>,
    /// That call is spent on what goes wrong in life: its stream is refused once and dropped once, a Passthru
    /// left unanswered. It decides what the plain call can not, and the other way round.
    pub faults: bool,
    /// Where the carrier's requests arrive.
    pub listen: SocketAddr,
    /// Folder for the redacted frames.
    pub record: PathBuf,
    /// How long to watch idle sockets; none leaves the question undecided.
    pub idle: Option<Duration>,
    /// How long one message of a provider may take.
    pub answer: Duration,
    /// From the end of the stream to the last report.
    pub last_report: Duration,
    /// How long the person may take to answer, and later to hang up.
    pub person: Duration,
}

impl Questions {
    /// As the command line asks.
    ///
    /// # Errors
    /// When `--phone` is no phone.
    pub fn of(arguments: &Doctor) -> Result<Self, WiringError> {
        let phone = arguments.phone.as_deref().filter(|_| arguments.yes_call_me);
        Ok(Self {
            phone: phone.map(PhoneNumber::parse).transpose().map_err(|error| format!("--phone: {error}"))?,
            faults: arguments.with_faults,
            listen: arguments.listen,
            record: arguments.record.clone(),
            idle: (!arguments.impatient).then_some(Duration::from_secs(90)),
            answer: Duration::from_secs(8),
            last_report: Duration::from_secs(60),
            person: Duration::from_secs(45),
        })
    }
}

/// Asks whatever is configured.
///
/// # Errors
/// Where an address can not be listened on, or the frames can not be written.
pub async fn ask(env: &Environment, questions: Questions) -> Result<Findings, WiringError> {
    let mut findings = Findings::default();
    if let Ok(config) = env.read::<SarvamSection>() {
        let recorder = Recorder::new([(config.api_key.expose_secret(), "<key>")]);
        findings.take(speech::ask(&config, &questions, &recorder).await);
        recorder.write(&questions.record.join("sarvam.jsonl"))?;
    } else {
        findings.undecided("everything about Sarvam", "SARVAM_API_KEY is not set");
    }
    findings.take(models::ask(env, &questions).await?);
    let carrier = (env.read::<ExotelSection>(), env.read::<EdgeConfig>(), &questions.phone);
    if let (Ok(config), Ok(edge), Some(phone)) = carrier {
        let listener = TcpListener::bind(questions.listen).await.map_err(|error| {
            format!("{} can not be listened on ({error}); stop the product, or choose --listen", questions.listen)
        })?;
        let secrets = carrier::secrets(&config, &edge, phone);
        let recorder = Recorder::new(secrets.iter().map(|(secret, name)| (secret.as_str(), *name)));
        let asked = carrier::Inquiry { config, edge, phone: phone.clone(), questions: questions.clone() };
        findings.take(carrier::ask(asked, listener, &recorder).await);
        let file = if questions.faults { "exotel-faults.jsonl" } else { "exotel.jsonl" };
        recorder.write(&questions.record.join(file))?;
    } else {
        let why = "it takes a call: --phone <your own> --yes-call-me, with EXOTEL_* and PUBLIC_* set";
        findings.undecided("everything about Exotel", why);
    }
    Ok(findings)
}
