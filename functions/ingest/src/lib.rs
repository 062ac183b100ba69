//! Large sheets in: what the object store says has come is taken to disk and imported.

use shared::app::{App, Error, claim_upload, ingest_upload, note_unfetched};
use shared::wiring::SheetFile;
use tokio::fs::File;
use tokio::io::AsyncSeekExt;

/// Imports the file that came under this key. `delivery` names the news of it: the same news again
/// (its first try died) tries again, other news of the same file change nothing.
///
/// A sheet that can not be used is done with, its record says why; an error means that the news
/// shall come again.
pub async fn handle(app: &App, key: &str, delivery: &str) -> Result<(), Error> {
    let Some(upload) = claim_upload(app, key, delivery).await? else { return Ok(()) };
    let (file, bytes) = match fetched(app, key).await {
        Ok(fetched) => fetched,
        Err(error) => {
            note_unfetched(app, upload, &error).await;
            return Err(error);
        }
    };
    let sheet = Box::new(SheetFile::from_file(upload.filename.clone(), file.into_std().await));
    match ingest_upload(app, sheet, upload, bytes).await {
        Ok(_) | Err(Error::Invalid { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The file on our disk, and how much of it came; nothing where there is none.
async fn fetched(app: &App, key: &str) -> Result<(File, u64), Error> {
    // Nameless, gone when it is closed: a sheet may be larger than our memory.
    let mut file = File::from_std(tempfile::tempfile().map_err(no_room)?);
    let bytes = app.objects.download(key, &mut file).await?.unwrap_or(0);
    file.rewind().await.map_err(no_room)?;
    Ok((file, bytes))
}

fn no_room(error: std::io::Error) -> Error {
    Error::Unavailable(Box::new(error))
}
