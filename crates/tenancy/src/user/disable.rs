//! Shutting an account out, and letting it in again.

use database::{Database, Ts, params, statement};

use super::{UserError, server_admin};
use crate::access::ServerScope;
use crate::audit::{self, Action, Entry};
use crate::{UserId, session};

statement! {
    SET_STANDING = "user.set_standing", (Uuid, Time) -> (Uuid),
    both: "UPDATE users SET disabled_at = $2 WHERE id = $1 AND kind = 'person' RETURNING id"
}

/// Whether somebody may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Enabled,
    /// They may not, and nothing that they hold counts.
    Disabled,
}

/// Disables an account, ending its sessions at once, or enables it again; its tokens sleep as long.
///
/// # Errors
/// [`UserError::LastServerAdmin`] if nobody else could administer the server.
pub async fn set_standing(
    database: &Database,
    scope: &ServerScope,
    user: UserId,
    standing: Standing,
    now: Ts,
) -> Result<(), UserError> {
    if !scope.channel().is_proved(now) {
        return Err(UserError::NotProved);
    }
    let (action, disabled_at) = match standing {
        Standing::Enabled => (Action::UserEnabled, None),
        Standing::Disabled => (Action::UserDisabled, Some(now)),
    };
    let entry = Entry::on_server(scope, action).about("user", user);
    database
        .write("user.set_standing", move |tx| {
            Box::pin(async move {
                if standing == Standing::Disabled {
                    server_admin::keep_one_beside(tx, user).await?;
                    session::end_all(tx, user).await?;
                }
                let found = tx.query_opt(&SET_STANDING, params![user, disabled_at]).await?;
                found.ok_or(UserError::NoSuchUser)?;
                Ok(audit::record(tx, entry, now).await?)
            })
        })
        .await
}
