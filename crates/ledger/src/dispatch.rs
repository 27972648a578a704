//! Starts that cannot be handed to workers: recorded as failed at once, so that no misleading queued row is left.

use database::{Database, DatabaseError, Row, Tx, params, statement};
use tenancy::tenant::{self, TenantState};
use tenancy::{RunId, Scope};

use crate::catalog::{Kind, Parsed};
use crate::failure::{Failure, FailureCode, FailureSummary};
use crate::run::{Outcome, RunStatus};
use crate::start::{RunRef, StartError, Started};
use crate::{Ledger, notice, to_stored};

statement! {
    /// Records a start that came to nothing; an open run of the same work still wins.
    RECORD = "ledger.dispatch_failed", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, Json) -> (Uuid, Bool, Text, Text, Text, Time),
    postgres: "/* ledger.dispatch_failed */ WITH hit AS MATERIALIZED (
          SELECT id, status, outcome, initiator_name, created_at FROM operation_runs
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open AND reuse_until > ledger_statement_now()),
        c AS MATERIALIZED (SELECT ledger_now() AS t WHERE NOT EXISTS (SELECT 1 FROM hit)),
        ins AS (INSERT INTO operation_runs (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, status, outcome, dedupe_open, reuse_until,
            created_at, completed_at, reason_code, failure_summary)
          SELECT $1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, 'completed', 'failed', false, c.t, c.t, c.t, 'queue.dispatch_failed', $13 FROM c
          RETURNING id, status, outcome, initiator_name, created_at),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT $1, ins.id, 'terminal', $9 FROM ins WHERE $9 IS NOT NULL)
        SELECT id, true, status, outcome, initiator_name, created_at FROM ins
        UNION ALL SELECT id, false, status, outcome, initiator_name, created_at FROM hit"
}
statement! {
    /// Looks for an open run of the same work.
    LOOK = "ledger.dispatch_look", (Uuid, Uuid, Bytes, Time) -> (Uuid, Bool, Text, Text, Text, Time),
    sqlite: "SELECT id, 0, status, outcome, initiator_name, created_at FROM operation_runs
        WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open = 1 AND reuse_until > $4"
}
statement! {
    /// Records a start that came to nothing.
    INSERT = "ledger.dispatch_insert", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, Json, Time) -> (Uuid, Bool, Text, Text, Text, Time),
    sqlite: "INSERT INTO operation_runs (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, status, outcome, dedupe_open, reuse_until,
            not_before, created_at, completed_at, reason_code, failure_summary)
        VALUES ($1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, 'completed', 'failed', 0, $14, $14, $14, $14, 'queue.dispatch_failed', $13)
        RETURNING id, 1, status, outcome, initiator_name, created_at"
}

/// Says what keeps the scope's tenant from being worked with, in a person's words.
pub(crate) async fn obstacle(database: &Database, scope: &Scope) -> Result<Option<Failure>, DatabaseError> {
    if scope.tenant().is_none() {
        return Ok(None);
    }
    let why = match tenant::readiness(database, scope).await? {
        None => "the tenant no longer exists",
        Some((TenantState::Disconnected, _)) => "the tenant is disconnected; connect it and start again",
        Some((TenantState::Removing, _)) => "the tenant is being removed",
        Some((TenantState::Connected, tenant::Secret::Missing)) => {
            "the tenant has no credentials; enter them and start again"
        }
        Some((TenantState::Connected, tenant::Secret::Kept)) => return Ok(None),
    };
    Ok(Some(Failure::new(FailureCode::DISPATCH_FAILED, why)))
}

impl Ledger {
    pub(crate) async fn record_failed_dispatch(
        &self,
        scope: &Scope,
        kind: &Kind,
        parsed: Parsed,
        why: Failure,
    ) -> Result<Started, StartError> {
        let (scope, token, new) = (scope.clone(), kind.token, RunId::new(self.clock.now()));
        let failures = to_stored(&FailureSummary::from(why.clone()));
        let row: Row = self
            .database
            .write_single("ledger.dispatch_failed", move |tx| {
                Box::pin(async move {
                    let actor = scope.actor();
                    let mut values = params![
                        scope.workspace(),
                        scope.key(),
                        parsed.identity.hash,
                        new,
                        scope.tenant(),
                        token,
                        parsed.identity.key_version,
                        actor.kind(),
                        actor.user(),
                        actor.name(),
                        parsed.inputs,
                        parsed.context,
                        failures,
                    ]
                    .to_vec();
                    let Some(now) = tx.sqlite_now() else { return tx.query_one(&RECORD, &values).await };
                    if let Some(hit) = look(tx, &scope, &values, now).await? {
                        return Ok(hit);
                    }
                    values.push(now.into());
                    let row = tx.query_one(&INSERT, &values).await?;
                    notice::write(
                        tx,
                        scope.workspace(),
                        new,
                        notice::NoticeKind::Terminal,
                        actor.user(),
                        now,
                    )
                    .await?;
                    Ok(row)
                })
            })
            .await
            .map_err(|error: DatabaseError| StartError::Database(error))?;
        let run = RunRef {
            id: RunId::from_uuid(row.get(0)?),
            status: row.get::<String>(2)?.parse::<RunStatus>()?,
            outcome: row.get::<String>(3)?.parse::<Outcome>()?,
            initiator: row.get(4)?,
            created_at: row.get(5)?,
        };
        Ok(if row.get(1)? { Started::NotDispatched { run, failure: why } } else { Started::Active(run) })
    }
}

async fn look(
    tx: &mut Tx<'_>,
    scope: &Scope,
    values: &[database::Value],
    now: database::Ts,
) -> Result<Option<Row>, DatabaseError> {
    let identity = values[2].clone();
    tx.query_opt(&LOOK, &[scope.workspace().into(), scope.key().into(), identity, now.into()]).await
}
