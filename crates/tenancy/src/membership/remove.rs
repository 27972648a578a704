//! Removing a member.

use database::{Database, Ts, params, statement};

use super::stored::{find, keep_an_owner_beside, lock_workspace};
use super::{MembershipError, permit};
use crate::audit::{self, Action, Entry};
use crate::{Scope, UserId, session};

statement! {
    /// Their tenants and their API tokens for the workspace go with it.
    REMOVE = "membership.remove", (Uuid, Uuid) -> (),
    both: "DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2"
}

/// Removes a member, with their API tokens for the workspace; the account stays.
///
/// # Errors
/// [`MembershipError::LastOwner`] if nobody would be left to answer for the workspace.
pub async fn remove(
    database: &Database,
    scope: &Scope,
    user: UserId,
    now: Ts,
) -> Result<(), MembershipError> {
    permit(scope, now)?;
    let (workspace, entry) = (scope.workspace(), Entry::in_scope(scope, Action::MemberRemoved));
    database
        .write("membership.remove", move |tx| {
            Box::pin(async move {
                lock_workspace(tx, workspace).await?;
                let member = find(tx, workspace, user).await?.ok_or(MembershipError::NoSuchMember)?;
                keep_an_owner_beside(tx, workspace, &member).await?;
                tx.execute(&REMOVE, params![workspace, user]).await?;
                session::rotate_soon(tx, user).await?;
                let entry = entry.about("user", user).with("role", member.role.as_str());
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}
