//! Listing the members of a workspace.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use uuid::Uuid;

use super::MembershipError;
use crate::access::{Reach, Role, read_role};
use crate::user::Standing;
use crate::{Capability, Scope, TenantId, UserId};

statement! {
    /// A narrowed member stands in one row per tenant.
    LIST = "membership.list", (Uuid) -> (Uuid, Text, Text, Text, Bool, Time, Time, Text, Uuid),
    both: "SELECT u.id, u.name, u.email, m.role, m.narrowed, m.created_at, u.disabled_at, a.name, t.tenant_id
        FROM memberships m JOIN users u ON u.id = m.user_id LEFT JOIN users a ON a.id = m.added_by
        LEFT JOIN membership_tenants t ON t.workspace_id = m.workspace_id AND t.user_id = m.user_id
        WHERE m.workspace_id = $1 ORDER BY u.email, t.tenant_id"
}

/// A member of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// As what.
    pub role: Role,
    /// For which tenants.
    pub reach: Reach,
    /// Since when.
    pub since: Ts,
    /// Who let them in; none where that was not written down yet.
    pub added_by: Option<String>,
    /// Whether their account is enabled.
    pub standing: Standing,
}

/// Lists the members of the scope's workspace, by address.
///
/// # Errors
/// [`MembershipError::NotAllowed`] for a member who is narrowed: who else works here is not theirs to know.
pub async fn list(database: &Database, scope: &Scope) -> Result<Vec<Member>, MembershipError> {
    if !scope.allows(Capability::See) || scope.visible_tenants().is_some() {
        return Err(MembershipError::NotAllowed);
    }
    let workspace = scope.workspace();
    let rows = database
        .read("membership.list", move |tx| Box::pin(async move { tx.query(&LIST, params![workspace]).await }))
        .await?;
    let mut list: Vec<Member> = Vec::with_capacity(rows.len());
    for row in &rows {
        let (user, tenant): (Uuid, Option<Uuid>) = (row.get(0)?, row.get(8)?);
        let tenant = tenant.map(TenantId::from_uuid);
        match list.last_mut() {
            Some(Member { user: last, reach: Reach::Tenants(tenants), .. }) if last.as_uuid() == user => {
                tenants.extend(tenant);
            }
            _ => list.push(read(row, tenant)?),
        }
    }
    Ok(list)
}

fn read(row: &Row, tenant: Option<TenantId>) -> Result<Member, DatabaseError> {
    let disabled: Option<Ts> = row.get(6)?;
    Ok(Member {
        user: UserId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        email: row.get(2)?,
        role: read_role(row, 3)?,
        reach: if row.get(4)? { Reach::Tenants(tenant.into_iter().collect()) } else { Reach::Workspace },
        since: row.get(5)?,
        added_by: row.get(7)?,
        standing: if disabled.is_some() { Standing::Disabled } else { Standing::Enabled },
    })
}
