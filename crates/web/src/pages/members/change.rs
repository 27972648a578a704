//! Changing a member: another role, other tenants, or none at all.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::access::Role;
use tenancy::membership::{self, Member, MembershipError};
use tenancy::{Capability, UserId};

use super::reach::ReachTyped;
use super::{Typed, find, member_page, refused};
use crate::csrf::SignedForm;
use crate::here::Here;
use crate::links;
use crate::pages::sign_in::sentence;
use crate::problem::Problem;
use crate::run_query::address;
use crate::state::AppState;

/// Gives a member another role.
///
/// # Errors
/// Not found, not allowed, or the database could not be used; what is wrong is shown in the form.
pub async fn role(
    State(app): State<AppState>,
    here: Here,
    Path((_, user)): Path<(String, String)>,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    let role = fields.one("role")?.unwrap_or_default();
    fields.end()?;
    let member = find(&app, &here, &user).await?;
    let typed = Typed { role: role.clone(), ..Typed::of(&here, &member) };
    let Ok(wanted) = role.parse::<Role>() else {
        return Ok(wrong(&app, &here, &member, &typed, "role", "Choose a role.".to_owned()));
    };
    let changed = membership::change_role(app.database(), &here.scope, member.user, wanted, app.now()).await;
    settle(&app, &here, &member, &typed, "role", &[("role", &role)], changed)
}

/// Narrows a member to some tenants, or widens them again.
///
/// # Errors
/// Not found, not allowed, or the database could not be used; what is wrong is shown in the form.
pub async fn reach(
    State(app): State<AppState>,
    here: Here,
    Path((_, user)): Path<(String, String)>,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    let reach = ReachTyped::given(&mut fields).unwrap_or_default();
    fields.end()?;
    let member = find(&app, &here, &user).await?;
    let typed = Typed { reach: reach.clone(), ..Typed::of(&here, &member) };
    let wanted = match reach.read(&here) {
        Ok(wanted) => wanted,
        Err(why) => return Ok(wrong(&app, &here, &member, &typed, "reach", why)),
    };
    let changed = membership::set_reach(app.database(), &here.scope, member.user, wanted, app.now()).await;
    settle(&app, &here, &member, &typed, "reach", &reach.pairs(), changed)
}

/// Removes a member, once their address was typed.
///
/// # Errors
/// Not found, not allowed, or the database could not be used; what is wrong is shown in the form.
pub async fn remove(
    State(app): State<AppState>,
    here: Here,
    Path((_, user)): Path<(String, String)>,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    let confirm = fields.one("confirm")?.unwrap_or_default();
    fields.end()?;
    let member = find(&app, &here, &user).await?;
    let typed = Typed::of(&here, &member);
    if !confirm.trim().eq_ignore_ascii_case(&member.email) {
        let why = format!("Type {} to confirm.", member.email);
        return Ok(wrong(&app, &here, &member, &typed, "remove", why));
    }
    let removed = membership::remove(app.database(), &here.scope, member.user, app.now()).await;
    if removed.is_ok() {
        return Ok(gone(&here, member.user));
    }
    settle(&app, &here, &member, &typed, "remove", &[], removed)
}

/// Goes on after somebody was removed: whoever removed themselves has nothing to see here any more.
fn gone(here: &Here, user: UserId) -> Response {
    let next = if user == here.visitor.0.user {
        "/w".to_owned()
    } else {
        address(&links::members(&here.workspace.slug), "told=removed")
    };
    Redirect::to(&next).into_response()
}

/// Answers what became of a change; a password that was given too long ago is asked for, and the form kept.
fn settle(
    app: &AppState,
    here: &Here,
    member: &Member,
    typed: &Typed,
    form: &'static str,
    kept: &[(&'static str, &str)],
    changed: Result<(), MembershipError>,
) -> Result<Response, Problem> {
    let own = links::member(&here.workspace.slug, member.user);
    match changed {
        Ok(()) => Ok(Redirect::to(&address(&own, &format!("told={form}"))).into_response()),
        Err(MembershipError::NotProved) => {
            let kept = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
            Ok(Redirect::to(&links::prove(&address(&own, &kept))).into_response())
        }
        Err(why @ (MembershipError::LastOwner | MembershipError::NoSuchTenant)) => {
            Ok(wrong(app, here, member, typed, form, sentence(&why.to_string())))
        }
        Err(error) => Err(refused(here, error)),
    }
}

fn wrong(
    app: &AppState,
    here: &Here,
    member: &Member,
    typed: &Typed,
    form: &'static str,
    why: String,
) -> Response {
    let mut response = member_page(app, here, member, typed, vec![(form, why)], None);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}
