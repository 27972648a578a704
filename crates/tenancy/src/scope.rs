//! The proof that somebody may act somewhere.

use std::sync::Arc;
use std::time::Duration;

use database::Ts;

use crate::{ApiTokenId, Capabilities, Capability, RequestInfo, TenantId, UserId, WorkspaceId};

/// How long ago a password may have been given for what asks for it again (OWASP ASVS 5.0, 7.5.1 and 7.5.3).
pub const PROOF_LIFE: Duration = Duration::from_secs(5 * 60);

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

/// How the one who acts came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// At the server's own console.
    Console,
    /// Through a browser's session.
    Session {
        /// When the password was last given.
        proved_at: Ts,
    },
    /// With an API token.
    Token {
        /// Which one.
        id: ApiTokenId,
    },
    /// From within: a worker, a schedule, housekeeping.
    Inside,
}

impl Channel {
    /// Says whether what guards the doors themselves (roles, credentials, tokens) may be changed now.
    ///
    /// A session must have given its password within [`PROOF_LIFE`]. A token was made under that rule with the
    /// capability named; whoever is at the console holds the database anyway.
    #[must_use]
    pub fn is_proved(self, now: Ts) -> bool {
        match self {
            Self::Console | Self::Token { .. } => true,
            Self::Session { proved_at } => now.since(proved_at) <= PROOF_LIFE,
            Self::Inside => false,
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
    visible: Option<Arc<[TenantId]>>,
    actor: Actor,
    capabilities: Capabilities,
    channel: Channel,
    request: Arc<RequestInfo>,
}

impl Scope {
    pub(crate) fn new(
        workspace: WorkspaceId,
        tenant: Option<TenantId>,
        actor: Actor,
        capabilities: Capabilities,
    ) -> Self {
        Self {
            workspace,
            tenant,
            visible: None,
            actor,
            capabilities,
            channel: Channel::Inside,
            request: Arc::default(),
        }
    }

    /// Says how the one who acts came in, and by which request.
    pub(crate) fn through(self, channel: Channel, request: Arc<RequestInfo>) -> Self {
        Self { channel, request, ..self }
    }

    /// Hides every other tenant of the workspace.
    pub(crate) fn seeing(self, visible: Option<Arc<[TenantId]>>) -> Self {
        Self { visible, ..self }
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

    /// Gives the tenants that the one who acts may see, sorted; `None` when they may see all of the workspace's.
    ///
    /// Lists over a whole workspace must stay inside it. It may be empty.
    #[must_use]
    pub fn visible_tenants(&self) -> Option<&[TenantId]> {
        self.visible.as_deref()
    }

    /// Says whether the scope reaches a tenant: it is not narrowed to another one, and the tenant is visible.
    #[must_use]
    pub fn sees(&self, tenant: TenantId) -> bool {
        self.tenant.is_none_or(|only| only == tenant)
            && self.visible.as_ref().is_none_or(|visible| visible.contains(&tenant))
    }

    /// Gives how the one who acts came in.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Gives what is known of the request that the scope was made for.
    #[must_use]
    pub fn request(&self) -> &Arc<RequestInfo> {
        &self.request
    }

    /// Gives everything that the one who acts may do here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
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
