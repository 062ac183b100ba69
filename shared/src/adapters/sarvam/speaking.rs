//! Speech over Sarvam's socket, and over REST where the socket fails.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::pool::Pool;
use super::socket::Socket;
use super::{Avoided, SarvamConfig, failed, unanswered};
use crate::adapters::tls;
use crate::domain::audio::{Downsampler, SAMPLE_RATE_HZ, bytes, samples};
use crate::domain::language::Language;
use crate::ports::Late;
use crate::ports::speech::{SpeechError, TextToSpeech};
use crate::wire::sarvam::KEY_HEADER;
use crate::wire::sarvam::speaking::{self as wire, Said};
use crate::wire::sarvam::trouble::Trouble;

/// Minutes of audio: a slow listener never holds the socket up.
const PIECES_CAPACITY: usize = 256;
/// REST answers are passed on in pieces of a second.
const PIECE_BYTES: usize = SAMPLE_RATE_HZ as usize * 2;

type Pieces = mpsc::Sender<Result<Bytes, SpeechError>>;

/// Sarvam's voices. One sentence at a time per socket; as many sockets as sentences are spoken
/// at once. There is no way to cancel on their side, so a cancelled sentence costs its socket.
pub struct SarvamTts {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<SarvamConfig>,
    pool: Arc<Pool>,
    http: reqwest::Client,
    sockets: Avoided,
}

/// A sentence that failed on the socket.
struct Broken {
    error: SpeechError,
    /// Whether some of it was heard already: then it can not be begun again elsewhere.
    heard: bool,
}

struct Sentence {
    text: String,
    language: Language,
}

impl SarvamTts {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When no HTTPS client can be made on this machine (no root certificates).
    pub fn new(config: SarvamConfig) -> Result<Self, SpeechError> {
        tls::install_provider();
        let http = reqwest::Client::builder().timeout(config.limits.rest).build().map_err(failed)?;
        let config = Arc::new(config);
        let pool = Arc::new(Pool::new(Arc::clone(&config)));
        Ok(Self { inner: Arc::new(Inner { config, pool, http, sockets: Avoided::default() }) })
    }
}

#[async_trait]
impl TextToSpeech for SarvamTts {
    /// Answers at once; what goes wrong comes through the channel, also a refusal.
    async fn speak(
        &self,
        text: &str,
        language: Language,
    ) -> Result<mpsc::Receiver<Result<Bytes, SpeechError>>, SpeechError> {
        if text.chars().count() > wire::MAX_CHARS {
            return Err(SpeechError::Refused(format!("more than {} characters", wire::MAX_CHARS)));
        }
        let (out, pieces) = mpsc::channel(PIECES_CAPACITY);
        // Punctuation alone is answered with an error or with nothing at all.
        if text.chars().any(char::is_alphanumeric) {
            let sentence = Sentence { text: text.to_owned(), language };
            tokio::spawn(Arc::clone(&self.inner).run(sentence, out).in_current_span());
        }
        Ok(pieces)
    }
}

impl Inner {
    async fn run(self: Arc<Self>, sentence: Sentence, out: Pieces) {
        let _counted = self.pool.speaking();
        let spoken = tokio::select! {
            // Dropping the work drops its socket: what was still to come is thrown away.
            () = out.closed() => Ok(()),
            spoken = self.say(&sentence, &out) => spoken,
        };
        if !self.sockets.is_now() && !matches!(spoken, Err(SpeechError::Refused(_))) {
            self.pool.keep_spares();
        }
        if let Err(error) = spoken {
            tracing::warn!(%error, language = %sentence.language, "Sarvam did not speak");
            let _gone = out.send(Err(error)).await;
        }
    }

    async fn say(&self, sentence: &Sentence, out: &Pieces) -> Result<(), SpeechError> {
        if self.sockets.is_now() {
            match self.by_rest(sentence, out).await {
                Err(SpeechError::Failed(_) | SpeechError::Busy) => {}
                spoken => return spoken,
            }
            return self.by_sockets(sentence, out).await.map_err(|broken| broken.error);
        }
        match self.by_sockets(sentence, out).await {
            Ok(()) => Ok(()),
            Err(Broken { error, heard: true }) => {
                // Whoever orders the rest of it must not get it broken in the same place. Where nobody
                // listened any more, it is not the sockets' fault.
                if !out.is_closed() {
                    self.sockets.after(&error, &self.config.limits);
                }
                Err(error)
            }
            // Also after a refusal: sockets have fields and limits of their own.
            Err(Broken { error, heard: false }) => {
                tracing::warn!(%error, "the Sarvam socket did not speak; asking REST");
                // Before REST has answered: a listener who gives up meanwhile cancels this, and the
                // next try must not begin with the socket that hangs.
                self.sockets.after(&error, &self.config.limits);
                self.by_rest(sentence, out).await.inspect_err(|_| self.sockets.forget())
            }
        }
    }

