//! Finding the session that a reference belongs to.

use std::sync::Arc;
use std::time::Duration;

use database::{Database, DatabaseError, Row, Ts, params, statement};

use super::{CsrfSecret, IDLE_MAX, Rotation, Session};
use crate::user::ServerAdmin;
use crate::{RequestInfo, SessionId, UserId, secret_token};

statement! {
    FIND = "session.authenticate", (Bytes, Time, Time) -> (Uuid, Uuid, Text, Text, Time, Time, Time, Bool, Bytes, Time, Bool),
    both: "SELECT s.id, s.user_id, u.email, u.name, s.created_at, s.expires_at, s.proved_at,
          s.rotate_due AND s.token_hash = $1, s.csrf_secret, s.last_seen_at, u.server_admin
        FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
        WHERE (s.token_hash = $1 OR (s.previous_hash = $1 AND s.previous_until > $2))
          AND s.expires_at > $2 AND s.last_seen_at > $3"
}
statement! {
    SEEN = "session.seen", (Uuid, Time, Time) -> (),
    both: "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at <= $3"
}

/// How exactly the last use is kept: a session is written at most this often however often it is used.
pub const SEEN_EVERY: Duration = Duration::from_secs(60);

/// Finds the session of a reference; `None` when it is unknown, ended, or its user is disabled.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn authenticate(
    database: &Database,
    reference: &str,
    request: Arc<RequestInfo>,
    now: Ts,
) -> Result<Option<Session>, DatabaseError> {
    if !secret_token::is_well_formed(reference) {
        return Ok(None);
    }
    let hash = secret_token::hash_of(reference);
    let found = database
        .read("session.authenticate", move |tx| {
            Box::pin(async move { tx.query_opt(&FIND, params![hash, now, now.minus(IDLE_MAX)]).await })
        })
        .await?;
    let Some(row) = found else { return Ok(None) };
    let (session, last_seen): (Session, Ts) = (read(&row, request)?, row.get(9)?);
    if now.since(last_seen) >= SEEN_EVERY {
        let id = session.id;
        database
            .write_single("session.seen", move |tx| {
                Box::pin(async move {
                    let seen = params![id, now, now.minus(SEEN_EVERY)];
                    tx.execute(&SEEN, seen).await.map(|_| ())
                })
            })
            .await?;
    }
    Ok(Some(session))
}

fn read(row: &Row, request: Arc<RequestInfo>) -> Result<Session, DatabaseError> {
    let secret: Vec<u8> = row.get(8)?;
    let secret = secret.try_into().map_err(|_| DatabaseError::Stored {
        what: "form secret",
        // The value is a secret; its length says what is wrong.
        value: "not 32 bytes".to_owned(),
    })?;
    Ok(Session {
        id: SessionId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        email: row.get(2)?,
        name: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        proved_at: row.get(6)?,
        rotation: if row.get(7)? { Rotation::Due } else { Rotation::NotDue },
        csrf: CsrfSecret::from_bytes(secret),
        server_admin: if row.get(10)? { ServerAdmin::Yes } else { ServerAdmin::No },
        request,
    })
}
