//! Choosing a workspace; skipped when there is only one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use tenancy::access;

use crate::components::{Empty, empty, named};
use crate::here::{Here, capitalised};
use crate::links;
use crate::looks::Looks;
use crate::problem::Problem;
use crate::session::Visitor;
use crate::shell;
use crate::state::AppState;

/// Leads from the bare address to the choice.
pub async fn root() -> Redirect {
    Redirect::to("/w")
}

/// Leads from a workspace to its list of runs.
pub async fn inside(here: Here) -> Redirect {
    Redirect::to(&links::operations(&here.workspace.slug))
}

/// Shows the workspaces that the visitor may enter.
///
/// # Errors
/// The database could not be used.
pub async fn show(State(app): State<AppState>, visitor: Visitor, looks: Looks) -> Result<Response, Problem> {
    let own = access::workspaces(app.database(), &visitor.0.principal()).await?;
    if let [only] = own.as_slice() {
        return Ok(Redirect::to(&links::operations(&only.slug)).into_response());
    }
    let page = html! {
        div .panel {
            h1 { "Workspaces" }
            @if own.is_empty() {
                (empty(&Empty::new("You are not a member of any workspace. Ask an Owner for an invitation.")))
            } @else {
                ul .rel {
                    @for one in &own {
                        li { a href=(links::operations(&one.slug)) { (named(&one.name)) small { (capitalised(one.role.as_str())) } } }
                    }
                }
            }
        }
    };
    Ok(shell::door("Workspaces", looks, &page).into_response())
}
