//! Listing the members of a workspace.

use std::collections::BTreeMap;

use database::{Database, DatabaseError, Ts, params, statement};
use uuid::Uuid;

use super::MembershipError;
use crate::access::{Reach, Role, read_role};
use crate::user::Standing;
use crate::{Capability, Scope, TenantId, UserId};

statement! {
    LIST = "membership.list", (Uuid) -> (Uuid, Text, Text, Text, Bool, Time, Time),
    both: "SELECT u.id, u.name, u.email, m.role, m.narrowed, m.created_at, u.disabled_at
        FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = $1 ORDER BY u.email"
}
statement! {
    REACHES = "membership.reaches", (Uuid) -> (Uuid, Uuid),
    both: "SELECT user_id, tenant_id FROM membership_tenants WHERE workspace_id = $1 ORDER BY user_id, tenant_id"
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
    let (members, reaches) = database
        .read("membership.list", move |tx| {
            Box::pin(async move {
                let members = tx.query(&LIST, params![workspace]).await?;
                Ok::<_, DatabaseError>((members, tx.query(&REACHES, params![workspace]).await?))
            })
        })
        .await?;
    let mut tenants: BTreeMap<Uuid, Vec<TenantId>> = BTreeMap::new();
    for row in &reaches {
        tenants.entry(row.get(0)?).or_default().push(TenantId::from_uuid(row.get(1)?));
    }
    let mut list = Vec::with_capacity(members.len());
    for row in &members {
        let user: Uuid = row.get(0)?;
        let reach = if row.get(4)? {
            Reach::Tenants(tenants.remove(&user).unwrap_or_default())
        } else {
            Reach::Workspace
        };
        let disabled: Option<Ts> = row.get(6)?;
        list.push(Member {
            user: UserId::from_uuid(user),
            name: row.get(1)?,
            email: row.get(2)?,
            role: read_role(row, 3)?,
            reach,
            since: row.get(5)?,
            standing: if disabled.is_some() { Standing::Disabled } else { Standing::Enabled },
        });
    }
    Ok(list)
}
