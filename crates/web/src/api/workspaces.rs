//! Workspaces: listing those that a token is good for.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tenancy::access;
use utoipa::ToSchema;

use super::Holder;
use super::address::Bare;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkspaceShape {
    /// Its short name, as addresses have it.
    #[schema(example = "default")]
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What the token's owner is in it: `readonly`, `operator`, `manager` or `owner`.
    pub role: String,
}

/// The workspaces that a token is good for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkspaceListShape {
    /// The workspaces: the token's own, while its owner is a member.
    pub items: Vec<WorkspaceShape>,
}

/// Lists the workspaces that the token is good for.
///
/// # Errors
/// The database could not be used.
#[utoipa::path(
    get, path = "/api/v1/workspaces", operation_id = "listWorkspaces", tag = "workspaces",
    responses(
        (status = 200, description = "The workspaces", body = WorkspaceListShape),
        (status = "default", description = "Why there are none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Holder(principal): Holder,
    _: Bare,
) -> Result<Json<WorkspaceListShape>, Problem> {
    let own = access::workspaces(app.database(), &principal).await?;
    let shape = |own: access::OwnWorkspace| WorkspaceShape {
        slug: own.slug,
        name: own.name,
        role: own.role.as_str().to_owned(),
    };
    Ok(Json(WorkspaceListShape { items: own.into_iter().map(shape).collect() }))
}
