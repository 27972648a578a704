//! What the verbs share: one change at a time in a workspace, and never without an owner.

use database::{DatabaseError, Tx, Value, params, statement};
use uuid::Uuid;

use super::{MembershipError, Standing};
use crate::access::{Reach, reach_of, read_role};
use crate::{TenantId, UserId, WorkspaceId};

statement! {
    /// Two changes at once must not each count on the other's owner; it does not hold up rows that refer to the workspace.
    LOCK = "membership.lock", (Uuid) -> (Uuid),
    postgres: "SELECT id FROM workspaces WHERE id = $1 FOR NO KEY UPDATE",
    sqlite: "SELECT id FROM workspaces WHERE id = $1",
}
statement! {
    FIND = "membership.find", (Uuid, Uuid) -> (Text, Bool),
    both: "SELECT role, narrowed FROM memberships WHERE workspace_id = $1 AND user_id = $2"
}
statement! {
    OTHER_OWNERS = "membership.other_owners", (Uuid, Uuid) -> (I64),
    both: "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL
        WHERE m.workspace_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND NOT m.narrowed"
}
statement! {
    COUNT_TENANTS = "membership.count_tenants", (Uuid, UuidList) -> (I64),
    postgres: "SELECT count(*) FROM tenants WHERE workspace_id = $1 AND id = ANY ($2)",
    sqlite: "SELECT count(*) FROM tenants WHERE workspace_id = $1 AND id IN (SELECT unhex(value) FROM json_each($2))",
}
statement! {
    FORGET_REACH = "membership.forget_reach", (Uuid, Uuid) -> (),
    both: "DELETE FROM membership_tenants WHERE workspace_id = $1 AND user_id = $2"
}
statement! {
    ADD_REACH = "membership.add_reach", (Uuid, Uuid, UuidList) -> (),
    postgres: "INSERT INTO membership_tenants (workspace_id, user_id, tenant_id) SELECT $1, $2, unnest($3::uuid[])",
    sqlite: "INSERT INTO membership_tenants (workspace_id, user_id, tenant_id) SELECT $1, $2, unhex(value) FROM json_each($3)",
}

/// Holds the workspace, so that its members change one at a time.
pub(crate) async fn lock_workspace(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<(), DatabaseError> {
    tx.query_one(&LOCK, params![workspace]).await.map(|_| ())
}

/// Finds a membership.
pub(crate) async fn find(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Standing>, DatabaseError> {
    let Some(row) = tx.query_opt(&FIND, params![workspace, user]).await? else { return Ok(None) };
    let reach = reach_of(tx, workspace, user, row.get(1)?).await?;
    Ok(Some(Standing { user, role: read_role(&row, 0)?, reach }))
}

/// Refuses to go on if the workspace has no other owner.
pub(super) async fn keep_an_owner_beside(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    member: &Standing,
) -> Result<(), MembershipError> {
    if !member.is_owner() {
        return Ok(());
    }
    let others: i64 = tx.query_one(&OTHER_OWNERS, params![workspace, member.user]).await?.get(0)?;
    if others == 0 { Err(MembershipError::LastOwner) } else { Ok(()) }
}

/// Says whether a reach names a tenant that the workspace does not have.
pub(crate) async fn unknown_tenant(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    reach: &Reach,
) -> Result<bool, DatabaseError> {
    let Some(tenants) = reach.tenants() else { return Ok(false) };
    let row = tx.query_one(&COUNT_TENANTS, params![workspace, uuids(tenants)]).await?;
    Ok(row.get::<u64>(0)? != tenants.len() as u64)
}

/// Writes the tenants of a membership in place of those it had.
pub(super) async fn write_reach(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    user: UserId,
    reach: &Reach,
) -> Result<(), DatabaseError> {
    tx.execute(&FORGET_REACH, params![workspace, user]).await?;
    let Some(tenants) = reach.tenants() else { return Ok(()) };
    tx.execute(&ADD_REACH, params![workspace, user, uuids(tenants)]).await.map(|_| ())
}

fn uuids(tenants: &[TenantId]) -> Value {
    Value::UuidList(tenants.iter().map(|tenant| tenant.as_uuid()).collect::<Vec<Uuid>>())
}

/// Says a reach in the words of the audit log: `null` for the whole workspace, else the tenants' ids.
pub(super) fn reach_words(reach: &Reach) -> serde_json::Value {
    reach.tenants().map(|tenants| tenants.iter().map(ToString::to_string).collect::<Vec<_>>()).into()
}
