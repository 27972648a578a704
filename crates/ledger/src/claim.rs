//! Claiming runs: a due row becomes running under a session, with a fence and a token of this attempt alone.

use std::time::Duration;

use database::{DatabaseError, Row, Ts, params, statement};
use serde_json::Value;
use tenancy::{Actor, RunId, Scope, TenantId, UserId, WorkspaceId};
use uuid::Uuid;

use crate::Ledger;
use crate::session::SessionId;

statement! {
    /// Claims due runs of the kinds that this binary knows, so that a newer kind waits for a newer worker.
    CLAIM = "ledger.claim", (I64, TextList, I32, I64)
        -> (Uuid, Uuid, Uuid, Text, I64, Uuid, I16, I16, Json, Text, Uuid, Text, Time, Time),
    postgres: "/* ledger.claim */ WITH n AS MATERIALIZED (
          SELECT r.workspace_id, r.id, r.fence FROM operation_runs r
          WHERE r.status = 'queued' AND NOT r.mirrored AND r.not_before <= ledger_statement_now() AND r.type = ANY($2)
            AND NOT EXISTS (SELECT 1 FROM op_gates g WHERE g.workspace_id = r.workspace_id AND g.scope_id = r.scope_id)
            AND NOT EXISTS (SELECT 1 FROM paused_kinds p WHERE p.workspace_id = r.workspace_id AND p.type = r.type)
            AND EXISTS (SELECT 1 FROM worker_sessions s WHERE s.id = $1 AND s.expires_at > ledger_statement_now())
          ORDER BY r.priority, r.not_before, r.id LIMIT $3::integer FOR UPDATE OF r SKIP LOCKED)
        UPDATE operation_runs o SET status = 'running', session_id = $1, fence = o.fence + 1, claim_token = gen_random_uuid(),
          attempt = o.attempt + 1, claimed_at = c.t, started_at = coalesce(o.started_at, c.t),
          deadline_at = c.t + $4::bigint * interval '1 microsecond'
        FROM n, (SELECT ledger_now() AS t) c WHERE o.workspace_id = n.workspace_id AND o.id = n.id AND o.fence = n.fence
        RETURNING o.workspace_id, o.id, o.tenant_id, o.type, o.fence, o.claim_token, o.attempt, o.max_attempts, o.inputs,
          o.initiator_kind, o.initiator_id, o.initiator_name, o.created_at, o.deadline_at"
}
statement! {
    CLAIM_SQLITE = "ledger.claim_sqlite", (I64, TextList, I32, I64, Time)
        -> (Uuid, Uuid, Uuid, Text, I64, Uuid, I16, I16, Json, Text, Uuid, Text, Time, Time),
    sqlite: "UPDATE operation_runs SET status = 'running', session_id = $1, fence = fence + 1, claim_token = randomblob(16),
          attempt = attempt + 1, claimed_at = $5, started_at = coalesce(started_at, $5), deadline_at = $5 + $4
        WHERE (workspace_id, id) IN (SELECT r.workspace_id, r.id FROM operation_runs r
          WHERE r.status = 'queued' AND r.mirrored = 0 AND r.not_before <= $5 AND r.type IN (SELECT value FROM json_each($2))
            AND NOT EXISTS (SELECT 1 FROM op_gates g WHERE g.workspace_id = r.workspace_id AND g.scope_id = r.scope_id)
            AND NOT EXISTS (SELECT 1 FROM paused_kinds p WHERE p.workspace_id = r.workspace_id AND p.type = r.type)
            AND EXISTS (SELECT 1 FROM worker_sessions s WHERE s.id = $1 AND s.expires_at > $5)
          ORDER BY r.priority, r.not_before, r.id LIMIT $3)
        RETURNING workspace_id, id, tenant_id, type, fence, claim_token, attempt, max_attempts, inputs,
          initiator_kind, initiator_id, initiator_name, created_at, deadline_at"
}

/// The proof of a claim: every write of the work names it, and none is accepted after it was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The run.
    pub run: RunId,
    /// How often the run was claimed or taken away; handed out once.
    pub fence: i64,
    /// Random, so that a fence that was issued twice after a database failover is still told apart.
    pub(crate) token: Uuid,
}

/// A run that this worker may work on.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    /// The proof.
    pub claim: Claim,
    /// The scope that the run was written with.
    pub scope: Scope,
    /// What to do.
    pub kind: String,
    /// With what.
    pub inputs: Value,
    /// Which attempt this is, from 1.
    pub attempt: i16,
    /// How many attempts there may be.
    pub max_attempts: i16,
    /// When the run was started.
    pub created_at: Ts,
    /// When the attempt counts as lost, whatever the lease says.
    pub deadline_at: Option<Ts>,
}

impl Ledger {
    /// Claims up to `most` due runs of the given kinds, by priority, then by age.
    ///
    /// Answers with none when the session has expired. `max_runtime` is the backstop after which an attempt
    /// counts as lost.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; a claim whose answer was lost is given back when the session expires.
    pub async fn claim(
        &self,
        session: SessionId,
        kinds: Vec<String>,
        most: i32,
        max_runtime: Duration,
    ) -> Result<Vec<ClaimedRun>, DatabaseError> {
        self.database
            .write_single("ledger.claim", move |tx| {
                Box::pin(async move {
                    let rows = match tx.sqlite_now() {
                        None => tx.query(&CLAIM, params![session.0, kinds, most, max_runtime]).await?,
                        Some(now) => {
                            tx.query(&CLAIM_SQLITE, params![session.0, kinds, most, max_runtime, now]).await?
                        }
                    };
                    rows.iter().map(read).collect()
                })
            })
            .await
    }
}

fn read(row: &Row) -> Result<ClaimedRun, DatabaseError> {
    let workspace = WorkspaceId::from_uuid(row.get(0)?);
    let tenant: Option<Uuid> = row.get(2)?;
    let claim =
        Claim { workspace, run: RunId::from_uuid(row.get(1)?), fence: row.get(4)?, token: row.get(5)? };
    Ok(ClaimedRun {
        claim,
        scope: Scope::restored(workspace, tenant.map(TenantId::from_uuid), actor(row)?),
        kind: row.get(3)?,
        attempt: row.get(6)?,
        max_attempts: row.get(7)?,
        inputs: row.get(8)?,
        created_at: row.get(12)?,
        deadline_at: row.get(13)?,
    })
}

fn actor(row: &Row) -> Result<Actor, DatabaseError> {
    let (kind, id, name): (String, Option<Uuid>, String) = (row.get(9)?, row.get(10)?, row.get(11)?);
    match (kind.as_str(), id) {
        ("user", Some(id)) => Ok(Actor::User { id: UserId::from_uuid(id), name }),
        ("schedule", _) => Ok(Actor::Schedule { name }),
        ("system", _) => Ok(Actor::System),
        _ => Err(DatabaseError::Stored { what: "initiator", value: kind }),
    }
}
