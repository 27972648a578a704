//! What the frame of every page shows of the ledger: workers alive, runs under way, notices unread.

use database::{DatabaseError, Row, Ts, params, statement};
use tenancy::Scope;

use crate::Ledger;
use crate::search::places;

statement! {
    /// Reads it all at once: every page does.
    PULSE = "ledger.pulse", (Uuid, Uuid, UuidList) -> (I64, Time, I64, I64),
    postgres: "/* ledger.pulse */ SELECT count(*) FILTER (WHERE expires_at > ledger_statement_now()), max(expires_at),
          (SELECT count(*) FROM operation_runs WHERE workspace_id = $1 AND status = 'running' AND ($3::uuid[] IS NULL OR scope_id = ANY($3))),
          (SELECT count(*) FROM notification_outbox WHERE workspace_id = $1 AND user_id = $2 AND read_at IS NULL)
        FROM worker_sessions"
}
statement! {
    PULSE_SQLITE = "ledger.pulse_sqlite", (Uuid, Uuid, UuidList, Time) -> (I64, Time, I64, I64),
    sqlite: "SELECT count(*) FILTER (WHERE expires_at > $4), max(expires_at),
          (SELECT count(*) FROM operation_runs WHERE workspace_id = $1 AND status = 'running'
            AND ($3 IS NULL OR scope_id IN (SELECT unhex(value) FROM json_each($3)))),
          (SELECT count(*) FROM notification_outbox WHERE workspace_id = $1 AND user_id = $2 AND read_at IS NULL)
        FROM worker_sessions"
}

/// How the ledger is, seen from one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Workers whose lease holds.
    pub workers: u64,
    /// When the last lease of any worker runs out, or ran out; none before the first worker.
    pub lease_until: Option<Ts>,
    /// Runs under way that the scope may see.
    pub running: u64,
    /// Notices that the user who acts has not read.
    pub unread: u64,
}

impl Ledger {
    /// Reads what the frame of a page shows.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn pulse(&self, scope: &Scope) -> Result<Pulse, DatabaseError> {
        let mut values = params![scope.workspace(), scope.actor().user(), places(scope, &[])].to_vec();
        self.database
            .read("ledger.pulse", move |tx| {
                Box::pin(async move {
                    let row = match tx.sqlite_now() {
                        None => tx.query_one(&PULSE, &values).await?,
                        Some(now) => {
                            values.push(now.into());
                            tx.query_one(&PULSE_SQLITE, &values).await?
                        }
                    };
                    read(&row)
                })
            })
            .await
    }
}

fn read(row: &Row) -> Result<Pulse, DatabaseError> {
    Ok(Pulse { workers: row.get(0)?, lease_until: row.get(1)?, running: row.get(2)?, unread: row.get(3)? })
}
