//! The keys of `crypto` as they are kept in AWS: the same lines, each key wrapped by the master
//! key of its keeper. Knows lines and who opens them; where the text is kept is not its business.
//!
//! Rotation takes two steps, because every program keeps what it read for some minutes:
//! [`DataKeys::add`] makes a key that all may read with and nobody writes with yet;
//! [`DataKeys::write_with_newest`], when every program has read it, lets it write.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::try_join_all;

use secrecy::{ExposeSecret, SecretString};

use crate::ports::StoreError;
use crate::ports::keys::KeyWrap;
use crate::ports::secrets::SecretStore;

/// What a text of wrapped keys is called in errors.
const WHAT: &str = "the text of wrapped keys";

/// The wrapped keys of an installation, in their secret. It must not be changed by two at once.
pub struct DataKeys {
    store: Arc<dyn SecretStore>,
    wrap: Arc<dyn KeyWrap>,
    secret: String,
}

impl DataKeys {
    /// In the secret of that name or ARN.
    pub fn new(store: Arc<dyn SecretStore>, wrap: Arc<dyn KeyWrap>, secret: String) -> Self {
        Self { store, wrap, secret }
    }

    /// Makes the first keys where there are none; whether it did.
    pub async fn make_if_missing(&self) -> Result<bool, StoreError> {
        if self.text().await?.is_some() {
            return Ok(false);
        }
        self.keep(first(&*self.wrap).await?).await?;
        Ok(true)
    }

    /// Adds a data key that does not write yet; its number.
    pub async fn add(&self) -> Result<u32, StoreError> {
        let (text, number) = added(&self.existing().await?, &*self.wrap).await?;
        self.keep(text).await?;
        Ok(number)
    }

    /// Lets the newest data key write; its number. Earlier keys go on reading.
    pub async fn write_with_newest(&self) -> Result<u32, StoreError> {
        let (text, number) = newest_writes(&self.existing().await?)?;
        self.keep(text).await?;
        Ok(number)
    }

    async fn text(&self) -> Result<Option<String>, StoreError> {
        let text = self.store.get(&self.secret).await?;
        Ok(text.map(|text| text.expose_secret().to_owned()).filter(|text| !text.trim().is_empty()))
    }

    async fn existing(&self) -> Result<String, StoreError> {
        self.text().await?.ok_or_else(|| StoreError::corrupt(WHAT, "the secret is empty"))
    }

    async fn keep(&self, text: String) -> Result<(), StoreError> {
        self.store.put(&self.secret, &SecretString::from(text)).await
    }
}

/// The keys of a new installation, wrapped.
async fn first(wrap: &dyn KeyWrap) -> Result<String, StoreError> {
    let index = line(wrap, "index").await?;
    let data = line(wrap, "data 1").await?;
    Ok(format!("# Keys of this installation, wrapped by its master key. Never change `index`.\n{index}{data}write 1\n"))
}

/// The same text with one more data key, which does not write yet, and its number.
async fn added(text: &str, wrap: &dyn KeyWrap) -> Result<(String, u32), StoreError> {
    let number = newest(text)? + 1;
    let data = line(wrap, &format!("data {number}")).await?;
    // Without the line the highest number writes, which would be the new one at once.
    let write = if text.lines().any(is_write) { String::new() } else { format!("write {}\n", number - 1) };
    Ok((format!("{}\n{write}{data}", text.trim_end()), number))
}

/// The same text with its newest key as the one that writes, and its number.
fn newest_writes(text: &str) -> Result<(String, u32), StoreError> {
    let number = newest(text)?;
    let mut kept: Vec<&str> = text.lines().filter(|line| !is_write(line)).collect();
    let write = format!("write {number}");
    kept.push(&write);
    Ok((kept.join("\n") + "\n", number))
}

/// The text as [`KeyRing::parse`](super::crypto::KeyRing::parse) reads it, every key opened.
pub async fn opened(text: &str, wrap: &dyn KeyWrap) -> Result<String, StoreError> {
    let lines = text.lines().map(|line| async move {
        let Some((purpose, wrapped)) = split(line) else { return Ok(line.to_owned()) };
        let wrapped = BASE64.decode(wrapped).map_err(|error| StoreError::corrupt(WHAT, error))?;
        let key = wrap.open(purpose, &wrapped).await?;
        Ok::<_, StoreError>(format!("{purpose} {}", BASE64.encode(key)))
    });
    Ok(try_join_all(lines).await?.join("\n"))
}

