//! Memberships: which users act in a workspace, in which role, and for which tenants.
//!
//! A workspace always keeps an *owner*: a member of that role, not narrowed, whose account is enabled. Whoever
//! would be the last one can neither be removed, nor narrowed, nor get another role.

mod add;
mod change_role;
mod list;
mod narrow;
mod remove;
mod stored;

use database::{DatabaseError, Ts};

pub use add::{NewMember, add};
pub(crate) use add::{ensure_person, insert};
pub use change_role::change_role;
pub use list::{Member, list};
pub use narrow::set_reach;
pub use remove::remove;
pub(crate) use stored::{find, lock_workspace, unknown_tenant};

use crate::access::{Reach, Role};
use crate::{Capability, Scope, UserId};

/// Why a membership was not changed; nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// The one who acts may not manage members.
    #[error("managing members takes the role Owner in the whole workspace")]
    NotAllowed,
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// The user is a member already.
    #[error("the user is a member of the workspace already")]
    AlreadyMember,
    /// The user is no member of the workspace.
    #[error("there is no such member")]
    NoSuchMember,
    /// A tenant is not in the workspace.
    #[error("there is no such tenant in the workspace")]
    NoSuchTenant,
    /// Nobody would be left to answer for the workspace.
    #[error("this is the last owner of the workspace; make somebody else owner first")]
    LastOwner,
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A membership as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) reach: Reach,
}

impl Standing {
    fn is_owner(&self) -> bool {
        self.role == Role::Owner && self.reach == Reach::Workspace
    }
}

/// Refuses whoever may not manage members, or has not shown lately that it is them.
fn permit(scope: &Scope, now: Ts) -> Result<(), MembershipError> {
    if !scope.allows(Capability::ManageMembers) {
        return Err(MembershipError::NotAllowed);
    }
    if scope.channel().is_proved(now) { Ok(()) } else { Err(MembershipError::NotProved) }
}
