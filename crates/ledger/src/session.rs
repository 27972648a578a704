//! A worker's session: one lease for everything that a process works on.

use std::time::Duration;

use database::{DatabaseError, Tx, params, statement};
use tenancy::{RunId, WorkspaceId};

use crate::Ledger;

statement! {
    OPEN = "ledger.session_open", (Text, I64) -> (I64),
    postgres: "/* ledger.session_open */ INSERT INTO worker_sessions (worker, expires_at)
        VALUES ($1, ledger_now() + $2::bigint * interval '1 microsecond') RETURNING id"
}
statement! {
    OPEN_SQLITE = "ledger.session_open_sqlite", (Text, I64, Time) -> (I64),
    sqlite: "INSERT INTO worker_sessions (worker, started_at, expires_at) VALUES ($1, $3, $3 + $2) RETURNING id"
}
statement! {
    /// Beats once; an expired session never revives. Requested cancellations ride along.
    BEAT = "ledger.heartbeat", (I64, I64) -> (Bool, Uuid, Uuid),
    postgres: "/* ledger.heartbeat */ WITH b AS (
          UPDATE worker_sessions SET expires_at = ledger_now() + $2::bigint * interval '1 microsecond'
          WHERE id = $1 AND expires_at > ledger_now() RETURNING 1)
        SELECT (SELECT count(*) FROM b) > 0, r.workspace_id, r.id FROM (SELECT 1) x
        LEFT JOIN operation_runs r ON r.session_id = $1 AND r.status = 'running' AND r.cancel_requested_at IS NOT NULL"
}
statement! {
    BEAT_SQLITE = "ledger.heartbeat_sqlite", (I64, I64, Time) -> (I64),
    sqlite: "UPDATE worker_sessions SET expires_at = $3 + $2 WHERE id = $1 AND expires_at > $3 RETURNING id"
}
statement! {
    CANCELS_SQLITE = "ledger.heartbeat_cancels", (I64) -> (Uuid, Uuid),
    sqlite: "SELECT workspace_id, id FROM operation_runs WHERE status = 'running' AND session_id = $1 AND cancel_requested_at IS NOT NULL"
}
statement! {
    CLOSE = "ledger.session_close", (I64, Time) -> (),
    postgres: "/* ledger.session_close */ UPDATE worker_sessions SET expires_at = ledger_now()
        WHERE id = $1 AND expires_at > ledger_now() AND $2::timestamptz IS NULL",
    sqlite: "UPDATE worker_sessions SET expires_at = $2 WHERE id = $1 AND expires_at > $2"
}
statement! {
    LIVE = "ledger.sessions_live", () -> (I64),
    postgres: "SELECT count(*) FROM worker_sessions WHERE expires_at > ledger_statement_now()"
}
statement! {
    LIVE_SQLITE = "ledger.sessions_live_sqlite", (Time) -> (I64),
    sqlite: "SELECT count(*) FROM worker_sessions WHERE expires_at > $1"
}

/// Names a worker's session; never used again after it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub(crate) i64);

/// What a heartbeat answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whether the session still holds; if not, all work of it must stop.
    pub alive: bool,
    /// Runs of this session that somebody asked to cancel.
    pub cancelled: Vec<(WorkspaceId, RunId)>,
}

impl Ledger {
    /// Opens a session that expires after `lease` unless it beats.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn open_session(&self, worker: &str, lease: Duration) -> Result<SessionId, DatabaseError> {
        let worker = worker.to_owned();
        self.database
            .write_single("ledger.session_open", move |tx| {
                Box::pin(async move {
                    let row = match tx.sqlite_now() {
                        None => tx.query_one(&OPEN, params![worker, lease]).await?,
                        Some(now) => tx.query_one(&OPEN_SQLITE, params![worker, lease, now]).await?,
                    };
                    Ok(SessionId(row.get(0)?))
                })
            })
            .await
    }

    /// Holds a session for another `lease`.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; the caller keeps its own monotonic count of how long the lease still holds.
    pub async fn beat(&self, session: SessionId, lease: Duration) -> Result<Beat, DatabaseError> {
        self.database
            .write_single("ledger.heartbeat", move |tx| {
                Box::pin(async move { beat(tx, session, lease).await })
            })
            .await
    }

    /// Ends a session at once, so that nobody waits for its lease; harmless when it has expired.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn close_session(&self, session: SessionId) -> Result<(), DatabaseError> {
        self.database
            .write_single("ledger.session_close", move |tx| {
                Box::pin(async move {
                    let now = tx.sqlite_now();
                    tx.execute(&CLOSE, params![session.0, now]).await.map(|_| ())
                })
            })
            .await
    }

    /// Counts the workers whose lease holds.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn live_workers(&self) -> Result<i64, DatabaseError> {
        self.database
            .read("ledger.sessions_live", |tx| {
                Box::pin(async move {
                    match tx.sqlite_now() {
                        None => tx.query_one(&LIVE, &[]).await?.get(0),
                        Some(now) => tx.query_one(&LIVE_SQLITE, params![now]).await?.get(0),
                    }
                })
            })
            .await
    }
}

async fn beat(tx: &mut Tx<'_>, session: SessionId, lease: Duration) -> Result<Beat, DatabaseError> {
    let Some(now) = tx.sqlite_now() else {
        let rows = tx.query(&BEAT, params![session.0, lease]).await?;
        let mut answer = Beat { alive: false, cancelled: Vec::new() };
        for row in rows {
            answer.alive = row.get(0)?;
            let (workspace, run): (Option<uuid::Uuid>, Option<uuid::Uuid>) = (row.get(1)?, row.get(2)?);
            answer.cancelled.extend(workspace.zip(run).map(ids));
        }
        return Ok(answer);
    };
    let alive = tx.query_opt(&BEAT_SQLITE, params![session.0, lease, now]).await?.is_some();
    let rows = tx.query(&CANCELS_SQLITE, params![session.0]).await?;
    let cancelled =
        rows.iter().map(|row| Ok(ids((row.get(0)?, row.get(1)?)))).collect::<Result<_, DatabaseError>>()?;
    Ok(Beat { alive, cancelled })
}

fn ids((workspace, run): (uuid::Uuid, uuid::Uuid)) -> (WorkspaceId, RunId) {
    (WorkspaceId::from_uuid(workspace), RunId::from_uuid(run))
}
