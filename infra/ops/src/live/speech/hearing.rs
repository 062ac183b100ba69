//! How it hears: whether 8 kHz are enough, whether the realtime socket is open to the account.

use serde_json::json;
use shared::domain::audio::{Doubler, Downsampler, SAMPLE_RATE_HZ, bytes, samples};
use shared::domain::language::Language;
use shared::wire::sarvam::hearing::{
    Heard, REALTIME_SPEECH_END, REALTIME_SPEECH_START, SOCKET_FLUSH, parse_realtime, parse_socket, realtime_audio,
    realtime_path, socket_audio, socket_path,
};

use super::super::{Answer, Findings};
use super::probe::{Account, Opened, Probe, Seen};
use super::speaking::Spoken;
use super::{REALTIME_MODEL, SENTENCE, STT_MODEL};

/// A message of 60 ms at 8 kHz.
const GROUP_BYTES: usize = 960;

pub(super) async fn ask(account: &Account<'_>, spoken: Option<Spoken>, findings: &mut Findings) {
    let open = realtime(account, findings).await;
    let Some(spoken) = spoken else {
        findings.undecided("speech-and-llm.md F2, hearing at 8 kHz", "nothing was spoken that could be heard");
        return;
    };
    let speech = at_8_khz(spoken);
    rates(account, &speech, findings).await;
    match open {
        true => outside_an_utterance(account, &speech, findings).await,
        false => findings.undecided("audio outside an utterance", "the realtime socket did not open"),
    }
}

/// F5.
async fn realtime(account: &Account<'_>, findings: &mut Findings) -> bool {
    const QUESTION: &str = "speech-and-llm.md F5, realtime recogniser open to this account";
    let (open, evidence) = match account.open(&realtime_path(REALTIME_MODEL, None, true, SAMPLE_RATE_HZ)).await {
        Opened::Refused(status) => (false, format!("handshake refused with HTTP {status}")),
        Opened::Away(error) => {
            findings.undecided(QUESTION, error);
            return false;
        }
        Opened::Open(mut socket) => match socket.next().await {
            Seen::Said(message) if parse_realtime(&message.to_string()).is_ok_and(|heard| heard == Heard::Begun) => {
                (true, "session.begin".to_owned())
            }
            seen => (false, format!("{seen:?}")),
        },
    };
    findings.answers.push(Answer {
        question: QUESTION,
        switch: "realtime",
        default: json!("open"),
        found: json!(if open { "open" } else { "closed" }),
        evidence,
        setting: (!open).then_some("SARVAM_RECOGNISER=socket"),
    });
    open
}

/// F2.
async fn rates(account: &Account<'_>, speech: &[u8], findings: &mut Findings) {
    const QUESTION: &str = "speech-and-llm.md F2, hearing at 8 kHz";
    let as_it_is = older(account, speech, SAMPLE_RATE_HZ).await;
    let doubled = bytes(&Doubler::default().take(&samples(speech)));
    let raised = older(account, &doubled, SAMPLE_RATE_HZ * 2).await;
    let (as_it_is, raised) = match (as_it_is, raised) {
        (Ok(as_it_is), Ok(raised)) => (understood(&as_it_is), understood(&raised)),
        (Err(why), _) | (_, Err(why)) => return findings.undecided(QUESTION, why),
    };
    let evidence = format!("{:.0} % of the words at 8 kHz, {:.0} % at 16 kHz", as_it_is * 100.0, raised * 100.0);
    if as_it_is.max(raised) < 0.5 {
        return findings.undecided(QUESTION, evidence);
    }
    let needs_16 = as_it_is < 0.5;
    findings.answers.push(Answer {
        question: QUESTION,
        switch: "hears_16_khz_only",
        default: json!(false),
        found: json!(needs_16),
        evidence,
        setting: needs_16.then_some("SARVAM_STT_RATE=16000"),
    });
}

