//! The proof that somebody may act somewhere.

use crate::{Capabilities, Capability, TenantId, UserId, WorkspaceId};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, or the console's platform user.
    User {
        /// Who.
        id: UserId,
        /// The name at the time of acting.
        name: String,
    },
    /// A schedule.
    Schedule {
        /// Its name at the time of acting.
        name: String,
    },
    /// The system itself.
    System,
}

impl Actor {
    /// Gives the stored word for the kind of actor.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Schedule { .. } => "schedule",
            Self::System => "system",
        }
    }

    /// Gives the user, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Schedule { .. } | Self::System => None,
        }
    }

    /// Gives the name to show.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Schedule { name } => name,
            Self::System => "",
        }
    }
}

/// A workspace, perhaps narrowed to one tenant, together with who acts in it and what they may do.
///
/// Only this crate makes one: [`crate::access`] for a caller, [`Scope::restored`] for a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    workspace: WorkspaceId,
    tenant: Option<TenantId>,
    actor: Actor,
    capabilities: Capabilities,
}

impl Scope {
    pub(crate) fn new(
        workspace: WorkspaceId,
        tenant: Option<TenantId>,
        actor: Actor,
        capabilities: Capabilities,
    ) -> Self {
        Self { workspace, tenant, actor, capabilities }
    }

    /// Restores the scope that a stored run was written with.
    ///
    /// It can read and write what the run is about; it holds no capability to start or manage anything else.
    #[must_use]
    pub fn restored(workspace: WorkspaceId, tenant: Option<TenantId>, actor: Actor) -> Self {
        Self::new(workspace, tenant, actor, [Capability::See].into_iter().collect())
    }

    pub(crate) fn narrowed(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// Gives the workspace.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Gives the tenant that the scope is narrowed to.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// Gives who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Says whether the one who acts may do this here.
    #[must_use]
    pub fn allows(&self, wanted: Capability) -> bool {
        self.capabilities.allow(wanted)
    }

    /// Gives the key under which runs are kept apart: the tenant, or the workspace itself.
    #[must_use]
    pub fn key(&self) -> uuid::Uuid {
        self.tenant.map_or(self.workspace.as_uuid(), TenantId::as_uuid)
    }
}