    /// First on a socket that waited; that one may be dead without knowing, so then on a new one.
    async fn by_sockets(&self, sentence: &Sentence, out: &Pieces) -> Result<(), Broken> {
        let first_due = Instant::now() + self.config.limits.first_audio;
        if let Some(socket) = self.pool.take().await {
            self.pool.keep_spares();
            match self.by_socket(socket, sentence, first_due, out).await {
                Err(Broken { error, heard: false }) if Instant::now() < first_due => {
                    tracing::debug!(%error, "a waiting Sarvam socket did not speak; opening a new one");
                }
                spoken => return spoken,
            }
        }
        let socket = timeout_at(first_due, self.pool.connect()).await;
        let socket = socket.unwrap_or_else(|_| Err(failed(Late("connecting took too long"))));
        let socket = socket.map_err(|error| Broken { error, heard: false })?;
        self.pool.keep_spares();
        self.by_socket(socket, sentence, first_due, out).await
    }

    async fn by_socket(
        &self,
        mut socket: Socket,
        sentence: &Sentence,
        first_due: Instant,
        out: &Pieces,
    ) -> Result<(), Broken> {
        let mut stream = Stream::new(first_due, socket.spoken_hz);
        match self.exchange(&mut socket, sentence, &mut stream, out).await {
            Ok(()) => {
                socket.spoken_hz = stream.rate_hz;
                self.pool.put(socket);
                Ok(())
            }
            Err(error) => Err(Broken { error, heard: stream.heard }),
        }
    }

    async fn exchange(
        &self,
        socket: &mut Socket,
        sentence: &Sentence,
        stream: &mut Stream,
        out: &Pieces,
    ) -> Result<(), SpeechError> {
        let config = wire::config(&self.config.voice(), sentence.language);
        for message in [config, wire::text(&sentence.text), wire::FLUSH.to_owned()] {
            socket.send(message).await?;
        }
        let limits = &self.config.limits;
        let whole_due = Instant::now() + limits.utterance;
        loop {
            let due = if stream.heard { whole_due.min(Instant::now() + limits.next_audio) } else { stream.first_due };
            let message = timeout_at(due, socket.recv()).await.map_err(|_| failed(Late("no audio came in time")))??;
            match wire::parse(&message).map_err(failed)? {
                Said::Audio(audio) => {
                    let audio = stream.take(audio)?;
                    // A listener who has gone is noticed by `run`.
                    if !audio.is_empty() && out.send(Ok(audio)).await.is_err() {
                        return Err(failed("nobody listens"));
                    }
                }
                Said::Final if stream.heard => {
                    let rest = stream.rest();
                    if !rest.is_empty() {
                        // A listener who has gone has no use for it.
                        let _gone = out.send(Ok(rest)).await;
                    }
                    return Ok(());
                }
                Said::Final => return Err(failed("no audio came at all")),
                Said::Error(trouble) => return Err(trouble.into()),
                Said::Other => {}
            }
        }
    }

