//! `demo`: shows what there is against simulated tenants, without any account.

mod corpus;
mod pages;
mod policy;
mod story;
mod tour;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use database::ProcessLock;
use graph::GraphOptions;
use serde_json::{Value, json};
use tenancy::workspace::{self, Origin};
use tenancy::{Slug, tenant, user};
use tokio_util::sync::CancellationToken;
use worker::WorkerOptions;

use self::pages::{Link, Pages};
use self::story::Story;
use self::tour::Tour;
use self::world::{World, WorldOptions};
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::samples::SAMPLES;
use crate::signals;
use crate::wiring::{self, Installation};

/// Shows all of it against two simulated tenants; needs no account
///
/// Reads both tenants twice, changes one policy, reads again, and prints the ledger. Then it serves the pages, with
/// links that sign you in, and other commands work beside it, until Ctrl-C. What it makes is kept in the folder demo of the data directory
/// (or in the one named with --data-dir), and found again by the next demo.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Folder of exported policies to load into the first tenant
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// How many policies a generated tenant has
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    policies: u32,
    /// Number that the tenants follow from: the same number gives the same tenants
    #[arg(long, value_name = "N", default_value_t = SAMPLES[0].number)]
    number: u64,
    /// How much later each request to the simulated tenants is answered, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency_ms: u64,
    /// Address of the pages, on this machine; by default 127.0.0.1:8080, or a free port where that is taken
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "exit")]
    listen: Option<SocketAddr>,
    /// End after the tour: with 0 if all was as expected, else with 1
    #[arg(long)]
    exit: bool,
}

/// The demo's own lease: its worker is the only process on its data, and one that was killed should not keep the next start waiting.
const LEASE: Duration = Duration::from_secs(10);

pub(super) async fn run(args: DemoArgs, settings: Settings, output: &Output) -> Result<Exit, Problem> {
    let url = settings.database_url()?;
    let folder = settings.make_data_dir()?.to_owned();
    wiring::make_place(&settings, &url)?;
    let _lock: Option<ProcessLock> = wiring::process_lock(&url)?;
    let installation = prepare(&settings).await?;
    let options = WorldOptions {
        corpus: args.corpus,
        policies: args.policies,
        number: args.number,
        latency: Duration::from_millis(args.latency_ms),
    };
    let world = World::build(&folder.join("simulated"), options).await?;
    let mut story = Story::new(*output, folder.display().to_string());
    story.line(format!("Data directory: {}", folder.display()))?;
    let key = wiring::master_key(&settings, &installation.database).await?;
    world.connect(&installation, &settings, &key).await?;
    let graph = GraphOptions {
        // Microsoft allows one request a second to Conditional Access; the simulator has no such limit, and nobody wants to watch it.
        conditional_access_interval: Duration::ZERO,
        ..GraphOptions::default()
    };
    let worker_options = WorkerOptions { name: "demo".to_owned(), lease: LEASE, ..WorkerOptions::default() };
    let worker = wiring::worker(&installation, key.clone(), graph, worker_options)?;
    let told = signals::stop_token().map_err(|error| {
        Problem::failed("process.signals", "failed to listen for signals").because(&error)
    })?;
    let pages = match args.exit {
        true => None,
        false => {
            let scope = installation.scope(&settings, None).await?;
            Some(Pages::begin(&installation, &scope, &key, args.listen).await?)
        }
    };
    let worker_stop = CancellationToken::new();
    let working = tokio::spawn(worker.run(worker_stop.clone()));

    let ended = tokio::select! {
        toured = Box::pin(tour(&installation, &settings, &world, &mut story)) => toured.map(|()| None),
        () = told.cancelled() => Ok(Some(Exit::Cancelled)),
    };
    let stayed = match (&pages, &ended) {
        (Some(pages), Ok(None)) => stay(&settings, &world, pages, output, &told).await,
        _ => Ok(()),
    };
    if let Some(pages) = pages {
        pages.end().await;
    }
    // Whatever became of the tour, what it changed is kept and runs under way are given back.
    worker_stop.cancel();
    let stopped = working.await;
    let kept = world.keep();
    world.stop().await;
    let early = ended?;
    kept?;
    stayed?;
    stopped.map_err(|error| {
        Problem::failed("worker.panicked", "the worker stopped at a fault").because(&error)
    })?;
    if let Some(exit) = early {
        story.line("\nStopped during the tour; the next demo goes on with what is kept.")?;
        return Ok(exit);
    }
    story.end()?;
    Ok(story.exit())
}