async fn outside_an_utterance(account: &Account<'_>, speech: &[u8], findings: &mut Findings) {
    const QUESTION: &str = "speech-and-llm.md A5, audio before speech_start";
    let doubled = bytes(&Doubler::default().take(&samples(speech)));
    let mut heard = Vec::new();
    for says_start in [true, false] {
        let path = realtime_path(REALTIME_MODEL, Some(Language::Hindi), true, SAMPLE_RATE_HZ * 2);
        let Opened::Open(mut socket) = account.open(&path).await else {
            return findings.undecided(QUESTION, "the socket did not open again");
        };
        if says_start {
            socket.send(REALTIME_SPEECH_START).await;
        }
        for group in doubled.chunks(GROUP_BYTES * 2) {
            socket.send(&realtime_audio(group)).await;
        }
        socket.send(REALTIME_SPEECH_END).await;
        heard.push(final_of(&mut socket, parse_realtime).await.map_or(0.0, |text| understood(&text)));
    }
    let evidence = format!("{:.0} % with it, {:.0} % without", heard[0] * 100.0, heard[1] * 100.0);
    if heard[0] < 0.5 {
        return findings.undecided(QUESTION, evidence);
    }
    findings.answers.push(Answer {
        question: QUESTION,
        switch: "manual_needs_start",
        default: json!(true),
        found: json!(heard[1] < 0.5),
        evidence,
        setting: None,
    });
}

/// What the older recogniser makes of it.
async fn older(account: &Account<'_>, pcm: &[u8], rate_hz: u32) -> Result<String, String> {
    let mut socket = match account.open(&socket_path(STT_MODEL, Some(Language::Hindi), rate_hz)).await {
        Opened::Open(socket) => socket,
        Opened::Refused(status) => return Err(format!("handshake refused with HTTP {status}")),
        Opened::Away(error) => return Err(error),
    };
    for group in pcm.chunks(GROUP_BYTES * (rate_hz / SAMPLE_RATE_HZ) as usize) {
        socket.send(&socket_audio(group, rate_hz)).await;
    }
    socket.send(SOCKET_FLUSH).await;
    final_of(&mut socket, parse_socket).await
}

async fn final_of(
    socket: &mut Probe<'_>,
    parse: impl Fn(&str) -> Result<Heard, serde_json::Error>,
) -> Result<String, String> {
    loop {
        match socket.next().await {
            Seen::Said(message) => match parse(&message.to_string()) {
                Ok(Heard::Final { text, .. }) => return Ok(text),
                Ok(Heard::Error { trouble, fatal: true }) => return Err(format!("{trouble:?}")),
                _ => {}
            },
            seen => return Err(format!("{seen:?}")),
        }
    }
}

/// How many words of the sentence came back, whichever script they are written in.
fn understood(text: &str) -> f64 {
    let wanted = SENTENCE.split_whitespace().count();
    let came = text.split_whitespace().count();
    let same = SENTENCE.split_whitespace().filter(|word| text.contains(word)).count();
    // The recogniser writes Devanagari where the sentence is Latin: then only the number tells.
    let score = if text.is_ascii() { same } else { came.min(wanted) };
    score as f64 / wanted as f64
}

fn at_8_khz(spoken: Spoken) -> Vec<u8> {
    if spoken.rate_hz == SAMPLE_RATE_HZ {
        return spoken.pcm;
    }
    let mut rate = Downsampler::new(spoken.rate_hz);
    let mut output = rate.take(&samples(&spoken.pcm));
    output.extend(rate.finish());
    bytes(&output.into_iter().map(|sample| sample.round() as i16).collect::<Vec<i16>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_either_script() {
        assert_eq!(understood(SENTENCE), 1.0);
        assert_eq!(understood(""), 0.0);
        assert!(understood("namaste main") < 0.5);
        assert_eq!(understood("नमस्ते मैं आज शाम को बैंक जाऊंगा"), 1.0);
    }
}
