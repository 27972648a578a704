//! Progress of a run under way: a narrow row, fenced, so that the wide one is not rewritten.

use database::{DatabaseError, params, statement};

use crate::claim::Claim;
use crate::summary::SummaryCounts;
use crate::{Ledger, to_stored};

statement! {
    /// Keeps the newest progress; an older fence never overwrites a newer one. No row: the claim is lost.
    WRITE = "ledger.progress", (Uuid, Uuid, I64, Uuid, Json, Text) -> (I32),
    postgres: "/* ledger.progress */ INSERT INTO run_progress AS p (workspace_id, run_id, fence, counts, phase, updated_at)
        SELECT workspace_id, id, fence, $5, $6, ledger_now() FROM operation_runs
        WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4
        ON CONFLICT (workspace_id, run_id) DO UPDATE SET fence = excluded.fence, counts = excluded.counts,
          phase = excluded.phase, updated_at = excluded.updated_at WHERE p.fence <= excluded.fence RETURNING 1"
}
statement! {
    WRITE_SQLITE = "ledger.progress_sqlite", (Uuid, Uuid, I64, Uuid, Json, Text, Time) -> (I64),
    sqlite: "INSERT INTO run_progress AS p (workspace_id, run_id, fence, counts, phase, updated_at)
        SELECT workspace_id, id, fence, $5, $6, $7 FROM operation_runs
        WHERE workspace_id = $1 AND id = $2 AND session_id IS NOT NULL AND fence = $3 AND claim_token = $4
        ON CONFLICT (workspace_id, run_id) DO UPDATE SET fence = excluded.fence, counts = excluded.counts,
          phase = excluded.phase, updated_at = excluded.updated_at WHERE p.fence <= excluded.fence RETURNING 1"
}

/// Whether the claim that wrote still holds the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// The run was taken over or has ended; stop.
    Lost,
}

impl Ledger {
    /// Writes how far the work has come, and what it is doing in a few words.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; progress is not worth stopping for, the lease is.
    pub async fn progress(
        &self,
        claim: Claim,
        counts: &SummaryCounts,
        phase: &str,
    ) -> Result<Held, DatabaseError> {
        let (counts, phase) = (to_stored(counts), phase.to_owned());
        self.database
            .write_single("ledger.progress", move |tx| {
                Box::pin(async move {
                    let mut values =
                        params![claim.workspace, claim.run, claim.fence, claim.token, counts, phase].to_vec();
                    let row = match tx.sqlite_now() {
                        None => tx.query_opt(&WRITE, &values).await?,
                        Some(now) => {
                            values.push(now.into());
                            tx.query_opt(&WRITE_SQLITE, &values).await?
                        }
                    };
                    Ok(if row.is_some() { Held::Yes } else { Held::Lost })
                })
            })
            .await
    }
}
