//! Puts the parts together: an open database, a ledger over it, and what a worker needs.

use std::collections::BTreeMap;
use std::path::Path;

use database::{Clock, Database, DatabaseUrl, OpenOptions, ProcessLock, SchemaState};
use graph::{GraphClient, GraphOptions};
use ledger::Ledger;
use ledger::catalog::Catalog;
use secrecy::ExposeSecret;
use tenancy::secrets::MasterKey;
use tenancy::{Scope, TenantId, access, tenant, workspace};
use worker::{Scheduler, Worker, WorkerOptions};

use crate::config::{KeySource, Settings};
use crate::problem::Problem;

/// A database with this binary's schema, and the ledger over it.
#[derive(Clone)]
pub(crate) struct Installation {
    pub(crate) database: Database,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Clock,
}

/// Opens the installation that the settings name; nothing is made or migrated.
///
/// # Errors
/// There is no database, or its schema is not this binary's; the command that puts it right is named.
pub(crate) async fn installation(settings: &Settings) -> Result<Installation, Problem> {
    let url = settings.database_url()?;
    let database = open_existing(settings, &url).await?;
    refuse_other_schema(settings, &url, &database).await?;
    Installation::over(database)
}

/// Opens a database that is there already.
///
/// # Errors
/// It is not there, cannot be reached, or is another program's.
pub(crate) async fn open_existing(settings: &Settings, url: &DatabaseUrl) -> Result<Database, Problem> {
    if let DatabaseUrl::Sqlite(file) = url {
        refuse_missing_file(settings, file)?;
    }
    open(url).await
}

/// Opens a database, making its file if it is one.
///
/// # Errors
/// It cannot be reached, or is another program's.
pub(crate) async fn open(url: &DatabaseUrl) -> Result<Database, Problem> {
    let opened = Database::open(url, OpenOptions::default()).await;
    opened.map_err(|error| Problem::from(error).at(url))
}

/// Makes sure of the folder that the database file is to be in.
///
/// # Errors
/// The data directory cannot be made, or another folder that was named does not exist.
pub(crate) fn make_place(settings: &Settings, url: &DatabaseUrl) -> Result<(), Problem> {
    let DatabaseUrl::Sqlite(file) = url else { return Ok(()) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if settings.data_dir().is_ok_and(|data| data == folder) => {
            settings.make_data_dir().map(|_| ())
        }
        Some(folder) if !folder.is_dir() => {
            let message = format!("there is no folder {} for the database file", folder.display());
            Err(Problem::failed("database.unavailable", message)
                .advice("make it, or name another with --database"))
        }
        _ => Ok(()),
    }
}

/// Takes the right to be the one process that works on an SQLite file; any number may work on PostgreSQL.
///
/// # Errors
/// Another process has it.
pub(crate) fn process_lock(url: &DatabaseUrl) -> Result<Option<ProcessLock>, Problem> {
    match url {
        DatabaseUrl::Sqlite(file) => Ok(Some(ProcessLock::acquire(file)?)),
        DatabaseUrl::Postgres(_) => Ok(None),
    }
}

/// Gives the master key; one is made only where no tenant is sealed under another.
///
/// # Errors
/// The key is not one, or is missing where tenants were connected with it.
pub(crate) async fn master_key(settings: &Settings, database: &Database) -> Result<MasterKey, Problem> {
    let file = match settings.key_source()? {
        KeySource::Text(text) => return Ok(MasterKey::from_hex(text.expose_secret())?),
        KeySource::File(file) => file,
    };
    if !file.exists() {
        if has_tenants(database).await? {
            let message =
                format!("the master key that the tenants were connected with is not at {}", file.display());
            return Err(Problem::failed("master_key.missing", message)
                .advice("put it there, or give it with --master-key-file or TENANTATLAS_MASTER_KEY"));
        }
        if settings.data_dir().is_ok_and(|data| file.parent() == Some(data)) {
            settings.make_data_dir()?;
        }
    }
    Ok(MasterKey::from_file_or_new(&file)?)
}

