//! Giving a run back: to be tried again, or because this worker stops.

use std::time::Duration;

use database::{DatabaseError, Tx, params, statement};
use tenancy::UserId;
use uuid::Uuid;

use crate::claim::Claim;
use crate::failure::{FailureCode, FailureSummary};
use crate::{Ledger, notice, to_stored};

statement! {
    /// A retry counts as an attempt, a release does not. A requested cancel ends here instead of running again.
    REQUEUE = "ledger.requeue", (Uuid, Uuid, I64, Uuid, Text, Text, I64, Json) -> (Text),
    postgres: "/* ledger.requeue */ WITH p AS MATERIALIZED (
          SELECT permit, attempt, claimed_at, CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
            WHEN $5 = 'retry' AND attempt >= max_attempts THEN 'failed' ELSE 'pending' END AS next
          FROM operation_runs WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4 FOR UPDATE),
        c AS MATERIALIZED (SELECT ledger_now() AS t FROM p),
        u AS (UPDATE operation_runs o SET status = CASE p.next WHEN 'pending' THEN 'queued' ELSE 'completed' END, outcome = p.next,
            session_id = NULL, permit = false, deadline_at = NULL, reason_code = $6,
            failure_summary = CASE p.next WHEN 'pending' THEN o.failure_summary ELSE $8 END,
            attempt = o.attempt - CASE WHEN p.next = 'pending' AND $5 <> 'retry' THEN 1 ELSE 0 END,
            not_before = CASE p.next WHEN 'pending' THEN c.t + $7::bigint * interval '1 microsecond' ELSE o.not_before END,
            completed_at = CASE p.next WHEN 'pending' THEN NULL ELSE c.t END, cooldown = interval '0',
            reuse_until = CASE p.next WHEN 'pending' THEN 'infinity' ELSE c.t END, dedupe_open = p.next = 'pending'
          FROM p, c WHERE o.workspace_id = $1 AND o.id = $2 AND o.fence = $3 AND o.claim_token = $4
          RETURNING o.workspace_id, o.scope_id, o.id, o.status, o.outcome, o.initiator_id, p.permit, p.attempt, p.claimed_at),
        gt AS (UPDATE op_gates g SET running = g.running - 1 FROM u
          WHERE u.permit AND g.workspace_id = u.workspace_id AND g.scope_id = u.scope_id),
        ev AS (INSERT INTO run_events (workspace_id, run_id, fence, event, at, attempt, claimed_at, reason_code)
          SELECT u.workspace_id, u.id, $3, $5, c.t, u.attempt, u.claimed_at, $6 FROM u, c WHERE u.status = 'queued'),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT workspace_id, id, 'terminal', initiator_id FROM u WHERE status = 'completed' AND initiator_id IS NOT NULL)
        SELECT coalesce((SELECT outcome FROM u), 'lost')"
}
statement! {
    EVENT_SQLITE = "ledger.requeue_event", (Uuid, Uuid, I64, Uuid, Text, Text, I64, Json, Time) -> (),
    sqlite: "INSERT INTO run_events (workspace_id, run_id, fence, event, at, attempt, claimed_at, reason_code)
        SELECT workspace_id, id, fence, $5, $9, attempt, claimed_at, $6 FROM operation_runs
        WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4
          AND cancel_requested_at IS NULL AND NOT ($5 = 'retry' AND attempt >= max_attempts)"
}
statement! {
    REQUEUE_SQLITE = "ledger.requeue_sqlite", (Uuid, Uuid, I64, Uuid, Text, Text, I64, Json, Time) -> (Text, Uuid),
    sqlite: "UPDATE operation_runs SET (status, outcome, completed_at, cooldown, reuse_until, dedupe_open, attempt, not_before, failure_summary) = (
          SELECT CASE x.next WHEN 'pending' THEN 'queued' ELSE 'completed' END, x.next, CASE x.next WHEN 'pending' THEN NULL ELSE $9 END, 0,
            CASE x.next WHEN 'pending' THEN 9223372036854775807 ELSE $9 END, x.next = 'pending',
            operation_runs.attempt - (x.next = 'pending' AND $5 <> 'retry'),
            CASE x.next WHEN 'pending' THEN $9 + $7 ELSE operation_runs.not_before END,
            CASE x.next WHEN 'pending' THEN operation_runs.failure_summary ELSE $8 END
          FROM (SELECT CASE WHEN operation_runs.cancel_requested_at IS NOT NULL THEN 'cancelled'
            WHEN $5 = 'retry' AND operation_runs.attempt >= operation_runs.max_attempts THEN 'failed' ELSE 'pending' END AS next) x),
          session_id = NULL, deadline_at = NULL, reason_code = $6
        WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4 RETURNING outcome, initiator_id"
}

/// Why a run is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GiveBack {
    /// The attempt failed in a way that another may not; it counts.
    Retry,
    /// This worker stops; the attempt is not held against the run.
    Release,
}

impl GiveBack {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Release => "release",
        }
    }
}

/// What became of a run that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// It waits to be claimed again.
    Queued,
    /// Its attempts were spent, so it ended as failed.
    Failed,
    /// Somebody had asked to cancel it, so it ended as cancelled.
    Cancelled,
    /// The run no longer belongs to this attempt; nothing was written.
    Lost,
}

impl Ledger {
    /// Gives a run back, to be claimed again after `backoff`; the last attempt's failures end it when none are left.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn give_back(
        &self,
        claim: Claim,
        why: GiveBack,
        backoff: Duration,
        reason: Option<FailureCode>,
        failures: &FailureSummary,
    ) -> Result<GivenBack, DatabaseError> {
        let values = params![
            claim.workspace,
            claim.run,
            claim.fence,
            claim.token,
            why.as_str(),
            reason.map(|code| code.as_str().to_owned()),
            backoff,
            to_stored(failures),
        ]
        .to_vec();
        let answer = self
            .database
            .write_single("ledger.requeue", move |tx| {
                Box::pin(async move { requeue(tx, claim, values).await })
            })
            .await?;
        if answer == GivenBack::Queued {
            self.wake.notify_waiters();
        }
        Ok(answer)
    }
}

async fn requeue(
    tx: &mut Tx<'_>,
    claim: Claim,
    mut values: Vec<database::Value>,
) -> Result<GivenBack, DatabaseError> {
    let Some(now) = tx.sqlite_now() else {
        let answer: String = tx.query_one(&REQUEUE, &values).await?.get(0)?;
        return Ok(given_back(&answer));
    };
    values.push(now.into());
    tx.execute(&EVENT_SQLITE, &values).await?;
    let Some(row) = tx.query_opt(&REQUEUE_SQLITE, &values).await? else { return Ok(GivenBack::Lost) };
    let answer = given_back(&row.get::<String>(0)?);
    if answer != GivenBack::Queued {
        let user: Option<Uuid> = row.get(1)?;
        let user = user.map(UserId::from_uuid);
        notice::write(tx, claim.workspace, claim.run, notice::NoticeKind::Terminal, user, now).await?;
    }
    Ok(answer)
}

fn given_back(answer: &str) -> GivenBack {
    match answer {
        "pending" => GivenBack::Queued,
        "failed" => GivenBack::Failed,
        "cancelled" => GivenBack::Cancelled,
        _ => GivenBack::Lost,
    }
}
