//! `start`: asks for a run.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use contract::Registry;
use database::{Clock, Ts};
use ledger::{Force, Ledger, RunRef, StartOptions, Started};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tenancy::Scope;

use crate::config::Settings;
use crate::exit::Exit;
use crate::follow::{follow, follow_on_server};
use crate::present::{Board, Output, RunDetailJson, ago, short_id};
use crate::problem::Problem;
use crate::remote::{Ask, Server};
use crate::wiring::{self, Installation};

/// Asks for a run: inventory.sync, policy.sync or tenant.check_connection
///
/// Asking again for the same work while it is queued or running gives the same run. A worker does the work;
/// without --wait the command returns at once.
#[derive(Args)]
pub(crate) struct StartArgs {
    /// What is to be done, for example policy.sync
    kind: String,
    /// Tenant that it is about
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Read this type only, for example configurationPolicy; may be given several times
    #[arg(long = "type", value_name = "TYPE", conflicts_with = "input")]
    types: Vec<String>,
    /// Inputs as a JSON object, for example '{"policy_types": ["configurationPolicy"]}'
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Make a new run although an equal one ended a short while ago; one that is queued or running is still given
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    waiting: Waiting,
}

/// Whether a command waits for the run that it asked for.
#[derive(Args, Clone, Copy)]
pub(crate) struct Waiting {
    /// Wait until the run has ended, and end with its exit code
    #[arg(long)]
    pub(crate) wait: bool,
    /// Give up waiting after so many seconds; the run goes on
    #[arg(long, value_name = "SECONDS", requires = "wait")]
    pub(crate) timeout: Option<u64>,
}

/// The kinds whose inputs are a list of types, and what they call it.
const TYPE_LISTS: [(&str, &str); 2] = [("inventory.sync", "kinds"), ("policy.sync", "policy_types")];

pub(super) async fn run(args: StartArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let inputs = inputs(&args)?;
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, args.tenant.as_deref()).await?;
    let options = StartOptions { force: force(args.force), ..StartOptions::default() };
    let started = installation.ledger.start_with(&scope, &args.kind, inputs, options).await?;
    tell(&installation, &scope, &args.kind, &started, args.waiting, output).await
}

/// Reads the switch that passes over a run that cools.
pub(super) const fn force(given: bool) -> Force {
    if given { Force::Yes } else { Force::No }
}

/// Does the same on a server.
pub(super) async fn on_server(args: StartArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let inputs = inputs(&args)?;
    let ask = Ask { kind: args.kind, tenant: args.tenant, inputs, force: args.force, ..Ask::default() };
    ask_server(server, &ask, args.waiting, output).await
}

/// Asks a server for a run, says what became of it, and waits for it if that was wanted.
pub(super) async fn ask_server(
    server: &Server,
    ask: &Ask,
    waiting: Waiting,
    output: &Output,
) -> Result<Exit, Problem> {
    let tenants = server.tenant_slugs().await?;
    if let Some(slug) = &ask.tenant {
        server.tenant(slug).await?;
    }
    let catalog = wiring::catalog()?;
    let started = server.start(ask).await?;
    let label = catalog.label_of(&ask.kind);
    output.line(sentence(&label, &started, Clock::system().now()))?;
    note_a_pause(&ask.kind, &started, output);
    let failed = matches!(started, Started::NotDispatched { .. });
    if failed || !waiting.wait {
        output.json(&StartedJson::of(&started))?;
        return Ok(if failed { Exit::Failed } else { Exit::Succeeded });
    }
    let mut progress = Board::new(output).add(label);
    let patience = waiting.timeout.map(Duration::from_secs);
    let ended = follow_on_server(server, started.run().id, &mut progress, patience).await?;
    super::runs::tell_failures(&ended, output)?;
    output.json(&RunDetailJson::of(&ended, &catalog, &tenants))?;
    Ok(Exit::of(ended.row.outcome))
}

/// Asks for a run, says what became of it, and waits for it if that was wanted.
pub(super) async fn start(
    installation: &Installation,
    scope: &Scope,
    kind: &str,
    inputs: Value,
    waiting: Waiting,
    output: &Output,
) -> Result<Exit, Problem> {
    let started = installation.ledger.start(scope, kind, inputs).await?;
    tell(installation, scope, kind, &started, waiting, output).await
}

