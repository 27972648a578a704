//! SQLite's side of a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use rusqlite::Connection;

use super::bind;
use crate::tx::{Body, On, Tx};
use crate::{DatabaseError, Dialect, Row, Statement, Ts, Value};

/// A transaction, or a savepoint within the writer's group, on one connection.
pub(crate) struct SqliteTx<'c> {
    conn: &'c mut Connection,
    now: Ts,
}

impl SqliteTx<'_> {
    pub(crate) fn now(&self) -> Ts {
        self.now
    }

    pub(crate) fn query(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        let mut prepared = self.prepare(statement)?;
        bind::bind(&mut prepared, statement, params)?;
        bind::rows(&mut prepared, statement)
    }

    pub(crate) fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<u64, DatabaseError> {
        let mut prepared = self.prepare(statement)?;
        bind::bind(&mut prepared, statement, params)?;
        let written = prepared.raw_execute().map_err(|error| bind::refused(statement.name, error))?;
        Ok(written as u64)
    }

    fn prepare(
        &mut self,
        statement: &'static Statement,
    ) -> Result<rusqlite::CachedStatement<'_>, DatabaseError> {
        let text =
            statement.text(Dialect::Sqlite).ok_or(DatabaseError::Missing { statement: statement.name })?;
        self.conn.prepare_cached(text).map_err(|error| bind::refused(statement.name, error))
    }
}

/// Runs a body on a connection whose transaction is open; it is polled exactly once.
///
/// A body that waits for anything but its statements, or panics, is an error: the caller rolls back.
pub(crate) fn run<T, E, F>(conn: &mut Connection, now: Ts, unit: &'static str, body: F) -> Result<T, E>
where
    F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E>,
    E: From<DatabaseError>,
{
    let mut tx = Tx::new(unit, On::Sqlite(SqliteTx { conn, now }));
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut running = body(&mut tx);
        running.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(Ok(_))) if tx.failed() => Err(DatabaseError::Poisoned { unit }.into()),
        Ok(Poll::Ready(answer)) => answer,
        Ok(Poll::Pending) => Err(DatabaseError::Suspended { unit }.into()),
        Err(_) => Err(DatabaseError::Panicked { unit }.into()),
    }
}
