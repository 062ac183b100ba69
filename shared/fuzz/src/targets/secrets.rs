//! What only we can have written: signatures in addresses, sealed values, the key file. The first
//! line is a token or signature, the second a Sid, the third a moment in Unix seconds; the whole is
//! also a sealed value and a key file.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use shared::adapters::crypto::KeyRing;
use shared::adapters::memory::SeededRandom;
use shared::domain::id::{CallId, CallSid};
use shared::domain::phone::PhoneNumber;
use shared::domain::token::{CallTokens, same_secret};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let token = lines.next().unwrap_or_default();
    let sid = lines.next().and_then(|line| CallSid::parse(line).ok()).unwrap_or(sid("3f9c1e2ab47d4c55"));
    let second = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(1_795_415_400);
    signed(token, &sid, Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH), input);
    sealed(input);
    let random = Arc::new(SeededRandom::new(1));
    if let Ok(keys) = KeyRing::parse(&text, random) {
        assert_eq!(keys.open("c", &keys.seal("c", input)).as_deref(), Ok(input));
    }
    compared(&text);
}

fn sid(text: &str) -> CallSid {
    CallSid::parse(text).expect("a Sid")
}

/// A token is accepted only where it is the one we would sign ourselves, and in time.
fn signed(token: &str, sid: &CallSid, now: Timestamp, input: &[u8]) {
    let tokens = CallTokens::new(b"signing-secret-of-tests");
    let call: CallId = "01935a10-0000-7000-8000-000000000001".parse().expect("an id");
    if tokens.verify_callback(call, token) {
        assert_eq!(token, tokens.sign_callback(call), "a forged signature");
    }
    if tokens.verify_voicebot(sid, token, now) {
        let (second, signature) = token.split_once('.').expect("two parts");
        let expires = Timestamp::from_second(second.parse().expect("seconds")).expect("a moment");
        assert!(expires >= now, "an expired token");
        assert!(tokens.sign_voicebot(sid, expires).ends_with(&format!(".{signature}")), "a forged token");
    }
    let good = tokens.sign_voicebot(sid, now);
    assert!(tokens.verify_voicebot(sid, &good, now), "our own is accepted");
    assert!(!tokens.verify_callback(call, &good), "of another kind");
    assert!(!CallTokens::new(b"another secret").verify_voicebot(sid, &good, now), "another's");
    let changed = changed(good.as_bytes(), input);
    if let Ok(changed) = std::str::from_utf8(&changed) {
        assert!(changed == good || !tokens.verify_voicebot(sid, changed, now), "a changed token is accepted");
    }
}

/// The bytes with one of them changed, left out or put in, as the input says.
fn changed(bytes: &[u8], input: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let [how, at, value, ..] = *input else { return out };
    let at = usize::from(at) % out.len();
    match how % 3 {
        0 => out[at] ^= value,
        1 => out.insert(at, value),
        _ => drop(out.remove(at)),
    }
    out
}

fn ring(seed: u64) -> KeyRing {
    let random = Arc::new(SeededRandom::new(seed));
    KeyRing::parse(&KeyRing::generate(&*random), random).expect("its own keys")
}

/// What was sealed opens in its own column and in no other; a changed value never opens.
fn sealed(input: &[u8]) {
    static UNUSED: OnceLock<KeyRing> = OnceLock::new();
    static USED: OnceLock<KeyRing> = OnceLock::new();
    // The fuzzer sees what is compared and learns from it what was sealed: with these keys nothing is.
    let unused = UNUSED.get_or_init(|| ring(8));
    assert!(unused.open("customers.phone", input).is_err(), "a value nobody sealed opens");
    let keys = USED.get_or_init(|| ring(7));
    let sealed = keys.seal("customers.phone", input);
    assert_eq!(keys.open("customers.phone", &sealed).as_deref(), Ok(input));
    assert!(keys.open("calls.transcript", &sealed).is_err(), "in another column");
    let changed = changed(&sealed, input);
    assert!(changed == sealed || keys.open("customers.phone", &changed).is_err(), "a changed value opens");
    if let Ok(phone) = PhoneNumber::parse(&String::from_utf8_lossy(input)) {
        let same = PhoneNumber::parse(phone.expose()).expect("E.164");
        assert_eq!(keys.phone_index(&phone), keys.phone_index(&same), "one person, one index");
    }
}

fn compared(text: &str) {
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    assert_eq!(same_secret(one, other), !one.is_empty() && one == other);
}
