//! Versions of a policy: listing, and showing one with its document.

use axum::Json;
use axum::extract::{Path, State};
use governance::policies;
use tenancy::Capability;

use super::Caller;
use super::address::Bare;
use super::policies::find;
use super::shapes::{VersionDocumentShape, VersionListShape, VersionShape};
use crate::pages::policy::shown_document;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Lists the versions of a policy, newest first.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}/policies/{policy}/versions", operation_id = "listVersions", tag = "policies",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
        ("policy" = uuid::Uuid, Path, description = "The id of the policy"),
    ),
    responses(
        (status = 200, description = "The versions", body = VersionListShape),
        (status = "default", description = "Why there are none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
    Path((_, _, policy)): Path<(String, String, String)>,
) -> Result<Json<VersionListShape>, Problem> {
    caller.require(Capability::See)?;
    let policy = find(&app, &caller, &policy).await?;
    let versions = policies::versions(app.database(), &caller.scope, policy.id).await?;
    Ok(Json(VersionListShape { items: versions.iter().map(VersionShape::from).collect() }))
}

/// Shows a version with its document; what may be a secret is withheld.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}/policies/{policy}/versions/{number}", operation_id = "showVersion", tag = "policies",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
        ("policy" = uuid::Uuid, Path, description = "The id of the policy"),
        ("number" = i32, Path, description = "The number of the version, from 1"),
    ),
    responses(
        (status = 200, description = "The version", body = VersionDocumentShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
    Path((_, _, policy, number)): Path<(String, String, String, String)>,
) -> Result<Json<VersionDocumentShape>, Problem> {
    caller.require(Capability::See)?;
    let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let number: i32 = number.parse().ok().filter(|_| plain).ok_or_else(Problem::not_found)?;
    let policy = find(&app, &caller, &policy).await?;
    let versions = policies::versions(app.database(), &caller.scope, policy.id).await?;
    let version = versions.iter().find(|version| version.number == number).ok_or_else(Problem::not_found)?;
    let shown = shown_document(&app, &caller.scope, &policy.key.ty, version.id).await?;
    Ok(Json(VersionDocumentShape {
        version: version.into(),
        settings: shown.settings,
        assignments: shown.assignments,
    }))
}
