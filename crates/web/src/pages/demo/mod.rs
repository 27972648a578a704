//! Signing in to the demo with the link that it printed; where no demo is served, there is nothing here.

mod view;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::demo::{self, DemoError};

use crate::csrf::OpenForm;
use crate::fields::Fields;
use crate::looks::Looks;
use crate::problem::Problem;
use crate::session::{About, full_life, give};
use crate::state::AppState;

/// Shows whom the link signs in, and the button that does it: looking uses no link up.
///
/// # Errors
/// Not found unless a demo is served.
pub async fn show(
    State(app): State<AppState>,
    looks: Looks,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    only_in_a_demo(&app)?;
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let token = fields.one("token")?.unwrap_or_default();
    match demo::look(app.database(), &token, app.now()).await? {
        Some(offer) => Ok(view::offer(looks, &offer, &token).into_response()),
        None => Ok(not_good(looks)),
    }
}

/// Signs in, and goes on to the workspace.
///
/// # Errors
/// Not found unless a demo is served; the database could not be used.
pub async fn submit(
    State(app): State<AppState>,
    About(request): About,
    looks: Looks,
    OpenForm(mut fields): OpenForm,
) -> Result<Response, Problem> {
    only_in_a_demo(&app)?;
    let token = fields.one("token")?.unwrap_or_default();
    fields.end()?;
    match demo::accept(app.database(), &token, request, app.now()).await {
        Ok(new) => {
            let mut response = Redirect::to("/w").into_response();
            give(&mut response, app.options(), new.token.reveal(), full_life());
            Ok(response)
        }
        Err(DemoError::Refused | DemoError::NotADemo) => Ok(not_good(looks)),
        Err(DemoError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

fn only_in_a_demo(app: &AppState) -> Result<(), Problem> {
    if app.options().is_demo() { Ok(()) } else { Err(Problem::not_found()) }
}

fn not_good(looks: Looks) -> Response {
    (StatusCode::GONE, view::not_good(looks)).into_response()
}
