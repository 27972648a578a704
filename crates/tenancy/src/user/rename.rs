//! Giving oneself, or at the console somebody else, another name.

use database::{Database, DatabaseError, Ts, params, statement};

use super::{NameError, PersonName};
use crate::UserId;
use crate::access::ServerScope;
use crate::audit::{self, Action, Entry};
use crate::session::Session;

statement! {
    RENAME = "user.rename", (Uuid, Text) -> (),
    both: "UPDATE users SET name = $2 WHERE id = $1"
}
statement! {
    RENAME_FOR = "user.rename_for", (Uuid, Text) -> (Uuid),
    both: "UPDATE users SET name = $2 WHERE id = $1 AND kind = 'person' RETURNING id"
}

/// Why a name stayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenameError {
    /// There is no such account.
    #[error("there is no such user")]
    NoSuchUser,
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// The name cannot be kept.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Changes the name of whoever is signed in; what they did before keeps the old one.
///
/// # Errors
/// [`RenameError::Name`] if the name cannot be kept.
pub async fn rename(database: &Database, session: &Session, name: &str, now: Ts) -> Result<(), RenameError> {
    let name = PersonName::parse(name)?.into_string();
    let user = session.user;
    let entry = session.entry(Action::UserRenamed).about("user", user).with("name", name.clone());
    database
        .write("user.rename", move |tx| {
            Box::pin(async move {
                tx.execute(&RENAME, params![user, name]).await?;
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}

/// Changes somebody's name for them; what they did before keeps the old one.
///
/// # Errors
/// [`RenameError::NoSuchUser`] if there is no such account, [`RenameError::Name`] if the name cannot be kept.
pub async fn rename_for(
    database: &Database,
    scope: &ServerScope,
    user: UserId,
    name: &str,
    now: Ts,
) -> Result<(), RenameError> {
    if !scope.channel().is_proved(now) {
        return Err(RenameError::NotProved);
    }
    let name = PersonName::parse(name)?.into_string();
    let entry = Entry::on_server(scope, Action::UserRenamed).about("user", user).with("name", name.clone());
    database
        .write("user.rename_for", move |tx| {
            Box::pin(async move {
                tx.query_opt(&RENAME_FOR, params![user, name]).await?.ok_or(RenameError::NoSuchUser)?;
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}
