//! Where things are: every address that a page links to is written here.

use ledger::catalog::Related;
use tenancy::RunId;
use uuid::Uuid;

/// The list of runs of a workspace.
#[must_use]
pub fn operations(workspace: &str) -> String {
    format!("/w/{workspace}/operations")
}

/// One run.
#[must_use]
pub fn run(workspace: &str, run: RunId) -> String {
    format!("/w/{workspace}/operations/{run}")
}

/// The tenants of a workspace.
#[must_use]
pub fn tenants(workspace: &str) -> String {
    format!("/w/{workspace}/tenants")
}

/// The form that connects a tenant.
#[must_use]
pub fn new_tenant(workspace: &str) -> String {
    format!("/w/{workspace}/tenants/new")
}

/// The notices of whoever is signed in.
#[must_use]
pub fn notifications(workspace: &str) -> String {
    format!("/w/{workspace}/notifications")
}

/// A tenant's inventory.
#[must_use]
pub fn inventory(workspace: &str, tenant: &str) -> String {
    format!("/w/{workspace}/t/{tenant}/inventory")
}

/// A tenant's policies.
#[must_use]
pub fn policies(workspace: &str, tenant: &str) -> String {
    format!("/w/{workspace}/t/{tenant}/policies")
}

/// One policy.
#[must_use]
pub fn policy(workspace: &str, tenant: &str, policy: Uuid) -> String {
    format!("/w/{workspace}/t/{tenant}/policies/{policy}")
}

/// Where an operation is started: of a tenant, or of the whole workspace.
#[must_use]
pub fn start(workspace: &str, tenant: Option<&str>, kind: &str) -> String {
    match tenant {
        Some(tenant) => format!("/w/{workspace}/t/{tenant}/start/{kind}"),
        None => format!("/w/{workspace}/start/{kind}"),
    }
}

/// Where the result of a run can be seen, with the words for the link.
///
/// None where the run is about a tenant that is no longer there, or where the run's own page shows everything.
#[must_use]
pub fn related(related: Related, workspace: &str, tenant: Option<&str>) -> Option<(&'static str, String)> {
    match (related, tenant) {
        (Related::Policies, Some(tenant)) => Some(("Open policies", policies(workspace, tenant))),
        (Related::Inventory, Some(tenant)) => Some(("Open inventory", inventory(workspace, tenant))),
        (Related::Tenant, Some(_)) => Some(("Open tenants", tenants(workspace))),
        (Related::Operations, _) => Some(("Open operations", operations(workspace))),
        (Related::Policies | Related::Inventory | Related::Tenant, None) => None,
    }
}
