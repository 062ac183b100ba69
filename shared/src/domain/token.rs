//! Signatures in addresses we hand out: who comes back with one was sent by us.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::hmac;

use super::id::{CallId, CallSid};

/// Signs and checks per-call addresses, and addresses that take or give one file (HMAC-SHA256, compared in
/// constant time).
#[derive(Clone)]
pub struct CallTokens(hmac::Key);

impl CallTokens {
    /// `secret` should have 32 bytes or more; any length works.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The signature in a status callback's address (`call_id=…&s=…`). It does not expire: the
    /// carrier may report hours later.
    pub fn sign_callback(&self, call: CallId) -> String {
        self.sign(&format!("callback:{call}"))
    }

    /// Whether that signature is ours and for this call.
    pub fn verify_callback(&self, call: CallId, signature: &str) -> bool {
        self.matches(&format!("callback:{call}"), signature)
    }

    /// A token for one voicebot stream, valid until `expires`: `<unix seconds>.<signature>`.
    pub fn sign_voicebot(&self, session: &CallSid, expires: Timestamp) -> String {
        let second = expires.as_second();
        format!("{second}.{}", self.sign(&format!("voicebot:{session}:{second}")))
    }

    /// Whether that token is ours, for this stream, and not expired.
    pub fn verify_voicebot(&self, session: &CallSid, token: &str, now: Timestamp) -> bool {
        let Some((second, signature)) = token.split_once('.') else { return false };
        let Ok(expires) = second.parse::<i64>() else { return false };
        now.as_second() <= expires && self.matches(&format!("voicebot:{session}:{second}"), signature)
    }

    /// The signature in an address that takes a file of so many bytes under that key until `expires`.
    pub fn sign_put(&self, key: &str, bytes: u64, expires: Timestamp) -> String {
        self.sign(&format!("put:{}:{bytes}:{key}", expires.as_second()))
    }

    /// Whether that signature is ours, for exactly this, and not expired.
    pub fn verify_put(&self, key: &str, bytes: u64, expires: Timestamp, signature: &str, now: Timestamp) -> bool {
        now.as_second() <= expires.as_second()
            && self.matches(&format!("put:{}:{bytes}:{key}", expires.as_second()), signature)
    }

    /// The signature in an address that gives what is kept under that key until `expires`.
    pub fn sign_get(&self, key: &str, expires: Timestamp) -> String {
        self.sign(&format!("get:{}:{key}", expires.as_second()))
    }

    /// Whether that signature is ours, for exactly this, and not expired.
    pub fn verify_get(&self, key: &str, expires: Timestamp, signature: &str, now: Timestamp) -> bool {
        now.as_second() <= expires.as_second() && self.matches(&format!("get:{}:{key}", expires.as_second()), signature)
    }

    fn sign(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()).as_ref())
    }

    fn matches(&self, text: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| hmac::verify(&self.0, text.as_bytes(), &bytes).is_ok())
    }
}

/// Compares two secrets without telling by the time it takes how much of them agrees.
pub fn same_secret(expected: &str, given: &str) -> bool {
    // Equal-length MACs under a fixed key are compared in constant time by ring.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"comparison");
    let tag = hmac::sign(&key, expected.as_bytes());
    !expected.is_empty() && hmac::verify(&key, given.as_bytes(), tag.as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_callback_signature_fits_one_call_only() {
        let tokens = CallTokens::new(b"secret");
        let (a, b) = (CallId::new(at(1), [1; 10]), CallId::new(at(2), [2; 10]));
        let signature = tokens.sign_callback(a);
        assert!(tokens.verify_callback(a, &signature));
        assert!(!tokens.verify_callback(b, &signature));
        assert!(!CallTokens::new(b"other").verify_callback(a, &signature));
        assert!(!tokens.verify_callback(a, "not base64!"));
    }

    #[test]
    fn a_voicebot_token_expires_and_can_not_be_prolonged() {
        let tokens = CallTokens::new(b"secret");
        let sid = CallSid::parse("abc").expect("a sid");
        let token = tokens.sign_voicebot(&sid, at(100));
        assert!(tokens.verify_voicebot(&sid, &token, at(100)));
        assert!(!tokens.verify_voicebot(&sid, &token, at(101)));
        for other in ["999", "+100", "0100"] {
            assert!(!tokens.verify_voicebot(&sid, &token.replacen("100", other, 1), at(99)), "{other} as {token}");
        }
    }

    #[test]
    fn an_address_for_a_file_fits_one_key_and_size_until_it_expires() {
        let tokens = CallTokens::new(b"secret");
        let signature = tokens.sign_put("uploads/a", 10, at(100));
        assert!(tokens.verify_put("uploads/a", 10, at(100), &signature, at(100)));
        assert!(!tokens.verify_put("uploads/b", 10, at(100), &signature, at(100)));
        assert!(!tokens.verify_put("uploads/a", 11, at(100), &signature, at(100)));
        assert!(!tokens.verify_put("uploads/a", 10, at(200), &signature, at(100)));
        assert!(!tokens.verify_put("uploads/a", 10, at(100), &signature, at(101)));
    }

    #[test]
    fn an_address_to_read_fits_one_key_until_it_expires_and_takes_nothing() {
        let tokens = CallTokens::new(b"secret");
        let signature = tokens.sign_get("recordings/a", at(100));
        assert!(tokens.verify_get("recordings/a", at(100), &signature, at(100)));
        assert!(!tokens.verify_get("recordings/b", at(100), &signature, at(100)));
        assert!(!tokens.verify_get("recordings/a", at(200), &signature, at(100)));
        assert!(!tokens.verify_get("recordings/a", at(100), &signature, at(101)));
        assert!(!tokens.verify_put("recordings/a", 10, at(100), &signature, at(100)));
        // Nor does an address to put one to give it away again.
        let put = tokens.sign_put("recordings/a", 10, at(100));
        assert!(!tokens.verify_get("recordings/a", at(100), &put, at(100)));
    }

    #[test]
    fn an_unset_secret_matches_nothing() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd"));
        assert!(!same_secret("", ""));
    }
}
