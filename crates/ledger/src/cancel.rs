//! Calling a run off: at once while it waits, by asking while it runs.

use database::{DatabaseError, Tx, params, statement};
use tenancy::{Capability, RunId, Scope, UserId};
use uuid::Uuid;

use crate::{Ledger, notice};

statement! {
    /// One statement for both states, so that there is no race with a claim.
    CANCEL = "ledger.cancel", (Uuid, Uuid, Uuid, Uuid) -> (Text),
    postgres: "/* ledger.cancel */ WITH p AS MATERIALIZED (SELECT id FROM operation_runs
          WHERE workspace_id = $1 AND id = $2 AND status <> 'completed' AND ($3::uuid IS NULL OR scope_id = $3)
            AND ($4::uuid IS NULL OR initiator_id = $4) FOR UPDATE),
        c AS MATERIALIZED (SELECT ledger_now() AS t FROM p),
        u AS (UPDATE operation_runs o SET status = CASE o.status WHEN 'queued' THEN 'completed' ELSE o.status END,
            outcome = CASE o.status WHEN 'queued' THEN 'cancelled' ELSE o.outcome END,
            completed_at = CASE o.status WHEN 'queued' THEN c.t END,
            reuse_until = CASE o.status WHEN 'queued' THEN c.t ELSE o.reuse_until END, dedupe_open = (o.status <> 'queued'),
            cooldown = interval '0', reason_code = CASE o.status WHEN 'queued' THEN 'ops.cancelled' ELSE o.reason_code END,
            fence = o.fence + CASE o.status WHEN 'queued' THEN 1 ELSE 0 END, cancel_requested_at = coalesce(o.cancel_requested_at, c.t)
          FROM c WHERE o.workspace_id = $1 AND o.id = $2 AND o.status <> 'completed' AND EXISTS (SELECT 1 FROM p)
          RETURNING o.workspace_id, o.id, o.status, o.initiator_id),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT workspace_id, id, 'terminal', initiator_id FROM u WHERE status = 'completed' AND initiator_id IS NOT NULL)
        SELECT status FROM u"
}
statement! {
    CANCEL_SQLITE = "ledger.cancel_sqlite", (Uuid, Uuid, Uuid, Uuid, Time) -> (Text, Uuid),
    sqlite: "UPDATE operation_runs SET status = CASE status WHEN 'queued' THEN 'completed' ELSE status END,
          outcome = CASE status WHEN 'queued' THEN 'cancelled' ELSE outcome END,
          completed_at = CASE status WHEN 'queued' THEN $5 END,
          reuse_until = CASE status WHEN 'queued' THEN $5 ELSE reuse_until END, dedupe_open = (status <> 'queued'),
          cooldown = 0, reason_code = CASE status WHEN 'queued' THEN 'ops.cancelled' ELSE reason_code END,
          fence = fence + (status = 'queued'), cancel_requested_at = coalesce(cancel_requested_at, $5)
        WHERE workspace_id = $1 AND id = $2 AND completed_at IS NULL AND ($3 IS NULL OR scope_id = $3)
          AND ($4 IS NULL OR initiator_id = $4) RETURNING status, initiator_id"
}

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The run was waiting and has ended.
    Ended,
    /// The run is under way; its worker stops at the next chance.
    Requested,
    /// There is no active run of this id that the one who asks may cancel.
    Nothing,
}

impl Ledger {
    /// Calls a run off; asking twice is harmless.
    ///
    /// Who may cancel only their own runs finds no others.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn cancel(&self, scope: &Scope, run: RunId) -> Result<Cancelled, DatabaseError> {
        let own = match (
            scope.allows(Capability::CancelAnyRun),
            scope.allows(Capability::CancelOwnRuns),
            scope.actor().user(),
        ) {
            (true, _, _) => None,
            (false, true, Some(user)) => Some(user),
            _ => return Ok(Cancelled::Nothing),
        };
        let (workspace, narrowed) = (scope.workspace(), scope.tenant());
        self.database
            .write_single("ledger.cancel", move |tx| {
                Box::pin(async move {
                    let mut values = params![workspace, run, narrowed, own].to_vec();
                    let status = match tx.sqlite_now() {
                        None => tx.query_opt(&CANCEL, &values).await?.map(|row| row.get(0)).transpose()?,
                        Some(now) => {
                            values.push(now.into());
                            cancel_in_steps(tx, workspace, run, now, &values).await?
                        }
                    };
                    Ok(match status.as_deref() {
                        Some("completed") => Cancelled::Ended,
                        Some(_) => Cancelled::Requested,
                        None => Cancelled::Nothing,
                    })
                })
            })
            .await
    }
}

async fn cancel_in_steps(
    tx: &mut Tx<'_>,
    workspace: tenancy::WorkspaceId,
    run: RunId,
    now: database::Ts,
    values: &[database::Value],
) -> Result<Option<String>, DatabaseError> {
    let Some(row) = tx.query_opt(&CANCEL_SQLITE, values).await? else { return Ok(None) };
    let status: String = row.get(0)?;
    if status == "completed" {
        let user: Option<Uuid> = row.get(1)?;
        notice::write(tx, workspace, run, notice::NoticeKind::Terminal, user.map(UserId::from_uuid), now)
            .await?;
    }
    Ok(Some(status))
}
