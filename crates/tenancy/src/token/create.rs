//! Making a token.

use database::{Database, Ts, params, statement};
use serde_json::Value;

use super::{ApiToken, LIFE_MAX, NAME_LENGTH_MAX, TOKENS_MAX, TokenError, text};
use crate::access::{NEVER_BY_TOKEN, capabilities_of};
use crate::audit::{self, Action, Entry};
use crate::{ApiTokenId, Capabilities, Capability, Channel, Scope, SecretToken, UserId, membership};

statement! {
    COUNT = "token.count", (Uuid, Uuid, Time) -> (I64),
    both: "SELECT count(*) FROM api_tokens WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3"
}
statement! {
    INSERT = "token.create", (Uuid, Uuid, Uuid, Text, Bytes, Json, Time, Time) -> (),
    both: "INSERT INTO api_tokens (workspace_id, id, user_id, name, token_hash, capabilities, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
}

statement! {
    OWNER_NAME = "token.owner_name", (Uuid) -> (Text),
    both: "SELECT name FROM users WHERE id = $1"
}

/// The token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Who it acts for: whoever is signed in, or at the console any member.
    pub owner: UserId,
    /// What it is called.
    pub name: String,
    /// What it may do at most.
    pub capabilities: Capabilities,
    /// When it expires, within [`LIFE_MAX`].
    pub expires_at: Ts,
}

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its text; it cannot be had again.
    pub token: SecretToken,
    /// The token as it is listed.
    pub row: ApiToken,
}

/// Makes a token for the scope's workspace.
///
/// # Errors
/// [`TokenError::Capabilities`] if it would hold what its owner does not, or what no token may.
pub async fn create(
    database: &Database,
    scope: &Scope,
    new: NewToken,
    now: Ts,
) -> Result<Created, TokenError> {
    permit(scope, &new, now)?;
    check(&new, now)?;
    let (workspace, id) = (scope.workspace(), ApiTokenId::new(now));
    let token = text::make(id)?;
    let (hash, names) = (token.hash(), names(new.capabilities));
    let entry = Entry::in_scope(scope, Action::TokenCreated)
        .about("token", id)
        .with("owner", new.owner.to_string())
        .with("name", new.name.clone())
        .with("capabilities", names.clone())
        .with("expires_at", new.expires_at.to_string());
    let mut row = ApiToken {
        id,
        owner: new.owner,
        owner_name: String::new(),
        name: new.name.trim().to_owned(),
        capabilities: new.capabilities,
        created_at: now,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    let written = row.clone();
    row.owner_name = database
        .write("token.create", move |tx| {
            Box::pin(async move {
                // Held, so that the owner is still a member, with these rights, when the token is there.
                membership::lock_workspace(tx, workspace).await?;
                let owner =
                    membership::find(tx, workspace, new.owner).await?.ok_or(TokenError::NoSuchMember)?;
                let held = capabilities_of(owner.role, &owner.reach);
                if !new.capabilities.within(held) {
                    return Err(TokenError::Capabilities);
                }
                let count: i64 = tx.query_one(&COUNT, params![workspace, new.owner, now]).await?.get(0)?;
                if count >= TOKENS_MAX {
                    return Err(TokenError::TooMany);
                }
                let row = params![workspace, id, new.owner, written.name, hash, names, now, new.expires_at];
                tx.execute(&INSERT, row).await?;
                audit::record(tx, entry, now).await?;
                let name: String = tx.query_one(&OWNER_NAME, params![new.owner]).await?.get(0)?;
                Ok::<_, TokenError>(name)
            })
        })
        .await?;
    Ok(Created { token, row })
}

fn permit(scope: &Scope, new: &NewToken, now: Ts) -> Result<(), TokenError> {
    let own = scope.actor().user() == Some(new.owner);
    match scope.channel() {
        Channel::Console => Ok(()),
        Channel::Session { .. } if own && scope.allows(Capability::OwnTokens) => {
            if scope.channel().is_proved(now) { Ok(()) } else { Err(TokenError::NotProved) }
        }
        _ => Err(TokenError::NotAllowed),
    }
}

fn check(new: &NewToken, now: Ts) -> Result<(), TokenError> {
    let name = new.name.trim();
    if !(1..=NAME_LENGTH_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    if new.expires_at <= now || new.expires_at > now.plus(LIFE_MAX) {
        return Err(TokenError::Expiry);
    }
    let forbidden = NEVER_BY_TOKEN.into_iter().any(|one| new.capabilities.allow(one));
    if forbidden || new.capabilities == Capabilities::NONE { Err(TokenError::Capabilities) } else { Ok(()) }
}

fn names(capabilities: Capabilities) -> Value {
    capabilities.iter().map(Capability::token).collect()
}
