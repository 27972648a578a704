//! Invitations: a link that makes somebody a member, once.
//!
//! Whoever holds the link accepts it. If its address has an account, that account must be signed in; otherwise
//! accepting makes one. There is at most one open invitation per address and workspace: a newer one replaces it.

mod accept;
mod invite;
mod list;
mod prune;
mod revoke;

use std::time::Duration;

use database::{DatabaseError, Ts};

pub use accept::{Accept, AcceptError, Accepted, Account, Offer, accept, accept_as, look};
pub use invite::{Invited, NewInvitation, invite};
pub use list::{Invitation, list};
pub use prune::{KEPT_AFTER_END, prune};
pub use revoke::revoke;

use crate::{Capability, RandomError, Scope};

/// How long an invitation may be accepted.
pub const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Why an invitation was not sent, listed or taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// The one who acts may not manage members.
    #[error("inviting people takes the role Owner in the whole workspace")]
    NotAllowed,
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// The address belongs to a member.
    #[error("the user is a member of the workspace already")]
    AlreadyMember,
    /// A tenant is not in the workspace.
    #[error("there is no such tenant in the workspace")]
    NoSuchTenant,
    /// There is no open invitation of this id.
    #[error("there is no such open invitation")]
    NoSuchInvitation,
    /// There is no secret for the link.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Refuses whoever may not manage members, or has not shown lately that it is them.
fn permit(scope: &Scope, now: Ts) -> Result<(), InvitationError> {
    if !scope.allows(Capability::ManageMembers) {
        return Err(InvitationError::NotAllowed);
    }
    if scope.channel().is_proved(now) { Ok(()) } else { Err(InvitationError::NotProved) }
}
