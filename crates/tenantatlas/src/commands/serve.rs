//! `serve`: the pages and the JSON API, and in the same process the worker, unless it is told otherwise.

use std::net::{IpAddr, SocketAddr};

use clap::{Args, ValueEnum};
use database::DatabaseUrl;
use serde_json::json;
use tenancy::first_start;
use tenancy::secrets::MasterKey;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::options::Options;
use web::state::{AppState, Parts};

use super::worker::{self, WorkerArgs};
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Format, Output};
use crate::problem::Problem;
use crate::wiring::Installation;
use crate::{signals, wiring};

/// Serves the pages and the JSON API, and works on runs, until it is stopped
///
/// At the first start it prints a link with which the first account is made; the link holds for half an hour,
/// and a later start prints another while there is no account. On an SQLite file one process serves and works;
/// on PostgreSQL any number may, with `--role web`, `--role scheduler` and `worker` on machines of their own.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on; anything but this machine needs --public-url and --behind-proxy
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What this process does
    #[arg(long, value_enum, default_value = "all")]
    role: Role,
    /// Address that people open, when a proxy ends TLS in front of this process, for example `https://atlas.example.com`
    #[arg(long, value_name = "URL", requires = "behind_proxy")]
    public_url: Option<String>,
    /// Address of a proxy whose word about clients is believed; may be given several times
    #[arg(long, value_name = "IP")]
    behind_proxy: Vec<IpAddr>,
    #[command(flatten)]
    worker: WorkerArgs,
}

/// Where pages are served unless something else is said.
pub(super) const PORT: u16 = 8080;

/// What a serving process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Pages, API, worker and scheduler
    All,
    /// Pages and API; runs wait for a worker elsewhere
    Web,
    /// Fires schedules and nothing else; takes PostgreSQL
    Scheduler,
}

pub(super) async fn run(args: ServeArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    refuse_open_door(&args)?;
    let url = settings.database_url()?;
    let installation = wiring::installation(settings).await?;
    let _lock = wiring::process_lock(&url)?;
    let key = wiring::master_key(settings, &installation.database).await?;
    let stop = signals::stop_token().map_err(|error| {
        Problem::failed("process.signals", "failed to listen for signals").because(&error)
    })?;
    if args.role == Role::Scheduler {
        return schedule(&installation, &url, output, stop).await;
    }
    let listener = listen(args.listen).await?;
    let at = listener.local_addr().unwrap_or(args.listen);
    let options = match &args.public_url {
        None => Options::loopback(at),
        Some(public) => Options::public(public, args.behind_proxy.clone())
            .map_err(|error| Problem::wrong_use("usage", error.to_string()))?,
    };
    let address = args.public_url.clone().unwrap_or_else(|| format!("http://{at}"));
    let state = state(&installation, &key, options);
    let working = match args.role {
        Role::Web | Role::Scheduler => None,
        Role::All => {
            let (_, worker) = worker::prepared(args.worker, &installation, key)?;
            let scheduling = tokio::spawn(wiring::scheduler(&installation).run(stop.clone()));
            Some((tokio::spawn(worker.run(stop.clone())), scheduling))
        }
    };
    output.line(format!("TenantAtlas is at {address}; Ctrl-C stops it."))?;
    let link = offer_link(&installation, &address, output).await?;
    output.json(&json!({"state": "serving", "address": address, "first_start": link}))?;
    serve(listener, state, stop).await;
    if let Some((working, scheduling)) = working {
        worker::ended(working.await)?;
        worker::ended(scheduling.await)?;
    }
    output.line("TenantAtlas has stopped.")?;
    output.json(&json!({"state": "stopped"}))?;
    Ok(Exit::Succeeded)
}

/// Fires schedules and nothing else.
async fn schedule(
    installation: &Installation,
    url: &DatabaseUrl,
    output: &Output,
    stop: CancellationToken,
) -> Result<Exit, Problem> {
    if let DatabaseUrl::Sqlite(_) = url {
        let message = "one process does everything on an SQLite file, and this one would fire schedules only";
        return Err(Problem::wrong_use("serve.role", message).advice("use --role all, or PostgreSQL"));
    }
    output.line(format!("Schedules of {url} are fired here; Ctrl-C stops it."))?;
    output.json(&json!({"state": "scheduling", "database": url.to_string()}))?;
    wiring::scheduler(installation).run(stop).await;
    output.line("The scheduler has stopped.")?;
    output.json(&json!({"state": "stopped"}))?;
    Ok(Exit::Succeeded)
}

/// Makes what the pages and the API need.
pub(super) fn state(installation: &Installation, key: &MasterKey, options: Options) -> AppState {
    AppState::new(Parts {
        database: installation.database.clone(),
        ledger: installation.ledger.clone(),
        clock: installation.clock.clone(),
        master_key: key.clone(),
        cursor_key: key.derive("cursors"),
        options,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Serves until told to stop.
pub(super) async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) {
    Box::pin(web::server::serve(listener, state, async move { stop.cancelled().await })).await;
}

/// Tells the link that makes the first account, once, while there is none.
///
/// People read it on standard error, which nobody pipes into a file of answers; programs find it in the JSON.
pub(super) async fn offer_link(
    installation: &Installation,
    address: &str,
    output: &Output,
) -> Result<Option<String>, Problem> {
    let offered = first_start::offer(&installation.database, installation.clock.now()).await;
    let offered = offered.map_err(|error| {
        Problem::failed("first_start.offer", "failed to make the link for the first account").because(&error)
    })?;
    let link = offered.map(|token| format!("{address}/first-start?token={}", token.reveal()));
    if let Some(link) = link.as_ref().filter(|_| output.format() == Format::Text) {
        output.note(format!(
            "Nobody has an account yet. Make the first one, within half an hour, at\n\n  {link}\n"
        ));
    }
    Ok(link)
}

/// Listens on an address.
///
/// # Errors
/// It is taken, or not this machine's.
pub(super) async fn listen(at: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(at).await.map_err(|error| {
        Problem::failed("listen.refused", format!("failed to listen on {at}"))
            .because(&error)
            .advice("name another address with --listen")
    })
}

/// Plain HTTP is for this machine alone: what crosses a network comes through somebody who ends TLS.
fn refuse_open_door(args: &ServeArgs) -> Result<(), Problem> {
    if args.listen.ip().is_loopback() || args.public_url.is_some() {
        return Ok(());
    }
    let message =
        format!("{} can be reached from other machines, and this process speaks plain HTTP", args.listen);
    Err(Problem::wrong_use("listen.open", message)
        .advice("put a proxy that ends TLS in front, and name it with --public-url and --behind-proxy"))
}