/// Makes a worker over the installation.
///
/// # Errors
/// The client of Microsoft Graph cannot be made.
pub(crate) fn worker(
    installation: &Installation,
    master_key: MasterKey,
    graph: GraphOptions,
    options: WorkerOptions,
) -> Result<Worker, Problem> {
    let graph = GraphClient::new(graph).map_err(|error| {
        Problem::failed("graph.client", "failed to make the client of Microsoft Graph").because(&error)
    })?;
    let services = operations::Services {
        database: installation.database.clone(),
        graph,
        master_key,
        clock: installation.clock.clone(),
    };
    Ok(Worker::new(installation.ledger.clone(), operations::registry(&services), options))
}

/// Makes a scheduler over the installation, with the schedules that every workspace has.
pub(crate) fn scheduler(installation: &Installation) -> Scheduler {
    Scheduler::new(installation.ledger.clone(), operations::system_schedules())
}

/// Gives what can be started.
///
/// # Errors
/// The catalogue holds a kind twice.
pub(crate) fn catalog() -> Result<Catalog, Problem> {
    operations::catalog()
        .map_err(|error| Problem::failed("catalog.invalid", "failed to make the catalogue").because(&error))
}

impl Installation {
    /// Puts the ledger over an open database.
    ///
    /// # Errors
    /// The catalogue holds a kind twice.
    pub(crate) fn over(database: Database) -> Result<Self, Problem> {
        let clock = Clock::system();
        let ledger = Ledger::new(database.clone(), catalog()?, clock.clone());
        Ok(Self { database, ledger, clock })
    }

    /// Gives what can be started.
    pub(crate) fn catalog(&self) -> &Catalog {
        self.ledger.catalog()
    }

    /// Gives the scope of whoever works at the console, narrowed to a tenant if one is named.
    ///
    /// # Errors
    /// There is no such workspace or tenant.
    pub(crate) async fn scope(&self, settings: &Settings, tenant: Option<&str>) -> Result<Scope, Problem> {
        Ok(access::console(&self.database, settings.workspace(), tenant, self.clock.now()).await?)
    }

    /// Names every tenant that the scope may see.
    ///
    /// # Errors
    /// The database could not be used.
    pub(crate) async fn tenant_slugs(&self, scope: &Scope) -> Result<BTreeMap<TenantId, String>, Problem> {
        let tenants = tenant::list(&self.database, scope).await?;
        Ok(tenants.into_iter().map(|tenant| (tenant.id, tenant.slug)).collect())
    }
}

fn refuse_missing_file(settings: &Settings, file: &Path) -> Result<(), Problem> {
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => {
            Err(Problem::failed("database.unavailable", format!("{} is no database file", file.display()))
                .advice("name another data directory with --data-dir"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Problem::failed("database.missing", format!("there is no database at {}", file.display()))
                .advice(format!(
                    "make one with `{} migrate --seed`, or see the demo with `tenantatlas demo`",
                    settings.command()
                )))
        }
        Err(error) => {
            Err(Problem::failed("data_dir.unusable", format!("failed to look at {}", file.display()))
                .because(&error)
                .advice("name another data directory with --data-dir, or put this one right"))
        }
    }
}

async fn refuse_other_schema(
    settings: &Settings,
    url: &DatabaseUrl,
    database: &Database,
) -> Result<(), Problem> {
    let command = settings.command();
    match database.schema_state().await? {
        SchemaState::Current => Ok(()),
        SchemaState::Empty => Err(Problem::failed("database.empty", format!("the database {url} is empty"))
            .advice(format!("run `{command} migrate --seed`"))),
        SchemaState::Behind { missing } => {
            let message = format!("the database {url} lacks {missing} migrations of this version");
            Err(Problem::failed("database.behind", message)
                .advice(format!("stop its workers and run `{command} migrate`")))
        }
        SchemaState::Ahead { min_binary } => Err(database::MigrateError::Ahead { min_binary }.into()),
        SchemaState::Foreign => Err(database::MigrateError::Foreign.into()),
    }
}

async fn has_tenants(database: &Database) -> Result<bool, Problem> {
    let now = Clock::system().now();
    for workspace in workspace::list(database).await? {
        let scope = access::console(database, &workspace.slug, None, now).await?;
        if !tenant::list(database, &scope).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