    async fn by_rest(&self, sentence: &Sentence, out: &Pieces) -> Result<(), SpeechError> {
        let body = wire::rest_body(&self.config.voice(), sentence.language, &sentence.text);
        let address = format!("{}{}", self.config.base_url, wire::REST_PATH);
        let request = self.http.post(address).header(KEY_HEADER, self.config.key.expose_secret()).json(&body);
        // Neither address nor error text of the HTTP client holds the key or the sentence.
        let answer = request.send().await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(unanswered)?;
        if status != 200 {
            return Err(Trouble::of_http(status, &body).into());
        }
        let (rate_hz, audio) = wire::rest_audio(&body).map_err(failed)?;
        let audio = at_8_khz(rate_hz, audio);
        for start in (0..audio.len()).step_by(PIECE_BYTES) {
            let piece = audio.slice(start..audio.len().min(start + PIECE_BYTES));
            if out.send(Ok(piece)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// The audio of one sentence, put together from pieces that may end inside a sample.
struct Stream {
    heard: bool,
    odd: Option<u8>,
    rate_hz: u32,
    /// Where that is another rate than asked for.
    rate: Option<Downsampler>,
    /// When the first of it must be here.
    first_due: Instant,
}

impl Stream {
    fn new(first_due: Instant, rate_hz: u32) -> Self {
        let rate = downsampler(rate_hz);
        Self { heard: false, odd: None, rate_hz, rate, first_due }
    }

    /// Whole samples only. WAV headers are taken off, one or one before each piece, and the first
    /// one's rate is believed.
    fn take(&mut self, audio: Vec<u8>) -> Result<Bytes, SpeechError> {
        let mut audio = if self.odd.is_none() && audio.starts_with(b"RIFF") {
            let (rate_hz, pcm) = wire::wav_pcm(&audio).map_err(failed)?;
            if !self.heard {
                (self.rate_hz, self.rate) = (rate_hz, downsampler(rate_hz));
            }
            pcm.to_vec()
        } else {
            audio
        };
        self.heard |= !audio.is_empty();
        if let Some(byte) = self.odd.take() {
            audio.insert(0, byte);
        }
        if audio.len() % 2 == 1 {
            self.odd = audio.pop();
        }
        Ok(match &mut self.rate {
            Some(rate) => whole(rate.take(&samples(&audio))),
            None => audio.into(),
        })
    }

    /// What a change of rate held back.
    fn rest(&mut self) -> Bytes {
        self.rate.as_mut().map(|rate| whole(rate.finish())).unwrap_or_default()
    }
}

fn downsampler(rate_hz: u32) -> Option<Downsampler> {
    (rate_hz != SAMPLE_RATE_HZ).then(|| Downsampler::new(rate_hz))
}

fn at_8_khz(rate_hz: u32, audio: Vec<u8>) -> Bytes {
    let Some(mut rate) = downsampler(rate_hz) else { return audio.into() };
    let mut output = rate.take(&samples(&audio));
    output.extend(rate.finish());
    whole(output)
}

fn whole(samples: Vec<f32>) -> Bytes {
    let samples: Vec<i16> = samples.into_iter().map(|sample| sample.round() as i16).collect();
    bytes(&samples).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_stream() -> Stream {
        Stream::new(Instant::now(), SAMPLE_RATE_HZ)
    }

    #[test]
    fn pieces_that_end_inside_a_sample_are_joined() {
        let mut stream = new_stream();
        let taken: Vec<Bytes> = [vec![1, 2, 3], vec![4], vec![5, 6], vec![7]]
            .into_iter()
            .map(|piece| stream.take(piece).expect("samples"))
            .collect();
        assert_eq!(taken, vec![vec![1, 2], vec![3, 4], vec![5, 6], vec![]]);
    }

    fn header(rate: [u8; 4]) -> Vec<u8> {
        let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend_from_slice(&rate);
        wav.extend_from_slice(b"\0\0\0\0\x02\0\x10\0data\xff\xff\xff\xff");
        wav
    }

    #[test]
    fn a_header_is_taken_off_before_each_piece_that_has_one() {
        let mut stream = new_stream();
        let piece = [header([0x40, 0x1f, 0, 0]), vec![1, 2, 3, 4]].concat();
        let taken = [piece.clone(), vec![5, 6], piece].map(|piece| stream.take(piece).expect("samples"));
        assert_eq!(taken, [vec![1, 2, 3, 4], vec![5, 6], vec![1, 2, 3, 4]]);
    }

    #[test]
    fn the_rate_of_a_header_is_believed() {
        let mut stream = new_stream();
        assert!(stream.take(header([0x40, 0x1f, 0, 0])).expect("a header").is_empty());
        assert!(!stream.heard);
        let mut stream = new_stream();
        assert!(stream.take(header([0xc0, 0x5d, 0, 0])).expect("a header").is_empty());
        let audio: usize = (0..10).map(|_| stream.take(vec![1; 2_400]).expect("samples").len()).sum();
        assert_eq!(audio + stream.rest().len(), 8_000);
        assert!(new_stream().take(header([0xff, 0xff, 0xff, 0])).is_err());
    }
}
