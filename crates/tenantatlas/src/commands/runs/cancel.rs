//! `runs cancel`: calls a run off.

use clap::Args;
use ledger::Cancelled;
use serde_json::json;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, outcome};
use crate::problem::Problem;
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
    let (word, told) = match installation.ledger.cancel(&scope, id).await? {
        Cancelled::Ended => ("ended", "The run was waiting and is cancelled.".to_owned()),
        Cancelled::Requested => {
            ("requested", "The run is being worked on; it stops at the next chance.".to_owned())
        }
        Cancelled::Nothing => {
            let detail =
                installation.ledger.show(&scope, id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
            let state = outcome(detail.row.status, detail.row.outcome);
            ("nothing", format!("The run has ended already: {state}."))
        }
    };
    output.line(told)?;
    output.json(&json!({"run": id, "cancelled": word}))?;
    Ok(Exit::Succeeded)
}
