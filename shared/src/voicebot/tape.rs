//! A WAV file on the scratch disk, filled beside the call. Waits for the disk, and knows nothing of calls.

use std::io::SeekFrom;

use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::domain::audio::SAMPLE_RATE_HZ;

const CHANNELS: u16 = 2;
const BYTES_A_SAMPLE: u16 = 2;
/// RIFF, fmt and the beginning of data.
const HEADER: usize = 44;

/// A file that goes when its path is dropped.
pub(super) struct Tape {
    file: File,
    path: TempPath,
    bytes: u32,
}

impl Tape {
    /// In the folder for temporary files, with room for its header.
    pub(super) async fn new() -> std::io::Result<Self> {
        let made = tokio::task::spawn_blocking(NamedTempFile::new).await.map_err(std::io::Error::other)??;
        let (file, path) = made.into_parts();
        let mut file = File::from_std(file);
        file.write_all(&[0; HEADER]).await?;
        Ok(Self { file, path, bytes: 0 })
    }

    async fn add(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        let more = u32::try_from(chunk.len()).ok().and_then(|more| self.bytes.checked_add(more));
        self.bytes = more.ok_or(std::io::ErrorKind::FileTooLarge)?;
        self.file.write_all(chunk).await
    }

    async fn close(mut self) -> std::io::Result<TempPath> {
        self.file.seek(SeekFrom::Start(0)).await?;
        self.file.write_all(&header(self.bytes)).await?;
        self.file.flush().await?;
        Ok(self.path)
    }
}

/// Writes what comes until no more comes; none where the disk fails.
pub(super) async fn fill(tape: std::io::Result<Tape>, mut chunks: mpsc::Receiver<Vec<u8>>) -> Option<TempPath> {
    let written = async {
        let mut tape = tape?;
        while let Some(chunk) = chunks.recv().await {
            tape.add(&chunk).await?;
        }
        tape.close().await
    };
    written
        .await
        .inspect_err(|error| tracing::warn!(%error, "the scratch disk failed; this call has no recording"))
        .ok()
}

fn header(data: u32) -> Vec<u8> {
    let frame = CHANNELS * BYTES_A_SAMPLE;
    let mut header = Vec::with_capacity(HEADER);
    header.extend(b"RIFF");
    header.extend((data + HEADER as u32 - 8).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(CHANNELS.to_le_bytes());
    header.extend(SAMPLE_RATE_HZ.to_le_bytes());
    header.extend((SAMPLE_RATE_HZ * u32::from(frame)).to_le_bytes());
    header.extend(frame.to_le_bytes());
    header.extend((BYTES_A_SAMPLE * 8).to_le_bytes());
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_is_in_the_file_behind_a_header_that_knows_its_length() {
        let (disk, chunks) = mpsc::channel(4);
        for chunk in [vec![1; 8], vec![2; 4]] {
            disk.send(chunk).await.expect("room");
        }
        drop(disk);
        let path = fill(Tape::new().await, chunks).await.expect("written");
        let file = std::fs::read(&path).expect("there");
        assert_eq!((file.len(), &file[40..48], &file[52..]), (56, &[12, 0, 0, 0, 1, 1, 1, 1][..], &[2; 4][..]));
        let place = path.to_path_buf();
        drop(path);
        assert!(!place.exists(), "nobody keeps it");
    }

    #[tokio::test]
    async fn a_disk_without_room_ends_the_tape() {
        let (disk, chunks) = mpsc::channel(1);
        assert!(fill(Err(std::io::ErrorKind::StorageFull.into()), chunks).await.is_none());
        assert!(disk.is_closed(), "the call hears of it");
    }
}
