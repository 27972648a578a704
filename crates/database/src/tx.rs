//! The transaction that a body runs its statements in, whichever database is below.

use std::future::Future;
use std::pin::Pin;

use crate::postgres::PostgresTx;
use crate::sqlite::SqliteTx;
use crate::{DatabaseError, Dialect, Row, Statement, Ts, Value};

/// What a transaction body returns: a future that waits for its statements and nothing else.
pub type Body<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// An open transaction.
///
/// After a failed statement every further one is refused, on both databases alike, and the unit is rolled back.
pub struct Tx<'c> {
    unit: &'static str,
    failed: bool,
    on: On<'c>,
    #[cfg(feature = "testing")]
    ran: Option<crate::testing::Ran>,
}

pub(crate) enum On<'c> {
    Sqlite(SqliteTx<'c>),
    Postgres(PostgresTx<'c>),
}

impl<'c> Tx<'c> {
    pub(crate) fn new(unit: &'static str, on: On<'c>) -> Self {
        Self {
            unit,
            failed: false,
            on,
            #[cfg(feature = "testing")]
            ran: None,
        }
    }

    /// Notes every statement from here on, for tests that look at what a deed asks of the database.
    #[cfg(feature = "testing")]
    pub(crate) fn noting(&mut self, ran: crate::testing::Ran) {
        self.ran = Some(ran);
    }

    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn into_on(self) -> On<'c> {
        self.on
    }

    /// Says which database the transaction is on, for the few bodies whose statements differ.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.on {
            On::Sqlite(_) => Dialect::Sqlite,
            On::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Gives the ledger's clock as read after SQLite's write lock was taken.
    ///
    /// `None` on PostgreSQL, whose statements call `ledger_now()` themselves: there a value read by the
    /// client would be older than the locks that the statement takes.
    #[must_use]
    pub fn sqlite_now(&self) -> Option<Ts> {
        match &self.on {
            On::Sqlite(tx) => Some(tx.now()),
            On::Postgres(_) => None,
        }
    }

    /// Runs a statement and gives every row of its answer.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; the transaction is then lost.
    pub async fn query(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        if self.failed {
            return Err(DatabaseError::Poisoned { unit: self.unit });
        }
        let answer = self.run(statement, params).await;
        self.failed = answer.is_err();
        answer
    }

    /// Runs a statement that answers with one row or none.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; [`DatabaseError::Rows`] if there were several.
    pub async fn query_opt(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Option<Row>, DatabaseError> {
        let mut rows = self.query(statement, params).await?;
        if rows.len() > 1 {
            self.failed = true;
            return Err(DatabaseError::Rows { statement: statement.name, found: rows.len() });
        }
        Ok(rows.pop())
    }

    /// Runs a statement that answers with exactly one row.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; [`DatabaseError::Rows`] if there were none or several.
    pub async fn query_one(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Row, DatabaseError> {
        let row = self.query_opt(statement, params).await?;
        row.ok_or_else(|| {
            self.failed = true;
            DatabaseError::Rows { statement: statement.name, found: 0 }
        })
    }

    /// Runs a statement for its effect and gives the number of rows it wrote.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; the transaction is then lost.
    pub async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<u64, DatabaseError> {
        if self.failed {
            return Err(DatabaseError::Poisoned { unit: self.unit });
        }
        self.note(statement);
        let answer = match check(statement, params) {
            Err(error) => Err(error),
            Ok(()) => match &mut self.on {
                On::Sqlite(tx) => tx.execute(statement, params),
                On::Postgres(tx) => tx.execute(statement, params).await,
            },
        };
        self.failed = answer.is_err();
        answer
    }

    #[cfg(feature = "testing")]
    fn note(&self, statement: &'static Statement) {
        if let Some(ran) = &self.ran {
            ran.note(statement.name);
        }
    }

    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_self, reason = "its twin for tests uses it")]
    fn note(&self, _: &'static Statement) {}

    async fn run(
        &mut self,
        statement: &'static Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        self.note(statement);
        check(statement, params)?;
        match &mut self.on {
            On::Sqlite(tx) => tx.query(statement, params),
            On::Postgres(tx) => tx.query(statement, params).await,
        }
    }
}

/// Refuses values that do not fit the declared types, so that a mistake fails alike on both databases.
fn check(statement: &'static Statement, params: &[Value]) -> Result<(), DatabaseError> {
    if params.len() != statement.params.len() {
        return Err(DatabaseError::Parameter { statement: statement.name, at: 0 });
    }
    for (at, (value, declared)) in params.iter().zip(statement.params).enumerate() {
        if !value.fits(*declared) {
            return Err(DatabaseError::Parameter { statement: statement.name, at: at + 1 });
        }
        if value.has_nul() {
            return Err(DatabaseError::Nul { statement: statement.name, at: at + 1 });
        }
    }
    Ok(())
}
