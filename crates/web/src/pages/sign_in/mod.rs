//! Signing in and out.

mod prove;
mod view;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use tenancy::first_start;
use tenancy::password::HashError;
use tenancy::session::{self, ProveError, SignIn, SignInError};

use crate::csrf::{OpenForm, SignedForm};
use crate::fields::Fields;
use crate::looks::Looks;
use crate::problem::{Code, Problem};
use crate::session::{About, MaybeVisitor, Visitor, full_life, give, take};
use crate::state::AppState;

/// The longest password that is taken, in characters; a longer one is refused before it is looked at.
pub const PASSWORD_MAX: usize = 1024;

/// When to try again after too many signed in at once.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Shows the form; whoever is signed in goes on, and an installation without accounts leads to its first start.
///
/// # Errors
/// The database could not be used.
pub async fn show(
    State(app): State<AppState>,
    MaybeVisitor(visitor): MaybeVisitor,
    looks: Looks,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let next = next_of(query.as_deref());
    if visitor.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    if first_start::is_open(app.database()).await? {
        return Ok(Redirect::to("/first-start").into_response());
    }
    Ok(view::form(looks, &next, "", None).into_response())
}

/// Signs in, and goes on to where the visitor was going.
///
/// # Errors
/// Too many sign in at once, or the database could not be used.
pub async fn submit(
    State(app): State<AppState>,
    MaybeVisitor(visitor): MaybeVisitor,
    About(request): About,
    looks: Looks,
    OpenForm(mut fields): OpenForm,
) -> Result<Response, Problem> {
    let email = fields.one("email")?.unwrap_or_default();
    let password = fields.one_up_to("password", PASSWORD_MAX)?.unwrap_or_default();
    let next = inside(&fields.one_up_to("next", crate::limits::ADDRESS_MAX)?.unwrap_or_default());
    fields.end()?;
    let sign_in = SignIn {
        email: email.clone(),
        password: SecretString::from(password),
        replaces: visitor.map(|visitor| visitor.0.id),
        request,
    };
    match session::sign_in(app.database(), app.hashing(), sign_in, app.now()).await {
        Ok(new) => {
            let mut response = Redirect::to(&next).into_response();
            give(&mut response, app.options(), new.token.reveal(), full_life());
            Ok(response)
        }
        Err(refused @ (SignInError::Refused | SignInError::TooLong)) => {
            let page = view::form(looks, &next, &email, Some(&sentence(&refused.to_string())));
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Err(SignInError::Hash(HashError::Busy)) => {
            Err(Problem::new(Code::TooMany, "Too many people are signing in. Try again in a moment.")
                .retry_after(RETRY))
        }
        Err(SignInError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

/// Signs out.
///
/// # Errors
/// The form is not one of ours, or the database could not be used.
pub async fn leave(
    State(app): State<AppState>,
    Visitor(session): Visitor,
    SignedForm(fields): SignedForm,
) -> Result<Response, Problem> {
    fields.end()?;
    session::sign_out(app.database(), &Arc::unwrap_or_clone(session), app.now()).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    take(&mut response, app.options());
    Ok(response)
}

/// Asks for the password once more, before something that guards the doors themselves is changed.
///
/// # Errors
/// Not signed in.
pub async fn again(visitor: Visitor, looks: Looks, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let next = next_of(query.as_deref());
    Ok(prove::form(looks, &next, &visitor.form_token(), None).into_response())
}

/// Takes the password once more, and goes on.
///
/// # Errors
/// The form is not one of ours, too many sign in at once, or the database could not be used.
pub async fn prove(
    State(app): State<AppState>,
    visitor: Visitor,
    looks: Looks,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let password = SecretString::from(fields.one_up_to("password", PASSWORD_MAX)?.unwrap_or_default());
    let next = inside(&fields.one_up_to("next", crate::limits::ADDRESS_MAX)?.unwrap_or_default());
    fields.end()?;
    match session::prove(app.database(), app.hashing(), &visitor.0, &password, app.now()).await {
        Ok(token) => {
            let mut response = Redirect::to(&next).into_response();
            give(&mut response, app.options(), token.reveal(), visitor.0.expires_at.since(app.now()));
            Ok(response)
        }
        Err(refused @ ProveError::Refused) => {
            let why = sentence(&refused.to_string());
            let page = prove::form(looks, &next, &visitor.form_token(), Some(&why));
            Ok((StatusCode::FORBIDDEN, page).into_response())
        }
        Err(ProveError::Hash(HashError::Busy)) => {
            Err(Problem::new(Code::TooMany, "Too many people are signing in. Try again in a moment.")
                .retry_after(RETRY))
        }
        Err(ProveError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

/// Writes a fragment as a sentence.
pub(crate) fn sentence(fragment: &str) -> String {
    format!("{}.", crate::here::capitalised(fragment))
}

fn next_of(query: Option<&str>) -> String {
    let fields = query.and_then(|query| Fields::parse(query.as_bytes()).ok());
    let next = fields.and_then(|mut fields| fields.all("next").pop());
    inside(&next.unwrap_or_default())
}

/// Gives an address of ours as it is, and the start page for every other: a sign-in leads nowhere else.
fn inside(next: &str) -> String {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { next.to_owned() } else { "/w".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_our_own_pages_only() {
        for good in ["/w/default/operations?state=failed", "/w", "/"] {
            assert_eq!(inside(good), good);
        }
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\r\nb", "/ä"]
        {
            assert_eq!(inside(bad), "/w", "{bad}");
        }
    }
}
