//! Making the first account.

use std::sync::Arc;

use database::{Database, DatabaseError, Ts, params, statement};

use super::offer::hold_while_nobody;
use crate::access::{Reach, Role};
use crate::audit::{self, Action, Entry};
use crate::membership::{self, MembershipError, NewMember};
use crate::password::Hashing;
use crate::session::{NewSession, open};
use crate::user::{CreateUserError, NewRow, NewUser, ServerAdmin, insert};
use crate::workspace::{self, DEFAULT_SLUG, Origin};
use crate::{RandomError, RequestInfo, secret_token};

statement! {
    IS_GOOD = "first_start.is_good", (Bytes, Time) -> (Bool),
    both: "SELECT EXISTS (SELECT 1 FROM setup_tokens WHERE token_hash = $1 AND expires_at > $2)"
}
statement! {
    USE_UP = "first_start.use_up", () -> (),
    both: "DELETE FROM setup_tokens"
}

/// What the default workspace is called where the first start makes it.
const DEFAULT_NAME: &str = "Default";

/// What the first person sends.
#[derive(Clone, Debug)]
pub struct Complete {
    /// The account to make.
    pub user: NewUser,
    /// The request that it came by.
    pub request: Arc<RequestInfo>,
}

/// Why there is no first account, or no token for it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FirstStartError {
    /// The token is unknown, used or too old, or somebody has an account already.
    #[error(
        "the set-up token is not good; a restart of the server prints a new one while nobody has an account"
    )]
    Refused,
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] CreateUserError),
    /// The machine gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<MembershipError> for FirstStartError {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::Database(error) => Self::Database(error),
            _ => Self::Refused,
        }
    }
}

/// Makes the first account, server administrator and Owner of the default workspace, and signs it in; exactly once.
///
/// # Errors
/// [`FirstStartError::Refused`] whatever is wrong with the token; nothing was written then.
pub async fn complete(
    database: &Database,
    hashing: &Hashing,
    token: &str,
    complete: Complete,
    now: Ts,
) -> Result<NewSession, FirstStartError> {
    if !secret_token::is_well_formed(token) {
        return Err(FirstStartError::Refused);
    }
    let hash = secret_token::hash_of(token);
    // Looked at before anything is hashed: who has no token costs nothing.
    let good: bool = database
        .read("first_start.is_good", move |tx| {
            Box::pin(async move { tx.query_one(&IS_GOOD, params![hash, now]).await?.get(0) })
        })
        .await?;
    if !good {
        return Err(FirstStartError::Refused);
    }
    let row = NewRow::prepare(hashing, complete.user, ServerAdmin::Yes).await?;
    let request = complete.request;
    database
        .write("first_start.complete", move |tx| {
            Box::pin(async move {
                hold_while_nobody(tx).await?.ok_or(FirstStartError::Refused)?;
                let good: bool = tx.query_one(&IS_GOOD, params![hash, now]).await?.get(0)?;
                if !good {
                    return Err(FirstStartError::Refused);
                }
                tx.execute(&USE_UP, &[]).await?;
                let user = insert(tx, row, now).await?.ok_or(FirstStartError::Refused)?;
                let entry = |action| Entry::by(user.id, &user.name, &request, action);
                let set_up = entry(Action::ServerSetUp).about("user", user.id);
                audit::record(tx, set_up.with("email", user.email.clone()), now).await?;
                let made = workspace::ensure_in(tx, DEFAULT_SLUG, DEFAULT_NAME, Origin::Own, now).await?;
                let owner = NewMember { user: user.id, role: Role::Owner, reach: Reach::Workspace };
                let added = entry(Action::MemberAdded).in_workspace(made.id);
                membership::insert(tx, made.id, &owner, Some(user.id), added, now).await?;
                let session = NewSession::prepare(
                    user.id,
                    user.email.clone(),
                    user.name.clone(),
                    Arc::clone(&request),
                    now,
                )?;
                open(tx, &session, now).await?;
                audit::record(tx, entry(Action::SignedIn).about("session", session.session.id), now).await?;
                Ok(session)
            })
        })
        .await
}
