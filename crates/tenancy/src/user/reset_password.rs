//! Setting somebody's password for them: at the console only, else a server administrator could become anybody.

use database::{Database, DatabaseError, Ts, params, statement};
use secrecy::SecretString;

use crate::access::ServerScope;
use crate::audit::{self, Action, Entry};
use crate::password::{self, HashError, Hashing, PasswordProblem};
use crate::{Channel, UserId, session, softlock};

statement! {
    WHO = "user.reset_password_of", (Uuid) -> (Text, Text),
    both: "SELECT email, name FROM users WHERE id = $1 AND kind = 'person'"
}
statement! {
    RESET = "user.reset_password", (Uuid, Text, Time) -> (),
    both: "UPDATE users SET password_hash = $2, password_set_at = $3 WHERE id = $1"
}

/// Why a password stayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResetPasswordError {
    /// The one who acts is not at the console.
    #[error("a password is reset at the server's console only")]
    NotAtConsole,
    /// There is no such account.
    #[error("there is no such user")]
    NoSuchUser,
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// The new password could not be hashed, or too many wait for that.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Sets a password; every session of the account ends, and its waiting time after wrong passwords is over.
///
/// # Errors
/// [`ResetPasswordError::Password`] if the password is not taken.
pub async fn reset_password(
    database: &Database,
    hashing: &Hashing,
    scope: &ServerScope,
    user: UserId,
    new: &SecretString,
    now: Ts,
) -> Result<(), ResetPasswordError> {
    if scope.channel() != Channel::Console {
        return Err(ResetPasswordError::NotAtConsole);
    }
    let (email, name) = database
        .read("user.reset_password_of", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&WHO, params![user]).await?.ok_or(ResetPasswordError::NoSuchUser)?;
                Ok::<(String, String), ResetPasswordError>((row.get(0)?, row.get(1)?))
            })
        })
        .await?;
    password::check(new, &email, &name)?;
    let hash = hashing.hash(new).await?;
    let entry = Entry::on_server(scope, Action::PasswordReset).about("user", user);
    database
        .write("user.reset_password", move |tx| {
            Box::pin(async move {
                tx.execute(&RESET, params![user, hash, now]).await?;
                session::end_all(tx, user).await?;
                if let Ok(email) = email.parse() {
                    softlock::clear(tx, &softlock::account(&email)).await?;
                }
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}
