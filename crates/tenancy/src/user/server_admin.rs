//! Naming server administrators.

use database::{Database, Ts, Tx, params, statement};

use super::UserError;
use crate::access::ServerScope;
use crate::audit::{self, Action, Entry};
use crate::{UserId, session};

statement! {
    /// Two withdrawals at once must not both count the other's administrator.
    LOCK = "user.lock_server", () -> (I64),
    postgres: "SELECT 1::bigint FROM installation WHERE id = 1 FOR NO KEY UPDATE",
    sqlite: "SELECT 1 FROM installation WHERE id = 1",
}
statement! {
    COUNT_OTHERS = "user.count_other_server_admins", (Uuid) -> (I64),
    both: "SELECT count(*) FROM users WHERE server_admin AND disabled_at IS NULL AND id <> $1"
}
statement! {
    IS_ADMIN = "user.is_server_admin", (Uuid) -> (Bool),
    both: "SELECT server_admin FROM users WHERE id = $1"
}
statement! {
    SET = "user.set_server_admin", (Uuid, Bool) -> (Uuid),
    both: "UPDATE users SET server_admin = $2 WHERE id = $1 AND kind = 'person' RETURNING id"
}

/// Whether somebody administers the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerAdmin {
    /// They do.
    Yes,
    /// They do not.
    No,
}

/// Makes somebody a server administrator, or withdraws it; their sessions get new references.
///
/// # Errors
/// [`UserError::LastServerAdmin`] if nobody else could administer the server.
pub async fn set_server_admin(
    database: &Database,
    scope: &ServerScope,
    user: UserId,
    admin: ServerAdmin,
    now: Ts,
) -> Result<(), UserError> {
    if !scope.channel().is_proved(now) {
        return Err(UserError::NotProved);
    }
    let action = match admin {
        ServerAdmin::Yes => Action::ServerAdminGranted,
        ServerAdmin::No => Action::ServerAdminWithdrawn,
    };
    let entry = Entry::on_server(scope, action).about("user", user);
    database
        .write("user.set_server_admin", move |tx| {
            Box::pin(async move {
                if admin == ServerAdmin::No {
                    keep_one_beside(tx, user).await?;
                }
                let found = tx.query_opt(&SET, params![user, admin == ServerAdmin::Yes]).await?;
                found.ok_or(UserError::NoSuchUser)?;
                session::rotate_soon(tx, user).await?;
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}

/// Refuses to go on if `user` is the only server administrator who can sign in.
pub(super) async fn keep_one_beside(tx: &mut Tx<'_>, user: UserId) -> Result<(), UserError> {
    tx.query_one(&LOCK, &[]).await?;
    let is_admin = tx.query_opt(&IS_ADMIN, params![user]).await?.map_or(Ok(false), |row| row.get(0))?;
    let others: i64 = tx.query_one(&COUNT_OTHERS, params![user]).await?.get(0)?;
    if is_admin && others == 0 { Err(UserError::LastServerAdmin) } else { Ok(()) }
}
