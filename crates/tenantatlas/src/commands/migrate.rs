//! `migrate`: brings the schema up to this binary, or begins anew.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use database::{Database, DatabaseUrl, MigrateError, SchemaState};
use serde_json::json;
use tenancy::tenant;

use super::seed;
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::wiring::{self, Installation};

/// Brings the database's schema up to this version; makes the database where there is none
///
/// With --fresh everything in it is destroyed first. That asks for the database's name, typed or given with
/// --confirm; --yes stands in for it where nothing but seeded tenants is held.
#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// Destroy everything in the database and begin anew
    #[arg(long)]
    fresh: bool,
    /// Add the default workspace, the platform user and sample tenants afterwards
    #[arg(long)]
    seed: bool,
    /// Destroy without asking, where nothing but seeded tenants is held
    #[arg(long, requires = "fresh")]
    yes: bool,
    /// The database's name, as the consent to destroy it
    #[arg(long, value_name = "NAME", requires = "fresh")]
    confirm: Option<String>,
}

/// How long a database file may take to be let go of by this process itself.
const CLOSING: Duration = Duration::from_secs(5);

pub(super) async fn run(args: MigrateArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let url = settings.database_url()?;
    wiring::make_place(settings, &url)?;
    let mut database = wiring::open(&url).await?;
    let mut state = database.schema_state().await?;
    if state == SchemaState::Foreign {
        return Err(MigrateError::Foreign.into());
    }
    // A schema that is right already is left alone, and with it whoever works on it.
    let _lock = if args.fresh || state != SchemaState::Current { wiring::process_lock(&url)? } else { None };
    let mut wiped = false;
    if args.fresh && state != SchemaState::Empty {
        consent(&args, &url, &database, &state).await?;
        refuse_while_worked_on(&database, &state).await?;
        drop(database);
        wait_until_closed(&url).await?;
        database::wipe(&url).await?;
        wiped = true;
        database = wiring::open(&url).await?;
        state = SchemaState::Empty;
    }
    let applied = database.migrate().await?;
    if wiped {
        output.line(format!("Everything in {url} was destroyed."))?;
    }
    output.line(match (applied, state) {
        (0, _) => format!("{url} is up to date; there was nothing to do."),
        (n, _) => format!("{url}: {n} migrations applied; it is up to date."),
    })?;
    let mut tenants = Vec::new();
    if args.seed {
        let seeded = seed::seed(&Installation::over(database)?, settings, output).await?;
        seeded.tell(output)?;
        tenants = seeded.added;
    }
    output.json(&json!({
        "database": url.to_string(), "destroyed": wiped, "migrations_applied": applied, "seeded": args.seed, "tenants_added": tenants,
    }))?;
    Ok(Exit::Succeeded)
}

/// Makes sure that the person means it.
async fn consent(
    args: &MigrateArgs,
    url: &DatabaseUrl,
    database: &Database,
    state: &SchemaState,
) -> Result<(), Problem> {
    let name = name_of(url);
    if let Some(typed) = &args.confirm {
        return if *typed == name { Ok(()) } else { Err(refused(&name, "--confirm names another database")) };
    }
    if args.yes {
        // Of an older or newer schema nobody knows here whose tenants it holds.
        let seeded = *state == SchemaState::Current && tenant::all_seeded(database).await?;
        return if seeded {
            Ok(())
        } else {
            Err(refused(&name, "--yes is not enough: the database holds more than seeded tenants"))
        };
    }
    if !io::stdin().is_terminal() {
        return Err(refused(&name, "nobody is there to ask"));
    }
    let question = format!("This destroys everything in {url}. Type the database's name ({name}) to go on: ");
    let typed = tokio::task::spawn_blocking(move || ask(&question)).await;
    match typed {
        Ok(Ok(typed)) if typed == name => Ok(()),
        _ => Err(refused(&name, "the name was not typed")),
    }
}

fn ask(question: &str) -> io::Result<String> {
    let mut terminal = io::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim().to_owned())
}

fn refused(name: &str, why: &str) -> Problem {
    Problem::wrong_use("migrate.not_confirmed", format!("nothing was destroyed: {why}"))
        .advice(format!("to destroy everything in it, add --confirm {name}"))
}

/// The last part of its address, which is what a person calls it.
fn name_of(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(file) => {
            file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
        }
        DatabaseUrl::Postgres(config) => config.get_dbname().unwrap_or_default().to_owned(),
    }
}

async fn refuse_while_worked_on(database: &Database, state: &SchemaState) -> Result<(), Problem> {
    if *state != SchemaState::Current {
        return Ok(());
    }
    let workers = Installation::over(database.clone())?.ledger.live_workers().await?;
    if workers == 0 {
        return Ok(());
    }
    Err(Problem::failed(
        "database.in_use",
        format!("nothing was destroyed: {workers} workers work on the database"),
    )
    .advice("stop them first; one that was killed counts until its lease is over"))
}

/// Waits until nobody has the file open: a connection that closes late would take the new journal with it.
async fn wait_until_closed(url: &DatabaseUrl) -> Result<(), Problem> {
    let DatabaseUrl::Sqlite(file) = url else { return Ok(()) };
    let journal = journal_of(file);
    let began = Instant::now();
    while journal.exists() {
        if began.elapsed() > CLOSING {
            return Err(Problem::failed(
                "database.in_use",
                "nothing was destroyed: another program has the database open",
            )
            .advice("stop it first"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// SQLite removes its write-ahead log when the last connection closes (sqlite.org/wal.html).
fn journal_of(file: &Path) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
