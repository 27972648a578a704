//! Narrowing a member to some tenants, or widening them again.

use database::{Database, Ts, params, statement};

use super::stored::{find, keep_an_owner_beside, lock_workspace, reach_words, unknown_tenant, write_reach};
use super::{MembershipError, permit};
use crate::access::Reach;
use crate::audit::{self, Action, Entry};
use crate::{Scope, UserId, session};

statement! {
    CHANGE = "membership.set_reach", (Uuid, Uuid, Bool, Time) -> (),
    both: "UPDATE memberships SET narrowed = $3, updated_at = $4 WHERE workspace_id = $1 AND user_id = $2"
}

/// Sets which tenants a membership counts for; it counts from the member's next request on.
///
/// # Errors
/// [`MembershipError::LastOwner`] if the last owner would be narrowed.
pub async fn set_reach(
    database: &Database,
    scope: &Scope,
    user: UserId,
    reach: Reach,
    now: Ts,
) -> Result<(), MembershipError> {
    permit(scope, now)?;
    let (workspace, entry) = (scope.workspace(), Entry::in_scope(scope, Action::MemberReachChanged));
    database
        .write("membership.set_reach", move |tx| {
            Box::pin(async move {
                lock_workspace(tx, workspace).await?;
                let member = find(tx, workspace, user).await?.ok_or(MembershipError::NoSuchMember)?;
                if member.reach == reach {
                    return Ok(());
                }
                if unknown_tenant(tx, workspace, &reach).await? {
                    return Err(MembershipError::NoSuchTenant);
                }
                keep_an_owner_beside(tx, workspace, &member).await?;
                tx.execute(&CHANGE, params![workspace, user, reach.tenants().is_some(), now]).await?;
                write_reach(tx, workspace, user, &reach).await?;
                session::rotate_soon(tx, user).await?;
                let entry = entry.about("user", user).with("from", reach_words(&member.reach));
                Ok(audit::record(tx, entry.with("to", reach_words(&reach)), now).await?)
            })
        })
        .await
}
