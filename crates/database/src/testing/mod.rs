//! A fresh database per test, on both databases alike.
//!
//! A storage test takes `#[rstest]` and one argument `#[values(Backend::Sqlite, Backend::Postgres)]`; it then
//! runs on both. A missing PostgreSQL server is a failure with the command that installs it, never a skip.

mod catalogue;
pub mod cluster;
mod ran;
mod statements;

use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use tokio::sync::OnceCell;
use uuid::Uuid;

pub use catalogue::{Catalogue, catalogue};
pub use ran::Ran;
pub use statements::statement_mistakes;

use crate::{Database, DatabaseUrl, OpenOptions, migrate, postgres};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A new file.
    Sqlite,
    /// A new database on the throw-away server.
    Postgres,
}

/// A migrated database of the test's own, removed when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: DatabaseUrl,
    text: String,
    folder: Option<tempfile::TempDir>,
}

impl Backend {
    /// Makes a database with this binary's schema.
    ///
    /// # Panics
    /// If it cannot be made: a test without its database is a failure.
    pub async fn fresh(self) -> TestDatabase {
        let (text, folder) = match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                (format!("sqlite:{}", folder.path().join("test.db").display()), Some(folder))
            }
            Self::Postgres => (database_on_server(Some(template().await)).await, None),
        };
        let opened = open(text, folder).await;
        if self == Self::Sqlite {
            opened.database.migrate().await.expect("a new file can be migrated");
        }
        opened
    }

    /// Makes a database without any schema.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn empty(self) -> TestDatabase {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                open(format!("sqlite:{}", folder.path().join("test.db").display()), Some(folder)).await
            }
            Self::Postgres => open(database_on_server(None).await, None).await,
        }
    }
}

impl TestDatabase {
    /// Gives the place of the database, for opening it once more.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Gives the place of the database as a person would write it.
    #[must_use]
    pub fn url_text(&self) -> &str {
        &self.text
    }

    /// Gives a second handle with connections of its own, as another process would have.
    ///
    /// # Panics
    /// If the database cannot be opened again.
    pub async fn another_handle(&self) -> Database {
        Database::open(&self.url, small()).await.expect("the database can be opened twice")
    }

    /// Sets how far the ledger's clock is ahead of the machine's.
    ///
    /// # Panics
    /// If the clock's functions cannot be replaced.
    pub async fn set_ledger_clock_ahead(&self, by: Duration) {
        if let Some(sqlite) = self.database.as_sqlite() {
            sqlite.offset.set(by);
        }
        if self.database.as_postgres().is_some() {
            let micros = by.as_micros();
            self.batch(&format!(
                "CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS \
                 'SELECT clock_timestamp() + interval ''{micros} microseconds'''; \
                 CREATE OR REPLACE FUNCTION ledger_statement_now() RETURNS timestamptz LANGUAGE sql STABLE AS \
                 'SELECT statement_timestamp() + interval ''{micros} microseconds'''"
            ))
            .await;
        }
    }

    /// Runs statements as they stand, for what no product statement does.
    ///
    /// # Panics
    /// If one of them is refused.
    pub async fn batch(&self, sql: &str) {
        self.try_batch(sql).await.expect("the statements are accepted");
    }

    /// Runs statements as they stand and gives the database's refusal as text.
    ///
    /// # Errors
    /// What the database said.
    pub async fn try_batch(&self, sql: &str) -> Result<(), String> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let conn = rusqlite::Connection::open(path).map_err(|error| error.to_string())?;
                conn.busy_timeout(Duration::from_secs(10)).map_err(|error| error.to_string())?;
                conn.pragma_update(None, "foreign_keys", true).map_err(|error| error.to_string())?;
                conn.execute_batch(sql).map_err(|error| error.to_string())
            }
            DatabaseUrl::Postgres(config) => {
                let (client, connection) =
                    postgres::connect(config).await.map_err(|error| error.to_string())?;
                let driving = tokio::spawn(connection);
                let ran = client.batch_execute(sql).await;
                drop(client);
                let _ = driving.await;
                ran.map_err(|error| {
                    error.as_db_error().map_or(error.to_string(), |db| db.message().to_owned())
                })
            }
        }
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.folder.is_some() {
            return;
        }
        let DatabaseUrl::Postgres(config) = &self.url else { return };
        let Some(name) = config.get_dbname().map(str::to_owned) else { return };
        // A runtime of its own: the test's may be gone, and dropping must not wait on it.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
            }
        });
        // A database that stays behind goes with its server.
        let _ = dropping.join();
    }
}

async fn open(text: String, folder: Option<tempfile::TempDir>) -> TestDatabase {
    let url = DatabaseUrl::from_str(&text).expect("the harness writes valid urls");
    let database = Database::open(&url, small()).await.expect("a fresh database can be opened");
    TestDatabase { database, url, text, folder }
}

/// Many tests run side by side on one server, so each keeps few connections.
fn small() -> OpenOptions {
    OpenOptions { sqlite_readers: 2, postgres_connections: 6 }
}

/// Gives the name of a database with the schema in it, made once per server and copied by every test.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", migrate::fingerprint());
            let (client, connection) = server().await;
            let driving = tokio::spawn(connection);
            // Several test processes share one server; the first makes the template, the others wait here.
            client.batch_execute("SELECT pg_advisory_lock(20261120)").await.expect("the lock can be taken");
            let there = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await;
            if there.expect("the server lists its databases").is_empty() {
                let making = format!("{name}_making");
                client
                    .batch_execute(&format!("DROP DATABASE IF EXISTS {making}"))
                    .await
                    .expect("a half-made template goes");
                client
                    .batch_execute(&format!("CREATE DATABASE {making}"))
                    .await
                    .expect("a database can be made");
                let url = DatabaseUrl::from_str(&named(&making)).expect("the harness writes valid urls");
                let database = Database::open(&url, small()).await.expect("the template can be opened");
                database.migrate().await.expect("the template can be migrated");
                if let Some(postgres) = database.as_postgres() {
                    postgres.pool.close();
                }
                drop(database);
                let rename = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{making}'; \
                     ALTER DATABASE {making} RENAME TO {name}"
                );
                for step in rename.split(';') {
                    client.batch_execute(step).await.expect("the template can be put in place");
                }
            }
            drop(client);
            let _ = driving.await;
            name
        })
        .await
}

async fn database_on_server(template: Option<&str>) -> String {
    let name = format!("t_{}", random().simple());
    let from = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    on_server(&format!("CREATE DATABASE {name}{from}")).await;
    named(&name)
}

async fn on_server(sql: &str) {
    let (client, connection) = server().await;
    let driving = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the throw-away server does what the harness asks");
    drop(client);
    let _ = driving.await;
}

async fn server()
-> (tokio_postgres::Client, tokio_postgres::Connection<tokio_postgres::Socket, postgres::TlsStream>) {
    let DatabaseUrl::Postgres(config) =
        DatabaseUrl::from_str(cluster::postgres_url()).expect("the server's url is valid")
    else {
        panic!("the test server is not a PostgreSQL server")
    };
    postgres::connect(&config).await.expect("the test server answers")
}

/// Gives the server's url with another database in it.
fn named(database: &str) -> String {
    let url = cluster::postgres_url();
    let (before, _) = url.rsplit_once('/').expect("a url names a database");
    format!("{before}/{database}")
}

#[expect(clippy::disallowed_methods, reason = "names of test databases need not be repeatable")]
fn random() -> Uuid {
    Uuid::new_v4()
}

/// Writes an error with everything that caused it.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
