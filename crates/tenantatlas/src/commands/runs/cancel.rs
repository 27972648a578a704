//! `runs cancel`: calls a run off.

use clap::Args;
use ledger::{Cancelled, RunDetail};
use serde_json::json;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, outcome};
use crate::problem::Problem;
use crate::remote::Server;
use crate::run_ref::{self, RunRef};
use crate::wiring;

/// Calls a run off: at once while it waits, at the next chance while it is worked on
#[derive(Args)]
pub(crate) struct CancelArgs {
    /// The run: its id, or at least the last eight digits of it
    run: RunRef,
}

pub(super) async fn run(args: CancelArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let id = args.run.resolve(&installation.ledger, &scope).await?;
    let result = match installation.ledger.cancel(&scope, id).await? {
        Cancelled::Ended => "ended",
        Cancelled::Requested => "requested",
        Cancelled::Nothing => "nothing",
    };
    let detail = installation.ledger.show(&scope, id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    tell(&detail, result, output)
}

/// Does the same on a server.
pub(super) async fn on_server(args: CancelArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let id = server.resolve(&args.run).await?;
    // An address that names no run says so in our words, not the server's.
    let known = server.run(id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let result = server.cancel(known.row.id).await?;
    tell(&known, &result, output)
}

fn tell(run: &RunDetail, result: &str, output: &Output) -> Result<Exit, Problem> {
    output.line(match result {
        "ended" => "The run was waiting and is cancelled.".to_owned(),
        "requested" => "The run is being worked on; it stops at the next chance.".to_owned(),
        _ => format!("The run has ended already: {}.", outcome(run.row.status, run.row.outcome)),
    })?;
    output.json(&json!({"run": run.row.id, "cancelled": result}))?;
    Ok(Exit::Succeeded)
}