async fn tour(
    installation: &Installation,
    settings: &Settings,
    world: &World,
    story: &mut Story,
) -> Result<(), Problem> {
    let mut tour = Tour::new(installation, settings, world, story).await?;
    tour.introduce()?;
    tour.first_reading().await?;
    tour.nothing_new().await?;
    tour.one_change().await?;
    if world.loaded().is_some() {
        tour.stored_is_loaded().await?;
        tour.second_page_fails().await?;
    }
    tour.ledger().await
}

/// Opens the demo's database and makes what it needs; a database with tenants of a person's own is left alone.
async fn prepare(settings: &Settings) -> Result<Installation, Problem> {
    let database = wiring::open(&settings.database_url()?).await?;
    database.migrate().await?;
    let installation = Installation::over(database)?;
    if !tenant::all_seeded(&installation.database).await? {
        return Err(Problem::wrong_use("demo.own_tenants", "the database holds tenants of your own")
            .advice("give the demo a data directory of its own with --data-dir"));
    }
    let slug: Slug = settings.workspace().parse().map_err(|error: tenancy::SlugError| {
        Problem::wrong_use("usage", "failed to take the workspace").because(&error)
    })?;
    let now = installation.clock.now();
    workspace::ensure(&installation.database, &slug, "Demo", Origin::Seeded, now).await?;
    user::ensure_platform(&installation.database, now).await?;
    Ok(installation)
}

/// Serves the pages until told to stop; Enter gives new links.
async fn stay(
    settings: &Settings,
    world: &World,
    pages: &Pages,
    output: &Output,
    told: &CancellationToken,
) -> Result<(), Problem> {
    let links = pages.links().await?;
    let mut presses = pages::presses_of_enter();
    // Whoever reads no more has seen enough: the demo ends in good order.
    if tell_how_to_go_on(settings, world, pages, &links, output).is_err() {
        return Ok(());
    }
    loop {
        tokio::select! {
            () = told.cancelled() => return Ok(()),
            Some(()) = presses.recv() => tell_links(&pages.links().await?, output)?,
        }
    }
}

fn tell_how_to_go_on(
    settings: &Settings,
    world: &World,
    pages: &Pages,
    links: &[Link],
    output: &Output,
) -> Result<(), Problem> {
    let command = settings.command();
    output.line(format!("\nThe pages are at {}. Open a link to sign in:\n", pages.address()))?;
    tell_links(links, output)?;
    let more = if pages::is_somebody_there() { "; press Enter for new ones" } else { "" };
    output.line(format!("Each link signs in once, within half an hour{more}."))?;
    output.line(format!(
        "\nThe worker goes on, and the simulated tenants answer at {}. Try in another terminal:\n",
        world.graph_url()
    ))?;
    for rest in [
        "runs list",
        "start policy.sync --tenant contoso --wait",
        "policies list --tenant contoso",
        "inventory --tenant contoso",
        "members list",
        "doctor",
    ] {
        output.line(format!("  {command} {rest}"))?;
    }
    output.line("\nCtrl-C stops it.")?;
    let links: Vec<Value> =
        links.iter().map(|link| json!({"name": link.name, "role": link.role, "url": link.url})).collect();
    output.json(&json!({
        "state": "staying",
        "address": pages.address(),
        "links": links,
        "graph_url": world.graph_url(),
    }))
}

fn tell_links(links: &[Link], output: &Output) -> Result<(), Problem> {
    for link in links {
        output.line(format!("  {:<14} {}", link.name, link.url))?;
    }
    output.line("")
}
