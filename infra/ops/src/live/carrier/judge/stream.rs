//! What went over the socket.

use serde_json::Value;

use super::seen::Seen;
use crate::live::Findings;
use crate::live::carrier::guesses::{CODE, CUT, FORMAT, INTEGERS, MARKS, MEDIA, PONG, RATE};
use crate::live::carrier::log::Event;
use crate::live::carrier::stream::PENDING;

pub(super) fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let Some((_, start)) = seen.said("start").next() else {
        let passthru = seen.asked("passthru_b").into_iter().next();
        let why = passthru.and_then(|asked| asked.field("Stream[Error]")).unwrap_or("no stream came");
        return findings.undecided("exotel.md 12.4 to 12.6, the stream", why);
    };
    beginning(start, findings);
    let bytes = seen.said("media").find_map(|(_, media)| {
        media["media"]["payload"].as_str()?.strip_prefix('<')?.strip_suffix(" bytes>")?.parse::<u64>().ok()
    });
    match bytes {
        Some(bytes) => MEDIA.found(findings, bytes / 16, format!("{bytes} bytes")),
        None => MEDIA.undecided(findings, "none came"),
    }
    marks(seen, findings);
    let pong = seen.time_of(|event| *event == Event::Pong).is_some();
    PONG.found(findings, pong, if pong { "a pong came" } else { "none came" });
    ending(seen, findings);
}

fn beginning(start: &Value, findings: &mut Findings) {
    let format = &start["start"]["media_format"];
    let rate = format["sample_rate"].as_str().unwrap_or_default();
    let spelled = match format["encoding"].as_str() {
        None => "absent",
        Some(_) if rate.ends_with("Hz") => "with_units",
        Some(_) => "raw",
    };
    FORMAT.found(findings, spelled, format.to_string());
    let parameters = &start["start"]["custom_parameters"];
    let named = ["sample-rate", "sample_rate"].iter().any(|name| parameters.get(name).is_some());
    let count = parameters.as_object().map_or(0, serde_json::Map::len);
    RATE.found(findings, named, format!("{count} parameters"));
    let number = &start["sequence_number"];
    INTEGERS.found(findings, number.is_number(), number.to_string());
}

fn marks(seen: &Seen<'_>, findings: &mut Findings) {
    let cleared = seen.time_of(|event| matches!(event, Event::Told(message) if message["event"] == "clear"));
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
        return CUT.undecided(findings, "nobody hung up: we closed the stream");
    };
    let stop = if stopped { "came" } else { "did not come" };
    CUT.found(findings, code.is_none() && !stopped, format!("stop {stop}, close code {code:?}"));
    if let Some(code) = code {
        CODE.found(findings, code, "the close frame");
    }
}
