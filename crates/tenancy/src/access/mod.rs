//! The one place where a caller becomes a [`Scope`].

mod member;
mod principal;
mod role;
mod server;

use std::sync::Arc;

use database::{Database, DatabaseError, Ts};

pub use member::{Entered, OwnWorkspace, enter, member, workspaces};
pub(crate) use member::{reach_of, role as read_role};
pub use principal::Principal;
pub use role::{About, Grant, NEVER_BY_TOKEN, ROLE_TABLE, Reach, Role, capabilities_of, least_role};
pub use server::{ServerRight, ServerScope, server, server_console};

use crate::{
    Actor, Capabilities, Capability, Channel, Scope, TenantId, WorkspaceId, tenant, user, workspace,
};

/// Why there is no scope for a caller.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// There is no such workspace, or the caller may not know of it.
    #[error("there is no workspace `{0}`")]
    Workspace(String),
    /// There is no such tenant in the workspace, or the caller may not know of it.
    #[error("there is no tenant `{tenant}` in the workspace `{workspace}`")]
    Tenant {
        /// The workspace that was looked in.
        workspace: String,
        /// The tenant that was asked for.
        tenant: String,
    },
    /// There is nothing here for the one who asks; it does not say what is missing, or whether it is.
    #[error("there is no such workspace or tenant")]
    NotThere,
    /// The database could not be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Makes the scope of whoever works at the server's console: they hold the database, so they may do everything.
///
/// # Errors
/// [`AccessError::Workspace`] and [`AccessError::Tenant`] name what does not exist.
pub async fn console(
    database: &Database,
    workspace: &str,
    tenant: Option<&str>,
    now: Ts,
) -> Result<Scope, AccessError> {
    let found = workspace::find(database, workspace).await?;
    let found = found.ok_or_else(|| AccessError::Workspace(workspace.to_owned()))?;
    let actor = user::ensure_platform(database, now).await?;
    let whole =
        Scope::new(found.id, None, actor, Capabilities::all()).through(Channel::Console, Arc::default());
    let Some(slug) = tenant else { return Ok(whole) };
    let tenant = tenant::find(database, &whole, slug)
        .await?
        .ok_or_else(|| AccessError::Tenant { workspace: workspace.to_owned(), tenant: slug.to_owned() })?;
    Ok(whole.narrowed(tenant.id))
}

/// Makes the scope of a schedule: it starts what it was made for, and keeps house where the system made it.
///
/// Who makes a schedule must be allowed to start the same by hand; from then on it acts for the workspace.
#[must_use]
pub fn schedule(workspace: WorkspaceId, tenant: Option<TenantId>, name: &str) -> Scope {
    use Capability::{Maintain, RunSchedules, See, StartBackups, StartReads};
    let rights = [See, StartReads, StartBackups, RunSchedules, Maintain];
    Scope::new(workspace, tenant, Actor::Schedule { name: name.to_owned() }, rights.into_iter().collect())
}

/// Makes the scope in which the system keeps house: reading, and cleaning up after itself.
#[must_use]
pub fn system(workspace: WorkspaceId, tenant: Option<TenantId>) -> Scope {
    Scope::new(
        workspace,
        tenant,
        Actor::System,
        [Capability::See, Capability::Maintain].into_iter().collect(),
    )
}
