//! Giving the password again, for what asks for it.

use database::{Database, DatabaseError, Ts, params, statement};
use secrecy::{ExposeSecret, SecretString};

use super::{Session, replace_reference};
use crate::audit::{self, Action};
use crate::password::{self, HashError, Hashing, Verdict};
use crate::softlock::{self, Gate};
use crate::{RandomError, SecretToken};

statement! {
    STORED = "session.stored_password", (Uuid) -> (Text),
    both: "SELECT password_hash FROM users WHERE id = $1 AND disabled_at IS NULL"
}

/// Why the password did not count.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// It is not right, or it is too early for another try.
    #[error("the password is not right, or it was tried too often; wait a moment and try again")]
    Refused,
    /// It could not be hashed, or too many wait for that.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// There is no new reference for the session.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Takes the password of whoever is signed in once more, and gives the session a new reference; the old one is dead.
///
/// # Errors
/// [`ProveError::Refused`] if the password is wrong.
pub async fn prove(
    database: &Database,
    hashing: &Hashing,
    session: &Session,
    password: &SecretString,
    now: Ts,
) -> Result<SecretToken, ProveError> {
    compare_password(database, hashing, session, password, now).await?;
    let token = SecretToken::random()?;
    let (id, reference) = (session.id, token.hash());
    let entry = session.entry(Action::SessionProved).about("session", id);
    database
        .write("session.prove", move |tx| {
            Box::pin(async move {
                if !replace_reference(tx, id, reference, now).await? {
                    return Err(ProveError::Refused);
                }
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await?;
    Ok(token)
}

/// Compares the password of whoever is signed in, and gives the hash that it was compared with.
///
/// Wrong ones count against the session alone: an attack on the account from outside does not disturb it.
pub(crate) async fn compare_password(
    database: &Database,
    hashing: &Hashing,
    session: &Session,
    password: &SecretString,
    now: Ts,
) -> Result<String, ProveError> {
    if password.expose_secret().len() > 4 * password::LENGTH_MAX {
        return Err(ProveError::Refused);
    }
    let turn = hashing.turn().await?;
    let (user, key) = (session.user, softlock::session(session.id));
    let delayed = session.entry(Action::SignInDelayed).about("session", session.id);
    let gate = key.clone();
    let (stored, wait) = database
        .write("session.compare_password", move |tx| {
            Box::pin(async move {
                let Gate::Open { wait } = softlock::pass(tx, &gate, now).await? else {
                    return Ok((None, None));
                };
                let row = tx.query_opt(&STORED, params![user]).await?;
                let stored: Option<String> = row.map(|row| row.get(0)).transpose()?.flatten();
                Ok::<_, DatabaseError>((stored, wait))
            })
        })
        .await?;
    let verdict = turn.verify(password, stored.clone()).await?;
    let (Verdict::Right { .. }, Some(stored)) = (verdict, stored) else {
        if let Some(wait) = wait {
            let delayed = delayed.with("wait_seconds", wait.as_secs());
            database
                .write("session.delayed", move |tx| {
                    Box::pin(async move { audit::record(tx, delayed, now).await })
                })
                .await
                .map_err(ProveError::Database)?;
            softlock::tell(&format!("session {}", session.id), session.request(), wait);
        }
        return Err(ProveError::Refused);
    };
    database
        .write("session.compared", move |tx| Box::pin(async move { softlock::clear(tx, &key).await }))
        .await
        .map_err(ProveError::Database)?;
    Ok(stored)
}
