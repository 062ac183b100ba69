//! Secrets that a laptop makes for itself: each in a file of its own that only its owner can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use shared::ports::clock::Random;

/// The text in `folder/name`; made from 32 random bytes where there is no such file yet.
pub(crate) fn load_or_make(folder: &Path, name: &str, random: &dyn Random) -> io::Result<String> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let text: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    write_private(&path, &text)?;
    Ok(text)
}

/// Writes a file that only its owner can read (mode 600).
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{text}")
}
