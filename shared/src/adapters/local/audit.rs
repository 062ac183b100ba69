//! The audit trail as lines of JSON in a file that is only ever appended to.

use std::path::PathBuf;

use async_trait::async_trait;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use crate::ports::StoreError;
use crate::ports::audit::{Audit, AuditEntry};

/// `audit.jsonl` in a folder.
#[derive(Debug)]
pub struct FolderAudit {
    path: PathBuf,
    /// One line at a time: half of one inside another could not be read again.
    writing: Mutex<()>,
}

impl FolderAudit {
    /// In `folder`, which must be there when the first entry comes.
    pub fn new(folder: PathBuf) -> Self {
        Self { path: folder.join("audit.jsonl"), writing: Mutex::new(()) }
    }
}

fn fault(error: std::io::Error) -> StoreError {
    StoreError::unavailable("audit", error)
}

#[async_trait]
impl Audit for FolderAudit {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(entry).map_err(|error| StoreError::corrupt("an audit entry", error))?;
        line.push(b'\n');
        let _turn = self.writing.lock().await;
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).await.map_err(fault)?;
        file.write_all(&line).await.map_err(fault)?;
        file.flush().await.map_err(fault)
    }

    async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let text = match tokio::fs::read_to_string(&self.path).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(fault)?,
        };
        let newest = text.lines().rev().take(limit as usize);
        newest.map(|line| serde_json::from_str(line).map_err(|e| StoreError::corrupt("the audit trail", e))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str) -> AuditEntry {
        AuditEntry {
            at: jiff::Timestamp::UNIX_EPOCH,
            actor: "system:test".to_owned(),
            action: action.to_owned(),
            subject: "call:1".to_owned(),
            address: None,
            request_id: None,
        }
    }

    #[tokio::test]
    async fn what_was_noted_is_read_newest_first_and_a_missing_folder_refuses() {
        let folder = std::env::temp_dir().join(format!("audit-{}", std::process::id()));
        let audit = FolderAudit::new(folder.clone());
        assert!(audit.append(&entry("before")).await.is_err(), "nothing can be noted without the folder");
        std::fs::create_dir_all(&folder).expect("a folder");
        for action in ["first", "second", "third"] {
            audit.append(&entry(action)).await.expect("noted");
        }
        let newest = audit.newest(2).await.expect("read");
        assert_eq!(newest, [entry("third"), entry("second")]);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
