//! Inviting somebody.

use database::{Database, Ts, params, statement};

use super::{InvitationError, LIFE, permit};
use crate::access::{Reach, Role};
use crate::audit::{self, Action, Entry};
use crate::membership;
use crate::user::Email;
use crate::{InvitationId, Scope, SecretToken};

statement! {
    IS_MEMBER = "invitation.is_member", (Uuid, Text) -> (Uuid),
    both: "SELECT u.id FROM users u JOIN memberships m ON m.user_id = u.id WHERE m.workspace_id = $1 AND u.email = $2"
}
statement! {
    REPLACE = "invitation.replace", (Uuid, Text, Time) -> (),
    both: "UPDATE invitations SET revoked_at = $3 WHERE workspace_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL"
}
statement! {
    INSERT = "invitation.invite", (Uuid, Uuid, Text, Text, Bool, Bytes, Uuid, Time, Time) -> (),
    both: "INSERT INTO invitations (workspace_id, id, email, role, narrowed, token_hash, invited_by, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
}
statement! {
    ADD_TENANT = "invitation.add_tenant", (Uuid, Uuid, Uuid) -> (),
    both: "INSERT INTO invitation_tenants (workspace_id, invitation_id, tenant_id) VALUES ($1, $2, $3)"
}

/// Who is invited, as what, and for which tenants.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Who.
    pub email: Email,
    /// As what.
    pub role: Role,
    /// For which tenants.
    pub reach: Reach,
}

/// An invitation that was just made.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Its id.
    pub id: InvitationId,
    /// The secret of the link; it cannot be had again.
    pub token: SecretToken,
    /// Until when it may be accepted.
    pub expires_at: Ts,
}

/// Invites somebody to the scope's workspace; an open invitation of the same address is replaced.
///
/// # Errors
/// [`InvitationError::AlreadyMember`] if the address belongs to a member.
pub async fn invite(
    database: &Database,
    scope: &Scope,
    new: NewInvitation,
    now: Ts,
) -> Result<Invited, InvitationError> {
    permit(scope, now)?;
    let Some(inviter) = scope.actor().user() else { return Err(InvitationError::NotAllowed) };
    let (id, token, expires_at) = (InvitationId::new(now), SecretToken::random()?, now.plus(LIFE));
    let (workspace, hash, email) = (scope.workspace(), token.hash(), new.email.to_string());
    let entry = Entry::in_scope(scope, Action::InvitationSent)
        .about("invitation", id)
        .with("email", email.clone())
        .with("role", new.role.as_str());
    database
        .write("invitation.invite", move |tx| {
            Box::pin(async move {
                membership::lock_workspace(tx, workspace).await?;
                if tx.query_opt(&IS_MEMBER, params![workspace, email.clone()]).await?.is_some() {
                    return Err(InvitationError::AlreadyMember);
                }
                if membership::unknown_tenant(tx, workspace, &new.reach).await? {
                    return Err(InvitationError::NoSuchTenant);
                }
                tx.execute(&REPLACE, params![workspace, email.clone(), now]).await?;
                let (role, narrowed) = (new.role.as_str(), new.reach.tenants().is_some());
                let row = params![workspace, id, email, role, narrowed, hash, inviter, now, expires_at];
                tx.execute(&INSERT, row).await?;
                for tenant in new.reach.tenants().unwrap_or_default() {
                    tx.execute(&ADD_TENANT, params![workspace, id, *tenant]).await?;
                }
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await?;
    Ok(Invited { id, token, expires_at })
}
