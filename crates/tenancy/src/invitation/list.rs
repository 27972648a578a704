//! Listing the invitations that are open.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use uuid::Uuid;

use super::InvitationError;
use crate::access::{Reach, Role, read_role};
use crate::{Capability, InvitationId, Scope, TenantId};

statement! {
    /// One that is narrowed stands in one row per tenant.
    LIST = "invitation.list", (Uuid, Time) -> (Uuid, Text, Text, Bool, Text, Time, Time, Uuid),
    both: "SELECT i.id, i.email, i.role, i.narrowed, u.name, i.created_at, i.expires_at, t.tenant_id
        FROM invitations i JOIN users u ON u.id = i.invited_by
        LEFT JOIN invitation_tenants t ON t.workspace_id = i.workspace_id AND t.invitation_id = i.id
        WHERE i.workspace_id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2
        ORDER BY i.id DESC, t.tenant_id"
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
    let rows = database
        .read("invitation.list", move |tx| {
            Box::pin(async move { tx.query(&LIST, params![workspace, now]).await })
        })
        .await?;
    let mut list: Vec<Invitation> = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, tenant): (Uuid, Option<Uuid>) = (row.get(0)?, row.get(7)?);
        let tenant = tenant.map(TenantId::from_uuid);
        match list.last_mut() {
            Some(Invitation { id: last, reach: Reach::Tenants(tenants), .. }) if last.as_uuid() == id => {
                tenants.extend(tenant);
            }
            _ => list.push(read(row, tenant)?),
        }
    }
    Ok(list)
}

fn read(row: &Row, tenant: Option<TenantId>) -> Result<Invitation, DatabaseError> {
    Ok(Invitation {
        id: InvitationId::from_uuid(row.get(0)?),
        email: row.get(1)?,
        role: read_role(row, 2)?,
        reach: if row.get(3)? { Reach::Tenants(tenant.into_iter().collect()) } else { Reach::Workspace },
        invited_by: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
    })
}
