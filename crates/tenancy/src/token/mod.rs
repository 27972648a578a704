//! API tokens: how programs act for a member, with less than the member may do.
//!
//! A token is bound to one workspace, names its capabilities, and expires within a year. What it may do is decided
//! at each use: its capabilities, as far as its owner still has them. It cannot make tokens or sessions.

mod authenticate;
mod create;
mod list;
mod prune;
mod revoke;
mod text;

use std::time::Duration;

use database::DatabaseError;

pub use authenticate::{USED_EVERY, authenticate};
pub use create::{Created, NewToken, create};
pub use list::{ApiToken, list};
pub use prune::{KEPT_AFTER_END, prune};
pub use revoke::revoke;
pub use text::PREFIX;

use crate::RandomError;

/// The longest life of a token.
pub const LIFE_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest name of a token, in characters.
pub const NAME_LENGTH_MAX: usize = 200;

/// How many living tokens a member may have in a workspace.
pub const TOKENS_MAX: i64 = 50;

/// Why a token was not made or revoked; nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The one who acts may not make tokens, or acts by one.
    #[error("API tokens are made by a person of the role Operator at least, who is signed in")]
    NotAllowed,
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// The owner is no member of the workspace.
    #[error("there is no such member")]
    NoSuchMember,
    /// The name cannot be kept.
    #[error("the name must hold 1 to 200 characters, and no control characters")]
    Name,
    /// The token would live too long, or has expired already.
    #[error("the token must expire, within a year from now")]
    Expiry,
    /// A capability is not one that the owner has, or that a token may have, or there is none.
    #[error("the token must name capabilities that its owner has, and that a token may have")]
    Capabilities,
    /// There are too many already.
    #[error("there are 50 tokens of this member already; revoke some first")]
    TooMany,
    /// There is no such token, or it is somebody else's.
    #[error("there is no such token")]
    NoSuchToken,
    /// The machine gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