async fn line(wrap: &dyn KeyWrap, purpose: &str) -> Result<String, StoreError> {
    Ok(format!("{purpose} {}\n", BASE64.encode(wrap.new_key(purpose).await?)))
}

/// `data 1` and its key, `index` and its key; nothing for comments and for `write`.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with('#') || is_write(line) {
        return None;
    }
    line.rsplit_once(' ')
}

fn is_write(line: &str) -> bool {
    line.trim_start().starts_with("write ")
}

fn newest(text: &str) -> Result<u32, StoreError> {
    let numbers = text.lines().filter_map(|line| split(line)?.0.strip_prefix("data ")?.parse().ok());
    numbers.max().ok_or_else(|| StoreError::corrupt(WHAT, "it has no `data` line"))
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use super::*;
    use crate::adapters::crypto::{KeyRing, Unreadable};
    use crate::adapters::memory::{MemoryKeyWrap, MemorySecrets};
    use crate::adapters::system::OsRandom;

    struct Installation {
        store: Arc<MemorySecrets>,
        wrap: Arc<MemoryKeyWrap>,
        keys: DataKeys,
    }

    impl Installation {
        fn new() -> Self {
            let store = Arc::new(MemorySecrets::default());
            store.create("data-keys");
            let wrap = Arc::new(MemoryKeyWrap::new(Arc::new(OsRandom::new())));
            let keys = DataKeys::new(store.clone(), wrap.clone(), "data-keys".to_owned());
            Self { store, wrap, keys }
        }
        async fn text(&self) -> String {
            let text = self.store.get("data-keys").await.expect("there").expect("filled");
            text.expose_secret().to_owned()
        }
        async fn ring(&self) -> KeyRing {
            let text = opened(&self.text().await, &*self.wrap).await.expect("opens");
            KeyRing::parse(&text, Arc::new(OsRandom::new())).expect("readable")
        }
    }

    #[tokio::test]
    async fn keys_are_made_once_and_the_secret_holds_none_of_them_openly() {
        let at = Installation::new();
        assert!(at.keys.add().await.is_err(), "nothing can be added to nothing");
        assert!(at.keys.make_if_missing().await.expect("made"));
        let before = at.text().await;
        assert!(!at.keys.make_if_missing().await.expect("left alone"));
        assert_eq!(at.text().await, before);
        let open = opened(&before, &*at.wrap).await.expect("opens");
        for line in open.lines().filter_map(split) {
            assert!(!before.contains(line.1), "{} stands there unwrapped", line.0);
        }
    }

    #[tokio::test]
    async fn during_a_rotation_every_program_can_read_what_any_other_writes() {
        let at = Installation::new();
        at.keys.make_if_missing().await.expect("made");
        let old = at.ring().await;
        assert_eq!(at.keys.add().await.expect("added"), 2);
        let told = at.ring().await;
        assert_eq!(old.open("c", &told.seal("c", b"x")).expect("the new key does not write yet"), b"x");
        assert_eq!(at.keys.write_with_newest().await.expect("switched"), 2);
        let switched = at.ring().await;
        let sealed = switched.seal("c", b"y");
        assert_eq!(told.open("c", &sealed).expect("the new key was read before it wrote"), b"y");
        assert_eq!(old.open("c", &sealed), Err(Unreadable::UnknownKey(2)));
        assert_eq!(at.keys.add().await.expect("added"), 3);
        assert_eq!(switched.open("c", &at.ring().await.seal("c", b"z")).expect("key 2 still writes"), b"z");
    }

    #[tokio::test]
    async fn a_wrapped_key_moved_to_another_line_does_not_open() {
        let at = Installation::new();
        at.keys.make_if_missing().await.expect("made");
        let moved = at.text().await.replace("data 1", "data 7").replace("write 1", "write 7");
        assert!(matches!(opened(&moved, &*at.wrap).await, Err(StoreError::Corrupt { .. })));
    }
}
