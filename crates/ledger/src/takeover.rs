//! Taking over the runs of workers that were lost: back to the queue, or ended when the attempts are spent.

use database::{DatabaseError, Row, Tx, params, statement};
use tenancy::{RunId, UserId, WorkspaceId};
use uuid::Uuid;

use crate::failure::{Failure, FailureCode, FailureSummary};
use crate::run::RunStatus;
use crate::{Ledger, notice, to_stored};

statement! {
    /// Dead sessions and passed deadlines. The fence moves, so that the lost worker's writes are refused from now on.
    TAKE = "ledger.takeover", (Json) -> (Uuid, Uuid, Text),
    postgres: "/* ledger.takeover */ WITH c AS MATERIALIZED (SELECT ledger_now() AS t),
        dead AS MATERIALIZED (SELECT r.workspace_id, r.id, r.fence, r.permit, r.attempt, r.claimed_at,
            r.attempt < r.max_attempts AND r.cancel_requested_at IS NULL AS again
          FROM operation_runs r WHERE r.status = 'running' AND NOT r.mirrored AND (r.deadline_at < ledger_statement_now()
            OR NOT EXISTS (SELECT 1 FROM worker_sessions s WHERE s.id = r.session_id AND s.expires_at > ledger_statement_now()))
          ORDER BY r.workspace_id, r.id LIMIT 200 FOR UPDATE OF r SKIP LOCKED),
        u AS (UPDATE operation_runs o SET status = CASE WHEN d.again THEN 'queued' ELSE 'completed' END,
            outcome = CASE WHEN d.again THEN 'pending' WHEN o.cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'failed' END,
            completed_at = CASE WHEN d.again THEN NULL ELSE c.t END, cooldown = interval '0',
            reuse_until = CASE WHEN d.again THEN 'infinity' ELSE c.t END, dedupe_open = d.again,
            failure_summary = CASE WHEN d.again OR o.cancel_requested_at IS NOT NULL THEN o.failure_summary ELSE $1 END,
            reason_code = 'ops.worker_lost', session_id = NULL, permit = false, deadline_at = NULL,
            not_before = CASE WHEN d.again THEN c.t ELSE o.not_before END, fence = o.fence + 1
          FROM dead d, c WHERE o.workspace_id = d.workspace_id AND o.id = d.id AND o.fence = d.fence
          RETURNING o.workspace_id, o.scope_id, o.id, o.status, o.initiator_id, d.permit, d.fence AS was, d.attempt, d.claimed_at),
        lk AS MATERIALIZED (SELECT workspace_id, scope_id FROM op_gates
          WHERE (workspace_id, scope_id) IN (SELECT workspace_id, scope_id FROM u WHERE permit) ORDER BY 1, 2 FOR UPDATE),
        gt AS (UPDATE op_gates g SET running = g.running - (SELECT count(*) FROM u
            WHERE u.permit AND u.workspace_id = g.workspace_id AND u.scope_id = g.scope_id)
          FROM lk WHERE g.workspace_id = lk.workspace_id AND g.scope_id = lk.scope_id),
        ev AS (INSERT INTO run_events (workspace_id, run_id, fence, event, at, attempt, claimed_at, reason_code)
          SELECT u.workspace_id, u.id, u.was, 'worker_lost', c.t, u.attempt, u.claimed_at, 'ops.worker_lost' FROM u, c),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT workspace_id, id, 'terminal', initiator_id FROM u WHERE status = 'completed' AND initiator_id IS NOT NULL)
        SELECT workspace_id, id, status FROM u"
}
statement! {
    TAKE_SQLITE = "ledger.takeover_sqlite", (Json, Time) -> (Uuid, Uuid, Text, Uuid, I64, I16, Time),
    sqlite: "UPDATE operation_runs SET (status, outcome, completed_at, cooldown, reuse_until, dedupe_open, not_before, failure_summary) = (
          SELECT CASE WHEN x.again THEN 'queued' ELSE 'completed' END,
            CASE WHEN x.again THEN 'pending' WHEN operation_runs.cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'failed' END,
            CASE WHEN x.again THEN NULL ELSE $2 END, 0, CASE WHEN x.again THEN 9223372036854775807 ELSE $2 END, x.again,
            CASE WHEN x.again THEN $2 ELSE operation_runs.not_before END,
            CASE WHEN x.again OR operation_runs.cancel_requested_at IS NOT NULL THEN operation_runs.failure_summary ELSE $1 END
          FROM (SELECT operation_runs.attempt < operation_runs.max_attempts AND operation_runs.cancel_requested_at IS NULL AS again) x),
          reason_code = 'ops.worker_lost', session_id = NULL, deadline_at = NULL, fence = fence + 1
        WHERE (workspace_id, id) IN (SELECT r.workspace_id, r.id FROM operation_runs r WHERE r.status = 'running' AND r.mirrored = 0
          AND (r.deadline_at < $2 OR NOT EXISTS (SELECT 1 FROM worker_sessions s WHERE s.id = r.session_id AND s.expires_at > $2)) LIMIT 200)
        RETURNING workspace_id, id, status, initiator_id, fence, attempt, claimed_at"
}
statement! {
    EVENT_SQLITE = "ledger.takeover_event", (Uuid, Uuid, I64, Time, I16, Time) -> (),
    sqlite: "INSERT INTO run_events (workspace_id, run_id, fence, event, at, attempt, claimed_at, reason_code)
        VALUES ($1, $2, $3, 'worker_lost', $4, $5, $6, 'ops.worker_lost')"
}
statement! {
    /// Forgets sessions that ended a day ago and hold nothing; ids are never used again.
    SWEEP = "ledger.session_sweep", (Time) -> (),
    postgres: "/* ledger.session_sweep */ DELETE FROM worker_sessions s WHERE expires_at < ledger_statement_now() - interval '1 day'
        AND $1::timestamptz IS NULL AND NOT EXISTS (SELECT 1 FROM operation_runs r WHERE r.session_id = s.id AND r.status = 'running')",
    sqlite: "DELETE FROM worker_sessions WHERE expires_at < $1 - 86400000000
        AND id NOT IN (SELECT session_id FROM operation_runs WHERE status = 'running' AND session_id IS NOT NULL)"
}

