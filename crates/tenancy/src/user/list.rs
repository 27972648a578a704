//! Finding accounts, for server administrators.

use database::{Database, DatabaseError, params, statement};

use super::{Email, User, read};
use crate::access::ServerScope;

statement! {
    LIST = "user.list", () -> (Uuid, Text, Text, Bool, Time, Time),
    both: "SELECT id, email, name, server_admin, disabled_at, created_at FROM users WHERE kind = 'person' ORDER BY email"
}
statement! {
    FIND = "user.find", (Text) -> (Uuid, Text, Text, Bool, Time, Time),
    both: "SELECT id, email, name, server_admin, disabled_at, created_at FROM users WHERE email = $1"
}

/// Lists every person with an account, by address.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(database: &Database, _: &ServerScope) -> Result<Vec<User>, DatabaseError> {
    database
        .read("user.list", |tx| {
            Box::pin(async move { tx.query(&LIST, &[]).await?.iter().map(read).collect() })
        })
        .await
}

/// Finds the account of an address.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn find(
    database: &Database,
    _: &ServerScope,
    email: &Email,
) -> Result<Option<User>, DatabaseError> {
    let email = email.to_string();
    database
        .read("user.find", move |tx| {
            Box::pin(async move { tx.query_opt(&FIND, params![email]).await?.as_ref().map(read).transpose() })
        })
        .await
}
