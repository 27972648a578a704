//! Bringing the schema up to this binary's, on both databases from migrations in pairs.

use refinery::{Migration, Runner, Target};

use crate::connect::{Database, DatabaseUrl};
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{DatabaseError, postgres, sqlite, statement};

/// One change of the schema, in the text of each database.
struct Pair {
    number: i32,
    name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
}

macro_rules! pairs {
    ($($number:literal $name:literal),* $(,)?) => {
        [$(Pair {
            number: $number,
            name: $name,
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
        }),*]
    };
}

/// Every migration there is, oldest first; only added to, never edited.
const PAIRS: [Pair; 9] = pairs![
    1 "0001_installation",
    2 "0002_tenancy",
    3 "0003_ledger",
    4 "0004_governance",
    5 "0005_people",
    6 "0006_audit",
    7 "0007_start_answers",
    8 "0008_schedules",
    9 "0009_people_pages",
];

/// Held on PostgreSQL while migrating, since many processes may start at once; the letters "TAtl".
const MIGRATION_LOCK: i64 = 0x5441_746c;

statement! {
    /// Reads how far the schema has come; the table is refinery's.
    SCHEMA_VERSION = "database.schema_version", () -> (I32),
    both: "SELECT coalesce(max(version), 0) FROM refinery_schema_history"
}

statement! {
    /// Reads which binary the schema asks for.
    MIN_BINARY = "database.min_binary", () -> (Text),
    both: "SELECT min_binary FROM installation WHERE id = 1"
}

statement! {
    /// Counts tables, ours (refinery's history) and all. One statement, so that a migration that is under way
    /// elsewhere is seen before it or after it, and never as the tables of a stranger.
    COUNT_TABLES = "database.count_tables", () -> (I64, I64),
    postgres: "SELECT count(*) FILTER (WHERE table_name = 'refinery_schema_history'), count(*)
        FROM information_schema.tables WHERE table_schema = current_schema()",
    sqlite: "SELECT count(*) FILTER (WHERE name = 'refinery_schema_history'), count(*) FROM sqlite_schema WHERE type = 'table'",
}

/// How a database's schema compares with this binary's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// There are no tables.
    Empty,
    /// There are tables, and none of them is ours.
    Foreign,
    /// Migrations of this binary are missing.
    Behind {
        /// How many.
        missing: usize,
    },
    /// Exactly what this binary wants, or newer but compatible.
    Current,
    /// A newer TenantAtlas has moved the schema past this binary.
    Ahead {
        /// The oldest version that may work on it.
        min_binary: String,
    },
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database belongs to another program.
    #[error("the database holds tables of another program; give TenantAtlas a database of its own")]
    Foreign,
    /// The schema is newer than this binary.
    #[error("the database asks for TenantAtlas {min_binary} or newer, and this is {}", env!("CARGO_PKG_VERSION"))]
    Ahead {
        /// The oldest version that may work on it.
        min_binary: String,
    },
    /// A migration failed; those before it were kept.
    #[error("failed to migrate the database")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Database {
    /// Says how the schema compares with this binary's.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn schema_state(&self) -> Result<SchemaState, DatabaseError> {
        self.read("database.schema_state", |tx| {
            Box::pin(async move {
                let tables = tx.query_one(&COUNT_TABLES, &[]).await?;
                let (history, all): (i64, i64) = (tables.get(0)?, tables.get(1)?);
                if history == 0 {
                    return Ok(if all == 0 { SchemaState::Empty } else { SchemaState::Foreign });
                }
                let version: i32 = tx.query_one(&SCHEMA_VERSION, &[]).await?.get(0)?;
                if version == 0 {
                    return Ok(SchemaState::Behind { missing: PAIRS.len() });
                }
                let min_binary: String = tx.query_one(&MIN_BINARY, &[]).await?.get(0)?;
                if release(&min_binary) > release(env!("CARGO_PKG_VERSION")) {
                    return Ok(SchemaState::Ahead { min_binary });
                }
                let missing = PAIRS.iter().filter(|pair| pair.number > version).count();
                Ok(if missing == 0 { SchemaState::Current } else { SchemaState::Behind { missing } })
            })
        })
        .await
    }

    /// Applies the migrations that are missing and gives their number; safe to call from many processes at once.
    ///
    /// # Errors
    /// [`MigrateError::Foreign`] and [`MigrateError::Ahead`] before anything is written.
    pub async fn migrate(&self) -> Result<usize, MigrateError> {
        match self.schema_state().await? {
            SchemaState::Foreign => return Err(MigrateError::Foreign),
            SchemaState::Ahead { min_binary } => return Err(MigrateError::Ahead { min_binary }),
            SchemaState::Current => return Ok(0),
            SchemaState::Empty | SchemaState::Behind { .. } => {}
        }
        if let Some(sqlite) = self.as_sqlite() {
            migrate_sqlite(sqlite).await
        } else if let Some(postgres) = self.as_postgres() {
            migrate_postgres(postgres).await
        } else {
            Ok(0)
        }
    }
}

