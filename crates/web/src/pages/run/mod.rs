//! One run: explained to someone who did not start it.

mod build;
pub mod view;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use ledger::{Cancelled, RunDetail, RunId};
use tenancy::{Capability, Scope, access};

use crate::components::Link;
use crate::csrf::SignedForm;
use crate::here::{Here, refusal};
use crate::links;
use crate::problem::{Code, Problem};
use crate::run_query::address;
use crate::shell::{self, Page, Place};
use crate::state::AppState;

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
    let detail = find(&app, &here.scope, &run).await?;
    let answer = query.as_deref().and_then(|query| query.strip_prefix("answer="));
    let built = build::page(&app, &here, &detail, answer);
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

/// Starts the same work anew, through the door that every start takes.
///
/// # Errors
/// Not found, not allowed, or the run is of a kind that is no longer there.
pub async fn again(
    State(app): State<AppState>,
    here: Here,
    Path((_, run)): Path<(String, String)>,
    SignedForm(fields): SignedForm,
) -> Result<Redirect, Problem> {
    fields.end()?;
    let detail = find(&app, &here.scope, &run).await?;
    here.require(right_to_cancel(&here.scope, &detail))?;
    let kind = app.ledger().catalog().get(&detail.row.kind).ok_or_else(|| {
        Problem::new(
            Code::Invalid,
            "This kind of operation is not known to this version, so it cannot be run again.",
        )
    })?;
    let scope = scope_of(&app, &here, &detail).await?;
    if !scope.allows(kind.needs) {
        return Err(refusal(kind.needs, &here.workspace.name));
    }
    let started =
        crate::start::start(&app, &scope, &here.workspace.name, kind.token, detail.inputs.clone()).await?;
    Ok(back(&here, started.run().id, crate::start::token(&started)))
}

/// Finds a run by what an address says.
async fn find(app: &AppState, scope: &Scope, run: &str) -> Result<RunDetail, Problem> {
    let id: RunId = run.parse().map_err(|_| Problem::not_found())?;
    app.ledger().show(scope, id).await?.ok_or_else(Problem::not_found)
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
