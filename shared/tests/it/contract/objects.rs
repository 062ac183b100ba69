//! What every object store promises. On memory and in a folder it is tried here, on S3 with the adapters of AWS.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use shared::ports::objects::Objects;

/// `send` is an HTTP PUT to an address; whether it was taken.
pub(crate) async fn promises<F: Future<Output = bool>>(objects: &dyn Objects, send: impl Fn(String, Bytes) -> F) {
    stored_replaced_and_removed(objects).await;
    written_to_disk_where_there_is_one(objects).await;
    sent_from_disk(objects).await;
    taken_at_an_address_in_its_very_length(objects, send).await;
}

async fn kept(objects: &dyn Objects, key: &str) -> Option<Bytes> {
    objects.get(key).await.expect("read")
}

async fn stored_replaced_and_removed(objects: &dyn Objects) {
    assert_eq!(kept(objects, "a/b.csv").await, None);
    for text in ["one", "two!", ""] {
        objects.put("a/b.csv", "text/csv", text.into()).await.expect("stored");
        assert_eq!(kept(objects, "a/b.csv").await, Some(text.into()));
        assert_eq!(kept(objects, "a/c.csv").await, None);
    }
    for _ in 0..2 {
        objects.delete("a/b.csv").await.expect("removed, or not there");
        assert_eq!(kept(objects, "a/b.csv").await, None);
    }
}

async fn written_to_disk_where_there_is_one(objects: &dyn Objects) {
    objects.put("a/b.csv", "text/csv", "two!".into()).await.expect("stored");
    let path = scratch("download");
    let mut file = tokio::fs::File::create(&path).await.expect("a file");
    assert_eq!(objects.download("a/none", &mut file).await.expect("read"), None);
    assert_eq!(objects.download("a/b.csv", &mut file).await.expect("read"), Some(4));
    assert_eq!(std::fs::read(&path).expect("a file"), b"two!");
    std::fs::remove_file(path).expect("removed");
}

async fn sent_from_disk(objects: &dyn Objects) {
    let path = scratch("upload");
    for text in ["three", "four"] {
        std::fs::write(&path, text).expect("written");
        objects.upload("r/c.wav", "audio/wav", &path).await.expect("stored");
        assert_eq!(kept(objects, "r/c.wav").await, Some(text.into()));
    }
    std::fs::remove_file(&path).expect("removed");
    assert!(objects.upload("r/c.wav", "audio/wav", &path).await.is_err());
    assert_eq!(kept(objects, "r/c.wav").await, Some("four".into()), "a file that is none replaces nothing");
    assert!(objects.upload("r/d.wav", "audio/wav", &path).await.is_err());
    assert_eq!(kept(objects, "r/d.wav").await, None, "nothing is kept of a file that is none");
}

async fn taken_at_an_address_in_its_very_length<F: Future<Output = bool>>(
    objects: &dyn Objects,
    send: impl Fn(String, Bytes) -> F,
) {
    let address = objects.put_address("uploads/x", 5, Duration::from_secs(60)).await.expect("an address");
    assert!(address.headers.contains(&("content-length".to_owned(), "5".to_owned())), "{address:?}");
    for wrong in ["1234", "123456", ""] {
        assert!(!send(address.url.clone(), wrong.into()).await, "{wrong}");
        assert_eq!(kept(objects, "uploads/x").await, None, "nothing is kept of what was refused");
    }
    for right in ["12345", "54321"] {
        assert!(send(address.url.clone(), right.into()).await);
        assert_eq!(kept(objects, "uploads/x").await, Some(right.into()));
    }
    assert!(!send(address.url, "1234".into()).await);
    assert_eq!(kept(objects, "uploads/x").await, Some("54321".into()), "what was refused replaces nothing");
}

/// One for each test that runs at the same time.
fn scratch(what: &str) -> PathBuf {
    let name = std::thread::current().name().unwrap_or_default().replace("::", "-");
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{what}-{}-{name}", std::process::id()))
}
