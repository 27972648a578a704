//! What only a demo has: a person of each role without a password, and links that sign one of them in, once.
//!
//! It is for a database whose every tenant is seeded and simulated, and links are looked at only when they come
//! from this machine itself; each of both is asked for again, when a link is made and when it is used.

mod accept;
mod offer;
mod people;

use std::time::Duration;

use database::{DatabaseError, Tx, statement};

pub use accept::{DemoOffer, accept, look};
pub use offer::offer;
pub use people::{DemoPerson, ensure_people};

use crate::RandomError;
use crate::membership::MembershipError;

/// How long a link is good.
pub const LINK_LIFE: Duration = Duration::from_secs(30 * 60);

statement! {
    REAL = "demo.count_real_tenants", () -> (I64),
    both: "SELECT count(*) FROM tenants WHERE NOT seeded OR cloud <> 'simulated'"
}

/// Why a demo has no people, no link, or nobody signed in; nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A tenant is a person's own, or not simulated.
    #[error("the database holds tenants that are no demo's")]
    NotADemo,
    /// The link is unknown, used or too old, or comes from elsewhere.
    #[error("the link is not good any more; the demo prints another one")]
    Refused,
    /// The person could not be made a member.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The machine gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Refuses to go on where a tenant could be anybody's.
async fn only_simulated(tx: &mut Tx<'_>) -> Result<(), DemoError> {
    let real: i64 = tx.query_one(&REAL, &[]).await?.get(0)?;
    if real == 0 { Ok(()) } else { Err(DemoError::NotADemo) }
}
