//! Revoking a token.

use database::{Database, Ts, params, statement};

use super::TokenError;
use super::list::only_of;
use crate::audit::{self, Action, Entry};
use crate::{ApiTokenId, Channel, Scope};

statement! {
    REVOKE = "token.revoke", (Uuid, Uuid, Uuid, Time) -> (Text),
    postgres: "UPDATE api_tokens SET revoked_at = $4 WHERE workspace_id = $1 AND id = $2 AND ($3::uuid IS NULL OR user_id = $3)
        AND revoked_at IS NULL RETURNING name",
    sqlite: "UPDATE api_tokens SET revoked_at = $4 WHERE workspace_id = $1 AND id = $2 AND ($3 IS NULL OR user_id = $3)
        AND revoked_at IS NULL RETURNING name",
}

/// Revokes a token of one's own, or as an Owner anybody's; it counts from the next request on.
///
/// # Errors
/// [`TokenError::NoSuchToken`] if there is none, it is somebody else's, or it is revoked already.
pub async fn revoke(database: &Database, scope: &Scope, id: ApiTokenId, now: Ts) -> Result<(), TokenError> {
    if matches!(scope.channel(), Channel::Token { .. } | Channel::Inside) {
        return Err(TokenError::NotAllowed);
    }
    let (workspace, owner) = (scope.workspace(), only_of(scope));
    let entry = Entry::in_scope(scope, Action::TokenRevoked).about("token", id);
    database
        .write("token.revoke", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&REVOKE, params![workspace, id, owner, now]).await?;
                let name: String = row.ok_or(TokenError::NoSuchToken)?.get(0)?;
                Ok(audit::record(tx, entry.with("name", name), now).await?)
            })
        })
        .await
}
