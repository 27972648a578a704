//! Housekeeping: rows of sessions that have ended by themselves, and of waits that are long over.

use database::{Database, DatabaseError, Ts, params, statement};

use super::IDLE_MAX;
use crate::softlock;

statement! {
    PRUNE = "session.prune", (Time, Time) -> (),
    both: "DELETE FROM sessions WHERE expires_at <= $1 OR last_seen_at <= $2"
}

/// What was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Sessions that had ended.
    pub sessions: u64,
    /// Waits that were over.
    pub delays: u64,
}

/// Removes what counts no more; nothing depends on how often it is called.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn prune(database: &Database, now: Ts) -> Result<Pruned, DatabaseError> {
    database
        .write("session.prune", move |tx| {
            Box::pin(async move {
                let sessions = tx.execute(&PRUNE, params![now, now.minus(IDLE_MAX)]).await?;
                Ok(Pruned { sessions, delays: softlock::forget(tx, now).await? })
            })
        })
        .await
}
