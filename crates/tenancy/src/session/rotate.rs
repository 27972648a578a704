//! Replacing a session's reference.

use std::time::Duration;

use database::{Database, DatabaseError, Ts, Tx, params, statement};

use super::Session;
use crate::{RandomError, SecretToken, SessionId, UserId};

statement! {
    /// Answers with no row when another request of the same browser was faster.
    ROTATE = "session.rotate", (Uuid, Bytes, Time) -> (Uuid),
    both: "UPDATE sessions SET previous_hash = token_hash, previous_until = $3, token_hash = $2, rotate_due = false
        WHERE id = $1 AND rotate_due RETURNING id"
}
statement! {
    ROTATE_SOON = "session.rotate_soon", (Uuid) -> (),
    both: "UPDATE sessions SET rotate_due = true WHERE user_id = $1"
}
statement! {
    REPLACE = "session.replace_reference", (Uuid, Bytes, Time) -> (Uuid),
    both: "UPDATE sessions SET token_hash = $2, previous_hash = NULL, previous_until = NULL, rotate_due = false, proved_at = $3
        WHERE id = $1 RETURNING id"
}

/// How long the old reference stays good for requests that were on their way when a right changed.
pub const ROTATION_GRACE: Duration = Duration::from_secs(10);

/// Why a reference was not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// There is no new reference.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Replaces the reference of a session whose rotation is due, and gives the new one for the cookie.
///
/// `None` when another request did it already: then that one's answer carries the cookie.
///
/// # Errors
/// Any [`RotateError`]; the old reference is then still good.
pub async fn rotate(
    database: &Database,
    session: &Session,
    now: Ts,
) -> Result<Option<SecretToken>, RotateError> {
    let (token, id) = (SecretToken::random()?, session.id);
    let reference = token.hash();
    let rotated = database
        .write_single("session.rotate", move |tx| {
            Box::pin(
                async move { tx.query_opt(&ROTATE, params![id, reference, now.plus(ROTATION_GRACE)]).await },
            )
        })
        .await?;
    Ok(rotated.map(|_| token))
}

/// Marks every session of a user whose rights have changed.
pub(crate) async fn rotate_soon(tx: &mut Tx<'_>, user: UserId) -> Result<(), DatabaseError> {
    tx.execute(&ROTATE_SOON, params![user]).await.map(|_| ())
}

/// Replaces a reference at once, when its user has just given the password; the old one is dead.
pub(crate) async fn replace_reference(
    tx: &mut Tx<'_>,
    session: SessionId,
    reference: [u8; 32],
    now: Ts,
) -> Result<bool, DatabaseError> {
    Ok(tx.query_opt(&REPLACE, params![session, reference, now]).await?.is_some())
}
