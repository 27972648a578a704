//! The inventory of a tenant: what is known of each type, and how well it was last read.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use governance::inventory::{self, Coverage, TypeCount};
use serde::Serialize;
use tenancy::Capability;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Caller;
use super::address::Bare;
use super::shapes::instant;
use crate::pages::policies::title_of;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How well a type was last read, at one depth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageShape {
    /// The key of the type, for example `configurationPolicy`.
    #[serde(rename = "type")]
    pub ty: String,
    /// What people call it.
    pub title: String,
    /// `listed` for the list alone, `detailed` for every object with its parts.
    pub depth: String,
    /// `complete`, `partial`, `denied` or `unlicensed`; only a complete reading says what is not there.
    pub status: String,
    /// Why it is not complete.
    pub code: Option<String>,
    /// Objects of the type that are there, as far as is known.
    pub present: u64,
    /// Objects that a complete reading no longer held.
    pub missing: u64,
    /// Objects that the last reading found.
    pub seen: u64,
    /// Objects that could not be read or kept.
    pub failed: u64,
    /// Pages that it took.
    pub pages: u64,
    /// What the last complete reading found.
    pub expected: Option<u64>,
    /// When the last reading ended.
    #[schema(format = DateTime)]
    pub observed_at: String,
    /// When the last complete reading ended.
    #[schema(format = DateTime)]
    pub complete_at: Option<String>,
    /// The run that read last.
    pub run_id: Uuid,
}

/// How well the types of a tenant were last read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InventoryShape {
    /// The readings, by type and depth; a type that was never read is not among them.
    pub items: Vec<CoverageShape>,
}

/// Shows how many objects of each type are known, how well each was last read, and when.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tenants/{tenant}/inventory", operation_id = "showInventory", tag = "tenants",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("tenant" = String, Path, description = "The short name of the tenant"),
    ),
    responses(
        (status = 200, description = "The readings", body = InventoryShape),
        (status = "default", description = "Why there are none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
) -> Result<Json<InventoryShape>, Problem> {
    caller.require(Capability::See)?;
    let (counts, coverage) = tokio::try_join!(
        inventory::counts(app.database(), &caller.scope),
        inventory::coverage(app.database(), &caller.scope),
    )?;
    let counts: BTreeMap<&str, &TypeCount> = counts.iter().map(|count| (count.ty.as_str(), count)).collect();
    let shape = |row: &Coverage| CoverageShape::of(row, counts.get(row.ty.as_str()).copied());
    Ok(Json(InventoryShape { items: coverage.iter().map(shape).collect() }))
}

impl CoverageShape {
    fn of(row: &Coverage, count: Option<&TypeCount>) -> Self {
        Self {
            ty: row.ty.clone(),
            title: title_of(&row.ty),
            depth: row.depth.as_str().to_owned(),
            status: row.reading.status.as_str().to_owned(),
            code: row.reading.code.clone(),
            present: count.map_or(0, |count| count.present),
            missing: count.map_or(0, |count| count.missing),
            seen: row.reading.seen,
            failed: row.reading.failed,
            pages: row.reading.pages,
            expected: row.expected,
            observed_at: instant(row.observed_at),
            complete_at: row.complete_at.map(instant),
            run_id: row.run.as_uuid(),
        }
    }
}
