//! Listing the invitations that are open.

use std::collections::BTreeMap;

use database::{Database, DatabaseError, Ts, params, statement};
use uuid::Uuid;

use super::InvitationError;
use crate::access::{Reach, Role, read_role};
use crate::{Capability, InvitationId, Scope, TenantId};

statement! {
    LIST = "invitation.list", (Uuid, Time) -> (Uuid, Text, Text, Bool, Text, Time, Time),
    both: "SELECT i.id, i.email, i.role, i.narrowed, u.name, i.created_at, i.expires_at FROM invitations i JOIN users u ON u.id = i.invited_by
        WHERE i.workspace_id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2 ORDER BY i.id DESC"
}
statement! {
    TENANTS = "invitation.tenants", (Uuid) -> (Uuid, Uuid),
    both: "SELECT invitation_id, tenant_id FROM invitation_tenants WHERE workspace_id = $1 ORDER BY invitation_id, tenant_id"
}

/// An invitation that may still be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// For which tenants.
    pub reach: Reach,
    /// Who invited them.
    pub invited_by: String,
    /// When.
    pub created_at: Ts,
    /// Until when it may be accepted.
    pub expires_at: Ts,
}

/// Lists the open invitations of the scope's workspace, newest first.
///
/// # Errors
/// [`InvitationError::NotAllowed`] for whoever may not manage members.
pub async fn list(database: &Database, scope: &Scope, now: Ts) -> Result<Vec<Invitation>, InvitationError> {
    if !scope.allows(Capability::ManageMembers) {
        return Err(InvitationError::NotAllowed);
    }
    let workspace = scope.workspace();
    let (open, reaches) = database
        .read("invitation.list", move |tx| {
            Box::pin(async move {
                let open = tx.query(&LIST, params![workspace, now]).await?;
                Ok::<_, DatabaseError>((open, tx.query(&TENANTS, params![workspace]).await?))
            })
        })
        .await?;
    let mut tenants: BTreeMap<Uuid, Vec<TenantId>> = BTreeMap::new();
    for row in &reaches {
        tenants.entry(row.get(0)?).or_default().push(TenantId::from_uuid(row.get(1)?));
    }
    let mut list = Vec::with_capacity(open.len());
    for row in &open {
        let id: Uuid = row.get(0)?;
        let only = tenants.remove(&id).unwrap_or_default();
        list.push(Invitation {
            id: InvitationId::from_uuid(id),
            email: row.get(1)?,
            role: read_role(row, 2)?,
            reach: if row.get(3)? { Reach::Tenants(only) } else { Reach::Workspace },
            invited_by: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
        });
    }
    Ok(list)
}
