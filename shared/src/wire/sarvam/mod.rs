//! Sarvam: speech-to-text and text-to-speech, sockets and REST (reference: speech-and-llm.md A).

pub mod codes;
pub mod hearing;
pub mod speaking;
pub mod trouble;

/// The header that carries the key.
pub const KEY_HEADER: &str = "api-subscription-key";

/// `name=value` pairs as a query, values percent-encoded.
fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        out.push_str(if out.is_empty() { "?" } else { "&" });
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    out
}
