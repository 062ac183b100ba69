//! Lines from outside: WAV files with labels.
//!
//! ```json
//! [{ "file": "hi_street10.wav", "lang": "hi", "condition": "street10",
//!    "utterances": [{ "start": 1.5, "end": 4.25, "text": "..." }],
//!    "speech": [[1.5, 2.0], [2.25, 4.25]] }]
//! ```
//!
//! Seconds from the start of the file, in order. `file` lies beside the manifest and is mono PCM of 16 bits; at
//! 8 kHz it is taken as it is. `speech` are the stretches in which somebody speaks: what is between two of them
//! is a pause, inside an utterance or after it. Other fields are not read.

use std::io;
use std::path::Path;

use serde::Deserialize;
use shared::domain::audio::{Downsampler, SAMPLE_RATE_HZ, samples};
use shared::domain::language::Language;
use shared::ports::BoxError;

use super::labelled::{Line, Word, sentences, words};
use crate::corpus::ms;

/// What follows the last word, at the least: files that end sooner go on with their own last noise.
const TAIL_MS: u64 = 3_000;

#[derive(Deserialize)]
struct Labels {
    file: String,
    lang: String,
    condition: String,
    utterances: Vec<Said>,
    speech: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct Said {
    start: f64,
    end: f64,
    text: String,
}

pub(super) fn read(manifest: &Path) -> Result<Vec<Line>, BoxError> {
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let labels: Vec<Labels> = serde_json::from_slice(&std::fs::read(manifest)?)?;
    labels.into_iter().map(|labels| line(folder, labels)).collect()
}

fn line(folder: &Path, labels: Labels) -> Result<Line, BoxError> {
    let language = Language::parse(&labels.lang)?;
    let mut samples = wav(&std::fs::read(folder.join(&labels.file))?)
        .map_err(|error| io::Error::other(format!("{}: {error}", labels.file)))?;
    let stretches: Vec<(u64, u64)> = labels.speech.iter().map(|(start, end)| (in_ms(*start), in_ms(*end))).collect();
    if !stretches.is_sorted() {
        return Err(format!("{}: its speech is not in order", labels.file).into());
    }
    let over_ms = stretches.last().map_or(0, |last| last.1);
    lengthen(&mut samples, over_ms);
    let words = labels.utterances.iter().flat_map(|said| spoken(said, &stretches)).collect();
    let sentences = sentences(&stretches, ms(samples.len()));
    Ok(Line { kind: labels.condition, language, samples, words, sentences })
}

fn in_ms(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}

fn spoken(said: &Said, stretches: &[(u64, u64)]) -> Vec<Word> {
    let (start, end) = (in_ms(said.start), in_ms(said.end));
    let inside: Vec<(u64, u64)> =
        stretches.iter().copied().filter(|(from, until)| *from < end && *until > start).collect();
    words(&said.text, &inside)
}

/// With the noise after the last word, backwards and forwards.
fn lengthen(samples: &mut Vec<i16>, over_ms: u64) {
    let at = |ms: u64| ms as usize * SAMPLE_RATE_HZ as usize / 1_000;
    let (over, wanted) = (at(over_ms), at(over_ms + TAIL_MS));
    while over < samples.len() && samples.len() < wanted {
        let back: Vec<i16> = samples[over..].iter().rev().take(wanted - samples.len()).copied().collect();
        samples.extend(back);
    }
}

fn wav(bytes: &[u8]) -> Result<Vec<i16>, &'static str> {
    let chunks = bytes.get(12..).filter(|_| bytes.starts_with(b"RIFF")).ok_or("no WAV file")?;
    let format = chunk(chunks, b"fmt ").and_then(|format| format.get(..16)).ok_or("no format")?;
    let number = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    if (number(0), number(2), number(14)) != (1, 1, 16) {
        return Err("not mono PCM of 16 bits");
    }
    let heard = samples(chunk(chunks, b"data").ok_or("no sound")?);
    if rate == SAMPLE_RATE_HZ {
        return Ok(heard);
    }
    let mut resampler = Downsampler::new(rate);
    let mut audio = resampler.take(&heard);
    audio.extend(resampler.finish());
    Ok(audio.into_iter().map(|sample| sample.round() as i16).collect())
}

fn chunk<'a>(mut chunks: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let (head, rest) = chunks.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if head.starts_with(name) {
            return Some(&rest[..length.min(rest.len())]);
        }
        chunks = rest.get(length.next_multiple_of(2)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::audio::bytes;

    /// A WAV file with a chunk of odd length before its sound.
    fn file(rate: u32, channels: u16, sound: &[i16]) -> Vec<u8> {
        let mut format = [1_u16.to_le_bytes(), channels.to_le_bytes()].concat();
        format.extend([rate.to_le_bytes(), (rate * 2).to_le_bytes()].concat());
        format.extend([2_u16.to_le_bytes(), 16_u16.to_le_bytes()].concat());
        let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
        for (name, chunk) in [(b"fmt ", format), (b"LIST", vec![1, 2, 3]), (b"data", bytes(sound))] {
            file.extend(name);
            file.extend((chunk.len() as u32).to_le_bytes());
            file.extend(&chunk);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        file
    }

    #[test]
    fn a_file_is_read_past_what_nobody_asked_for_and_at_any_rate() {
        assert_eq!(wav(&file(8_000, 1, &[1, -2, 3])), Ok(vec![1, -2, 3]));
        assert_eq!(wav(&file(16_000, 1, &[500; 1_600])).map(|heard| heard.len()), Ok(800));
        assert!(wav(&file(8_000, 2, &[1, 2])).is_err() && wav(b"RIFF").is_err());
    }

    #[test]
    fn a_manifest_is_a_line_with_its_words_where_they_are_said() -> Result<(), BoxError> {
        let folder = tempfile::tempdir()?;
        let mut sound = vec![900; 16_000];
        sound.extend([7, 8, 9]);
        std::fs::write(folder.path().join("a.wav"), file(8_000, 1, &sound))?;
        let manifest = r#"[{"file": "a.wav", "lang": "hi", "condition": "clean", "snr_db": null, "utterances":
            [{"start": 0.5, "end": 2.0, "text": "haan boliye", "voice": "m1"}], "speech": [[0.5, 0.9], [1.3, 2.0]]}]"#;
        std::fs::write(folder.path().join("manifest.json"), manifest)?;
        let line = read(&folder.path().join("manifest.json"))?.remove(0);
        assert_eq!(
            (line.language, line.kind.as_str(), line.samples.len()),
            (Language::Hindi, "clean", 16_000 + 24_000)
        );
        assert_eq!(line.samples[16_000..16_009], [7, 8, 9, 9, 8, 7, 7, 8, 9]);
        assert_eq!((line.words[0].start_ms, line.words[1].end_ms), (500, 2_000));
        assert_eq!((line.sentences[0].pauses_ms.as_slice(), line.sentences[0].end_ms), (&[400][..], 2_000));
        Ok(())
    }
}
