//! Ending sessions.

use database::{Database, DatabaseError, Ts, Tx, params, statement};

use super::Session;
use crate::audit::{self, Action};
use crate::{SessionId, UserId};

statement! {
    END = "session.end", (Uuid, Uuid) -> (Uuid),
    both: "DELETE FROM sessions WHERE id = $1 AND user_id = $2 RETURNING id"
}
statement! {
    END_OTHERS = "session.end_others", (Uuid, Uuid) -> (),
    both: "DELETE FROM sessions WHERE user_id = $1 AND id <> $2"
}
statement! {
    END_ALL = "session.end_all", (Uuid) -> (),
    both: "DELETE FROM sessions WHERE user_id = $1"
}

/// Signs out: the session is gone. Doing it twice is harmless.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn sign_out(database: &Database, session: &Session, now: Ts) -> Result<(), DatabaseError> {
    end_one(database, session, session.id, Action::SignedOut, now).await.map(|_| ())
}

/// Ends another session of the same user; says whether there was one.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn revoke(
    database: &Database,
    session: &Session,
    other: SessionId,
    now: Ts,
) -> Result<bool, DatabaseError> {
    end_one(database, session, other, Action::SessionRevoked, now).await
}

/// Ends every other session of the same user, and gives their number.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn revoke_others(database: &Database, session: &Session, now: Ts) -> Result<u64, DatabaseError> {
    let (user, id) = (session.user, session.id);
    let entry = session.entry(Action::OtherSessionsRevoked).about("user", user);
    database
        .write("session.revoke_others", move |tx| {
            Box::pin(async move {
                let ended = end_others(tx, user, id).await?;
                audit::record(tx, entry.with("ended", ended), now).await?;
                Ok(ended)
            })
        })
        .await
}

async fn end_one(
    database: &Database,
    session: &Session,
    ended: SessionId,
    action: Action,
    now: Ts,
) -> Result<bool, DatabaseError> {
    let user = session.user;
    let entry = session.entry(action).about("session", ended);
    database
        .write("session.end", move |tx| {
            Box::pin(async move {
                let found = tx.query_opt(&END, params![ended, user]).await?.is_some();
                if found {
                    audit::record(tx, entry, now).await?;
                }
                Ok(found)
            })
        })
        .await
}

pub(crate) async fn end_others(tx: &mut Tx<'_>, user: UserId, kept: SessionId) -> Result<u64, DatabaseError> {
    tx.execute(&END_OTHERS, params![user, kept]).await
}

pub(crate) async fn end_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), DatabaseError> {
    tx.execute(&END_ALL, params![user]).await.map(|_| ())
}
