//! Housekeeping: invitations that were settled long ago.

use std::time::Duration;

use database::{Database, DatabaseError, Ts, params, statement};

statement! {
    /// Their tenants go with them.
    PRUNE = "invitation.prune", (Time) -> (),
    both: "DELETE FROM invitations WHERE expires_at <= $1"
}

/// How long the row of an invitation is kept after it expired, whatever became of it; the audit log remembers it
/// for longer.
pub const KEPT_AFTER_END: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Removes invitations of every workspace that expired more than [`KEPT_AFTER_END`] ago, and gives their number.
///
/// Nothing depends on how often it is called.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn prune(database: &Database, now: Ts) -> Result<u64, DatabaseError> {
    database
        .write_single("invitation.prune", move |tx| {
            Box::pin(async move { tx.execute(&PRUNE, params![now.minus(KEPT_AFTER_END)]).await })
        })
        .await
}