/// A run whose worker was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The run.
    pub run: RunId,
    /// Queued again, or completed when its attempts were spent or a cancel was asked for.
    pub status: RunStatus,
}

impl Ledger {
    /// Takes over runs whose session has expired or whose deadline has passed; any number of processes may call it.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn take_over(&self) -> Result<Vec<TakenOver>, DatabaseError> {
        let failures = to_stored(&FailureSummary::from(Failure::of_code(FailureCode::WORKER_LOST)));
        let taken: Vec<TakenOver> = self
            .database
            .write_single("ledger.takeover", move |tx| {
                Box::pin(async move {
                    let Some(now) = tx.sqlite_now() else {
                        return tx.query(&TAKE, params![failures]).await?.iter().map(read).collect();
                    };
                    let rows = tx.query(&TAKE_SQLITE, params![failures, now]).await?;
                    for row in &rows {
                        note(tx, row, now).await?;
                    }
                    rows.iter().map(read).collect()
                })
            })
            .await
            .map_err(|error: DatabaseError| error)?;
        if !taken.is_empty() {
            self.wake.notify_waiters();
        }
        Ok(taken)
    }

    /// Forgets worker sessions that ended long ago.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn sweep_sessions(&self) -> Result<u64, DatabaseError> {
        self.database
            .write_single("ledger.session_sweep", |tx| {
                Box::pin(async move {
                    let now = tx.sqlite_now();
                    tx.execute(&SWEEP, params![now]).await
                })
            })
            .await
    }
}

async fn note(tx: &mut Tx<'_>, row: &Row, now: database::Ts) -> Result<(), DatabaseError> {
    let taken = read(row)?;
    let (user, fence, attempt): (Option<Uuid>, i64, i16) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let claimed_at: Option<database::Ts> = row.get(6)?;
    // The event belongs to the claim that was lost, which is one below the fence that took it away.
    tx.execute(&EVENT_SQLITE, params![taken.workspace, taken.run, fence - 1, now, attempt, claimed_at])
        .await?;
    if taken.status == RunStatus::Completed {
        notice::write(
            tx,
            taken.workspace,
            taken.run,
            notice::NoticeKind::Terminal,
            user.map(UserId::from_uuid),
            now,
        )
        .await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<TakenOver, DatabaseError> {
    Ok(TakenOver {
        workspace: WorkspaceId::from_uuid(row.get(0)?),
        run: RunId::from_uuid(row.get(1)?),
        status: row.get::<String>(2)?.parse()?,
    })
}
