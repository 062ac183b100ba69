//! What went over the socket.

use serde_json::Value;

use super::seen::Seen;
use crate::live::Findings;
use crate::live::carrier::guesses::{CODE, CUT, FORMAT, INTEGERS, MARKS, MEDIA, PONG, RATE, SAMPLES};
use crate::live::carrier::log::Event;
use crate::live::carrier::stream::PENDING;

pub(super) fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let Some((_, start)) = seen.said("start").next() else {
        let passthru = seen.asked("passthru_b").into_iter().next();
        let why = passthru.and_then(|asked| asked.field("Stream[Error]")).unwrap_or("no stream came");
        return findings.undecided("exotel.md 12.4 to 12.6, the stream", why);
    };
    beginning(start, findings);
    media(seen, findings);
    marks_and_pings(seen, findings);
    ending(seen, findings);
}

fn beginning(start: &Value, findings: &mut Findings) {
    let format = &start["start"]["media_format"];
    match spelling(format) {
        Some(spelled) => FORMAT.found(findings, spelled, format.to_string()),
        None => FORMAT.undecided(findings, format!("{format} is none of the simulator's spellings: add it")),
    }
    let parameters = &start["start"]["custom_parameters"];
    let named = ["sample-rate", "sample_rate"].iter().any(|name| parameters.get(name).is_some());
    let count = parameters.as_object().map_or(0, serde_json::Map::len);
    RATE.found(findings, named, format!("{count} parameters"));
    let number = &start["sequence_number"];
    INTEGERS.found(findings, number.is_number(), number.to_string());
}

/// The simulator's word for it, where it can write it so.
fn spelling(format: &Value) -> Option<&'static str> {
    if format.is_null() {
        return Some("absent");
    }
    let written = |name: &str| match &format[name] {
        Value::String(text) => Some(text.clone()),
        number @ Value::Number(_) => Some(number.to_string()),
        _ => None,
    };
    let (encoding, rate, bits) = (written("encoding")?, written("sample_rate")?, written("bit_rate")?);
    let with = |text: &str, unit: &str| text.strip_suffix(unit).is_some_and(|number| number.parse::<u32>().is_ok());
    match (encoding.as_str(), rate.as_str(), bits.as_str()) {
        ("raw", rate, "128") if with(rate, "") => Some("raw"),
        ("audio/x-raw", rate, "16") if with(rate, "") => Some("bits16"),
        ("audio/x-raw", rate, bits) if with(rate, "Hz") && with(bits, "kbps") => Some("with_units"),
        ("base64", rate, "128") if with(rate, "") => Some("base64"),
        ("", "", "") => Some("blank"),
        _ => None,
    }
}

/// How long a message lasts by the stream's own clock, and how many samples that makes a second.
fn media(seen: &Seen<'_>, findings: &mut Findings) {
    let messages: Vec<(u64, Option<u64>)> = seen.said("media").filter_map(|(_, message)| size(message)).collect();
    let lasts = |pair: &[(u64, Option<u64>)]| Some((pair[1].0, pair[1].1?.checked_sub(pair[0].1?)?));
    let read = messages.windows(2).find_map(lasts).filter(|(_, ms)| *ms > 0);
    let hz = read.map(|(bytes, ms)| bytes * 1_000 / (2 * ms));
    match (read, hz) {
        (Some((bytes, ms)), Some(hz @ (8_000 | 16_000 | 24_000))) => {
            MEDIA.found(findings, ms, format!("{bytes} bytes, {ms} ms by their timestamps"));
            let other = if hz == 8_000 { Value::Null } else { hz.into() };
            SAMPLES.found(findings, other, format!("asked for 8000, came with {hz} a second"));
        }
        _ => {
            let why = format!("bytes and timestamps of the first messages: {messages:?}");
            [MEDIA, SAMPLES].iter().for_each(|guess| guess.undecided(findings, &why));
        }
    }
}

/// Bytes of audio, and the time it is stamped with where that can be read.
fn size(message: &Value) -> Option<(u64, Option<u64>)> {
    let media = &message["media"];
    let bytes = media["payload"].as_str()?.strip_prefix('<')?.strip_suffix(" bytes>")?.parse().ok()?;
    let stamp = &media["timestamp"];
    Some((bytes, stamp.as_u64().or_else(|| stamp.as_str()?.parse().ok())))
}

fn marks_and_pings(seen: &Seen<'_>, findings: &mut Findings) {
    let pong = seen.time_of(|event| *event == Event::Pong);
    let cleared = seen.time_of(|event| matches!(event, Event::Told(message) if message["event"] == "clear"));
    match (pong, cleared) {
        (Some(_), _) => PONG.found(findings, true, "a pong came"),
        (None, Some(_)) => PONG.found(findings, false, "none came"),
        (None, None) => PONG.undecided(findings, "the stream ended before"),
    }
    let Some(cleared) = cleared else { return MARKS.undecided(findings, "the stream ended before") };
    let back = seen.said("mark").find(|(_, mark)| mark["mark"]["name"] == PENDING).map(|(at, _)| at);
    match back {
        Some(at) if at < cleared => MARKS.undecided(findings, "it came back before its audio was played"),
        Some(at) => MARKS.found(findings, true, format!("it came back {} ms after clear", (at - cleared).as_millis())),
        None => MARKS.found(findings, false, "it never came back"),
    }
}

fn ending(seen: &Seen<'_>, findings: &mut Findings) {
    let stopped = seen.said("stop").next().is_some();
    let Some(code) = seen.stream_ended() else {
        return [CUT, CODE].iter().for_each(|guess| guess.undecided(findings, "nobody hung up: we closed the stream"));
    };
    let stop = if stopped { "came" } else { "did not come" };
    CUT.found(findings, code.is_none() && !stopped, format!("stop {stop}, close code {code:?}"));
    match code {
        Some(code) => CODE.found(findings, code, "the close frame"),
        None => CODE.undecided(findings, "no close frame came"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_the_simulator_can_write_has_its_word() {
        let format = |encoding, rate, bits| json!({"encoding": encoding, "sample_rate": rate, "bit_rate": bits});
        for (format, word) in [
            (Value::Null, Some("absent")),
            (json!({"encoding": "raw", "sample_rate": 8_000, "bit_rate": 128}), Some("raw")),
            (format("raw", "16000", "128"), Some("raw")),
            (format("audio/x-raw", "8000", "16"), Some("bits16")),
            (format("audio/x-raw", "8000Hz", "128kbps"), Some("with_units")),
            (format("base64", "8000", "128"), Some("base64")),
            (format("", "", ""), Some("blank")),
            (format("mulaw", "8000", "64"), None),
            (format("raw", "8000", "16"), None),
            (format("raw", "8000Hz", "128"), None),
            (json!({}), None),
            (json!(""), None),
        ] {
            assert_eq!(spelling(&format), word, "{format}");
        }
    }
}
