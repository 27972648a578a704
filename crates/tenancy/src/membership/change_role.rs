//! Giving a member another role.

use database::{Database, Ts, params, statement};

use super::stored::{find, keep_an_owner_beside, lock_workspace};
use super::{MembershipError, permit};
use crate::access::Role;
use crate::audit::{self, Action, Entry};
use crate::{Scope, UserId, session};

statement! {
    CHANGE = "membership.change_role", (Uuid, Uuid, Text, Time) -> (),
    both: "UPDATE memberships SET role = $3, updated_at = $4 WHERE workspace_id = $1 AND user_id = $2"
}

/// Gives a member another role; it counts from their next request on, and their sessions get new references.
///
/// # Errors
/// [`MembershipError::LastOwner`] if nobody would be left to answer for the workspace.
pub async fn change_role(
    database: &Database,
    scope: &Scope,
    user: UserId,
    role: Role,
    now: Ts,
) -> Result<(), MembershipError> {
    permit(scope, now)?;
    let (workspace, entry) = (scope.workspace(), Entry::in_scope(scope, Action::MemberRoleChanged));
    database
        .write("membership.change_role", move |tx| {
            Box::pin(async move {
                lock_workspace(tx, workspace).await?;
                let member = find(tx, workspace, user).await?.ok_or(MembershipError::NoSuchMember)?;
                if member.role == role {
                    return Ok(());
                }
                keep_an_owner_beside(tx, workspace, &member).await?;
                tx.execute(&CHANGE, params![workspace, user, role.as_str(), now]).await?;
                session::rotate_soon(tx, user).await?;
                let entry = entry.about("user", user).with("from", member.role.as_str());
                Ok(audit::record(tx, entry.with("to", role.as_str()), now).await?)
            })
        })
        .await
}
