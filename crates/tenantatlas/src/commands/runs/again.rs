//! `runs again`: does the work of an ended run anew.

use clap::Args;

use crate::commands::start::{self, Waiting};
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::remote::{Ask, Server};
use crate::run_ref::{self, RunRef};
use crate::wiring;

/// Runs an ended run again: a new run with the same inputs, which names the old one
#[derive(Args)]
pub(crate) struct AgainArgs {
    /// The run: its id, or at least the last eight digits of it
    run: RunRef,
    /// Make a new run although an equal one ended a short while ago
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    waiting: Waiting,
}

pub(super) async fn run(args: AgainArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let whole = installation.scope(settings, None).await?;
    let id = args.run.resolve(&installation.ledger, &whole).await?;
    let earlier = installation.ledger.show(&whole, id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let scope = match earlier.row.tenant {
        None => whole,
        Some(tenant) => {
            let slugs = installation.tenant_slugs(&whole).await?;
            let gone = || Problem::failed("tenant.unknown", "the tenant of this run is no longer there");
            installation.scope(settings, Some(slugs.get(&tenant).ok_or_else(gone)?)).await?
        }
    };
    let started = installation.ledger.repeat(&scope, id, start::force(args.force)).await?;
    start::tell(&installation, &scope, &earlier.row.kind, &started, args.waiting, output).await
}

/// Does the same on a server.
pub(super) async fn on_server(args: AgainArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let tenants = server.tenant_slugs().await?;
    let id = server.resolve(&args.run).await?;
    let earlier = server.run(id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let tenant = earlier.row.tenant.and_then(|tenant| tenants.get(&tenant).cloned());
    let ask = Ask { kind: earlier.row.kind, tenant, force: args.force, rerun_of: Some(id), ..Ask::default() };
    start::ask_server(server, &ask, args.waiting, output).await
}
