//! Runs as a file.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use tenancy::Capability;

use super::Caller;
use super::operations::{EXPORT, asked};
use crate::components::Wall;
use crate::pages::operations::export;
use crate::problem::{Problem, ProblemBody};
use crate::run_export::{Export, RunExportShape, file_name};
use crate::state::AppState;

/// Sends runs as a file, written while it is read: the same filters by the same names as the list, all pages of it.
///
/// # Errors
/// Not found, not allowed, or a filter that makes no sense.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/operations/export", operation_id = "exportRuns", tag = "operations",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("format" = Option<String>, Query, description = "csv or json; csv if nothing is said"),
        ("state" = Option<String>, Query, description = "active, queued, running, succeeded, partial, failed, cancelled, blocked or other"),
        ("type" = Option<Vec<String>>, Query, description = "Operations, such as policy.sync"),
        ("tenant" = Option<Vec<String>>, Query, description = "Short names of tenants, or workspace"),
        ("by" = Option<String>, Query, description = "me, schedule, system, or the id of a user"),
        ("range" = Option<String>, Query, description = "24h, 7d, 30d or 90d; 30d if nothing is said"),
        ("from" = Option<String>, Query, description = "The first day, such as 2026-11-01"),
        ("to" = Option<String>, Query, description = "The last day"),
        ("on" = Option<String>, Query, description = "One day"),
        ("code" = Option<String>, Query, description = "A reason code, such as graph.throttled"),
        ("identity" = Option<String>, Query, description = "How the identity begins"),
        ("q" = Option<String>, Query, description = "Text in the reason code, the context or the failures"),
    ),
    responses(
        (status = 200, description = "The runs; 100,000 at most", content(
            (RunExportShape = "application/json"),
            (String = "text/csv"),
        )),
        (status = "default", description = "Why there are none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn runs(
    State(app): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    caller.require(Capability::Export)?;
    let (asked, tenants) = asked(&app, &caller, query.as_deref(), EXPORT).await?;
    let format = export::format(query.as_deref().unwrap_or_default())?;
    let wall = Wall::new(app.now().to_jiff(), TimeZone::UTC);
    let name = file_name(&caller.workspace, &asked, &wall, format);
    let search = asked.search(&caller.scope, &wall);
    let export = Export { ledger: app.ledger().clone(), scope: caller.scope, search, tenants, format };
    Ok(export.answer(&name))
}
