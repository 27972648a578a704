//! `kinds`: what can be started, and which of it is paused.

use clap::{Args, Subcommand};
use ledger::{PauseError, Pausing};
use serde_json::json;
use tenancy::access;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::wiring;

/// Lists, pauses and resumes kinds of operations
#[derive(Subcommand)]
pub(crate) enum KindsCommand {
    /// Lists every kind that can be started, and says which are paused
    List,
    /// Keeps the runs of a kind waiting; starts are taken, and what is under way goes on
    Pause(KindArgs),
    /// Lets workers take the runs of a paused kind again
    Resume(KindArgs),
}

/// Which kind.
#[derive(Args)]
pub(crate) struct KindArgs {
    /// The kind, for example policy.sync
    kind: String,
}

pub(super) async fn run(
    command: KindsCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let (ledger, now) = (&installation.ledger, installation.clock.now());
    let (kind, wanted) = match &command {
        KindsCommand::List => {
            let paused = ledger.paused_kinds(&scope).await?;
            let since = |kind: &str| paused.iter().find(|one| one.kind == kind).map(|one| one.since);
            let kinds: Vec<_> = installation
                .catalog()
                .kinds()
                .map(|kind| json!({"kind": kind.token, "label": kind.label, "summary": kind.summary, "paused_since": since(kind.token)}))
                .collect();
            output.json(&json!({"kinds": kinds}))?;
            let mut table = Table::new(output, &["kind", "operation", "what it does", "paused"]);
            for kind in installation.catalog().kinds() {
                let paused = since(kind.token).map(|at| ago(at, now)).unwrap_or_default();
                table.row([kind.token.to_owned(), kind.label.to_owned(), kind.summary.to_owned(), paused]);
            }
            output.line(table)?;
            return Ok(Exit::Succeeded);
        }
        KindsCommand::Pause(args) => (&args.kind, "paused"),
        KindsCommand::Resume(args) => (&args.kind, "resumed"),
    };
    let server = access::server_console(&installation.database, now).await?;
    let done = match command {
        KindsCommand::Pause(_) => ledger.pause_kind(&server, scope.workspace(), kind).await,
        _ => ledger.resume_kind(&server, scope.workspace(), kind).await,
    };
    let word = match done.map_err(refused)? {
        Pausing::Changed => "",
        Pausing::Unchanged => " already",
    };
    let then = if wanted == "paused" { "its runs wait until it is resumed" } else { "its runs may be taken" };
    output.line(format!("`{kind}` is {wanted}{word}; {then}."))?;
    output.json(&json!({"kind": kind, "state": wanted, "changed": word.is_empty()}))?;
    Ok(Exit::Succeeded)
}

fn refused(error: PauseError) -> Problem {
    match error {
        PauseError::Database(error) => error.into(),
        unknown => Problem::wrong_use("kind.unknown", unknown.to_string()),
    }
}
