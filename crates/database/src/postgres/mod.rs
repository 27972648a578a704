//! The production database: a pool of connections, prepared statements kept per connection.

mod bind;
mod tls;
mod transaction;

use std::time::Duration;

use deadpool_postgres::{Hook, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::Config;

#[cfg(feature = "testing")]
pub(crate) use bind::pg_type;
#[cfg(feature = "testing")]
pub(crate) use tls::TlsStream;
pub(crate) use transaction::PostgresTx;

use crate::DatabaseError;
use crate::tx::{Body, On, Tx};

/// The oldest server that the statements are tested on.
pub(crate) const OLDEST_SERVER: u32 = 15;

/// How long a caller waits for a free connection, or for a new one to be made.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);

/// What each connection asks of the server: nobody waits for ever, and times mean the same everywhere.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET TimeZone = 'UTC'; SET client_min_messages = 'warning'";

/// An open PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) pool: Pool,
    pub(crate) config: Config,
}

impl Postgres {
    /// Checks that the server is there and new enough, and makes the pool.
    pub(crate) async fn open(config: &Config, size: usize) -> Result<Self, DatabaseError> {
        let (client, connection) = connect(config).await?;
        refuse_old_server(connection.parameter("server_version").unwrap_or_default())?;
        drop((client, connection));
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), tls::connector(), recycling);
        let pool = Pool::builder(manager)
            .max_size(size.max(2))
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(CONNECTION_WAIT),
                create: Some(CONNECTION_WAIT),
                recycle: Some(CONNECTION_WAIT),
            })
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    client.batch_execute(SESSION).await.map_err(deadpool_postgres::HookError::Backend)
                })
            }))
            .build()
            .map_err(DatabaseError::away)?;
        Ok(Self { pool, config: config.clone() })
    }

    /// Runs a unit in a transaction of its own task, so that a caller who hangs up cannot stop it half-way.
    pub(crate) async fn write<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let pool = self.pool.clone();
        let running = tokio::spawn(async move {
            let mut client = pool.get().await.map_err(DatabaseError::away)?;
            let transaction = client.transaction().await.map_err(|error| bind::refused(unit, &error))?;
            let mut tx = Tx::new(unit, On::Postgres(PostgresTx::Whole(transaction)));
            let value = body(&mut tx).await?;
            if tx.failed() {
                return Err(DatabaseError::Poisoned { unit }.into());
            }
            let On::Postgres(PostgresTx::Whole(transaction)) = tx.into_on() else {
                return Err(DatabaseError::Missing { statement: unit }.into());
            };
            let committed = transaction.commit().await;
            committed.map_err(|error| DatabaseError::Commit { unit, source: bind::safe(&error) })?;
            Ok(value)
        });
        running.await.map_err(|_| DatabaseError::Panicked { unit })?
    }

    /// Runs a unit that is a single statement here, without the round trips of a transaction around it.
    pub(crate) async fn write_single<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let pool = self.pool.clone();
        let running = tokio::spawn(async move {
            let client = pool.get().await.map_err(DatabaseError::away)?;
            let mut tx = Tx::new(unit, On::Postgres(PostgresTx::single(&client)));
            body(&mut tx).await
        });
        running.await.map_err(|_| DatabaseError::Panicked { unit })?
    }

    /// Runs a body that only reads, each statement seeing what is committed when it starts.
    pub(crate) async fn read<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let client = self.pool.get().await.map_err(DatabaseError::away)?;
        let mut tx = Tx::new(unit, On::Postgres(PostgresTx::Reading(&client)));
        body(&mut tx).await
    }
}

/// Opens one connection outside the pool; the returned connection must be driven.
pub(crate) async fn connect(
    config: &Config,
) -> Result<
    (tokio_postgres::Client, tokio_postgres::Connection<tokio_postgres::Socket, tls::TlsStream>),
    DatabaseError,
> {
    let connecting = tokio::time::timeout(CONNECTION_WAIT, config.connect(tls::connector())).await;
    connecting
        .map_err(|_| DatabaseError::away("the server did not answer in time"))?
        .map_err(|error| DatabaseError::Away(bind::safe(&error)))
}

fn refuse_old_server(version: &str) -> Result<(), DatabaseError> {
    let major = version.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_SERVER => Ok(()),
        _ => Err(DatabaseError::away(format!(
            "the server is PostgreSQL {version}, and TenantAtlas needs {OLDEST_SERVER} or newer"
        ))),
    }
}

/// Prepares a statement without running it and gives the server's idea of its types.
#[cfg(feature = "testing")]
pub(crate) async fn describe(
    postgres: &Postgres,
    statement: &'static crate::Statement,
) -> Result<(Vec<tokio_postgres::types::Type>, Vec<tokio_postgres::types::Type>), DatabaseError> {
    let text = statement
        .text(crate::Dialect::Postgres)
        .ok_or(DatabaseError::Missing { statement: statement.name })?;
    let client = postgres.pool.get().await.map_err(DatabaseError::away)?;
    let prepared = client.prepare(text).await.map_err(|error| bind::refused(statement.name, &error))?;
    Ok((prepared.params().to_vec(), prepared.columns().iter().map(|c| c.type_().clone()).collect()))
}
