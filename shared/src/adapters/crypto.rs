//! Encryption of personal data at rest (AES-256-GCM) and keyed look-up hashes.
//! Knows keys and bytes; it must not know records or where they are kept.
//!
//! A sealed value is `1 | key id (4 bytes, big endian) | nonce (12) | ciphertext and tag`. The
//! associated data is the column it was written for (`customers.phone`), so a value copied into
//! another column does not open. Nonces are 96 random bits: with one key that is safe for about
//! 2^32 values (a chance of one in 2^32 that any two share a nonce); rotate before that.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::domain::phone::PhoneNumber;
use crate::ports::clock::Random;

const FORMAT: u8 = 1;
const HEAD: usize = 1 + 4 + NONCE_LEN;
/// One system call for so many nonces: an upload of a million rows seals two million values.
const NONCES_AT_ONCE: usize = 256;

/// Why a key file can not be used. Never repeats key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can not be read or made.
    #[error("the key file {path} can not be used")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// A line is none of `index <base64>`, `data <number> <base64>`, `write <number>`.
    #[error(
        "line {line} of the keys is not `index <32 bytes in base64>`, `data <number> <32 bytes in base64>` or `write <number>`"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// There must be one `index` line and at least one `data` line (the one that `write` names).
    #[error("the keys lack the `{0}` line")]
    Missing(&'static str),
    /// The same `data` number, `index` or `write` stands twice.
    #[error("line {line} of the keys repeats a key that stands above it")]
    Twice {
        /// Counted from 1.
        line: usize,
    },
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not written by this product, or by a newer one.
    #[error("the value is not in a format this program knows")]
    Format,
    /// The key is not on this ring.
    #[error("the value was sealed with key {0}, which is not among the keys")]
    UnknownKey(u32),
    /// Wrong key under that number, another column, or changed bytes.
    #[error("the value does not open with its key")]
    Refused,
}

/// The data keys (all readable, one writes: the highest number, or the one that `write` names) and
/// the fixed look-up key.
pub struct KeyRing {
    data: BTreeMap<u32, LessSafeKey>,
    writer: u32,
    index: hmac::Key,
    random: Arc<dyn Random>,
    nonces: Mutex<Vec<[u8; NONCE_LEN]>>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("data", &self.data.keys()).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// Reads keys as text: one `index <base64>` line, one `data <number> <base64>` line per data
    /// key (32 bytes each), and where not the highest number shall write, `write <number>`; empty
    /// lines and lines starting with `#` are skipped.
    pub fn parse(text: &str, random: Arc<dyn Random>) -> Result<Self, KeyError> {
        let mut data = BTreeMap::new();
        let mut index = None;
        let mut write: Option<u32> = None;
        for (at, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let bad = KeyError::Line { line: at + 1 };
            let fresh = match words.as_slice() {
                [] => true,
                [first, ..] if first.starts_with('#') => true,
                ["index", key] => {
                    let key = key_bytes(key).ok_or(bad)?;
                    index.replace(hmac::Key::new(hmac::HMAC_SHA256, &key)).is_none()
                }
                ["data", number, key] => {
                    let Some((number, key)) = number.parse().ok().zip(key_bytes(key)) else { return Err(bad) };
                    let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| bad)?;
                    data.insert(number, LessSafeKey::new(key)).is_none()
                }
                ["write", number] => write.replace(number.parse().map_err(|_| bad)?).is_none(),
                _ => return Err(bad),
            };
            if !fresh {
                return Err(KeyError::Twice { line: at + 1 });
            }
        }
        let index = index.ok_or(KeyError::Missing("index"))?;
        let writer = match write {
            Some(number) => data.contains_key(&number).then_some(number),
            None => data.keys().next_back().copied(),
        };
        let writer = writer.ok_or(KeyError::Missing("data"))?;
        Ok(Self { data, writer, index, random, nonces: Mutex::default() })
    }

    /// New keys as text for [`parse`](Self::parse).
    pub fn generate(random: &dyn Random) -> String {
        let draw = || {
            let mut key = [0; 32];
            random.fill(&mut key);
            BASE64.encode(key)
        };
        format!(
            "# Keys of this installation. Losing this file loses every stored phone number and transcript.\n\
             # To rotate, add `data 2 <32 bytes in base64>`; keep the old lines. Never change `index`.\n\
             index {}\ndata 1 {}\n",
            draw(),
            draw()
        )
    }

    /// Reads the key file; makes it (readable only by its owner) where there is none.
    pub fn load_or_create(path: &Path, random: Arc<dyn Random>) -> Result<Self, KeyError> {
        let fault = |source| KeyError::File { path: path.to_owned(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, random),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = Self::generate(&*random);
                create_private(path, &text).map_err(fault)?;
                Self::parse(&text, random)
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Seals a value for one column.
    pub fn seal(&self, column: &'static str, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HEAD + plain.len() + AES_256_GCM.tag_len());
        self.seal_into(column, plain, &mut sealed);
        sealed
    }

    /// Appends the sealed value to `out`: a bulk write needs no buffer per value.
    pub fn seal_into(&self, column: &'static str, plain: &[u8], out: &mut Vec<u8>) {
        let nonce = self.nonce();
        out.push(FORMAT);
        out.extend_from_slice(&self.writer.to_be_bytes());
        out.extend_from_slice(&nonce);
        let body = out.len();
        out.extend_from_slice(plain);
        let tag = self.data[&self.writer]
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(column.as_bytes()),
                &mut out[body..],
            )
            .expect("AES-GCM refuses only texts of 64 GiB and more, which do not fit a message");
        out.extend_from_slice(tag.as_ref());
    }

    /// Opens a value of that column.
    pub fn open(&self, column: &'static str, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (head, body) = sealed.split_at_checked(HEAD).ok_or(Unreadable::Format)?;
        let (format, rest) = head.split_first().ok_or(Unreadable::Format)?;
        let (id, nonce) = rest.split_first_chunk::<4>().ok_or(Unreadable::Format)?;
        if *format != FORMAT {
            return Err(Unreadable::Format);
        }
        let id = u32::from_be_bytes(*id);
        let key = self.data.get(&id).ok_or(Unreadable::UnknownKey(id))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable::Format)?;
        let mut body = body.to_vec();
        let length =
            key.open_in_place(nonce, Aad::from(column.as_bytes()), &mut body).map_err(|_| Unreadable::Refused)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// The look-up hash of a number: HMAC-SHA256 under the fixed key, cut to 128 bits (no two of
    /// the world's numbers meet, and the index over it stays half as large).
    pub fn phone_index(&self, phone: &PhoneNumber) -> [u8; 16] {
        let tag = hmac::sign(&self.index, phone.expose().as_bytes());
        let mut index = [0; 16];
        index.copy_from_slice(&tag.as_ref()[..16]);
        index
    }

    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut pool = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nonce) = pool.pop() {
            return nonce;
        }
        let mut bytes = [0; NONCE_LEN * NONCES_AT_ONCE];
        self.random.fill(&mut bytes);
        let (first, rest) = bytes.as_chunks::<NONCE_LEN>().0.split_first().expect("the array holds 256 nonces");
        pool.extend_from_slice(rest);
        *first
    }
}

