//! What may be done to the server itself, apart from any workspace.

use std::sync::Arc;

use database::{Database, DatabaseError, Ts, params, statement};

use super::Principal;
use crate::{Actor, Channel, RequestInfo, user};

statement! {
    SERVER_ADMIN = "access.server", (Uuid) -> (Text),
    both: "SELECT name FROM users WHERE id = $1 AND server_admin AND disabled_at IS NULL"
}

words! {
    /// What a server administrator may do; inside a workspace he is nobody unless a member.
    ServerRight, "create_workspaces, manage_users, pause_kinds, see_health" {
        /// Create workspaces.
        CreateWorkspaces = "create_workspaces",
        /// Make, disable and enable accounts, and name server administrators.
        ManageUsers = "manage_users",
        /// Pause and resume kinds of operations.
        PauseKinds = "pause_kinds",
        /// See how the server is.
        SeeHealth = "see_health",
    }
}

/// The proof that somebody may act on the server itself; it holds every [`ServerRight`] and opens no workspace.
#[derive(Clone, Debug)]
pub struct ServerScope {
    actor: Actor,
    channel: Channel,
    request: Arc<RequestInfo>,
}

impl ServerScope {
    /// Gives who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Gives how they came in.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Gives what is known of the request.
    #[must_use]
    pub fn request(&self) -> &Arc<RequestInfo> {
        &self.request
    }
}

/// Makes the scope of a server administrator; `None` for everybody else, and for every API token.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn server(
    database: &Database,
    principal: &Principal,
) -> Result<Option<ServerScope>, DatabaseError> {
    if !matches!(principal.channel, Channel::Session { .. }) {
        return Ok(None);
    }
    let user = principal.user;
    let name: Option<String> = database
        .read("access.server", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&SERVER_ADMIN, params![user]).await?;
                row.map(|row| row.get(0)).transpose()
            })
        })
        .await?;
    Ok(name.map(|name| ServerScope {
        actor: Actor::User { id: user, name },
        channel: principal.channel,
        request: Arc::clone(&principal.request),
    }))
}

/// Makes the scope of whoever works at the server's console.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn server_console(database: &Database, now: Ts) -> Result<ServerScope, DatabaseError> {
    let actor = user::ensure_platform(database, now).await?;
    Ok(ServerScope { actor, channel: Channel::Console, request: Arc::default() })
}
