//! One file for each utterance: no partials, and as late as a whole recognition, but heard.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use reqwest::multipart::{Form, Part};
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Events;
use crate::adapters::sarvam::{Avoided, SarvamConfig, failed, unanswered};
use crate::domain::audio::{Doubler, SAMPLE_RATE_HZ, bytes, samples};
use crate::domain::language::Language;
use crate::ports::Late;
use crate::ports::speech::{HearingEvent, HearingInput, SpeechError};
use crate::wire::sarvam::KEY_HEADER;
use crate::wire::sarvam::hearing as wire;
use crate::wire::sarvam::trouble::Trouble;

/// A file must be shorter than 30 s; of a longer utterance the end is heard.
const MOST_BYTES: usize = 28 * 2 * SAMPLE_RATE_HZ as usize;

/// Recognition without a socket.
pub(super) struct ByRest {
    pub(super) config: Arc<SarvamConfig>,
    pub(super) http: reqwest::Client,
    /// Named where none shall be detected.
    pub(super) language: Option<Language>,
    /// What says that this way was of no use.
    pub(super) way: Arc<Avoided>,
}

impl ByRest {
    /// Until the caller ends the stream or a request fails. Requests overlap; their answers do not.
    pub(super) async fn run(self, mut inputs: mpsc::Receiver<HearingInput>, events: Events) {
        let mut utterance: Option<Vec<u8>> = None;
        let mut asked = FuturesOrdered::new();
        let mut open = true;
        while open || !asked.is_empty() {
            let heard = tokio::select! {
                () = events.closed() => return,
                input = inputs.recv(), if open => {
                    match input {
                        Some(HearingInput::SpeechStart) => drop(utterance.get_or_insert_default()),
                        Some(HearingInput::Audio(pcm)) => {
                            if let Some(utterance) = &mut utterance {
                                utterance.extend_from_slice(&pcm);
                            }
                        }
                        Some(HearingInput::SpeechEnd) => asked.push_back(self.hear(utterance.take())),
                        None => open = false,
                    }
                    continue;
                }
                Some(heard) = asked.next() => heard,
            };
            match heard {
                // A caller that has gone is noticed above.
                Ok(heard) => drop(events.send(heard).await),
                Err(error) => {
                    tracing::warn!(%error, "Sarvam did not hear over REST");
                    self.way.after(&error, &self.config.limits);
                    drop(inputs);
                    let _gone = events.send(HearingEvent::Closed(error)).await;
                    return;
                }
            }
        }
    }

    async fn hear(&self, utterance: Option<Vec<u8>>) -> Result<HearingEvent, SpeechError> {
        let Some(pcm) = utterance.filter(|pcm| !pcm.is_empty()) else {
            return Ok(HearingEvent::Final { text: String::new(), language: None });
        };
        let answer = timeout(self.config.limits.final_by_rest, self.ask(&pcm)).await;
        let (text, language) = answer.map_err(|_| failed(Late("the transcript did not come in time")))??;
        Ok(HearingEvent::Final { text, language })
    }

    async fn ask(&self, pcm: &[u8]) -> Result<(String, Option<Language>), SpeechError> {
        let pcm = &pcm[pcm.len().saturating_sub(MOST_BYTES)..];
        let doubled =
            (self.config.stt_rate_hz > SAMPLE_RATE_HZ).then(|| bytes(&Doubler::default().take(&samples(pcm))));
        let file = wire::rest_file(doubled.as_deref().unwrap_or(pcm), self.config.stt_rate_hz);
        let file = Part::bytes(file).file_name("utterance.wav").mime_str("audio/wav").map_err(failed)?;
        let mut form = Form::new().part("file", file);
        for (name, value) in wire::rest_fields(&self.config.stt_model, self.language) {
            form = form.text(name, value);
        }
        let address = format!("{}{}", self.config.base_url, wire::REST_PATH);
        let request = self.http.post(address).header(KEY_HEADER, self.config.key.expose_secret()).multipart(form);
        // Neither address nor error text of the HTTP client holds the key or what was said.
        let answer = request.send().await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(unanswered)?;
        if status != 200 {
            return Err(Trouble::of_http(status, &body).into());
        }
        wire::parse_rest(&body).map_err(failed)
    }
}
