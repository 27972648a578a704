//! Opening a database and running units on it.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};

use crate::DatabaseError;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::tx::{Body, Tx};

/// How long a silent or unanswered connection to a server is believed in.
const CUT_AFTER: Duration = Duration::from_secs(30);

/// Which of the two databases is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The embedded one.
    Sqlite,
    /// The production one.
    Postgres,
}

/// Where a database is; shown without its password.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Box<tokio_postgres::Config>),
}

/// Why a text is not the place of a database; never repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither of the two forms.
    #[error("the database must be given as postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:PATH")]
    Form,
    /// A PostgreSQL connection string that does not parse.
    #[error(
        "the PostgreSQL connection string is not valid ({0}); expected postgres://USER:PASSWORD@HOST:PORT/NAME"
    )]
    Postgres(String),
    /// A PostgreSQL connection string that names no database.
    #[error(
        "the PostgreSQL connection string names no {0}; expected postgres://USER:PASSWORD@HOST:PORT/NAME"
    )]
    Lacks(&'static str),
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(UrlError::Form) } else { Ok(Self::Sqlite(path.into())) };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(UrlError::Form);
        }
        // rustls always checks the name, so the two stricter words of libpq ask for nothing more.
        let text = text
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config =
            tokio_postgres::Config::from_str(&text).map_err(|error| UrlError::Postgres(kind_of(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(UrlError::Lacks("host"));
        }
        if config.get_dbname().is_none() {
            return Err(UrlError::Lacks("database"));
        }
        if config.get_ssl_mode() == SslMode::Prefer {
            // "Prefer" protects nobody: a stranger on the way can refuse it. On this machine there is nobody on the way.
            let local = config.get_hosts().iter().all(is_local);
            config.ssl_mode(if local { SslMode::Disable } else { SslMode::Require });
        }
        config.application_name("tenantatlas");
        // A connection that was cut without a word is noticed in half a minute, not in the kernel's two hours.
        config.keepalives_idle(CUT_AFTER).tcp_user_timeout(CUT_AFTER);
        Ok(Self::Postgres(Box::new(config)))
    }
}

/// Names the part of a connection string that is wrong, without its value.
fn kind_of(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    // The driver quotes option names (`unknown option`), and for values only the option's name; anything else is withheld.
    if cause.starts_with("unknown option") || cause.starts_with("invalid value for option") {
        cause
    } else {
        "it cannot be read".to_owned()
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(config) => {
                let host = match config.get_hosts().first() {
                    Some(Host::Tcp(name)) => name.clone(),
                    Some(Host::Unix(path)) => path.display().to_string(),
                    None => "?".to_owned(),
                };
                let port = config.get_ports().first().copied().unwrap_or(5432);
                write!(f, "postgres://{host}:{port}/{}", config.get_dbname().unwrap_or("?"))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How many connections a process keeps.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// Reading connections to an SQLite file.
    pub sqlite_readers: usize,
    /// Connections to a PostgreSQL server, for reading and writing.
    pub postgres_connections: usize,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { sqlite_readers: 4, postgres_connections: 16 }
    }
}

/// An open database; clones share it.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
    #[cfg(feature = "testing")]
    ran: Option<crate::testing::Ran>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Database {
    /// Opens a database without touching its schema.
    ///
    /// # Errors
    /// [`DatabaseError::Away`] if the file cannot be opened or is another program's, or the server does not answer or is too old.
    pub async fn open(url: &DatabaseUrl, options: OpenOptions) -> Result<Self, DatabaseError> {
        let inner = match url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.clone();
                let opening =
                    tokio::task::spawn_blocking(move || Sqlite::open(&path, options.sqlite_readers));
                Inner::Sqlite(opening.await.map_err(DatabaseError::away)??)
            }
            DatabaseUrl::Postgres(config) => {
                Inner::Postgres(Box::new(Postgres::open(config, options.postgres_connections).await?))
            }
        };
        Ok(Self {
            inner: Arc::new(inner),
            #[cfg(feature = "testing")]
            ran: None,
        })
    }

    /// Says which of the two databases this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match *self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Gives the file of an SQLite database.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &*self.inner {
            Inner::Sqlite(sqlite) => Some(&sqlite.path),
            Inner::Postgres(_) => None,
        }
    }

    /// Runs a unit: all of it is committed when this answers `Ok`, nothing of it when it answers `Err`.
    ///
    /// A lost connection while PostgreSQL commits is the exception: then [`DatabaseError::Commit`] means *unknown*.
    ///
    /// # Errors
    /// What the body answers, or a [`DatabaseError`].
    pub async fn write<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.writer.write(unit, self.noted(body)).await,
            Inner::Postgres(postgres) => postgres.write(unit, self.noted(body)).await,
        }
    }

    /// Runs a unit that is one statement on PostgreSQL, in one round trip there; a second one is refused.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_single<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.writer.write(unit, self.noted(body)).await,
            Inner::Postgres(postgres) => postgres.write_single(unit, self.noted(body)).await,
        }
    }

    /// Runs a body that only reads; on SQLite against one snapshot, on PostgreSQL each statement against what is committed.
    ///
    /// # Errors
    /// What the body answers, or a [`DatabaseError`].
    pub async fn read<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.readers.read(unit, self.noted(body)).await,
            Inner::Postgres(postgres) => postgres.read(unit, self.noted(body)).await,
        }
    }

    /// Gives a handle on the same connections that notes every statement it runs.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn noting(&self, ran: crate::testing::Ran) -> Self {
        Self { inner: Arc::clone(&self.inner), ran: Some(ran) }
    }

    #[cfg(feature = "testing")]
    fn noted<T, E, F>(
        &self,
        body: F,
    ) -> impl for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
    {
        let ran = self.ran.clone();
        move |tx| {
            if let Some(ran) = ran {
                tx.noting(ran);
            }
            body(tx)
        }
    }

    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_self, reason = "its twin for tests uses it")]
    fn noted<F>(&self, body: F) -> F {
        body
    }

    pub(crate) fn as_sqlite(&self) -> Option<&Sqlite> {
        match &*self.inner {
            Inner::Sqlite(sqlite) => Some(sqlite),
            Inner::Postgres(_) => None,
        }
    }

    pub(crate) fn as_postgres(&self) -> Option<&Postgres> {
        match &*self.inner {
            Inner::Sqlite(_) => None,
            Inner::Postgres(postgres) => Some(postgres),
        }
    }
}
