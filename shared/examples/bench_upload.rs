//! Uploads one file through the real reader, use-case and Postgres import, and tells how long it
//! took and how much memory it needed. Called by `infra/bench/upload.sh` with the database's
//! address and the file.

use std::io::Write;
use std::sync::Arc;

use shared::adapters::crypto::KeyRing;
use shared::adapters::postgres::{PostgresRecords, PostgresSettings, migrate};
use shared::adapters::sheet::SheetFile;
use shared::adapters::system::{OsRandom, SystemClock};
use shared::app::{NewUpload, upload_customers};
use shared::wiring::memory_app;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: bench_upload DATABASE_URL FILE";
    let (url, path) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let settings = PostgresSettings::new(url.into(), "bench_upload");
    migrate(&settings).await?;
    let random = Arc::new(OsRandom::new());
    let keys = Arc::new(KeyRing::parse(&KeyRing::generate(&*random), random.clone())?);
    let records = Arc::new(PostgresRecords::connect(&settings, keys, Arc::new(SystemClock), random.clone())?);
    let (mut app, _) = memory_app();
    app.clock = Arc::new(SystemClock);
    app.random = random;
    app.customers = records.clone();
    app.uploads = records.clone();
    app.settings = records;
    let file = std::fs::File::open(&path)?;
    let bytes = file.metadata()?.len();
    let new = NewUpload { filename: path.clone(), storage_key: None, bytes };
    let started = app.clock.now();
    let upload = upload_customers(&app, Box::new(SheetFile::from_file(path, file)), new).await?;
    let seconds = app.clock.now().duration_since(started).as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "rows={} stored={} refused={} seconds={seconds:.2} peak_kib={}",
        upload.total_records,
        upload.processed_records,
        upload.failed_records,
        peak_kib()?
    )?;
    Ok(())
}

/// The most memory this process ever had, as Linux counts it.
fn peak_kib() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
