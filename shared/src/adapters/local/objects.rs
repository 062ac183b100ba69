//! Objects as files in a folder; an address to put one to is one of the local program itself.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::domain::token::CallTokens;
use crate::ports::StoreError;
use crate::ports::clock::Clock;
use crate::ports::objects::{GetAddress, Objects, PutAddress};

/// One file per object below a folder.
#[derive(Clone)]
pub struct FolderObjects {
    folder: PathBuf,
    base_url: String,
    tokens: CallTokens,
    clock: Arc<dyn Clock>,
}

/// What an address that takes a file says about it, in its query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct PutQuery {
    /// Size of the file, exactly.
    bytes: u64,
    /// End of the address, in seconds since 1970.
    expires: i64,
    /// Our signature.
    s: String,
}

/// What an address that gives an object says about it, in its query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct GetQuery {
    /// End of the address, in seconds since 1970.
    expires: i64,
    /// Our signature.
    s: String,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Not an address of ours, or too late.
    #[error("this address was not given out for this file, or it has expired; ask for a new one")]
    BadAddress,
    /// More or fewer bytes than were announced.
    #[error("the file does not have the size that was announced; ask for a new address")]
    WrongSize,
    /// The disk.
    #[error("the file could not be kept")]
    Store(#[from] StoreError),
}

impl FolderObjects {
    /// Below `folder`, which is made when the first object comes. Addresses start with
    /// `base_url`, where the program calls [`receive`](Self::receive).
    pub fn new(folder: PathBuf, base_url: String, tokens: CallTokens, clock: Arc<dyn Clock>) -> Self {
        Self { folder, base_url, tokens, clock }
    }

    /// Takes the file somebody sends to one of our addresses.
    pub async fn receive<E>(
        &self,
        key: &str,
        query: &PutQuery,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), NotTaken> {
        let expires = Timestamp::from_second(query.expires).map_err(|_| NotTaken::BadAddress)?;
        if !self.tokens.verify_put(key, query.bytes, expires, &query.s, self.clock.now()) {
            return Err(NotTaken::BadAddress);
        }
        let (path, aside) = self.prepare(key).await?;
        let written = write(&aside, query.bytes, body).await;
        if written.is_err() {
            // Half a file is nobody's.
            let _ = tokio::fs::remove_file(&aside).await;
        }
        written?;
        Ok(tokio::fs::rename(&aside, &path).await.map_err(fault)?)
    }

    /// The object that somebody asks for at one of our addresses; `None` where the address is not
    /// ours, has expired, or holds nothing.
    pub async fn give(&self, key: &str, query: &GetQuery) -> Result<Option<Bytes>, StoreError> {
        let known = Timestamp::from_second(query.expires)
            .is_ok_and(|expires| self.tokens.verify_get(key, expires, &query.s, self.clock.now()));
        if known { self.get(key).await } else { Ok(None) }
    }

    /// Where an object stands, and a name of its own beside it: renamed into place, nobody reads
    /// half an object.
    async fn prepare(&self, key: &str) -> Result<(PathBuf, PathBuf), StoreError> {
        let path = self.path(key)?;
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(fault)?;
        }
        let mut aside = path.clone().into_os_string();
        aside.push(format!(".{}.part", uuid::Uuid::now_v7()));
        Ok((path, aside.into()))
    }

    /// When an address given out now expires: addresses say it in whole seconds.
    fn end(&self, valid_for: Duration) -> Result<Timestamp, StoreError> {
        let second = (self.clock.now() + valid_for).as_second();
        Timestamp::from_second(second).map_err(|error| StoreError::unavailable("objects", error))
    }

    /// No key leads out of the folder.
    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let inside = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        if key.is_empty() || !inside || !key.chars().all(plain) {
            return Err(StoreError::Conflict { what: "the object's key" });
        }
        Ok(self.folder.join(key))
    }
}

async fn write<E>(path: &Path, bytes: u64, body: impl Stream<Item = Result<Bytes, E>> + Send) -> Result<(), NotTaken> {
    let mut file = File::create(path).await.map_err(fault)?;
    let mut left = bytes;
    let mut body = std::pin::pin!(body);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| NotTaken::WrongSize)?;
        left = left.checked_sub(piece.len() as u64).ok_or(NotTaken::WrongSize)?;
        file.write_all(&piece).await.map_err(fault)?;
    }
    file.flush().await.map_err(fault)?;
    if left == 0 { Ok(()) } else { Err(NotTaken::WrongSize) }
}

fn fault(error: std::io::Error) -> StoreError {
    StoreError::unavailable("objects", error)
}

#[async_trait]
impl Objects for FolderObjects {
    async fn put(&self, key: &str, _content_type: &str, body: Bytes) -> Result<(), StoreError> {
        let (path, aside) = self.prepare(key).await?;
        tokio::fs::write(&aside, &body).await.map_err(fault)?;
        tokio::fs::rename(&aside, &path).await.map_err(fault)
    }

    async fn upload(&self, key: &str, _content_type: &str, file: &Path) -> Result<(), StoreError> {
        let (path, aside) = self.prepare(key).await?;
        tokio::fs::copy(file, &aside).await.map_err(fault)?;
        tokio::fs::rename(&aside, &path).await.map_err(fault)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match tokio::fs::read(self.path(key)?).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    async fn download(&self, key: &str, into: &mut File) -> Result<Option<u64>, StoreError> {
        let mut object = match File::open(self.path(key)?).await {
            Ok(object) => object,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        let bytes = tokio::io::copy(&mut object, into).await.map_err(fault)?;
        into.flush().await.map_err(fault)?;
        Ok(Some(bytes))
    }

    async fn put_address(&self, key: &str, bytes: u64, valid_for: Duration) -> Result<PutAddress, StoreError> {
        self.path(key)?;
        let expires_at = self.end(valid_for)?;
        let (second, signature) = (expires_at.as_second(), self.tokens.sign_put(key, bytes, expires_at));
        let url = format!("{}/local-objects/{key}?bytes={bytes}&expires={second}&s={signature}", self.base_url);
        Ok(PutAddress { url, headers: vec![("content-length".to_owned(), bytes.to_string())], expires_at })
    }

    async fn get_address(&self, key: &str, valid_for: Duration) -> Result<GetAddress, StoreError> {
        self.path(key)?;
        let expires_at = self.end(valid_for)?;
        let (second, signature) = (expires_at.as_second(), self.tokens.sign_get(key, expires_at));
        let url = format!("{}/local-objects/{key}?expires={second}&s={signature}", self.base_url);
        Ok(GetAddress { url, expires_at })
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match tokio::fs::remove_file(self.path(key)?).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fault(error)),
            _ => Ok(()),
        }
    }
}
