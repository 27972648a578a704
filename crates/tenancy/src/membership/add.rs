//! Adding a member.

use database::{Database, Ts, Tx, params, statement};

use super::stored::{lock_workspace, reach_words, unknown_tenant, write_reach};
use super::{MembershipError, permit};
use crate::access::{Reach, Role};
use crate::audit::{self, Action, Entry};
use crate::{Scope, UserId, WorkspaceId, session};

statement! {
    IS_PERSON = "membership.is_person", (Uuid) -> (Uuid),
    both: "SELECT id FROM users WHERE id = $1 AND kind = 'person'"
}
statement! {
    /// Answers with no row when the user is a member already.
    INSERT = "membership.add", (Uuid, Uuid, Text, Bool, Time, Uuid) -> (Uuid),
    both: "INSERT INTO memberships (workspace_id, user_id, role, narrowed, created_at, updated_at, added_by) VALUES ($1, $2, $3, $4, $5, $5, $6)
        ON CONFLICT (workspace_id, user_id) DO NOTHING RETURNING user_id"
}

/// Who becomes a member, as what, and for which tenants.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// For which tenants.
    pub reach: Reach,
}

/// Makes a user a member of the scope's workspace.
///
/// # Errors
/// [`MembershipError::AlreadyMember`] leaves the membership as it is.
pub async fn add(database: &Database, scope: &Scope, new: NewMember, now: Ts) -> Result<(), MembershipError> {
    permit(scope, now)?;
    let (workspace, by) = (scope.workspace(), scope.actor().user());
    let entry = Entry::in_scope(scope, Action::MemberAdded);
    database
        .write("membership.add", move |tx| {
            Box::pin(async move {
                lock_workspace(tx, workspace).await?;
                ensure_person(tx, new.user).await?;
                insert(tx, workspace, &new, by, entry, now).await
            })
        })
        .await
}

/// Refuses what is no person's account.
pub(crate) async fn ensure_person(tx: &mut Tx<'_>, user: UserId) -> Result<(), MembershipError> {
    tx.query_opt(&IS_PERSON, params![user]).await?.map(|_| ()).ok_or(MembershipError::NoSuchUser)
}

/// Writes a membership and what is to be written down about it; `by` is who let them in.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    new: &NewMember,
    by: Option<UserId>,
    entry: Entry,
    now: Ts,
) -> Result<(), MembershipError> {
    if unknown_tenant(tx, workspace, &new.reach).await? {
        return Err(MembershipError::NoSuchTenant);
    }
    let narrowed = new.reach.tenants().is_some();
    let row = params![workspace, new.user, new.role.as_str(), narrowed, now, by];
    tx.query_opt(&INSERT, row).await?.ok_or(MembershipError::AlreadyMember)?;
    write_reach(tx, workspace, new.user, &new.reach).await?;
    session::rotate_soon(tx, new.user).await?;
    let entry = entry.about("user", new.user).with("role", new.role.as_str());
    Ok(audit::record(tx, entry.with("tenants", reach_words(&new.reach)), now).await?)
}
