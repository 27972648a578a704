//! `runs watch`: a run's progress until it ends.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use ledger::RunDetail;
use ledger::catalog::Catalog;
use tenancy::TenantId;

use super::show::tell_failures;
use crate::config::Settings;
use crate::exit::Exit;
use crate::follow::{follow, follow_on_server};
use crate::present::{Board, Output, Progress, RunDetailJson};
use crate::problem::Problem;
use crate::remote::Server;
use crate::run_ref::{self, RunRef};
use crate::wiring;

/// Shows a run's progress until it ends, and ends with its exit code
#[derive(Args)]
pub(crate) struct WatchArgs {
    /// The run: its id, or at least the last eight digits of it
    run: RunRef,
    /// Give up watching after so many seconds; the run goes on
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

pub(super) async fn run(args: WatchArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let id = args.run.resolve(&installation.ledger, &scope).await?;
    let tenants = installation.tenant_slugs(&scope).await?;
    let detail = installation.ledger.show(&scope, id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let (ledger, catalog) = (&installation.ledger, installation.catalog());
    let mut progress = progress(&detail, catalog, &tenants, output);
    let patience = args.timeout.map(Duration::from_secs);
    let ended = follow(ledger, &scope, id, &mut progress, patience).await?;
    tell(&ended, catalog, &tenants, output)
}

/// Does the same on a server.
pub(super) async fn on_server(args: WatchArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let (tenants, catalog) = (server.tenant_slugs().await?, wiring::catalog()?);
    let id = server.resolve(&args.run).await?;
    let detail = server.run(id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let mut progress = progress(&detail, &catalog, &tenants, output);
    let patience = args.timeout.map(Duration::from_secs);
    let ended = follow_on_server(server, id, &mut progress, patience).await?;
    tell(&ended, &catalog, &tenants, output)
}

fn progress(
    detail: &RunDetail,
    catalog: &Catalog,
    tenants: &BTreeMap<TenantId, String>,
    output: &Output,
) -> Progress {
    let label = catalog.label_of(&detail.row.kind);
    Board::new(output).add(match detail.row.tenant.and_then(|tenant| tenants.get(&tenant)) {
        Some(tenant) => format!("{label} of {tenant}"),
        None => label,
    })
}

fn tell(
    ended: &RunDetail,
    catalog: &Catalog,
    tenants: &BTreeMap<TenantId, String>,
    output: &Output,
) -> Result<Exit, Problem> {
    tell_failures(ended, output)?;
    output.json(&RunDetailJson::of(ended, catalog, tenants))?;
    Ok(Exit::of(ended.row.outcome))
}
