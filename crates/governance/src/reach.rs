//! Which tenants a question is about: what its scope names, and of that what its asker may see.

use tenancy::Scope;
use uuid::Uuid;

/// Gives the keys of the tenants that a scope reaches; none means every tenant of its workspace.
///
/// Every statement that reads takes it, so that a member who was narrowed to some tenants meets no other, whether
/// the scope names a tenant or the whole workspace. It may be empty.
pub(crate) fn reached_tenants(scope: &Scope) -> Option<Vec<Uuid>> {
    match (scope.tenant(), scope.visible_tenants()) {
        (None, None) => None,
        (None, Some(visible)) => Some(visible.iter().map(|tenant| tenant.as_uuid()).collect()),
        (Some(tenant), _) if scope.sees(tenant) => Some(vec![tenant.as_uuid()]),
        (Some(_), _) => Some(Vec::new()),
    }
}