/// Removes everything from a database, without asking.
///
/// The SQLite file and its companions are deleted; in PostgreSQL the connection's schema is emptied.
/// Nobody else may have the database open. Callers ask the person first.
///
/// # Errors
/// [`MigrateError::Failed`] if something could not be removed.
pub async fn wipe(url: &DatabaseUrl) -> Result<(), MigrateError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Failed(error);
    match url {
        DatabaseUrl::Sqlite(path) => {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                match std::fs::remove_file(&name) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(failed(error.into()));
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        DatabaseUrl::Postgres(config) => {
            let (client, connection) = postgres::connect(config).await?;
            let driving = tokio::spawn(connection);
            let wiped = client.batch_execute(WIPE_POSTGRES).await;
            drop(client);
            // The connection ends with its client; what it says then adds nothing.
            let _ = driving.await;
            wiped.map_err(|error| failed(error.into()))
        }
    }
}

/// Drops and makes anew the schema that unqualified names resolve to.
const WIPE_POSTGRES: &str = "DO $$ DECLARE name text := current_schema(); BEGIN \
     EXECUTE format('DROP SCHEMA %I CASCADE', name); EXECUTE format('CREATE SCHEMA %I', name); END $$";

fn release(version: &str) -> (u64, u64, u64) {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

fn runner(text: impl Fn(&Pair) -> &'static str) -> Result<Runner, MigrateError> {
    let migrations: Result<Vec<Migration>, _> = PAIRS
        .iter()
        .map(|pair| {
            let name = pair.name.split_once('_').map_or(pair.name, |(_, name)| name);
            Migration::unapplied(&format!("V{}__{name}", pair.number), text(pair))
        })
        .collect();
    let migrations = migrations.map_err(|error| MigrateError::Failed(Box::new(error)))?;
    // A newer binary's additive migrations are not ours to refuse: `min_binary` says when they are.
    Ok(Runner::new(&migrations).set_abort_missing(false).set_abort_divergent(true).set_target(Target::Latest))
}

async fn migrate_sqlite(database: &Sqlite) -> Result<usize, MigrateError> {
    let path = database.path.clone();
    let runner = runner(|pair| pair.sqlite)?;
    let migrating = tokio::task::spawn_blocking(move || {
        let mut conn = sqlite::connection(&path, sqlite::Access::Write)?;
        let report = runner.run(&mut conn).map_err(|error| MigrateError::Failed(Box::new(error)))?;
        Ok(report.applied_migrations().len())
    });
    migrating.await.map_err(|error| MigrateError::Failed(Box::new(error)))?
}

async fn migrate_postgres(database: &Postgres) -> Result<usize, MigrateError> {
    let failed = |error: tokio_postgres::Error| MigrateError::Failed(Box::new(error));
    let (mut client, connection) = postgres::connect(&database.config).await?;
    let driving = tokio::spawn(connection);
    // The lock goes with the connection, which is this migration's own and is closed below.
    client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await.map_err(failed)?;
    let report = runner(|pair| pair.postgres)?.run_async(&mut client).await;
    drop(client);
    let _ = driving.await;
    let report = report.map_err(|error| MigrateError::Failed(Box::new(error)))?;
    Ok(report.applied_migrations().len())
}

/// Names the schema that this binary makes, for a template that several test processes share.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for pair in &PAIRS {
        pair.postgres.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_as_numbers() {
        assert!(release("0.10.0") > release("0.9.9"));
        assert!(release("1.0.0") > release("0.99.0"));
        assert_eq!(release("0.1.0-rc.1"), (0, 1, 0));
    }
}
