//! Sessions: who is signed in, from where, and until when.
//!
//! A browser holds a *reference*, 256 random bits; the table holds its hash. A session ends half an hour after it
//! was last used and twelve hours after it began, whichever comes first, or when its user, a new password or an
//! administrator ends it: then its row is gone. The reference is replaced when somebody signs in, gives their
//! password again, or gets other rights.

mod authenticate;
mod csrf;
mod end;
mod list;
mod prove;
mod prune;
mod rotate;
mod sign_in;

use std::sync::Arc;
use std::time::Duration;

use database::Ts;

pub use authenticate::{SEEN_EVERY, authenticate};
pub use csrf::CsrfSecret;
pub(crate) use end::{end_all, end_others};
pub use end::{revoke, revoke_others, sign_out};
pub use list::{SessionSummary, list};
pub(crate) use prove::compare_password;
pub use prove::{ProveError, prove};
pub use prune::{Pruned, prune};
pub use rotate::{ROTATION_GRACE, RotateError, rotate};
pub(crate) use rotate::{replace_reference, rotate_soon};
pub(crate) use sign_in::open;
pub use sign_in::{NewSession, SignIn, SignInError, sign_in};

use crate::access::Principal;
use crate::audit::{Action, Entry};
use crate::user::ServerAdmin;
use crate::{Capabilities, Channel, RequestInfo, SessionId, UserId};

/// How long a session lasts without being used (OWASP ASVS 5.0, 7.3.1).
pub const IDLE_MAX: Duration = Duration::from_secs(30 * 60);

/// How long a session lasts at most (OWASP ASVS 5.0, 7.3.2).
pub const LIFE_MAX: Duration = Duration::from_secs(12 * 60 * 60);

/// Whether a session's reference is to be replaced, because its user got other rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Call [`rotate`] and send the new reference with the answer.
    Due,
    /// It may stay.
    NotDue,
}

/// A session that is signed in, as it was found for one request.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id; not a secret.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// What they signed in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// When it began.
    pub created_at: Ts,
    /// When it ends at the latest.
    pub expires_at: Ts,
    /// When the password was last given.
    pub proved_at: Ts,
    /// Whether its reference is to be replaced.
    pub rotation: Rotation,
    /// What form tokens are derived from.
    pub csrf: CsrfSecret,
    /// Whether its user administered the server when it was found, to show the way there; one that has just begun
    /// says no. The right itself is asked of [`crate::access::server`].
    pub server_admin: ServerAdmin,
    request: Arc<RequestInfo>,
}

impl Session {
    /// Gives the one who is signed in, to ask [`crate::access`] what they may do.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            user: self.user,
            channel: Channel::Session { proved_at: self.proved_at },
            ceiling: Capabilities::all(),
            bound_to: None,
            request: Arc::clone(&self.request),
        }
    }

    /// Says whether the password was given so lately that roles, credentials and tokens may be changed.
    #[must_use]
    pub fn is_proved(&self, now: Ts) -> bool {
        self.principal().channel().is_proved(now)
    }

    pub(crate) fn request(&self) -> &RequestInfo {
        &self.request
    }

    /// Begins an entry of the audit log about what this user does with their own account.
    pub(crate) fn entry(&self, action: Action) -> Entry {
        Entry::by(self.user, &self.name, &self.request, action)
    }
}
