//! What waits, for whoever looks after the server.

use database::{DatabaseError, Ts, params, statement};
use tenancy::Scope;

use crate::Ledger;
use crate::search::places;

statement! {
    /// What waits and is due, since when the first of it is, and what waits for a later time or for somebody's word.
    QUEUE = "ledger.queue", (Uuid, UuidList) -> (I64, Time, I64),
    postgres: "/* ledger.queue */ SELECT count(*) FILTER (WHERE NOT mirrored AND not_before <= ledger_statement_now()),
          min(not_before) FILTER (WHERE NOT mirrored AND not_before <= ledger_statement_now()),
          count(*) FILTER (WHERE mirrored OR not_before > ledger_statement_now())
        FROM operation_runs WHERE workspace_id = $1 AND status = 'queued' AND ($2::uuid[] IS NULL OR scope_id = ANY($2))"
}
statement! {
    QUEUE_SQLITE = "ledger.queue_sqlite", (Uuid, UuidList, Time) -> (I64, Time, I64),
    sqlite: "SELECT count(*) FILTER (WHERE NOT mirrored AND not_before <= $3), min(not_before) FILTER (WHERE NOT mirrored AND not_before <= $3),
          count(*) FILTER (WHERE mirrored OR not_before > $3)
        FROM operation_runs WHERE workspace_id = $1 AND status = 'queued'
          AND ($2 IS NULL OR scope_id IN (SELECT unhex(value) FROM json_each($2)))"
}

/// What waits, as far as a scope reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Runs that are due and wait for a worker.
    pub waiting: u64,
    /// Since when the first of them is due.
    pub oldest: Option<Ts>,
    /// Runs that wait for a later time, or for a restore to be confirmed.
    pub later: u64,
}

impl Ledger {
    /// Counts what waits.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn queue(&self, scope: &Scope) -> Result<Queue, DatabaseError> {
        let mut values = params![scope.workspace(), places(scope, &[])].to_vec();
        self.database
            .read("ledger.queue", move |tx| {
                Box::pin(async move {
                    let row = match tx.sqlite_now() {
                        None => tx.query_one(&QUEUE, &values).await?,
                        Some(now) => {
                            values.push(now.into());
                            tx.query_one(&QUEUE_SQLITE, &values).await?
                        }
                    };
                    Ok(Queue { waiting: row.get(0)?, oldest: row.get(1)?, later: row.get(2)? })
                })
            })
            .await
    }
}
