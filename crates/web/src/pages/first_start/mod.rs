//! The first start: whoever has the printed token makes the first account.

mod view;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use tenancy::first_start::{self, Complete, FirstStartError};
use tenancy::password::HashError;
use tenancy::user::{CreateUserError, Email, NewUser};

use crate::csrf::OpenForm;
use crate::fields::Fields;
use crate::looks::Looks;
use crate::pages::sign_in::{PASSWORD_MAX, sentence};
use crate::problem::{Code, Problem};
use crate::session::{About, full_life, give};
use crate::state::AppState;

/// What the form holds when it is shown again.
#[derive(Debug, Default)]
pub(crate) struct Entered {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// What is wrong, with the field it is wrong in; an empty name means the whole.
    pub(crate) wrong: Option<(&'static str, String)>,
}

/// Shows the form while nobody has an account; afterwards there is nothing here.
///
/// # Errors
/// Not found once there is an account.
pub async fn show(
    State(app): State<AppState>,
    looks: Looks,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if !first_start::is_open(app.database()).await? {
        return Err(Problem::not_found());
    }
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let token = fields.one("token")?.unwrap_or_default();
    Ok(view::form(looks, &Entered { token, ..Entered::default() }).into_response())
}

/// Makes the account, signs it in, and goes on to the workspace.
///
/// # Errors
/// The database could not be used; what is wrong with the fields is shown in the form.
pub async fn submit(
    State(app): State<AppState>,
    About(request): About,
    looks: Looks,
    OpenForm(mut fields): OpenForm,
) -> Result<Response, Problem> {
    let mut entered = Entered {
        token: fields.one("token")?.unwrap_or_default(),
        name: fields.one("name")?.unwrap_or_default(),
        email: fields.one("email")?.unwrap_or_default(),
        wrong: None,
    };
    let password = fields.one_up_to("password", PASSWORD_MAX)?.unwrap_or_default();
    fields.end()?;
    let again = |mut entered: Entered, field: &'static str, why: String| {
        entered.wrong = Some((field, why));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, view::form(looks, &entered)).into_response())
    };
    let email = match entered.email.parse::<Email>() {
        Ok(email) => email,
        Err(error) => return again(entered, "email", sentence(&error.to_string())),
    };
    let user = NewUser { email, name: entered.name.clone(), password: SecretString::from(password) };
    let token = std::mem::take(&mut entered.token);
    let made =
        first_start::complete(app.database(), app.hashing(), &token, Complete { user, request }, app.now())
            .await;
    entered.token = token;
    match made {
        Ok(new) => {
            let mut response = Redirect::to("/w").into_response();
            give(&mut response, app.options(), new.token.reveal(), full_life());
            Ok(response)
        }
        Err(FirstStartError::Refused) => {
            again(entered, "token", sentence(&FirstStartError::Refused.to_string()))
        }
        Err(FirstStartError::Account(CreateUserError::Hash(HashError::Busy))) => {
            Err(Problem::new(Code::TooMany, "Too many people are signing in. Try again in a moment."))
        }
        Err(FirstStartError::Account(CreateUserError::Name(error))) => {
            again(entered, "name", sentence(&error.to_string()))
        }
        Err(FirstStartError::Account(CreateUserError::Password(error))) => {
            again(entered, "password", sentence(&error.to_string()))
        }
        Err(
            FirstStartError::Account(CreateUserError::Database(error)) | FirstStartError::Database(error),
        ) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}
