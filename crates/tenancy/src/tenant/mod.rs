//! Tenants: the Microsoft tenants of a workspace and how each is reached.

mod connect;
mod list;

use database::Ts;
use uuid::Uuid;

pub use connect::{
    Connect, ConnectError, Credentials, credentials, external_id, record_check, set_state, upsert,
};
pub(crate) use list::read;
pub use list::{Secret, all_seeded, find, get, list, readiness};

pub use crate::words::UnknownWord;
use crate::{TenantId, WorkspaceId};

/// A tenant as it is kept; its secrets are apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The workspace that owns it.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: TenantId,
    /// Its short name, unique in the workspace.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Ours: a UUID v4 to give to other systems.
    pub external_id: Uuid,
    /// Theirs: the id or domain by which Microsoft knows it.
    pub graph_tenant_id: String,
    /// What a mistake would cost.
    pub environment: Environment,
    /// Which of Microsoft's clouds, or a simulated one.
    pub cloud: CloudName,
    /// Where a simulated tenant signs in and answers; none for Microsoft's clouds.
    pub simulated: Option<SimulatedUrls>,
    /// The application that signs in.
    pub client_id: String,
    /// Whether it may be worked with.
    pub state: TenantState,
    /// When the connection was last checked.
    pub checked_at: Option<Ts>,
    /// What the last check found wrong; none when it was right.
    pub check_code: Option<String>,
}

/// Where a simulated tenant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedUrls {
    /// Where tokens come from.
    pub login: String,
    /// Where Graph answers.
    pub graph: String,
}

words! {
    /// What a mistake would cost.
    Environment, "production, test" {
        /// People work in it.
        Production = "production",
        /// Nobody is hurt.
        Test = "test",
    }
}
words! {
    /// Which of Microsoft's clouds a tenant is in (Graph documentation, "National cloud deployments").
    CloudName, "global, usgov, usgov-dod, china, simulated" {
        /// The world-wide one.
        Global = "global",
        /// United States government, level 4.
        UsGov = "usgov",
        /// United States government, level 5.
        UsGovDod = "usgov-dod",
        /// Operated by 21Vianet.
        China = "china",
        /// A simulator on this machine.
        Simulated = "simulated",
    }
}
words! {
    /// Whether a tenant may be worked with.
    TenantState, "connected, disconnected, removing" {
        /// Runs may be started.
        Connected = "connected",
        /// Kept, but not worked with.
        Disconnected = "disconnected",
        /// On its way out.
        Removing = "removing",
    }
}
