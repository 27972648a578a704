//! One's own sessions, to see and to end.

use database::{Database, DatabaseError, Ts, params, statement};

use super::{IDLE_MAX, Session};
use crate::SessionId;

statement! {
    LIST = "session.list", (Uuid, Time, Time) -> (Uuid, Time, Time, Time, Text, Text),
    both: "SELECT id, created_at, last_seen_at, expires_at, user_agent, address FROM sessions
        WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3 ORDER BY id DESC"
}

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Ts,
    /// When it was last used, to the minute.
    pub last_seen_at: Ts,
    /// When it ends at the latest.
    pub expires_at: Ts,
    /// What the browser said about itself, shortened.
    pub user_agent: String,
    /// Where it began; empty when that is unknown.
    pub address: String,
}

/// Lists the living sessions of whoever is signed in, newest first.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(
    database: &Database,
    session: &Session,
    now: Ts,
) -> Result<Vec<SessionSummary>, DatabaseError> {
    let user = session.user;
    database
        .read("session.list", move |tx| {
            Box::pin(async move {
                let rows = tx.query(&LIST, params![user, now, now.minus(IDLE_MAX)]).await?;
                rows.iter()
                    .map(|row| {
                        Ok(SessionSummary {
                            id: SessionId::from_uuid(row.get(0)?),
                            created_at: row.get(1)?,
                            last_seen_at: row.get(2)?,
                            expires_at: row.get(3)?,
                            user_agent: row.get(4)?,
                            address: row.get(5)?,
                        })
                    })
                    .collect()
            })
        })
        .await
}
