//! `simulate`: serves a simulated Microsoft Graph on a local port.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;
use simulator::{GenerateOptions, LoadError, Running, Simulator, SimulatorError, TenantState};

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::{Problem, chain};
use crate::samples::{SAMPLES, SIMULATOR_PORT};
use crate::signals;

/// Serves simulated tenants on a local port, for trying things out without an account
///
/// Without --number and --corpus they are the two sample tenants of `tenantatlas seed`. What is changed in
/// them lasts until the command ends.
#[derive(Args)]
pub(crate) struct SimulateArgs {
    /// Port on 127.0.0.1; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = SIMULATOR_PORT)]
    port: u16,
    /// Folder of exported policies to load into the one tenant
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Number that the one tenant follows from: the same number is the same tenant
    #[arg(long, value_name = "N")]
    number: Option<u64>,
    /// How many policies a generated tenant has
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    policies: u32,
    /// How much later each request is answered, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency_ms: u64,
}

pub(super) async fn run(args: SimulateArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let mut simulator = Simulator::new().port(args.port).latency(Duration::from_millis(args.latency_ms));
    for tenant in tenants(&args, output)? {
        simulator = simulator.tenant(tenant);
    }
    let running = simulator.start().await.map_err(|error| not_started(&error))?;
    let stop = signals::stop_token().map_err(|error| {
        Problem::failed("process.signals", "failed to listen for signals").because(&error)
    })?;
    tell(&running, settings, output)?;
    stop.cancelled().await;
    running.stop().await;
    Ok(Exit::Succeeded)
}

fn tenants(args: &SimulateArgs, output: &Output) -> Result<Vec<TenantState>, Problem> {
    let number = args.number.unwrap_or(SAMPLES[0].number);
    let generated = |number, name: Option<&str>| {
        let options = GenerateOptions::default().policies(args.policies as usize);
        TenantState::generated(number, name.map_or(options.clone(), |name| options.display_name(name)))
    };
    if let Some(folder) = &args.corpus {
        let loading = TenantState::from_folder(folder, number, SAMPLES[0].name);
        let (tenant, report) = loading.map_err(|error| not_loaded(&error))?;
        let loaded: usize = report.loaded.values().map(simulator::Loaded::total).sum();
        output.line(format!(
            "Loaded {loaded} objects from {}, skipped {}.",
            folder.display(),
            report.skipped.len()
        ))?;
        return Ok(vec![tenant]);
    }
    Ok(match args.number {
        Some(number) => vec![generated(number, None)],
        None => SAMPLES.iter().map(|sample| generated(sample.number, Some(sample.name))).collect(),
    })
}

fn tell(running: &Running, settings: &Settings, output: &Output) -> Result<(), Problem> {
    let url = running.graph_url();
    output.line(format!("A simulated Microsoft Graph answers at {url}; Ctrl-C stops it."))?;
    let mut tenants = Vec::new();
    for tenant in running.tenants() {
        // The secret is made up from a number and opens nothing but this simulator.
        let secret = tenant.client_secret().expose_secret().to_owned();
        let (id, client, name) = (tenant.tenant_id(), tenant.client_id(), tenant.display_name());
        let slug: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        output.line(format!("\n{name}\n  tenant id  {id}\n  client id  {client}\n  secret     {secret}"))?;
        output.line(format!(
            "  TENANTATLAS_CLIENT_SECRET={secret} {} tenants add --slug {slug} --name '{name}' --tenant-id {id} \\\n    --client-id {client} --environment test --cloud simulated --login-url {url}",
            settings.command()
        ))?;
        tenants.push(json!({
            "name": name, "tenant_id": id, "client_id": client, "client_secret": secret, "counts": tenant.counts(),
        }));
    }
    output.json(&json!({"login_url": running.login_url(), "graph_url": url, "tenants": tenants}))
}

/// Says why a folder of exports was not loaded.
pub(super) fn not_loaded(error: &LoadError) -> Problem {
    Problem::wrong_use("corpus.unusable", format!("failed to {}", chain(error)))
}

/// Says why the simulator did not start.
pub(super) fn not_started(error: &SimulatorError) -> Problem {
    Problem::failed("simulator.not_started", format!("failed to {}", chain(error)))
        .advice("another program may use the port; give another --port, or 0 for any free one")
}
