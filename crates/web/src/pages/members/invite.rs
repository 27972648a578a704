//! Inviting somebody, and taking an invitation back.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::access::Role;
use tenancy::invitation::{self, InvitationError, NewInvitation};
use tenancy::user::Email;
use tenancy::{Capability, InvitationId};

use super::reach::ReachTyped;
use super::refused_invitation;
use super::view::{self, InvitePage, InvitedPage};
use crate::components::PostForm;
use crate::csrf::{FIELD, SignedForm};
use crate::fields::Fields;
use crate::here::Here;
use crate::links;
use crate::pages::settings::{Section, framed};
use crate::pages::sign_in::sentence;
use crate::problem::Problem;
use crate::rights;
use crate::run_query::address;
use crate::state::AppState;

/// What was typed.
#[derive(Clone, Debug)]
struct Typed {
    email: String,
    role: String,
    reach: ReachTyped,
}

impl Typed {
    fn of(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            email: fields.one("email")?.unwrap_or_default(),
            role: fields.one("role")?.unwrap_or_else(|| Role::Readonly.as_str().to_owned()),
            reach: ReachTyped::given(fields).unwrap_or_default(),
        })
    }

    /// Gives the form's address with what was typed.
    fn address(&self, here: &Here) -> String {
        let pairs = [("email", self.email.as_str()), ("role", &self.role)];
        let pairs = pairs.into_iter().chain(self.reach.pairs());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        address(&links::invite(&here.workspace.slug), &query)
    }
}

/// What is wrong, by field; an empty name means the whole form.
type Wrong = Vec<(&'static str, String)>;

/// Shows the form; who gave the password too long ago gives it first.
///
/// # Errors
/// Not allowed with the role that is needed.
pub async fn new(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    let typed = Typed::of(&mut Fields::parse(query.unwrap_or_default().as_bytes())?)?;
    if !here.visitor.0.is_proved(app.now()) {
        return Ok(Redirect::to(&links::prove(&typed.address(&here))).into_response());
    }
    Ok(form(&app, &here, &typed, Vec::new()))
}

/// Invites somebody, and shows the link this once.
///
/// # Errors
/// Not allowed, or the database could not be used; what is wrong with the fields is shown in the form.
pub async fn submit(
    State(app): State<AppState>,
    here: Here,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    let typed = Typed::of(&mut fields)?;
    fields.end()?;
    let new = match read(&here, &typed) {
        Ok(new) => new,
        Err(errors) => return Ok(wrong(&app, &here, &typed, errors)),
    };
    let (email, role) = (new.email.to_string(), new.role);
    match invitation::invite(app.database(), &here.scope, new, app.now()).await {
        Ok(invited) => {
            let page = InvitedPage {
                wall: here.wall.clone(),
                email,
                role: rights::role_name(role).to_owned(),
                workspace: here.workspace.name.clone(),
                link: format!("{}/invitation?token={}", app.options().base(), invited.token.reveal()),
                expires_at: invited.expires_at.to_jiff(),
                members: links::members(&here.workspace.slug),
            };
            Ok(framed(&app, &here, Section::Members, Some("Invitation"), None, view::invited(&page)))
        }
        Err(InvitationError::NotProved) => {
            Ok(Redirect::to(&links::prove(&typed.address(&here))).into_response())
        }
        Err(why @ InvitationError::AlreadyMember) => {
            Ok(wrong(&app, &here, &typed, vec![("email", sentence(&why.to_string()))]))
        }
        Err(why @ InvitationError::NoSuchTenant) => {
            Ok(wrong(&app, &here, &typed, vec![("tenant", sentence(&why.to_string()))]))
        }
        Err(error) => Err(refused_invitation(&here, error)),
    }
}

/// Takes an invitation back.
///
/// # Errors
/// Not allowed, or the database could not be used.
pub async fn revoke(
    State(app): State<AppState>,
    here: Here,
    Path((_, id)): Path<(String, String)>,
    SignedForm(fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageMembers)?;
    fields.end()?;
    let id: InvitationId = id.parse().map_err(|_| Problem::not_found())?;
    let members = links::members(&here.workspace.slug);
    match invitation::revoke(app.database(), &here.scope, id, app.now()).await {
        Ok(()) => Ok(Redirect::to(&address(&members, "told=revoked")).into_response()),
        Err(InvitationError::NotProved) => Ok(Redirect::to(&links::prove(&members)).into_response()),
        Err(error) => Err(refused_invitation(&here, error)),
    }
}

fn read(here: &Here, typed: &Typed) -> Result<NewInvitation, Wrong> {
    let mut errors = Vec::new();
    let email = typed.email.parse::<Email>();
    let email = email.map_err(|error| errors.push(("email", sentence(&error.to_string())))).ok();
    let role = typed.role.parse::<Role>();
    let role = role.map_err(|_| errors.push(("role", "Choose a role.".to_owned()))).ok();
    let reach = typed.reach.read(here).map_err(|why| errors.push(("tenant", why))).ok();
    match (email, role, reach) {
        (Some(email), Some(role), Some(reach)) => Ok(NewInvitation { email, role, reach }),
        _ => Err(errors),
    }
}

fn wrong(app: &AppState, here: &Here, typed: &Typed, errors: Wrong) -> Response {
    let mut response = form(app, here, typed, errors);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn form(app: &AppState, here: &Here, typed: &Typed, errors: Wrong) -> Response {
    let error = |name: &str| errors.iter().find(|(field, _)| *field == name).map(|(_, why)| why.clone());
    let page = InvitePage {
        workspace: here.workspace.name.clone(),
        form: PostForm {
            action: links::invite(&here.workspace.slug),
            fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
            ..PostForm::default()
        },
        email: (typed.email.clone(), error("email")),
        role: (typed.role.clone(), error("role")),
        reach: typed.reach.field(here, error("tenant")),
        back: links::members(&here.workspace.slug),
    };
    framed(app, here, Section::Members, Some("Invite"), None, view::invite(&page))
}