/// Says what became of a start, and waits for the run if that was wanted.
pub(super) async fn tell(
    installation: &Installation,
    scope: &Scope,
    kind: &str,
    started: &Started,
    waiting: Waiting,
    output: &Output,
) -> Result<Exit, Problem> {
    let ledger = &installation.ledger;
    let label = installation.catalog().label_of(kind);
    output.line(sentence(&label, started, installation.clock.now()))?;
    if let Started::NotDispatched { .. } = started {
        output.json(&StartedJson::of(started))?;
        return Ok(Exit::Failed);
    }
    note_a_pause(kind, started, output);
    warn_without_workers(ledger, output).await?;
    if !waiting.wait {
        output.json(&StartedJson::of(started))?;
        return Ok(Exit::Succeeded);
    }
    let mut progress = Board::new(output).add(label);
    let patience = waiting.timeout.map(Duration::from_secs);
    let ended = follow(ledger, scope, started.run().id, &mut progress, patience).await?;
    super::runs::tell_failures(&ended, output)?;
    let tenants = installation.tenant_slugs(scope).await?;
    output.json(&RunDetailJson::of(&ended, installation.catalog(), &tenants))?;
    Ok(Exit::of(ended.row.outcome))
}

fn inputs(args: &StartArgs) -> Result<Value, Problem> {
    if let Some(text) = &args.input {
        return serde_json::from_str(text)
            .map_err(|error| Problem::wrong_use("inputs.invalid", format!("--input is no JSON: {error}")));
    }
    if args.types.is_empty() {
        return Ok(Value::Null);
    }
    let list = TYPE_LISTS.iter().find(|(kind, _)| *kind == args.kind);
    let Some((_, field)) = list else {
        return Err(Problem::wrong_use("usage", format!("`{}` takes no --type", args.kind)));
    };
    if let Some(unknown) = args.types.iter().find(|key| Registry::builtin().get(key).is_none()) {
        let known: BTreeSet<&str> = Registry::builtin().types().iter().map(|ty| ty.key.as_str()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        return Err(Problem::wrong_use(
            "inputs.invalid",
            format!("there is no type `{unknown}`; there are {}", known.join(", ")),
        ));
    }
    let mut inputs = Map::new();
    inputs.insert((*field).to_owned(), json!(args.types));
    Ok(Value::Object(inputs))
}

fn sentence(label: &str, started: &Started, now: Ts) -> String {
    let named = |run: &RunRef| format!("run {} ({})", short_id(run.id), run.id);
    match started {
        Started::Created(run) => format!("{label} is queued: {}.", named(run)),
        Started::Active(run) => {
            let who = if run.initiator.is_empty() { "the system" } else { run.initiator.as_str() };
            format!(
                "{label} is already {}, started by {who} {}: {}.",
                run.status,
                ago(run.created_at, now),
                named(run)
            )
        }
        Started::Cooling { run, until } => {
            let ended = ago(run.completed_at.unwrap_or(run.created_at), now);
            format!(
                "An equal run ended {ended}: {}. A new one may start at {until}, or now with --force.",
                named(run)
            )
        }
        Started::NotDispatched { run, failure } => {
            format!(
                "{label} could not be handed to a worker: {} ({}). It is recorded as {}.",
                failure.message,
                failure.code,
                named(run)
            )
        }
    }
}

fn note_a_pause(kind: &str, started: &Started, output: &Output) {
    let waits = matches!(started, Started::Created(_) | Started::Active(_));
    if started.run().is_paused && waits {
        output.note(format!("note: `{kind}` is paused; the run waits until it is resumed"));
    }
}

async fn warn_without_workers(ledger: &Ledger, output: &Output) -> Result<(), Problem> {
    if ledger.live_workers().await? == 0 {
        output.note("note: no worker is running; the run waits until `tenantatlas worker` is started");
    }
    Ok(())
}

#[derive(Serialize)]
struct StartedJson {
    started: &'static str,
    run: RunRefJson,
    paused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<database::Ts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Value>,
}

#[derive(Serialize)]
struct RunRefJson {
    id: ledger::RunId,
    short_id: String,
    status: String,
    outcome: String,
    initiator: String,
    created_at: database::Ts,
}

impl StartedJson {
    fn of(started: &Started) -> Self {
        let (word, until, failure) = match started {
            Started::Created(_) => ("created", None, None),
            Started::Active(_) => ("active", None, None),
            Started::Cooling { until, .. } => ("cooling", Some(*until), None),
            Started::NotDispatched { failure, .. } => ("not_dispatched", None, Some(failure)),
        };
        let run = started.run();
        Self {
            started: word,
            run: RunRefJson {
                id: run.id,
                short_id: short_id(run.id),
                status: run.status.to_string(),
                outcome: run.outcome.to_string(),
                initiator: run.initiator.clone(),
                created_at: run.created_at,
            },
            paused: run.is_paused,
            until,
            failure: failure.map(|failure| json!({"code": failure.code, "message": failure.message})),
        }
    }
}
