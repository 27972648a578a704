//! Reading the log, newest first.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use serde_json::Value;
use uuid::Uuid;

use crate::access::ServerScope;
use crate::{AuditId, Capability, Scope, TenantId};

statement! {
    LIST = "audit.list", (Uuid, Uuid, Uuid, I64, UuidList) -> (Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text),
    postgres: "SELECT id, tenant_id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address
        FROM audit_log WHERE workspace_id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND ($3::uuid IS NULL OR id < $3)
          AND ($5::uuid[] IS NULL OR tenant_id = ANY ($5)) ORDER BY id DESC LIMIT $4",
    sqlite: "SELECT id, tenant_id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address
        FROM audit_log WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id = $2) AND ($3 IS NULL OR id < $3)
          AND ($5 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($5))) ORDER BY id DESC LIMIT $4",
}
statement! {
    LIST_SERVER = "audit.list_server", (Uuid, I64) -> (Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text),
    postgres: "SELECT id, NULL::uuid, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address
        FROM server_audit_log WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
    sqlite: "SELECT id, NULL, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address
        FROM server_audit_log WHERE $1 IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
}

/// The most rows that one reading gives.
pub const PAGE_LENGTH_MAX: i64 = 200;

/// One row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// Its id; rows sort by it.
    pub id: AuditId,
    /// The tenant that it is about, if it is about one.
    pub tenant: Option<TenantId>,
    /// When it happened.
    pub at: Ts,
    /// What kind of actor it was: `user`, `schedule` or `system`.
    pub actor_kind: String,
    /// Which user.
    pub actor: Option<Uuid>,
    /// The actor's name at the time.
    pub actor_name: String,
    /// What was done: the code of an [`Action`](super::Action), or one of a newer release.
    pub action: String,
    /// What kind of thing it was done to; empty when there is none.
    pub subject_type: String,
    /// Which thing.
    pub subject_id: String,
    /// More about it.
    pub detail: Value,
    /// The request that did it; empty when there was none.
    pub request_id: String,
    /// The address that the request came from; empty when it is unknown.
    pub address: String,
}

/// Why the log was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The one who acts may not read it.
    #[error("reading the audit log takes the right to read it")]
    NotAllowed,
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Reads the workspace's log, newest first, from before `before` on.
///
/// A scope with a tenant reads that tenant's rows; a narrowed member only rows about tenants in their reach.
///
/// # Errors
/// [`AuditError::NotAllowed`] without the right to read it.
pub async fn list(
    database: &Database,
    scope: &Scope,
    before: Option<AuditId>,
    length: i64,
) -> Result<Vec<AuditRow>, AuditError> {
    if !scope.allows(Capability::ReadAudit) {
        return Err(AuditError::NotAllowed);
    }
    let visible: Option<Vec<Uuid>> =
        scope.visible_tenants().map(|tenants| tenants.iter().map(|tenant| tenant.as_uuid()).collect());
    let length = length.clamp(1, PAGE_LENGTH_MAX);
    let values = params![scope.workspace(), scope.tenant(), before, length, visible].to_vec();
    database
        .read("audit.list", move |tx| {
            Box::pin(async move {
                Ok(tx.query(&LIST, &values).await?.iter().map(read).collect::<Result<_, _>>()?)
            })
        })
        .await
}

/// Reads the log of the server itself, newest first, from before `before` on.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list_server(
    database: &Database,
    _: &ServerScope,
    before: Option<AuditId>,
    length: i64,
) -> Result<Vec<AuditRow>, DatabaseError> {
    let length = length.clamp(1, PAGE_LENGTH_MAX);
    database
        .read("audit.list_server", move |tx| {
            Box::pin(async move {
                tx.query(&LIST_SERVER, params![before, length]).await?.iter().map(read).collect()
            })
        })
        .await
}

fn read(row: &Row) -> Result<AuditRow, DatabaseError> {
    Ok(AuditRow {
        id: AuditId::from_uuid(row.get(0)?),
        tenant: row.get::<Option<Uuid>>(1)?.map(TenantId::from_uuid),
        at: row.get(2)?,
        actor_kind: row.get(3)?,
        actor: row.get(4)?,
        actor_name: row.get(5)?,
        action: row.get(6)?,
        subject_type: row.get(7)?,
        subject_id: row.get(8)?,
        detail: row.get(9)?,
        request_id: row.get(10)?,
        address: row.get(11)?,
    })
}
