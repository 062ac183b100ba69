//! The frames of an inquiry, redacted, as fixtures for later tests.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{fs, fs::File};

use serde_json::{Value, json};
use shared::domain::phone::mask;
use tokio::time::Instant;

/// A longer text without spaces is audio.
const LONGEST_WORD: usize = 200;
/// As many digits in a row are a phone number, and nobody's business.
const PHONE_DIGITS: usize = 10;
/// Audio frames kept of one inquiry; their number tells nothing more.
const MOST_FRAMES: usize = 2_000;

/// Collects frames.
pub(super) struct Recorder {
    began: Instant,
    secrets: Vec<(String, String)>,
    lines: Mutex<Vec<Value>>,
}

impl Recorder {
    /// What is secret, and what stands in its place.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let kept = secrets.into_iter().filter(|(secret, _)| !secret.is_empty());
        let secrets = kept.map(|(secret, name)| (secret.to_owned(), name.to_owned())).collect();
        Self { began: Instant::now(), secrets, lines: Mutex::default() }
    }

    /// Keeps a frame.
    pub(super) fn note(&self, place: &str, from: &str, body: &Value) {
        let at_ms = self.began.elapsed().as_millis();
        let mut body = body.clone();
        self.redact(&mut body);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < MOST_FRAMES {
            lines.push(json!({"at_ms": at_ms as u64, "place": place, "from": from, "body": body}));
        }
    }

    /// Writes what was kept, one JSON line each.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    fn redact(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redacted(text),
            Value::Number(number) if number.to_string().len() >= PHONE_DIGITS && number.is_u64() => {
                *value = json!("<long number>");
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.redact(field)),
            _ => {}
        }
    }

    /// A text without secrets, audio and phone numbers.
    pub(super) fn redacted(&self, text: &str) -> String {
        if text.len() > LONGEST_WORD && !text.contains([' ', '&', '/', '{']) {
            return format!("<{} characters>", text.len());
        }
        let mut text = text.to_owned();
        for (secret, name) in &self.secrets {
            text = text.replace(secret, name);
        }
        without_phones(&text)
    }
}

fn without_phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let long = digits.len() >= PHONE_DIGITS;
        out.push_str(&if long { mask(&digits) } else { std::mem::take(&mut digits) });
        digits.clear();
        out.push(c);
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_secrets_nor_phones_nor_audio_are_kept() {
        let recorder = Recorder::new([("s3cret", "<key>"), ("", "<nothing>")]);
        let body = json!({"url": "/next?k=s3cret&From=%2B919876543210&a=1", "audio": "A".repeat(300),
            "numbers": ["09876543210", 9_876_543_210_u64], "rate": 8000, "said": "press 1"});
        recorder.note("passthru", "provider", &body);
        let kept = recorder.lines.lock().expect("kept")[0]["body"].clone();
        assert!(!kept.to_string().contains("987654") && !kept.to_string().contains("s3cret"), "{kept}");
        assert_eq!(kept["audio"], "<300 characters>");
        assert_eq!((&kept["rate"], &kept["said"]), (&json!(8000), &json!("press 1")));
    }
}
