//! Users: people with an account, and the one who works at the server's own console.

mod change_password;
mod create;
mod disable;
mod email;
mod ensure_platform;
mod list;
mod name;
mod rename;
mod reset_password;
mod server_admin;

use database::{DatabaseError, Row, Ts};

pub use change_password::{ChangePasswordError, change_password};
pub use create::{CreateUserError, NewUser, create};
pub(crate) use create::{NewRow, insert};
pub use disable::{Standing, set_standing};
pub use email::{Email, EmailError};
pub use ensure_platform::{PLATFORM_NAME, ensure_platform};
pub use list::{find, list};
pub use name::NameError;
pub(crate) use name::PersonName;
pub use rename::{RenameError, rename, rename_for};
pub use reset_password::{ResetPasswordError, reset_password};
pub use server_admin::{ServerAdmin, set_server_admin};

use crate::UserId;

/// A person with an account on this server; what they may do in a workspace is in its memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// What they sign in with, folded.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Whether they administer the server.
    pub server_admin: ServerAdmin,
    /// Whether they may sign in.
    pub standing: Standing,
    /// When the account was made.
    pub created_at: Ts,
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// There is no such account.
    #[error("there is no such user")]
    NoSuchUser,
    /// Nobody would be left to administer the server.
    #[error("this is the last server administrator; name another one first")]
    LastServerAdmin,
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Reads `id, email, name, server_admin, disabled_at, created_at`.
fn read(row: &Row) -> Result<User, DatabaseError> {
    Ok(User {
        id: UserId::from_uuid(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        server_admin: if row.get(3)? { ServerAdmin::Yes } else { ServerAdmin::No },
        standing: if row.get::<Option<Ts>>(4)?.is_some() { Standing::Disabled } else { Standing::Enabled },
        created_at: row.get(5)?,
    })
}
