//! Objects as files in a folder.

use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;

use crate::ports::StoreError;
use crate::ports::objects::Objects;

/// One file per object below a folder.
#[derive(Debug, Clone)]
pub struct FolderObjects(PathBuf);

impl FolderObjects {
    /// Below `folder`, which is made when the first object comes.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// No key leads out of the folder.
    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let inside = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        if key.is_empty() || !inside || !key.chars().all(plain) {
            return Err(StoreError::Conflict { what: "the object's key" });
        }
        Ok(self.0.join(key))
    }
}

fn fault(error: std::io::Error) -> StoreError {
    StoreError::unavailable("objects", error)
}

#[async_trait]
impl Objects for FolderObjects {
    async fn put(&self, key: &str, _content_type: &str, body: Bytes) -> Result<(), StoreError> {
        let path = self.path(key)?;
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(fault)?;
        }
        // Renamed into place, so that nobody reads half an object.
        let mut aside = path.clone().into_os_string();
        aside.push(".part");
        tokio::fs::write(&aside, &body).await.map_err(fault)?;
        tokio::fs::rename(&aside, &path).await.map_err(fault)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match tokio::fs::read(self.path(key)?).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match tokio::fs::remove_file(self.path(key)?).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fault(error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_kept_replaced_and_removed_and_no_key_leads_outside() {
        let folder = std::env::temp_dir().join(format!("objects-{}", std::process::id()));
        let objects = FolderObjects::new(folder.clone());
        objects.put("a/b.csv", "text/csv", Bytes::from_static(b"one")).await.expect("stored");
        objects.put("a/b.csv", "text/csv", Bytes::from_static(b"two")).await.expect("replaced");
        assert_eq!(objects.get("a/b.csv").await.expect("read"), Some(Bytes::from_static(b"two")));
        for _ in 0..2 {
            objects.delete("a/b.csv").await.expect("removed, or not there");
        }
        assert_eq!(objects.get("a/b.csv").await.expect("read"), None);
        for key in ["../secret", "/etc/passwd", "a/../../b", ""] {
            assert!(objects.get(key).await.is_err(), "{key}");
        }
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
