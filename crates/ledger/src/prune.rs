//! Letting go of what is old: ended runs with all that hangs on them, fires of schedules, keys of requests.

use database::{DatabaseError, Row, Tx, params, statement};
use tenancy::{Capability, Scope};

use crate::Ledger;

statement! {
    /// Removes a batch of runs that ended 90 days ago, cool no more, and that no other run and no fire refers to.
    RUNS = "ledger.prune_runs", (Uuid, I64) -> (I64),
    postgres: "/* ledger.prune_runs */ WITH d AS MATERIALIZED (
          SELECT r.workspace_id, r.id FROM operation_runs r
          WHERE r.workspace_id = $1 AND r.status = 'completed' AND r.completed_at < ledger_statement_now() - interval '90 days'
            AND r.reuse_until <= ledger_statement_now()
            AND NOT EXISTS (SELECT 1 FROM operation_runs n WHERE n.workspace_id = r.workspace_id AND n.rerun_of = r.id)
            AND NOT EXISTS (SELECT 1 FROM schedule_fires f WHERE f.workspace_id = r.workspace_id AND f.run_id = r.id)
          ORDER BY r.completed_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED),
        x1 AS (DELETE FROM run_events e USING d WHERE e.workspace_id = d.workspace_id AND e.run_id = d.id),
        x2 AS (DELETE FROM run_progress p USING d WHERE p.workspace_id = d.workspace_id AND p.run_id = d.id),
        x3 AS (DELETE FROM notification_outbox n USING d WHERE n.workspace_id = d.workspace_id AND n.run_id = d.id),
        x4 AS (DELETE FROM operation_runs r USING d WHERE r.workspace_id = d.workspace_id AND r.id = d.id RETURNING 1)
        SELECT count(*) FROM x4"
}
statement! {
    /// Does the same; a trigger removes what hangs on each row.
    RUNS_IN_STEPS = "ledger.prune_runs_step", (Uuid, I64, Time, Time) -> (Uuid),
    sqlite: "DELETE FROM operation_runs WHERE workspace_id = $1 AND id IN (
          SELECT r.id FROM operation_runs r
          WHERE r.workspace_id = $1 AND r.status = 'completed' AND r.completed_at < $4 AND r.reuse_until <= $3
            AND NOT EXISTS (SELECT 1 FROM operation_runs n WHERE n.workspace_id = r.workspace_id AND n.rerun_of = r.id)
            AND NOT EXISTS (SELECT 1 FROM schedule_fires f WHERE f.workspace_id = r.workspace_id AND f.run_id = r.id)
          ORDER BY r.completed_at LIMIT $2) RETURNING id"
}
statement! {
    /// The last fire of a schedule stays, so that the schedule can say what it did.
    FIRES = "ledger.prune_fires", (Uuid, Time) -> (),
    postgres: "/* ledger.prune_fires */ DELETE FROM schedule_fires f WHERE f.workspace_id = $1
        AND f.due_at < coalesce($2, ledger_statement_now() - interval '90 days')
        AND EXISTS (SELECT 1 FROM schedule_fires l WHERE l.workspace_id = f.workspace_id AND l.schedule_id = f.schedule_id AND l.due_at > f.due_at)",
    sqlite: "DELETE FROM schedule_fires AS f WHERE f.workspace_id = $1 AND f.due_at < $2
        AND EXISTS (SELECT 1 FROM schedule_fires l WHERE l.workspace_id = f.workspace_id AND l.schedule_id = f.schedule_id AND l.due_at > f.due_at)",
}
statement! {
    KEYS = "ledger.prune_keys", (Uuid, Time) -> (),
    postgres: "/* ledger.prune_keys */ DELETE FROM start_keys WHERE workspace_id = $1 AND created_at < coalesce($2, ledger_statement_now() - interval '24 hours')",
    sqlite: "DELETE FROM start_keys WHERE workspace_id = $1 AND created_at < $2",
}

/// How long an ended run is kept. The texts for PostgreSQL say the same: its own clock judges.
pub const RETENTION: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 60 * 60);

/// How long the key of a request is kept; the texts for PostgreSQL say the same.
pub const KEY_LIFE: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// How many runs one batch removes: few enough that starts do not wait behind it.
pub const PRUNE_BATCH: u32 = 500;

/// Whether a batch was the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunedRuns {
    /// How many runs were removed.
    pub runs: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl Ledger {
    /// Removes one batch of old runs of the scope's workspace; nothing that is active, cools, or is referred to.
    ///
    /// A run that an old re-run refers to goes in a later batch, when that is gone. A scope that may not
    /// [`Capability::Maintain`] removes nothing.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; calling again is safe.
    pub async fn prune_runs(&self, scope: &Scope) -> Result<PrunedRuns, DatabaseError> {
        if !scope.allows(Capability::Maintain) {
            return Ok(PrunedRuns { runs: 0, more: false });
        }
        let workspace = scope.workspace();
        let runs = self
            .database
            .write_single("ledger.prune_runs", move |tx| {
                Box::pin(async move {
                    let most = i64::from(PRUNE_BATCH);
                    let removed = match tx.sqlite_now() {
                        None => {
                            let row: Row = tx.query_one(&RUNS, params![workspace, most]).await?;
                            u64::try_from(row.get::<i64>(0)?).unwrap_or(0)
                        }
                        Some(now) => {
                            let values = params![workspace, most, now, now.minus(RETENTION)];
                            tx.query(&RUNS_IN_STEPS, values).await?.len() as u64
                        }
                    };
                    Ok::<_, DatabaseError>(removed)
                })
            })
            .await?;
        Ok(PrunedRuns { runs, more: runs >= u64::from(PRUNE_BATCH) })
    }

    /// Removes fires of 90 days ago but for the last of each schedule, and keys of requests of a day ago.
    ///
    /// Best before the runs, since a fire keeps its run.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; calling again is safe.
    pub async fn prune_traces(&self, scope: &Scope) -> Result<(), DatabaseError> {
        if !scope.allows(Capability::Maintain) {
            return Ok(());
        }
        let workspace = scope.workspace();
        self.database
            .write("ledger.prune_traces", move |tx| {
                Box::pin(async move {
                    let (fires, keys) = limits(tx);
                    tx.execute(&FIRES, params![workspace, fires]).await?;
                    tx.execute(&KEYS, params![workspace, keys]).await.map(|_| ())
                })
            })
            .await
    }
}

/// Gives what is old on SQLite; PostgreSQL asks its own clock.
fn limits(tx: &Tx<'_>) -> (Option<database::Ts>, Option<database::Ts>) {
    let now = tx.sqlite_now();
    (now.map(|now| now.minus(RETENTION)), now.map(|now| now.minus(KEY_LIFE)))
}
