//! `runs watch`: a run's progress until it ends.

use std::time::Duration;

use clap::Args;

use super::show::tell_failures;
use crate::config::Settings;
use crate::exit::Exit;
use crate::follow::follow;
use crate::present::{Board, Output, RunDetailJson};
use crate::problem::Problem;
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
    let label = installation.catalog().label_of(&detail.row.kind);
    let what = match detail.row.tenant.and_then(|tenant| tenants.get(&tenant)) {
        Some(tenant) => format!("{label} of {tenant}"),
        None => label,
    };
    let mut progress = Board::new(output).add(what);
    let patience = args.timeout.map(Duration::from_secs);
    let ended = follow(&installation.ledger, &scope, id, &mut progress, patience).await?;
    tell_failures(&ended, output)?;
    output.json(&RunDetailJson::of(&ended, installation.catalog(), &tenants))?;
    Ok(Exit::of(ended.row.outcome))
}
