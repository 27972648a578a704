//! What the database holds: its schema, its tenants, its workers and what waits for them.

use std::time::Duration;

use database::{Database, DatabaseUrl, SchemaState};
use ledger::{ActiveFilter, RunFilter, RunStatus};
use tenancy::secrets::MasterKey;
use tenancy::tenant::{ConnectError, TenantState};
use tenancy::{access, tenant, workspace};

use super::Findings;
use crate::config::Settings;
use crate::problem::{Problem, chain};
use crate::wiring::{self, Installation};

/// How long a run may wait before it is strange that nobody works on it.
const WAITING_MAX: Duration = Duration::from_secs(60);

/// Opens the database, if it is there.
pub(super) async fn check_database(
    settings: &Settings,
    findings: &mut Findings,
) -> Option<(DatabaseUrl, Database)> {
    const CHECK: &str = "database";
    let url = match settings.database_url() {
        Ok(url) => url,
        Err(problem) => {
            findings.fail(CHECK, problem.sentence(), "name one with --database or --data-dir");
            return None;
        }
    };
    match wiring::open_existing(settings, &url).await {
        Ok(database) => {
            findings.ok(CHECK, format!("{url} answers"));
            Some((url, database))
        }
        Err(problem) => {
            findings.fail(CHECK, problem.sentence(), "nothing else can be checked until it is there");
            None
        }
    }
}

/// Says whether the schema is that of this version.
pub(super) async fn check_schema(settings: &Settings, database: &Database, findings: &mut Findings) -> bool {
    const CHECK: &str = "schema";
    let migrate = format!("run `{} migrate`", settings.command());
    match database.schema_state().await {
        Ok(SchemaState::Current) => {
            findings.ok(CHECK, "is that of this version");
            return true;
        }
        Ok(SchemaState::Empty) => findings.fail(CHECK, "the database is empty", migrate),
        Ok(SchemaState::Behind { missing }) => {
            findings.fail(CHECK, format!("{missing} migrations are missing"), migrate);
        }
        Ok(SchemaState::Ahead { min_binary }) => {
            findings.fail(
                CHECK,
                format!("asks for TenantAtlas {min_binary} or newer"),
                "update this program",
            );
        }
        Ok(SchemaState::Foreign) => {
            findings.fail(CHECK, "holds tables of another program", "give TenantAtlas a database of its own");
        }
        Err(error) => findings.fail(CHECK, chain(&error), "look at the server's own log"),
    }
    false
}

/// Looks at workspaces, tenants and what waits for a worker.
pub(super) async fn check_inside(
    settings: &Settings,
    database: Database,
    key: Option<MasterKey>,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let installation = Installation::over(database)?;
    let workspaces = workspace::list(&installation.database).await?;
    if workspaces.is_empty() {
        findings.warn("workspace", "there is none", format!("run `{} seed`", settings.command()));
    }
    let workers = installation.ledger.live_workers().await?;
    let now = installation.clock.now();
    let mut waiting = 0;
    for workspace in &workspaces {
        let scope = access::console(&installation.database, &workspace.slug, None, now).await?;
        let filter = RunFilter { active: ActiveFilter::Only(RunStatus::Queued), ..RunFilter::default() };
        let queued = installation.ledger.list_active(&scope, &filter).await?;
        waiting += queued.iter().filter(|run| now.since(run.created_at) > WAITING_MAX).count();
        for tenant in tenant::list(&installation.database, &scope).await? {
            check_tenant(&installation, &workspace.slug, &tenant.slug, key.as_ref(), findings).await?;
        }
    }
    let start = format!("start one with `{} worker`", settings.command());
    match (workers, waiting) {
        (0, 0) => findings.warn("workers", "none is running", start),
        (0, waiting) => findings.fail(
            "workers",
            format!("none is running, and {waiting} runs have waited for more than a minute"),
            start,
        ),
        (workers, 0) => findings.ok("workers", format!("{workers} running")),
        (workers, waiting) => findings.warn(
            "workers",
            format!("{workers} running, and {waiting} runs have waited for more than a minute"),
            "they may wait for a free place or for their next attempt; add workers if it stays so",
        ),
    }
    Ok(())
}

async fn check_tenant(
    installation: &Installation,
    workspace: &str,
    slug: &str,
    key: Option<&MasterKey>,
    findings: &mut Findings,
) -> Result<(), Problem> {
    const CHECK: &str = "tenant";
    let (database, now) = (&installation.database, installation.clock.now());
    let scope = access::console(database, workspace, Some(slug), now).await?;
    let Some(tenant) = tenant::get(database, &scope).await? else { return Ok(()) };
    let named = format!("{workspace}/{slug}");
    if tenant.state != TenantState::Connected {
        findings.warn(
            CHECK,
            format!("{named} is {}", tenant.state),
            format!("`tenantatlas tenants connect {slug}` takes it up again"),
        );
        return Ok(());
    }
    let Some(key) = key else {
        findings.fail(
            CHECK,
            format!("{named}: its credentials cannot be opened"),
            "put the master key right first",
        );
        return Ok(());
    };
    match tenant::credentials(database, &scope, key, &tenant).await {
        Ok(Some(_)) => findings.ok(CHECK, format!("{named}: its credentials open")),
        Ok(None) => findings.fail(
            CHECK,
            format!("{named} has no credentials"),
            format!("enter them with `tenantatlas tenants add --update --slug {slug}`"),
        ),
        Err(ConnectError::Seal(error)) => {
            findings.fail(
                CHECK,
                format!("{named}: {}", chain(&error)),
                "give the master key that it was connected with, or enter its secret anew",
            );
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
