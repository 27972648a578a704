//! Tenants: listing and showing.

use axum::Json;
use axum::extract::State;
use tenancy::{Capability, tenant};

use super::Caller;
use super::address::Bare;
use super::shapes::{TenantListShape, TenantShape};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Lists the tenants that the caller may see.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants", operation_id = "listTenants", tag = "tenants",
    params(("workspace" = String, Path, description = "The short name of the workspace")),
    responses(
        (status = 200, description = "The tenants", body = TenantListShape),
        (status = "default", description = "Why there are none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
) -> Result<Json<TenantListShape>, Problem> {
    caller.require(Capability::See)?;
    let tenants = tenant::list(app.database(), &caller.scope).await?;
    Ok(Json(TenantListShape { items: tenants.iter().map(TenantShape::from).collect() }))
}

/// Shows a tenant.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}", operation_id = "showTenant", tag = "tenants",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
    ),
    responses(
        (status = 200, description = "The tenant", body = TenantShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
) -> Result<Json<TenantShape>, Problem> {
    caller.require(Capability::See)?;
    let tenant = tenant::get(app.database(), &caller.scope).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(TenantShape::from(&tenant)))
}
