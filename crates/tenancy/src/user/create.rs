//! Making an account.

use database::{Database, DatabaseError, Ts, Tx, params, statement};
use secrecy::SecretString;

use super::{Email, NameError, PersonName, ServerAdmin, Standing, User};
use crate::UserId;
use crate::access::ServerScope;
use crate::audit::{self, Action, Entry};
use crate::password::{self, HashError, Hashing, PasswordProblem};

statement! {
    /// Answers with no row when the address is taken.
    INSERT = "user.create", (Uuid, Text, Text, Text, Bool, Time) -> (Uuid),
    both: "INSERT INTO users (id, kind, email, name, password_hash, password_set_at, server_admin, created_at)
        VALUES ($1, 'person', $2, $3, $4, $6, $5, $6) ON CONFLICT (email) DO NOTHING RETURNING id"
}

/// What a new account needs.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they will sign in with.
    pub email: Email,
    /// What they are called.
    pub name: String,
    /// The password.
    pub password: SecretString,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateUserError {
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// Somebody has an account with this address.
    #[error("there is a user with this e-mail address already")]
    Taken,
    /// The name cannot be kept.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Makes an account that belongs to no workspace yet.
///
/// # Errors
/// [`CreateUserError::Taken`] if the address is taken; nothing was written then.
pub async fn create(
    database: &Database,
    hashing: &Hashing,
    scope: &ServerScope,
    new: NewUser,
    now: Ts,
) -> Result<User, CreateUserError> {
    if !scope.channel().is_proved(now) {
        return Err(CreateUserError::NotProved);
    }
    let row = NewRow::prepare(hashing, new, ServerAdmin::No).await?;
    let entry = Entry::on_server(scope, Action::UserCreated);
    database
        .write("user.create", move |tx| {
            Box::pin(async move {
                let user = insert(tx, row, now).await?.ok_or(CreateUserError::Taken)?;
                audit::record(tx, entry.about("user", user.id).with("email", user.email.clone()), now)
                    .await?;
                Ok(user)
            })
        })
        .await
}

/// An account that is ready to be written: its password is hashed, which no transaction may wait for.
#[derive(Clone)]
pub(crate) struct NewRow {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    hash: String,
    server_admin: ServerAdmin,
}

impl NewRow {
    pub(crate) async fn prepare(
        hashing: &Hashing,
        new: NewUser,
        server_admin: ServerAdmin,
    ) -> Result<Self, CreateUserError> {
        let name = PersonName::parse(&new.name)?;
        password::check(&new.password, new.email.as_str(), name.as_str())?;
        let hash = hashing.hash(&new.password).await?;
        Ok(Self { email: new.email, name, hash, server_admin })
    }
}

/// Writes an account; `None` if the address is taken.
pub(crate) async fn insert(tx: &mut Tx<'_>, row: NewRow, now: Ts) -> Result<Option<User>, DatabaseError> {
    let id = UserId::new(now);
    let (email, name) = (row.email.to_string(), row.name.into_string());
    let admin = row.server_admin == ServerAdmin::Yes;
    let made = tx.query_opt(&INSERT, params![id, email.clone(), name.clone(), row.hash, admin, now]).await?;
    Ok(made.map(|_| User {
        id,
        email,
        name,
        server_admin: row.server_admin,
        standing: Standing::Enabled,
        created_at: now,
    }))
}
