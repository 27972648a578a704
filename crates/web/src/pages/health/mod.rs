//! How the workspace's queue and the server behind it are.

pub mod view;

use axum::extract::State;
use axum::response::Response;

use crate::here::Here;
use crate::pages::settings::{Section, framed, section_tabs};
use crate::problem::Problem;
use crate::state::AppState;
use view::HealthPage;

/// Shows it.
///
/// # Errors
/// Not found.
pub async fn show(State(app): State<AppState>, here: Here) -> Result<Response, Problem> {
    let queue = app.ledger().queue(&here.scope).await?;
    let page = HealthPage {
        wall: here.wall.clone(),
        tabs: section_tabs(&here.workspace.slug, Section::Health),
        workers: here.pulse.workers,
        lease_until: here.pulse.lease_until.map(tenancy::Ts::to_jiff),
        running: here.pulse.running,
        waiting: queue.waiting,
        oldest: queue.oldest.map(tenancy::Ts::to_jiff),
        later: queue.later,
        database: if app.database().sqlite_path().is_some() { "SQLite" } else { "PostgreSQL" },
        version: app.version(),
    };
    Ok(framed(&app, &here, Section::Health, None, None, view::page(&page)))
}
