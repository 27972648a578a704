//! One run: explained to someone who did not start it.

mod build;
mod failure_table;
pub mod view;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::{Cancelled, Force, PageFrom, RunDetail, RunFilter, RunId, RunPlace, RunRow, RunSearch};
use tenancy::{Capability, Scope, access};

use crate::api::shapes::RunDetailShape;
use crate::components::Link;
use crate::csrf::SignedForm;
use crate::fields::Fields;
use crate::here::{Here, refusal};
use crate::links;
use crate::pages::operations::DAYS_KEPT;
use crate::problem::{Code, Problem};
use crate::run_query::address;
use crate::shell::{self, Page, Place};
use crate::start;
use crate::state::AppState;

/// How many earlier runs of the same operation are drawn beside this one.
const EARLIER_MAX: usize = 23;

/// The field of the form that passes over a run that cools.
const FORCE: &str = "force";

/// Shows a run.
///
/// # Errors
/// Not found: there is no such run, it was pruned, or it is not the visitor's to see; nobody can tell which.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    Path((_, run)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Some(detail) = look(&app, &here.scope, &run).await? else { return Ok(missing(&app, &here)) };
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (answer, format) = (fields.one("answer").ok().flatten(), fields.one("format").ok().flatten());
    match format.as_deref() {
        Some("json") => {
            let shape = RunDetailShape::of(detail, app.ledger().catalog(), &here.tenants);
            return Ok(axum::Json(shape).into_response());
        }
        Some("csv") => return Ok(failure_table::answer(&detail)),
        _ => {}
    }
    let earlier = earlier(&app, &here.scope, &detail).await?;
    let built = build::page(&app, &here, &detail, &earlier, answer.as_deref());
    let page = Page {
        title: view::title(&built),
        place: Place::Operations,
        way: vec![Link::new("Operations", links::operations(&here.workspace.slug))],
        name: built.label.clone(),
        toasts: Vec::new(),
        main: view::page(&built),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Answers to the id of a run that is not there: pruned, never made, or not the visitor's to see; the words are the same.
fn missing(app: &AppState, here: &Here) -> Response {
    let list = Link::new("Operations", links::operations(&here.workspace.slug));
    let page = Page {
        title: format!("Run not found, {}", here.workspace.name),
        place: Place::Operations,
        way: vec![list.clone()],
        name: "Run not found".to_owned(),
        toasts: Vec::new(),
        main: view::missing(DAYS_KEPT, &list),
    };
    (StatusCode::NOT_FOUND, shell::page(app, here, &page)).into_response()
}

/// Gives the runs of the same kind in the same place that ended before this one, newest first.
async fn earlier(app: &AppState, scope: &Scope, detail: &RunDetail) -> Result<Vec<RunRow>, Problem> {
    let row = &detail.row;
    let search = RunSearch {
        filter: RunFilter { kinds: vec![row.kind.clone()], ..RunFilter::default() },
        places: vec![row.tenant.map_or(RunPlace::Workspace, RunPlace::Tenant)],
        ..RunSearch::default()
    };
    let page = app.ledger().search_ended(scope, &search, PageFrom::OlderThan(row.id), EARLIER_MAX).await?;
    Ok(page.runs)
}

/// Calls a run off.
///
/// # Errors
/// Not found, or not allowed with the role that is needed.
pub async fn cancel(
    State(app): State<AppState>,
    here: Here,
    Path((_, run)): Path<(String, String)>,
    SignedForm(fields): SignedForm,
) -> Result<Redirect, Problem> {
    fields.end()?;
    let detail = find(&app, &here.scope, &run).await?;
    let wanted = right_to_cancel(&here.scope, &detail);
    here.require(wanted)?;
    let answer = match app.ledger().cancel(&here.scope, detail.row.id).await? {
        Cancelled::Ended => "cancelled",
        Cancelled::Requested => "cancelling",
        Cancelled::Nothing => "over",
    };
    Ok(back(&here, detail.row.id, answer))
}

/// Starts the same work anew, through the door that every start takes; `force` passes over a run that cools.
///
/// # Errors
/// Not found, not allowed, the run has not ended, or it is of a kind that is no longer there.
pub async fn again(
    State(app): State<AppState>,
    here: Here,
    Path((_, run)): Path<(String, String)>,
    SignedForm(mut fields): SignedForm,
) -> Result<Redirect, Problem> {
    let force = fields.flag(FORCE)?;
    fields.end()?;
    let detail = find(&app, &here.scope, &run).await?;
    here.require(right_to_cancel(&here.scope, &detail))?;
    if app.ledger().catalog().get(&detail.row.kind).is_none() {
        return Err(Problem::new(Code::Invalid, build::UNKNOWN_KIND));
    }
    let scope = scope_of(&app, &here, &detail).await?;
    start::may_reach(&app, &scope, &detail.row.kind)?;
    let force = if force { Force::Yes } else { Force::No };
    let started = app
        .ledger()
        .repeat(&scope, detail.row.id, force)
        .await
        .map_err(|error| start::refused_start(error, |needs| refusal(needs, &here.workspace.name)))?;
    Ok(back(&here, started.run().id, start::token(&started)))
}

/// Finds a run by what an address says.
async fn find(app: &AppState, scope: &Scope, run: &str) -> Result<RunDetail, Problem> {
    look(app, scope, run).await?.ok_or_else(Problem::not_found)
}

/// Looks for a run by what an address says; none where there is none that the scope may see.
async fn look(app: &AppState, scope: &Scope, run: &str) -> Result<Option<RunDetail>, Problem> {
    let Ok(id) = run.parse::<RunId>() else { return Ok(None) };
    Ok(app.ledger().show(scope, id).await?)
}

/// Makes the scope of the tenant that a run was about.
async fn scope_of(app: &AppState, here: &Here, detail: &RunDetail) -> Result<Scope, Problem> {
    let Some(tenant) = detail.row.tenant else { return Ok(here.scope.clone()) };
    let slug = &here.tenant_of(tenant).ok_or_else(Problem::not_found)?.slug;
    let principal = here.visitor.0.principal();
    Ok(access::member(app.database(), &principal, &here.workspace.slug, Some(slug)).await?)
}

/// Gives the right that it takes to cancel or repeat a run: less for one's own.
fn right_to_cancel(scope: &Scope, detail: &RunDetail) -> Capability {
    let own = detail.initiator.is_some() && detail.initiator == scope.actor().user();
    if own { Capability::CancelOwnRuns } else { Capability::CancelAnyRun }
}

fn back(here: &Here, run: RunId, answer: &str) -> Redirect {
    Redirect::to(&address(&links::run(&here.workspace.slug, run), &format!("answer={answer}")))
}
