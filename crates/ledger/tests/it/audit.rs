//! What the tables hold, as the walks and the checker of histories look at it.

use database::testing::TestDatabase;
use database::{Database, DatabaseError, Row, Ts, statement};
use ledger::{Outcome, RunId, RunStatus};
use serde_json::Value;
use uuid::Uuid;

statement! {
    /// Every run with its notices.
    KEPT = "ledger_tests.kept", ()
        -> (Uuid, Uuid, Bytes, Text, Text, I64, I16, I16, I64, Bool, Time, Time, Time, Time, Bool, Json, Json, I64, I64, Bool, Time),
    postgres: "SELECT r.id, r.scope_id, r.identity_hash, r.status, r.outcome, r.fence, r.attempt, r.max_attempts, r.session_id, r.dedupe_open,
          nullif(r.reuse_until, 'infinity'), r.completed_at, r.claimed_at, r.created_at, r.cancel_requested_at IS NOT NULL,
          r.summary_counts, r.failure_summary,
          (SELECT count(*) FROM notification_outbox n WHERE n.workspace_id = r.workspace_id AND n.run_id = r.id AND n.kind = 'queued'),
          (SELECT count(*) FROM notification_outbox n WHERE n.workspace_id = r.workspace_id AND n.run_id = r.id AND n.kind = 'terminal'),
          r.initiator_id IS NOT NULL, r.started_at
        FROM operation_runs r ORDER BY r.id",
    sqlite: "SELECT r.id, r.scope_id, r.identity_hash, r.status, r.outcome, r.fence, r.attempt, r.max_attempts, r.session_id, r.dedupe_open,
          nullif(r.reuse_until, 9223372036854775807), r.completed_at, r.claimed_at, r.created_at, r.cancel_requested_at IS NOT NULL,
          r.summary_counts, r.failure_summary,
          (SELECT count(*) FROM notification_outbox n WHERE n.workspace_id = r.workspace_id AND n.run_id = r.id AND n.kind = 'queued'),
          (SELECT count(*) FROM notification_outbox n WHERE n.workspace_id = r.workspace_id AND n.run_id = r.id AND n.kind = 'terminal'),
          r.initiator_id IS NOT NULL, r.started_at
        FROM operation_runs r ORDER BY r.id"
}

/// A stored run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: RunId,
    pub(crate) scope: Uuid,
    pub(crate) identity: Vec<u8>,
    pub(crate) status: RunStatus,
    pub(crate) outcome: Outcome,
    pub(crate) fence: i64,
    pub(crate) attempt: i16,
    pub(crate) max_attempts: i16,
    pub(crate) session: Option<i64>,
    pub(crate) dedupe_open: bool,
    pub(crate) reuse_until: Option<Ts>,
    pub(crate) completed_at: Option<Ts>,
    pub(crate) claimed_at: Option<Ts>,
    pub(crate) created_at: Ts,
    pub(crate) cancel_requested: bool,
    pub(crate) counts: Value,
    pub(crate) failures: Value,
    pub(crate) queued_notes: i64,
    pub(crate) terminal_notes: i64,
    pub(crate) by_a_user: bool,
    pub(crate) started_at: Option<Ts>,
}

/// Reads every run.
pub(crate) async fn kept(database: &TestDatabase) -> Vec<Kept> {
    let read: Result<Vec<Kept>, DatabaseError> = Database::read(database, "ledger_tests.kept", |tx| {
        Box::pin(async move { tx.query(&KEPT, &[]).await?.iter().map(one).collect() })
    })
    .await;
    read.expect("the tables can be read")
}

fn one(row: &Row) -> Result<Kept, DatabaseError> {
    Ok(Kept {
        id: RunId::from_uuid(row.get(0)?),
        scope: row.get(1)?,
        identity: row.get(2)?,
        status: row.get::<String>(3)?.parse()?,
        outcome: row.get::<String>(4)?.parse()?,
        fence: row.get(5)?,
        attempt: row.get(6)?,
        max_attempts: row.get(7)?,
        session: row.get(8)?,
        dedupe_open: row.get(9)?,
        reuse_until: row.get(10)?,
        completed_at: row.get(11)?,
        claimed_at: row.get(12)?,
        created_at: row.get(13)?,
        cancel_requested: row.get(14)?,
        counts: row.get(15)?,
        failures: row.get(16)?,
        queued_notes: row.get(17)?,
        terminal_notes: row.get(18)?,
        by_a_user: row.get(19)?,
        started_at: row.get(20)?,
    })
}
