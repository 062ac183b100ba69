//! What one passthru and one webhook cost the server: CPU per request and the time a caller waits,
//! over loopback against a running server with real Postgres and Redis.
//!
//! ```text
//! bench_callbacks <base url> <server pid> <secret k> <file of call ids> [requests=2000] [at once=16]
//! ```
//!
//! The file has one call id per line (`select id from call_sessions where call_sid is null …`). Each
//! call gets the Sid `bench<id without dashes>`; with more requests than calls the ids come round
//! again, which is the carrier's "twice". The server's CPU is read from `/proc/<pid>/stat`, so what
//! else that process does meanwhile is counted too: run it idle.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::task::JoinSet;
use tokio::time::Instant;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Linux counts CPU time for `/proc` in hundredths of a second (USER_HZ).
const TICK_US: u64 = 10_000;
/// A benchmark, not a load generator.
const MAX_REQUESTS: usize = 200_000;
const MAX_AT_ONCE: usize = 256;
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// The whole of one route's run.
const RUN_WITHIN: Duration = Duration::from_secs(300);

#[derive(Clone, Copy)]
enum Route {
    Passthru,
    Webhook,
}

struct Plan {
    base: Url,
    pid: u32,
    secret: String,
    calls: Vec<String>,
    requests: usize,
    at_once: usize,
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let plan = Arc::new(plan()?);
    // reqwest wants one even where, as here, nothing is encrypted. A second one would be no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(REQUEST_WITHIN).pool_max_idle_per_host(plan.at_once).build()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<10} {:>8} {:>7} {:>9} {:>14} {:>8} {:>8}",
        "route", "requests", "errors", "per s", "cpu us/request", "p50 ms", "p99 ms"
    )?;
    for (name, route) in [("passthru", Route::Passthru), ("webhook", Route::Webhook)] {
        let line = tokio::time::timeout(RUN_WITHIN, run(&plan, &client, route)).await??;
        writeln!(out, "{name:<10} {line}")?;
    }
    Ok(())
}

fn plan() -> Fallible<Plan> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [base, pid, secret, file, more @ ..] = args.as_slice() else {
        return Err(
            "usage: bench_callbacks <base url> <server pid> <secret k> <file of call ids> [requests] [at once]".into(),
        );
    };
    let base = Url::parse(base)?;
    if !matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        return Err("only a server on this machine is measured".into());
    }
    let number = |i: usize, default: usize| more.get(i).map_or(Ok(default), |text| text.parse::<usize>());
    let calls: Vec<String> = std::fs::read_to_string(file)?
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if calls.is_empty() {
        return Err("the file names no call".into());
    }
    Ok(Plan {
        base,
        pid: pid.parse()?,
        secret: secret.clone(),
        calls,
        requests: number(0, 2_000)?.clamp(1, MAX_REQUESTS),
        at_once: number(1, 16)?.clamp(1, MAX_AT_ONCE),
    })
}

async fn run(plan: &Arc<Plan>, client: &Client, route: Route) -> Fallible<String> {
    let next = Arc::new(AtomicUsize::new(0));
    let (cpu_before, began) = (cpu_us(plan.pid)?, Instant::now());
    let mut workers = JoinSet::new();
    for _ in 0..plan.at_once {
        workers.spawn(work(plan.clone(), client.clone(), route, next.clone()));
    }
    let (mut waits, mut errors) = (Vec::with_capacity(plan.requests), 0);
    while let Some(done) = workers.join_next().await {
        let (of_worker, failed) = done?;
        waits.extend(of_worker);
        errors += failed;
    }
    let (cpu, took) = (cpu_us(plan.pid)?.saturating_sub(cpu_before), began.elapsed());
    waits.sort_unstable();
    let percentile =
        |p: usize| waits.get((waits.len() * p / 100).min(waits.len().saturating_sub(1))).copied().unwrap_or_default();
    Ok(format!(
        "{:>8} {errors:>7} {:>9.0} {:>14} {:>8.2} {:>8.2}",
        waits.len(),
        waits.len() as f64 / took.as_secs_f64(),
        cpu / waits.len().max(1) as u64,
        percentile(50).as_secs_f64() * 1_000.0,
        percentile(99).as_secs_f64() * 1_000.0,
    ))
}

/// One connection's share: the waits of answered requests, and how many were not answered with 200.
async fn work(plan: Arc<Plan>, client: Client, route: Route, next: Arc<AtomicUsize>) -> (Vec<Duration>, usize) {
    let (mut waits, mut errors) = (Vec::new(), 0);
    loop {
        let i = next.fetch_add(1, Ordering::Relaxed);
        if i >= plan.requests {
            return (waits, errors);
        }
        let call = &plan.calls[i % plan.calls.len()];
        let asked = Instant::now();
        if answered(request(&plan, &client, route, call)).await {
            waits.push(asked.elapsed());
        } else {
            errors += 1;
        }
    }
}

/// With 200, and its body read to the end.
async fn answered(request: reqwest::RequestBuilder) -> bool {
    match request.send().await {
        Ok(answer) if answer.status().is_success() => answer.bytes().await.is_ok(),
        Ok(_) | Err(_) => false,
    }
}

fn request(plan: &Plan, client: &Client, route: Route, call: &str) -> reqwest::RequestBuilder {
    let sid = format!("bench{}", call.replace('-', ""));
    let mut url = plan.base.clone();
    match route {
        Route::Passthru => {
            url.set_path("/passthru-handler");
            let custom = format!("temp_call_id={call}");
            client.get(url).query(&[
                ("k", plan.secret.as_str()),
                ("CallSid", &sid),
                ("CallFrom", "09000000001"),
                ("CallTo", "02200000000"),
                ("Direction", "outbound-dial"),
                ("CallType", "call-attempt"),
                ("CallStatus", "in-progress"),
                ("CurrentTime", "2026-11-23 10:15:21"),
                ("CustomField", &custom),
            ])
        }
        Route::Webhook => {
            url.set_path("/exotel-webhook");
            let form = reqwest::multipart::Form::new()
                .text("CallSid", sid)
                .text("Status", "completed")
                .text("DateUpdated", "2026-11-23 10:17:11")
                .text("RecordingUrl", "https://recordings.example.test/1.mp3");
            client.post(url).query(&[("k", plan.secret.as_str())]).multipart(form)
        }
    }
}

/// User and system time of a process so far.
fn cpu_us(pid: u32) -> Fallible<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets and may hold spaces.
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).ok_or("an odd /proc/<pid>/stat")?;
    let ticks = |field: usize| after_name.split_whitespace().nth(field).and_then(|text| text.parse::<u64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or("an odd /proc/<pid>/stat")?;
    Ok((user + system) * TICK_US)
}
