//! What the link of an invitation leads to: joining a workspace, with a new account or with the one there is.

pub mod view;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use tenancy::invitation::{self, Accept, AcceptError, Account, Offer};
use tenancy::password::HashError;
use tenancy::user::CreateUserError;

use crate::components::PostForm;
use crate::csrf::{FIELD, OpenForm};
use crate::fields::Fields;
use crate::links;
use crate::looks::Looks;
use crate::pages::sign_in::{PASSWORD_MAX, sentence};
use crate::problem::{Code, Problem};
use crate::rights;
use crate::session::{About, MaybeVisitor, Visitor, full_life, give};
use crate::shell;
use crate::state::AppState;
use view::{InvitationPage, Way};

/// Where the link leads, and the form is sent.
const ADDRESS: &str = "/invitation";

/// Shows what a link offers; one answer for every link that is not good.
///
/// # Errors
/// The database could not be used.
pub async fn show(
    State(app): State<AppState>,
    MaybeVisitor(visitor): MaybeVisitor,
    looks: Looks,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let token = fields.ok().and_then(|mut fields| fields.all("token").pop()).unwrap_or_default();
    Ok(match invitation::look(app.database(), &token, app.now()).await? {
        Some(offer) => door(looks, &offer, &token, visitor.as_ref(), &Typed::default()),
        None => not_good(looks),
    })
}

/// What was typed by somebody new.
#[derive(Clone, Debug, Default)]
struct Typed {
    name: String,
    /// What is wrong, with the field it is wrong in.
    wrong: Option<(&'static str, String)>,
}

/// Accepts, and goes on to the workspace.
///
/// # Errors
/// Too many are hashing, the form is not one of ours, or the database could not be used; what is wrong with the
/// fields is shown in the form.
pub async fn submit(
    State(app): State<AppState>,
    MaybeVisitor(visitor): MaybeVisitor,
    About(request): About,
    looks: Looks,
    OpenForm(mut fields): OpenForm,
) -> Result<Response, Problem> {
    let token = fields.one("token")?.unwrap_or_default();
    let name = fields.one("name")?.unwrap_or_default();
    let password = SecretString::from(fields.one_up_to("password", PASSWORD_MAX)?.unwrap_or_default());
    let form_token = fields.one(FIELD)?.unwrap_or_default();
    fields.end()?;
    let Some(offer) = invitation::look(app.database(), &token, app.now()).await? else {
        return Ok(not_good(looks));
    };
    let mut typed = Typed { name: name.clone(), wrong: None };
    let accepted = match (offer.account, &visitor) {
        (Account::New, _) => {
            let accept = Accept { name, password, request };
            invitation::accept(app.database(), app.hashing(), &token, accept, app.now()).await
        }
        (Account::Exists, Some(visitor)) if visitor.0.email == offer.email => {
            if !visitor.0.csrf.accepts(&form_token) {
                return Err(Problem::new(Code::Forged, "Reload the page and send the form again."));
            }
            invitation::accept_as(app.database(), &visitor.0, &token, app.now()).await
        }
        // Whoever is not signed in to the account of the invitation is shown the way there.
        (Account::Exists, _) => return Ok(door(looks, &offer, &token, visitor.as_ref(), &typed)),
    };
    match accepted {
        Ok(accepted) => {
            let mut response = Redirect::to(&links::operations(&accepted.workspace)).into_response();
            if let Some(new) = accepted.session {
                give(&mut response, app.options(), new.token.reveal(), full_life());
            }
            Ok(response)
        }
        Err(AcceptError::NotOpen | AcceptError::OtherAccount) => Ok(not_good(looks)),
        Err(AcceptError::AlreadyMember) => {
            Ok(Redirect::to(&links::operations(&offer.workspace)).into_response())
        }
        Err(AcceptError::Account(CreateUserError::Hash(HashError::Busy))) => {
            Err(Problem::new(Code::TooMany, "Too many people are signing in. Try again in a moment.")
                .retry_after(std::time::Duration::from_secs(1)))
        }
        Err(AcceptError::Account(CreateUserError::Name(why))) => {
            typed.wrong = Some(("name", sentence(&why.to_string())));
            Ok(wrong(looks, &offer, &token, visitor.as_ref(), &typed))
        }
        Err(AcceptError::Account(CreateUserError::Password(why))) => {
            typed.wrong = Some(("password", sentence(&why.to_string())));
            Ok(wrong(looks, &offer, &token, visitor.as_ref(), &typed))
        }
        Err(AcceptError::Database(error) | AcceptError::Account(CreateUserError::Database(error))) => {
            Err(error.into())
        }
        Err(other) => Err(Problem::internal(&other)),
    }
}

fn wrong(looks: Looks, offer: &Offer, token: &str, visitor: Option<&Visitor>, typed: &Typed) -> Response {
    let mut response = door(looks, offer, token, visitor, typed);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn door(looks: Looks, offer: &Offer, token: &str, visitor: Option<&Visitor>, typed: &Typed) -> Response {
    let mut fields = vec![("token".to_owned(), token.to_owned())];
    let way = match (offer.account, visitor) {
        (Account::New, _) => Way::NewAccount { name: typed.name.clone(), wrong: typed.wrong.clone() },
        (Account::Exists, Some(visitor)) if visitor.0.email == offer.email => {
            fields.push((FIELD.to_owned(), visitor.form_token()));
            Way::OwnAccount { name: visitor.0.name.clone() }
        }
        (Account::Exists, Some(visitor)) => Way::OtherAccount {
            email: visitor.0.email.clone(),
            sign_out: PostForm {
                action: "/sign-out".to_owned(),
                fields: vec![(FIELD.to_owned(), visitor.form_token())],
                ..PostForm::default()
            },
        },
        (Account::Exists, None) => {
            let back = format!("{ADDRESS}?token={token}");
            let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
            Way::SignIn { href: format!("/sign-in?next={back}") }
        }
    };
    let page = InvitationPage {
        workspace: offer.workspace_name.clone(),
        email: offer.email.clone(),
        role: rights::role_name(offer.role).to_owned(),
        form: PostForm { action: ADDRESS.to_owned(), fields, ..PostForm::default() },
        way,
    };
    shell::door("Invitation", looks, &view::page(&page)).into_response()
}

fn not_good(looks: Looks) -> Response {
    (StatusCode::NOT_FOUND, shell::door("Invitation", looks, &view::not_good())).into_response()
}
