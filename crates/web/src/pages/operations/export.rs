//! The list of runs as a file.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tenancy::Capability;

use crate::fields::Fields;
use crate::here::Here;
use crate::problem::{Code, Problem};
use crate::run_export::{Export, Format, file_name};
use crate::run_query::{Known, RunQuery};
use crate::state::AppState;

/// Sends what the list shows as a file, with the filters of the list.
///
/// # Errors
/// Not allowed, or a filter that makes no sense: a file that holds something else than was asked for would not be seen
/// as such.
pub async fn export(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    here.require(Capability::Export)?;
    let query = query.as_deref().unwrap_or_default();
    let tenants: Vec<_> = here.tenants.iter().map(|tenant| (tenant.slug.clone(), tenant.id)).collect();
    let known = Known { scope: &here.scope, tenants: &tenants, cursors: app.cursors() };
    let asked = RunQuery::read(query, known)?;
    if let Some(wrong) = asked.ignored.first() {
        return Err(Problem::new(Code::Invalid, wrong.clone()));
    }
    let format = format(query)?;
    let name = file_name(&here.workspace.slug, &asked, &here.wall, format);
    let export = Export {
        ledger: app.ledger().clone(),
        search: asked.search(&here.scope, &here.wall),
        scope: here.scope.clone(),
        tenants: here.tenants,
        format,
    };
    Ok(export.answer(&name))
}

/// Reads which form a file is to have.
pub(crate) fn format(query: &str) -> Result<Format, Problem> {
    let Some(named) = Fields::parse(query.as_bytes())?.one("format")? else { return Ok(Format::default()) };
    let found = Format::ALL.into_iter().find(|(name, _)| *name == named);
    found.map(|(_, format)| format).ok_or_else(|| Problem::invalid("format", "must be csv or json"))
}
