//! The addresses we give to the carrier, and how we know it again when it comes back to them.

use std::time::Duration;

use secrecy::ExposeSecret;

use crate::app::App;
use crate::domain::id::{CallId, CallSid};
use crate::domain::token::{CallTokens, same_secret};

/// How long the carrier may take from asking for the address to opening the stream; its own limit
/// is 10 s and one retry (exotel.md 5.1).
const VOICEBOT_TOKEN_LIVES: Duration = Duration::from_secs(120);

/// Whether `k` of the query is the secret we share with the carrier.
pub fn is_carrier(app: &App, k: Option<&str>) -> bool {
    k.is_some_and(|given| same_secret(app.secrets.exotel_shared.expose_secret(), given))
}

/// The call of a status callback's address, where its signature is ours.
pub fn signed_call(app: &App, call_id: Option<&str>, signature: Option<&str>) -> Option<CallId> {
    let call = call_id?.parse().ok()?;
    tokens(app).verify_callback(call, signature?).then_some(call)
}

/// Where the carrier reports each agent's leg.
pub fn agent_leg(app: &App) -> String {
    format!("{}/agent-leg?k={}", app.urls.public_base, encode(app.secrets.exotel_shared.expose_secret()))
}

/// The socket of one call with a token that lives two minutes; without a Sid the one socket for
/// all calls, behind the shared secret (its `start` message brings the Sid).
pub fn voicebot(app: &App, sid: Option<&CallSid>) -> String {
    let base = &app.urls.public_ws;
    match sid {
        Some(sid) => {
            let expires = app.clock.now() + VOICEBOT_TOKEN_LIVES;
            format!("{base}/ws/voicebot/{sid}?t={}", tokens(app).sign_voicebot(sid, expires))
        }
        None => format!("{base}/ws/voicebot?k={}", encode(app.secrets.exotel_shared.expose_secret())),
    }
}

fn tokens(app: &App) -> CallTokens {
    CallTokens::new(app.secrets.signing.expose_secret().as_bytes())
}

/// Writes text so that it can stand as one value in a query string.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
