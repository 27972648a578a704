//! Starts that cannot be handed to workers: recorded as failed at once, so that no misleading queued row is left.

use database::{Database, DatabaseError, Tx, params, statement};
use tenancy::tenant::{self, TenantState};
use tenancy::{Scope, audit, audit_columns};

use crate::ensure::{self, Ask};
use crate::failure::{Failure, FailureCode, FailureSummary};
use crate::start::{Force, Started};
use crate::{notice, to_stored};

statement! {
    /// Records a start that came to nothing, with its notice and the audit row; an open run of the same work still wins.
    RECORD = "ledger.dispatch_failed", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16, Uuid, Bool, Json,
            Uuid, Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text)
        -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool),
    postgres: concat!("/* ledger.dispatch_failed */ WITH hit AS MATERIALIZED (
          SELECT id, status, outcome, reuse_until, initiator_name, created_at, completed_at FROM operation_runs
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open
            AND (status <> 'completed' OR (reuse_until > ledger_statement_now() AND NOT $15::boolean))),
        c AS MATERIALIZED (SELECT ledger_now() AS t WHERE NOT EXISTS (SELECT 1 FROM hit)),
        ins AS (INSERT INTO operation_runs (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts, rerun_of, status, outcome, dedupe_open,
            reuse_until, created_at, completed_at, reason_code, failure_summary)
          SELECT $1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13, $14, 'completed', 'failed', false, c.t, c.t, c.t,
            'queue.dispatch_failed', $16 FROM c RETURNING id, status, outcome, initiator_name, created_at, completed_at),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT $1, ins.id, 'terminal', $9 FROM ins WHERE $9 IS NOT NULL),
        log AS (INSERT INTO audit_log (", audit_columns!(), ")
          SELECT $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29 FROM ins WHERE $17::uuid IS NOT NULL)
        SELECT a.*, EXISTS (SELECT 1 FROM paused_kinds WHERE workspace_id = $1 AND type = $6) FROM (
          SELECT id, true, status, outcome, NULL::timestamptz, initiator_name, created_at, completed_at FROM ins
          UNION ALL SELECT id, false, status, outcome, nullif(reuse_until, 'infinity'), initiator_name, created_at, completed_at FROM hit) a")
}
statement! {
    /// Records a start that came to nothing.
    INSERT = "ledger.dispatch_insert", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16, Uuid, Json, Time)
        -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool),
    sqlite: "INSERT INTO operation_runs (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts, rerun_of, status, outcome, dedupe_open,
            reuse_until, not_before, created_at, completed_at, reason_code, failure_summary)
        VALUES ($1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13, $14, 'completed', 'failed', 0, $16, $16, $16, $16, 'queue.dispatch_failed', $15)
        RETURNING id, 1, status, outcome, NULL, initiator_name, created_at, completed_at, 0"
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

/// Records a start that came to nothing, unless a run stands for the work already.
pub(crate) async fn record(tx: &mut Tx<'_>, ask: &Ask, why: Failure) -> Result<Started, DatabaseError> {
    let failures = to_stored(&FailureSummary::from(why.clone()));
    let entry = ask.entry(ask.action()).map(|entry| entry.with("reason_code", why.code.as_str()));
    let mut values = ask.values();
    let row = match tx.sqlite_now() {
        None => {
            values.extend(params![ask.force == Force::Yes, failures].to_vec());
            values.extend(ensure::logged(entry, ask.now));
            tx.query_one(&RECORD, &values).await?
        }
        Some(now) => match ensure::look(tx, ask, now).await? {
            Some(hit) => hit,
            None => {
                values.extend(params![failures, now].to_vec());
                let row = tx.query_one(&INSERT, &values).await?;
                let user = ask.scope.actor().user();
                notice::write(tx, ask.scope.workspace(), ask.new, notice::NoticeKind::Terminal, user, now)
                    .await?;
                if let Some(entry) = entry {
                    audit::record(tx, entry, ask.now).await?;
                }
                row
            }
        },
    };
    Ok(match ensure::read(&row)? {
        Started::Created(run) => Started::NotDispatched { run, failure: why },
        standing => standing,
    })
}
