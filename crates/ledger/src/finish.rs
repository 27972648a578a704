//! Ending a run: one update that names the claim, so that only the final attempt's counts are ever stored.

use std::time::Duration;

use database::{DatabaseError, Tx, params, statement};
use tenancy::UserId;
use uuid::Uuid;

use crate::claim::Claim;
use crate::failure::{FailureCode, FailureSummary};
use crate::run::Outcome;
use crate::summary::SummaryCounts;
use crate::{Ledger, notice, to_stored};

statement! {
    /// Compares fence and token, and sets the end, the cooldown and the notice in one statement.
    COMPLETE = "ledger.finish", (Uuid, Uuid, I64, Uuid, Text, Json, Json, Text, I64) -> (Text),
    postgres: "/* ledger.finish */ WITH seen AS MATERIALIZED (
          SELECT status, fence, claim_token FROM operation_runs WHERE workspace_id = $1 AND id = $2),
        p AS MATERIALIZED (SELECT permit FROM operation_runs
          WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4 FOR UPDATE),
        /* The clock is read after the lock: a completion that waited must not end before it waited. */
        c AS MATERIALIZED (SELECT ledger_now() AS t,
          CASE WHEN $5 = 'cancelled' THEN interval '0' ELSE $9::bigint * interval '1 microsecond' END AS cooldown FROM p),
        u AS (UPDATE operation_runs o SET status = 'completed', outcome = $5, completed_at = c.t, cooldown = c.cooldown,
            reuse_until = c.t + c.cooldown, dedupe_open = c.cooldown > interval '0', session_id = NULL, permit = false,
            deadline_at = NULL, summary_counts = $6, failure_summary = $7, reason_code = $8
          FROM c, p WHERE o.workspace_id = $1 AND o.id = $2 AND o.fence = $3 AND o.claim_token = $4
          RETURNING o.workspace_id, o.scope_id, o.id, o.initiator_id, p.permit),
        gt AS (UPDATE op_gates g SET running = g.running - 1 FROM u
          WHERE u.permit AND g.workspace_id = u.workspace_id AND g.scope_id = u.scope_id),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT workspace_id, id, 'terminal', initiator_id FROM u WHERE initiator_id IS NOT NULL)
        SELECT CASE WHEN EXISTS (SELECT 1 FROM u) THEN 'completed' WHEN s.status IS NULL THEN 'not_found'
          WHEN s.fence = $3 AND s.claim_token = $4 THEN
            CASE s.status WHEN 'completed' THEN 'already_completed' WHEN 'queued' THEN 'requeued' ELSE 'unknown' END
          ELSE 'stale' END FROM (SELECT 1) x LEFT JOIN seen s ON true"
}
statement! {
    COMPLETE_SQLITE = "ledger.finish_sqlite", (Uuid, Uuid, I64, Uuid, Text, Json, Json, Text, I64, Time) -> (Uuid),
    sqlite: "UPDATE operation_runs SET status = 'completed', outcome = $5, completed_at = $10,
          cooldown = CASE $5 WHEN 'cancelled' THEN 0 ELSE $9 END, reuse_until = $10 + CASE $5 WHEN 'cancelled' THEN 0 ELSE $9 END,
          dedupe_open = ($5 <> 'cancelled' AND $9 > 0), session_id = NULL, deadline_at = NULL,
          summary_counts = $6, failure_summary = $7, reason_code = $8
        WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4 RETURNING initiator_id"
}
statement! {
    /// Tells why a completion changed nothing.
    STATE = "ledger.finish_state", (Uuid, Uuid, I64, Uuid) -> (Text, Bool),
    sqlite: "SELECT status, fence = $3 AND claim_token IS $4 FROM operation_runs WHERE workspace_id = $1 AND id = $2"
}

/// How an attempt ended the run.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The outcome; never `pending`.
    pub outcome: Outcome,
    /// The counts of this attempt.
    pub counts: SummaryCounts,
    /// What went wrong, if anything did.
    pub failures: FailureSummary,
    /// The one code to show for the run.
    pub reason: Option<FailureCode>,
}

/// What became of a wish to end a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The run has ended, by this call or by an earlier one of the same attempt whose answer was lost.
    Done,
    /// The run no longer belongs to this attempt; nothing was written.
    Lost,
    /// An equal request is in flight; ask again.
    Unknown,
}

impl Ledger {
    /// Ends a run, if the claim still holds it; sending it again after a lost answer is harmless.
    ///
    /// The kind's cooldown for this outcome begins here.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn finish(&self, claim: Claim, kind: &str, ending: &Ending) -> Result<Finished, DatabaseError> {
        let cooldown = self.catalog.cooldown(kind, ending.outcome, ending.reason.as_ref());
        let ending = ending.clone();
        self.database
            .write_single("ledger.finish", move |tx| {
                Box::pin(async move { finish(tx, claim, &ending, cooldown).await })
            })
            .await
    }
}

async fn finish(
    tx: &mut Tx<'_>,
    claim: Claim,
    ending: &Ending,
    cooldown: Duration,
) -> Result<Finished, DatabaseError> {
    let mut values = params![
        claim.workspace,
        claim.run,
        claim.fence,
        claim.token,
        ending.outcome.as_str(),
        to_stored(&ending.counts),
        to_stored(&ending.failures),
        ending.reason.as_ref().map(|code| code.as_str().to_owned()),
        cooldown,
    ]
    .to_vec();
    let Some(now) = tx.sqlite_now() else {
        let answer: String = tx.query_one(&COMPLETE, &values).await?.get(0)?;
        return Ok(match answer.as_str() {
            "completed" | "already_completed" => Finished::Done,
            "unknown" => Finished::Unknown,
            _ => Finished::Lost,
        });
    };
    values.push(now.into());
    if let Some(row) = tx.query_opt(&COMPLETE_SQLITE, &values).await? {
        let user: Option<Uuid> = row.get(0)?;
        let user = user.map(UserId::from_uuid);
        notice::write(tx, claim.workspace, claim.run, notice::NoticeKind::Terminal, user, now).await?;
        return Ok(Finished::Done);
    }
    let state = tx.query_opt(&STATE, params![claim.workspace, claim.run, claim.fence, claim.token]).await?;
    let ours = match state {
        Some(row) => row.get::<String>(0)? == "completed" && row.get(1)?,
        None => false,
    };
    Ok(if ours { Finished::Done } else { Finished::Lost })
}
