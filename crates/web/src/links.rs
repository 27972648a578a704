//! Where things are: every address that a page links to is written here.

use ledger::catalog::Related;
use tenancy::{RunId, UserId};
use uuid::Uuid;

/// The list of runs of a workspace.
#[must_use]
pub fn operations(workspace: &str) -> String {
    format!("/w/{workspace}/operations")
}

/// The search of a workspace.
#[must_use]
pub fn search(workspace: &str) -> String {
    format!("/w/{workspace}/search")
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

/// One's own account.
pub const ACCOUNT: &str = "/account";

/// The workspaces of the server, for whoever administers it.
pub const SERVER_WORKSPACES: &str = "/server/workspaces";

/// The users of the server, for whoever administers it.
pub const SERVER_USERS: &str = "/server/users";

/// The members of a workspace.
#[must_use]
pub fn members(workspace: &str) -> String {
    format!("/w/{workspace}/settings/members")
}

/// One member of a workspace.
#[must_use]
pub fn member(workspace: &str, user: UserId) -> String {
    format!("/w/{workspace}/settings/members/{user}")
}

/// The form that invites somebody to a workspace.
#[must_use]
pub fn invite(workspace: &str) -> String {
    format!("/w/{workspace}/settings/members/invite")
}

/// One's own API tokens in a workspace.
#[must_use]
pub fn tokens(workspace: &str) -> String {
    format!("/w/{workspace}/settings/tokens")
}

/// The form that makes an API token.
#[must_use]
pub fn new_token(workspace: &str) -> String {
    format!("/w/{workspace}/settings/tokens/new")
}

/// How the workspace's queue and the server behind it are.
#[must_use]
pub fn health(workspace: &str) -> String {
    format!("/w/{workspace}/settings/health")
}

/// Where the password is given once more before going on to `next`.
#[must_use]
pub fn prove(next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("/sign-in/again?next={next}")
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
