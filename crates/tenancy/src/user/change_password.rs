//! Changing one's own password.

use database::{Database, DatabaseError, Ts, params, statement};
use secrecy::SecretString;

use crate::audit::{self, Action};
use crate::password::{self, HashError, Hashing, PasswordProblem};
use crate::session::{self, ProveError, Session};
use crate::{RandomError, SecretToken};

statement! {
    /// Only if the hash is still the one that was compared: two changes at once do not both win.
    CHANGE = "user.change_password", (Uuid, Text, Time, Text) -> (Uuid),
    both: "UPDATE users SET password_hash = $2, password_set_at = $3 WHERE id = $1 AND password_hash = $4 AND disabled_at IS NULL RETURNING id"
}

/// Why a password stayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePasswordError {
    /// The current password is not the one that was given, or it is too early for another try.
    #[error("the current password is not right, or it was tried too often; wait a moment and try again")]
    Refused,
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// The new password could not be hashed, or too many wait for that.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// There is no new reference for the session.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<ProveError> for ChangePasswordError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Refused => Self::Refused,
            ProveError::Hash(error) => Self::Hash(error),
            ProveError::Random(error) => Self::Random(error),
            ProveError::Database(error) => Self::Database(error),
        }
    }
}

/// Changes the password of whoever is signed in; every other session of theirs ends.
///
/// Gives the new reference of this session; the old one is dead.
///
/// # Errors
/// [`ChangePasswordError::Refused`] if the current password is wrong.
pub async fn change_password(
    database: &Database,
    hashing: &Hashing,
    session: &Session,
    current: &SecretString,
    new: &SecretString,
    now: Ts,
) -> Result<SecretToken, ChangePasswordError> {
    password::check(new, &session.email, &session.name)?;
    let old = session::compare_password(database, hashing, session, current, now).await?;
    let hash = hashing.hash(new).await?;
    let token = SecretToken::random()?;
    let (user, id, reference) = (session.user, session.id, token.hash());
    let entry = session.entry(Action::PasswordChanged).about("user", user);
    database
        .write("user.change_password", move |tx| {
            Box::pin(async move {
                let changed = tx.query_opt(&CHANGE, params![user, hash, now, old]).await?;
                changed.ok_or(ChangePasswordError::Refused)?;
                session::end_others(tx, user, id).await?;
                let kept = session::replace_reference(tx, id, reference, now).await?;
                if !kept {
                    return Err(ChangePasswordError::Refused);
                }
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await?;
    Ok(token)
}
