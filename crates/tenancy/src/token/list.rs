//! One's own tokens, to see and to revoke.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use serde_json::Value;

use crate::{ApiTokenId, Capabilities, Capability, Channel, Scope, UserId};

statement! {
    LIST = "token.list", (Uuid, Uuid, Time) -> (Uuid, Uuid, Text, Json, Time, Time, Time, Text),
    postgres: "SELECT t.id, t.user_id, t.name, t.capabilities, t.created_at, t.expires_at, t.last_used_at, u.name
        FROM api_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.workspace_id = $1 AND ($2::uuid IS NULL OR t.user_id = $2) AND t.revoked_at IS NULL AND t.expires_at > $3 ORDER BY t.id DESC",
    sqlite: "SELECT t.id, t.user_id, t.name, t.capabilities, t.created_at, t.expires_at, t.last_used_at, u.name
        FROM api_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.workspace_id = $1 AND ($2 IS NULL OR t.user_id = $2) AND t.revoked_at IS NULL AND t.expires_at > $3 ORDER BY t.id DESC",
}

/// A living token; its text is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id, which stands in its text.
    pub id: ApiTokenId,
    /// Who it acts for.
    pub owner: UserId,
    /// What they are called.
    pub owner_name: String,
    /// What it is called.
    pub name: String,
    /// What it may do at most.
    pub capabilities: Capabilities,
    /// When it was made.
    pub created_at: Ts,
    /// When it expires.
    pub expires_at: Ts,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Ts>,
}

/// Lists the living tokens of whoever acts, newest first; every member's for the console and for an Owner.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(database: &Database, scope: &Scope, now: Ts) -> Result<Vec<ApiToken>, DatabaseError> {
    let (workspace, owner) = (scope.workspace(), only_of(scope));
    database
        .read("token.list", move |tx| {
            Box::pin(async move {
                tx.query(&LIST, params![workspace, owner, now]).await?.iter().map(read).collect()
            })
        })
        .await
}

/// Gives whose tokens a scope reaches; `None` for everybody's.
pub(super) fn only_of(scope: &Scope) -> Option<UserId> {
    let all = scope.channel() == Channel::Console || scope.allows(Capability::ManageMembers);
    // Who is no user has no tokens: the nil id is nobody's.
    let nobody = UserId::from_uuid(uuid::Uuid::nil());
    (!all).then(|| scope.actor().user().unwrap_or(nobody))
}

fn read(row: &Row) -> Result<ApiToken, DatabaseError> {
    Ok(ApiToken {
        id: ApiTokenId::from_uuid(row.get(0)?),
        owner: UserId::from_uuid(row.get(1)?),
        owner_name: row.get(7)?,
        name: row.get(2)?,
        capabilities: capabilities(&row.get(3)?),
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
    })
}

/// Reads stored capabilities; a name of another release grants nothing.
pub(super) fn capabilities(stored: &Value) -> Capabilities {
    let names = stored.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(Capability::from_token).collect()
}