fn key_bytes(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// Never overwrites: of two programs that start at once, one makes the keys and the other stops.
fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::system::OsRandom;

    fn random() -> Arc<dyn Random> {
        Arc::new(OsRandom::new())
    }
    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text, random()).expect("valid keys")
    }
    fn phone() -> PhoneNumber {
        PhoneNumber::parse("9876543210").expect("valid")
    }

    #[test]
    fn what_was_sealed_opens_and_shows_nothing_of_itself() {
        let keys = ring(&KeyRing::generate(&*random()));
        let sealed = keys.seal("customers.phone", b"+919876543210");
        assert!(!sealed.windows(6).any(|w| w == b"987654"));
        assert_eq!(keys.open("customers.phone", &sealed).expect("opens"), b"+919876543210");
        assert_ne!(sealed, keys.seal("customers.phone", b"+919876543210"), "a nonce is never used twice");
    }

    #[test]
    fn a_value_moved_to_another_column_or_changed_does_not_open() {
        let keys = ring(&KeyRing::generate(&*random()));
        let mut sealed = keys.seal("customers.phone", b"x");
        assert_eq!(keys.open("do_not_call.phone", &sealed), Err(Unreadable::Refused));
        *sealed.last_mut().expect("not empty") ^= 1;
        assert_eq!(keys.open("customers.phone", &sealed), Err(Unreadable::Refused));
        assert_eq!(keys.open("customers.phone", b"short"), Err(Unreadable::Format));
    }

    #[test]
    fn after_a_rotation_old_values_still_open_and_new_ones_need_the_new_key() {
        let first = KeyRing::generate(&*random());
        let old = ring(&first);
        let rotated = ring(&format!("{first}data 2 {}\n", BASE64.encode([7; 32])));
        let before = old.seal("c", b"before");
        assert_eq!(rotated.open("c", &before).expect("opens"), b"before");
        assert_eq!(old.open("c", &rotated.seal("c", b"after")), Err(Unreadable::UnknownKey(2)));
        assert_eq!(old.phone_index(&phone()), rotated.phone_index(&phone()));
    }

    #[test]
    fn a_key_that_does_not_write_yet_opens_what_others_write() {
        let first = KeyRing::generate(&*random());
        let both = format!("{first}data 2 {}\n", BASE64.encode([7; 32]));
        let waiting = ring(&format!("{both}write 1\n"));
        assert_eq!(ring(&first).open("c", &waiting.seal("c", b"x")).expect("sealed with key 1"), b"x");
        assert_eq!(waiting.open("c", &ring(&both).seal("c", b"y")).expect("key 2 is there"), b"y");
        let nobody = KeyRing::parse(&format!("{both}write 3\n"), random()).map(|_| ());
        assert!(nobody.expect_err("no key 3").to_string().contains("`data`"));
    }

    #[test]
    fn a_broken_key_text_names_its_line() {
        let parse = |text: &str| KeyRing::parse(text, random()).map(|_| ()).expect_err("refused").to_string();
        assert!(parse("index abc").contains("line 1"));
        assert!(parse("# nothing").contains("`index`"));
        let good = KeyRing::generate(&*random());
        assert!(parse(&format!("{good}data 1 {}", BASE64.encode([7; 32]))).contains("repeats"));
    }

    #[test]
    fn the_key_file_is_made_once_and_only_for_its_owner() {
        let dir = std::env::temp_dir().join(format!("keys-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        let path = dir.join("keys");
        let sealed = KeyRing::load_or_create(&path, random()).expect("made").seal("c", b"x");
        let again = KeyRing::load_or_create(&path, random()).expect("read");
        assert_eq!(again.open("c", &sealed).expect("same keys"), b"x");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_dir_all(&dir).expect("removed");
    }
}
