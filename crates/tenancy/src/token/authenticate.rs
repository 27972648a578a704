//! Finding the token that a program sends.

use std::sync::Arc;
use std::time::Duration;

use database::{Database, DatabaseError, Ts, params, statement};
use subtle::ConstantTimeEq;

use super::list::capabilities;
use super::text;
use crate::access::Principal;
use crate::{Channel, RequestInfo, UserId, WorkspaceId, secret_token};

statement! {
    FIND = "token.authenticate", (Uuid, Time) -> (Uuid, Uuid, Bytes, Json, Time),
    both: "SELECT t.workspace_id, t.user_id, t.token_hash, t.capabilities, t.last_used_at
        FROM api_tokens t JOIN users u ON u.id = t.user_id AND u.disabled_at IS NULL
        WHERE t.id = $1 AND t.revoked_at IS NULL AND t.expires_at > $2"
}
statement! {
    USED = "token.used", (Uuid, Uuid, Time, Time) -> (),
    both: "UPDATE api_tokens SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)"
}

/// How exactly the last use is kept.
pub const USED_EVERY: Duration = Duration::from_secs(60);

/// Finds who a token acts for; `None` when it is unknown, changed, revoked, expired, or its owner is disabled.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn authenticate(
    database: &Database,
    sent: &str,
    request: Arc<RequestInfo>,
    now: Ts,
) -> Result<Option<Principal>, DatabaseError> {
    let Some(id) = text::id_of(sent) else { return Ok(None) };
    let hash = secret_token::hash_of(sent);
    let found = database
        .read("token.authenticate", move |tx| {
            Box::pin(async move { tx.query_opt(&FIND, params![id, now]).await })
        })
        .await?;
    let Some(row) = found else { return Ok(None) };
    let kept: Vec<u8> = row.get(2)?;
    if !bool::from(kept.ct_eq(hash.as_slice())) {
        return Ok(None);
    }
    let workspace = WorkspaceId::from_uuid(row.get(0)?);
    let last_used: Option<Ts> = row.get(4)?;
    if last_used.is_none_or(|at| now.since(at) >= USED_EVERY) {
        database
            .write_single("token.used", move |tx| {
                Box::pin(async move {
                    let used = params![workspace, id, now, now.minus(USED_EVERY)];
                    tx.execute(&USED, used).await.map(|_| ())
                })
            })
            .await?;
    }
    Ok(Some(Principal {
        user: UserId::from_uuid(row.get(1)?),
        channel: Channel::Token { id },
        ceiling: capabilities(&row.get(3)?),
        bound_to: Some(workspace),
        request,
    }))
}
