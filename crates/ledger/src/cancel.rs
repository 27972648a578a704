//! Calling a run off: at once while it waits, by asking while it runs.

use database::{DatabaseError, Row, Ts, Tx, params, statement};
use tenancy::audit::{self, Action, Entry};
use tenancy::{Capability, RunId, Scope, TenantId, UserId, audit_columns};
use uuid::Uuid;

use crate::{Ledger, ensure, notice};

statement! {
    /// One statement for both states, so that there is no race with a claim.
    CANCEL = "ledger.cancel", (Uuid, Uuid, Uuid, Uuid, Uuid, Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text) -> (Text),
    postgres: concat!("/* ledger.cancel */ WITH p AS MATERIALIZED (SELECT id, cancel_requested_at IS NULL AS is_first FROM operation_runs
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
          RETURNING o.workspace_id, o.id, o.tenant_id, o.status, o.initiator_id),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT workspace_id, id, 'terminal', initiator_id FROM u WHERE status = 'completed' AND initiator_id IS NOT NULL),
        /* The row is about the tenant of the run, which the one who asks need not have named. */
        log AS (INSERT INTO audit_log (", audit_columns!(), ")
          SELECT $5, $6, coalesce(u.tenant_id, $7), $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM u, p
          WHERE p.is_first AND $5::uuid IS NOT NULL)
        SELECT status FROM u")
}
statement! {
    CANCEL_SQLITE = "ledger.cancel_sqlite", (Uuid, Uuid, Uuid, Uuid, Time) -> (Text, Uuid, Uuid, Bool),
    sqlite: "UPDATE operation_runs SET status = CASE status WHEN 'queued' THEN 'completed' ELSE status END,
          outcome = CASE status WHEN 'queued' THEN 'cancelled' ELSE outcome END,
          completed_at = CASE status WHEN 'queued' THEN $5 END,
          reuse_until = CASE status WHEN 'queued' THEN $5 ELSE reuse_until END, dedupe_open = (status <> 'queued'),
          cooldown = 0, reason_code = CASE status WHEN 'queued' THEN 'ops.cancelled' ELSE reason_code END,
          fence = fence + (status = 'queued'), cancel_requested_at = coalesce(cancel_requested_at, $5)
        WHERE workspace_id = $1 AND id = $2 AND completed_at IS NULL AND ($3 IS NULL OR scope_id = $3)
          AND ($4 IS NULL OR initiator_id = $4) RETURNING status, initiator_id, tenant_id, cancel_requested_at = $5"
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
    /// Who may cancel only their own runs finds no others. Where a person asks first, the audit log says so, or
    /// nothing is cancelled.
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
        let (scope, at) = (scope.clone(), self.clock.now());
        self.database
            .write_single("ledger.cancel", move |tx| {
                Box::pin(async move {
                    let mut values = params![scope.workspace(), run, scope.tenant(), own].to_vec();
                    let entry = scope
                        .actor()
                        .user()
                        .map(|_| Entry::in_scope(&scope, Action::RunCancelled).about("run", run));
                    let status: Option<String> = match tx.sqlite_now() {
                        None => {
                            values.extend(ensure::logged(entry, at));
                            tx.query_opt(&CANCEL, &values).await?.map(|row| row.get(0)).transpose()?
                        }
                        Some(now) => {
                            values.push(now.into());
                            match tx.query_opt(&CANCEL_SQLITE, &values).await? {
                                None => None,
                                Some(row) => {
                                    tell(tx, &scope, run, &row, now).await?;
                                    let entry = entry.filter(|_| matches!(row.get(3), Ok(true)));
                                    log(tx, entry, &row, at).await?;
                                    Some(row.get(0)?)
                                }
                            }
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

/// Tells the initiator of a run that ended here.
async fn tell(tx: &mut Tx<'_>, scope: &Scope, run: RunId, row: &Row, now: Ts) -> Result<(), DatabaseError> {
    if row.get::<String>(0)? != "completed" {
        return Ok(());
    }
    let user: Option<Uuid> = row.get(1)?;
    let user = user.map(UserId::from_uuid);
    notice::write(tx, scope.workspace(), run, notice::NoticeKind::Terminal, user, now).await
}

/// Writes down who called it off; about the tenant of the run, which the one who asks need not have named.
async fn log(tx: &mut Tx<'_>, entry: Option<Entry>, row: &Row, at: Ts) -> Result<(), DatabaseError> {
    let Some(entry) = entry else { return Ok(()) };
    let entry = match row.get::<Option<Uuid>>(2)? {
        Some(tenant) => entry.in_tenant(TenantId::from_uuid(tenant)),
        None => entry,
    };
    audit::record(tx, entry, at).await
}
