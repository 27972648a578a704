//! The user that stands for whoever works at the server's own console.

use database::{Database, DatabaseError, Ts, params, statement};

use crate::{Actor, UserId};

statement! {
    ENSURE_PLATFORM = "user.ensure_platform", (Uuid, Text, Time) -> (Uuid, Text),
    both: "INSERT INTO users (id, kind, name, created_at) VALUES ($1, 'platform', $2, $3)
        ON CONFLICT (kind) WHERE kind = 'platform' DO UPDATE SET kind = users.kind RETURNING id, name"
}

/// What the platform user is called in lists.
pub const PLATFORM_NAME: &str = "Console";

/// Makes sure that the platform user exists and gives it; there is at most one.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn ensure_platform(database: &Database, now: Ts) -> Result<Actor, DatabaseError> {
    database
        .write_single("user.ensure_platform", move |tx| {
            Box::pin(async move {
                let row =
                    tx.query_one(&ENSURE_PLATFORM, params![UserId::new(now), PLATFORM_NAME, now]).await?;
                Ok(Actor::User { id: UserId::from_uuid(row.get(0)?), name: row.get(1)? })
            })
        })
        .await
}
