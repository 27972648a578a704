//! Giving oneself another name.

use database::{Database, DatabaseError, Ts, params, statement};

use super::{NameError, PersonName};
use crate::audit::{self, Action};
use crate::session::Session;

statement! {
    RENAME = "user.rename", (Uuid, Text) -> (),
    both: "UPDATE users SET name = $2 WHERE id = $1"
}

/// Why a name stayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenameError {
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
