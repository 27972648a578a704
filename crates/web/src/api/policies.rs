//! Policies of a tenant: listing and showing.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use governance::policies::{self, Filter, Policy, PolicyId};
use tenancy::Capability;

use super::Caller;
use super::address::{self, Bare};
use super::parameters::{Form, Parameters, Spec, bad_cursor};
use super::shapes::{PolicyListShape, PolicyShape};
use crate::object_query::{ObjectQuery, SIZE};
use crate::pages::policies::LIST;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What a list of policies can be asked for.
pub const PARAMETERS: Spec = &[
    ("type", Form::Texts),
    ("q", Form::Text),
    ("seen", Form::Word(&["present", "missing"])),
    ("size", Form::Rows),
    ("after", Form::Cursor),
];

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
        ("size" = Option<u32>, Query, description = "How many rows a page has; 100 if nothing is said"),
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
    let parameters = Parameters::read(query.as_deref(), PARAMETERS)?;
    let asked = ObjectQuery::read(query.as_deref().unwrap_or_default(), LIST, &caller.scope, app.cursors())?;
    if parameters.get("after").is_some() && asked.after.is_none() {
        return Err(bad_cursor("after"));
    }
    let filter = Filter { types: asked.types.clone(), name: asked.q.clone(), presence: asked.presence };
    let page = policies::list(
        app.database(),
        &caller.scope,
        &filter,
        asked.after.clone(),
        parameters.rows("size", SIZE),
    )
    .await?;
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
    _: Bare,
    Path((_, _, policy)): Path<(String, String, String)>,
) -> Result<Json<PolicyShape>, Problem> {
    caller.require(Capability::See)?;
    Ok(Json(PolicyShape::from(&find(&app, &caller, &policy).await?)))
}

/// Finds a policy by what an address says.
pub(super) async fn find(app: &AppState, caller: &Caller, policy: &str) -> Result<Policy, Problem> {
    policies::find(app.database(), &caller.scope, address::id::<PolicyId>(policy)?)
        .await?
        .ok_or_else(Problem::not_found)
}
