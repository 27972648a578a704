//! Policies of a tenant: listing and showing.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use governance::policies::{self, Filter, Policy, PolicyId};
use tenancy::Capability;

use super::Caller;
use super::shapes::{PolicyListShape, PolicyShape};
use crate::object_query::{ObjectQuery, SIZE};
use crate::pages::policies::LIST;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Lists the policies of a tenant.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}/policies", operation_id = "listPolicies", tag = "policies",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
        ("type" = Option<Vec<String>>, Query, description = "Keys of types, such as configurationPolicy"),
        ("q" = Option<String>, Query, description = "Part of the name"),
        ("seen" = Option<String>, Query, description = "present or missing"),
        ("after" = Option<String>, Query, description = "The next of the page before"),
    ),
    responses(
        (status = 200, description = "A page of policies", body = PolicyListShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<PolicyListShape>, Problem> {
    caller.require(Capability::See)?;
    let asked = ObjectQuery::read(query.as_deref().unwrap_or_default(), LIST, &caller.scope, app.cursors())?;
    let filter = Filter { types: asked.types.clone(), name: asked.q.clone(), presence: asked.presence };
    let page = policies::list(app.database(), &caller.scope, &filter, asked.after.clone(), SIZE).await?;
    Ok(Json(PolicyListShape {
        items: page.policies.iter().map(PolicyShape::from).collect(),
        next: page.next.map(|next| asked.cursor(LIST, &next, &caller.scope, app.cursors())),
    }))
}

/// Shows a policy.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}/policies/{policy}", operation_id = "showPolicy", tag = "policies",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
        ("policy" = uuid::Uuid, Path, description = "The id of the policy"),
    ),
    responses(
        (status = 200, description = "The policy", body = PolicyShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, _, policy)): Path<(String, String, String)>,
) -> Result<Json<PolicyShape>, Problem> {
    caller.require(Capability::See)?;
    Ok(Json(PolicyShape::from(&find(&app, &caller, &policy).await?)))
}

/// Finds a policy by what an address says.
pub(super) async fn find(app: &AppState, caller: &Caller, policy: &str) -> Result<Policy, Problem> {
    let id: PolicyId = policy.parse().map_err(|_| Problem::not_found())?;
    policies::find(app.database(), &caller.scope, id).await?.ok_or_else(Problem::not_found)
}
