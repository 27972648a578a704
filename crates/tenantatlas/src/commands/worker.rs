//! `worker`: claims runs and works on them until it is stopped.

use std::time::Duration;

use clap::Args;
use graph::GraphOptions;
use serde_json::json;
use tenancy::secrets::MasterKey;
use tokio::task::JoinError;
use worker::{Worker, WorkerOptions};

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::wiring::Installation;
use crate::{signals, wiring};

/// Claims runs and works on them until it is stopped
///
/// SIGTERM or Ctrl-C stops it in good order: runs under way are given back and go on elsewhere or later. A
/// second signal ends it on the spot; its runs are taken over when its lease is over. One SQLite file takes
/// one worker; PostgreSQL takes any number, on any number of machines that have the same master key.
#[derive(Args)]
pub(crate) struct WorkArgs {
    /// Fire schedules too; `serve` does, and any number may
    #[arg(long)]
    scheduler: bool,
    #[command(flatten)]
    worker: WorkerArgs,
}

/// How a worker behaves.
#[derive(Args)]
pub(crate) struct WorkerArgs {
    /// How long a run stays this worker's own without a sign of life, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease: u64,
    /// How many runs are worked on at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// How often runs of other processes are looked for, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    poll_ms: u64,
    /// First wait before a failed attempt is repeated, in milliseconds; it doubles from attempt to attempt
    #[arg(long, value_name = "MS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(0..=300_000))]
    backoff_ms: u64,
    /// How long runs under way may take to stop, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = clap::value_parser!(u64).range(0..=3600))]
    grace: u64,
    /// Least time between two requests to Conditional Access of one tenant, in milliseconds; Microsoft allows one a second
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    conditional_access_ms: u64,
    /// HTTP proxy for addresses that are not on this machine
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Name in the table of workers; by default the machine and the process
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(super) async fn run(args: WorkArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let url = settings.database_url()?;
    let installation = wiring::installation(settings).await?;
    let _lock = wiring::process_lock(&url)?;
    let key = wiring::master_key(settings, &installation.database).await?;
    let (name, worker) = prepared(args.worker, &installation, key)?;
    let stop = signals::stop_token().map_err(|error| {
        Problem::failed("process.signals", "failed to listen for signals").because(&error)
    })?;
    output.line(format!("The worker {name} works on {url}; Ctrl-C stops it."))?;
    output.json(&json!({"worker": name, "database": url.to_string(), "state": "working"}))?;
    let scheduling = args.scheduler.then(|| tokio::spawn(wiring::scheduler(&installation).run(stop.clone())));
    worker.run(stop).await;
    if let Some(scheduling) = scheduling {
        ended(scheduling.await)?;
    }
    output.line("The worker has stopped.")?;
    output.json(&json!({"worker": name, "state": "stopped"}))?;
    Ok(Exit::Succeeded)
}

/// Says so when something that ran beside the rest broke off.
pub(super) fn ended(result: Result<(), JoinError>) -> Result<(), Problem> {
    result.map_err(|error| {
        Problem::failed("process.panicked", "a part of this process broke off").because(&error)
    })
}

/// Makes the worker that the options ask for, and gives its name with it.
pub(super) fn prepared(
    args: WorkerArgs,
    installation: &Installation,
    key: MasterKey,
) -> Result<(String, Worker), Problem> {
    let graph = graph_options(&args)?;
    let name = args.name.unwrap_or_else(default_name);
    let options = WorkerOptions {
        name: name.clone(),
        lease: Duration::from_secs(args.lease),
        poll: Duration::from_millis(args.poll_ms),
        concurrency: args.concurrency.into(),
        backoff: Duration::from_millis(args.backoff_ms),
        grace: Duration::from_secs(args.grace),
    };
    Ok((name, wiring::worker(installation, key, graph, options)?))
}

fn graph_options(args: &WorkerArgs) -> Result<GraphOptions, Problem> {
    let mut options = GraphOptions {
        conditional_access_interval: Duration::from_millis(args.conditional_access_ms),
        ..GraphOptions::default()
    };
    if let Some(proxy) = &args.proxy {
        // The text may hold a password, so it is not repeated.
        let parsed = proxy.parse().map_err(|_| {
            Problem::wrong_use("usage", "the value of --proxy is no address; expected http://HOST:PORT")
        })?;
        options.proxy = Some(parsed);
    }
    Ok(options)
}

/// Names the worker by machine and process, so that a person finds it.
fn default_name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = if machine.trim().is_empty() { "worker" } else { machine.trim() };
    format!("{machine}:{}", std::process::id())
}
