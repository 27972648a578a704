//! PostgreSQL's side of a transaction.

use deadpool_postgres::{Client, GenericClient, Transaction};
use tokio_postgres::types::ToSql;

use super::bind;
use crate::{DatabaseError, Dialect, Row, Statement, Value};

/// How the statements of a body reach the server.
pub(crate) enum PostgresTx<'c> {
    /// Inside `BEGIN` and `COMMIT`.
    Whole(Transaction<'c>),
    /// One statement that is its own transaction; a second one is refused.
    Single { client: &'c Client, used: bool },
    /// Statements that only read.
    Reading(&'c Client),
}

impl<'c> PostgresTx<'c> {
    pub(crate) fn single(client: &'c Client) -> Self {
        Self::Single { client, used: false }
    }

    pub(crate) async fn query(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Whole(tx) => query(tx, statement, params).await,
            Self::Single { client, used } => {
                once(used, statement)?;
                query(*client, statement, params).await
            }
            Self::Reading(client) => query(*client, statement, params).await,
        }
    }

    pub(crate) async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<u64, DatabaseError> {
        match self {
            Self::Whole(tx) => execute(tx, statement, params).await,
            Self::Single { client, used } => {
                once(used, statement)?;
                execute(*client, statement, params).await
            }
            Self::Reading(client) => execute(*client, statement, params).await,
        }
    }
}

fn once(used: &mut bool, statement: &'static Statement) -> Result<(), DatabaseError> {
    if std::mem::replace(used, true) {
        return Err(DatabaseError::Poisoned { unit: statement.name });
    }
    Ok(())
}

async fn query(
    client: &impl GenericClient,
    statement: &'static Statement,
    params: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    let prepared = prepare(client, statement).await?;
    let found = client
        .query(&prepared, &borrowed(params))
        .await
        .map_err(|error| bind::refused(statement.name, &error))?;
    found.iter().map(|row| bind::row(row, statement)).collect()
}

async fn execute(
    client: &impl GenericClient,
    statement: &'static Statement,
    params: &[Value],
) -> Result<u64, DatabaseError> {
    let prepared = prepare(client, statement).await?;
    client.execute(&prepared, &borrowed(params)).await.map_err(|error| bind::refused(statement.name, &error))
}

async fn prepare(
    client: &impl GenericClient,
    statement: &'static Statement,
) -> Result<tokio_postgres::Statement, DatabaseError> {
    let text =
        statement.text(Dialect::Postgres).ok_or(DatabaseError::Missing { statement: statement.name })?;
    client.prepare_cached(text).await.map_err(|error| bind::refused(statement.name, &error))
}

fn borrowed(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
