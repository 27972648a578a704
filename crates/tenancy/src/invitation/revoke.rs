//! Taking an invitation back.

use database::{Database, Ts, params, statement};

use super::{InvitationError, permit};
use crate::audit::{self, Action, Entry};
use crate::{InvitationId, Scope};

statement! {
    REVOKE = "invitation.revoke", (Uuid, Uuid, Time) -> (Text),
    both: "UPDATE invitations SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING email"
}

/// Takes an open invitation back; its link is dead at once.
///
/// # Errors
/// [`InvitationError::NoSuchInvitation`] if it is not open any more.
pub async fn revoke(
    database: &Database,
    scope: &Scope,
    id: InvitationId,
    now: Ts,
) -> Result<(), InvitationError> {
    permit(scope, now)?;
    let workspace = scope.workspace();
    let entry = Entry::in_scope(scope, Action::InvitationRevoked).about("invitation", id);
    database
        .write("invitation.revoke", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&REVOKE, params![workspace, id, now]).await?;
                let email: String = row.ok_or(InvitationError::NoSuchInvitation)?.get(0)?;
                Ok(audit::record(tx, entry.with("email", email), now).await?)
            })
        })
        .await
}
