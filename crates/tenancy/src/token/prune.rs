//! Housekeeping: tokens that ended long ago.

use std::time::Duration;

use database::{Database, DatabaseError, Ts, params, statement};

statement! {
    PRUNE = "token.prune", (Time) -> (),
    both: "DELETE FROM api_tokens WHERE expires_at <= $1 OR revoked_at <= $1"
}

/// How long the row of a token that expired or was revoked is kept; the audit log remembers it for longer.
pub const KEPT_AFTER_END: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Removes tokens of every workspace that ended more than [`KEPT_AFTER_END`] ago, and gives their number.
///
/// Nothing depends on how often it is called.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn prune(database: &Database, now: Ts) -> Result<u64, DatabaseError> {
    database
        .write_single("token.prune", move |tx| {
            Box::pin(async move { tx.execute(&PRUNE, params![now.minus(KEPT_AFTER_END)]).await })
        })
        .await
}
