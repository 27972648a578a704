//! One's own account: name, password, and where one is signed in.

mod device;
pub mod view;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use tenancy::password::HashError;
use tenancy::session::{self, SessionSummary};
use tenancy::user::{self, ChangePasswordError, RenameError};
use tenancy::{SessionId, Ts};

use crate::components::{Answer, PostForm, Toast};
use crate::csrf::{FIELD, SignedForm};
use crate::links;
use crate::lobby::Lobby;
use crate::pages::settings::{done, told};
use crate::pages::sign_in::{PASSWORD_MAX, sentence};
use crate::problem::{Code, Problem};
use crate::run_query::address;
use crate::session::give;
use crate::shell::{self, Page, Place};
use crate::state::AppState;
use view::{AccountPage, SessionLine, Wrong};

/// Shows the account.
///
/// # Errors
/// Not signed in, or the database could not be used.
pub async fn show(
    State(app): State<AppState>,
    lobby: Lobby,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let toast = toast(query.as_deref());
    page(&app, &lobby, lobby.visitor.0.name.clone(), None, toast).await
}

/// Changes the name.
///
/// # Errors
/// The form is not one of ours, or the database could not be used; what is wrong is shown in the form.
pub async fn rename(
    State(app): State<AppState>,
    lobby: Lobby,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let name = fields.one("name")?.unwrap_or_default();
    fields.end()?;
    match user::rename(app.database(), &lobby.visitor.0, &name, app.now()).await {
        Ok(()) => Ok(back("name")),
        Err(RenameError::Database(error)) => Err(error.into()),
        Err(error) => wrong(&app, &lobby, name, Wrong::Name(sentence(&error.to_string()))).await,
    }
}

/// Changes the password; every other session ends, and this one gets a new reference.
///
/// # Errors
/// The form is not one of ours, too many are hashing, or the database could not be used; what is wrong is shown in
/// the form.
pub async fn change_password(
    State(app): State<AppState>,
    lobby: Lobby,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let current = SecretString::from(fields.one_up_to("current", PASSWORD_MAX)?.unwrap_or_default());
    let new = SecretString::from(fields.one_up_to("new", PASSWORD_MAX)?.unwrap_or_default());
    fields.end()?;
    let session = &lobby.visitor.0;
    let changed =
        user::change_password(app.database(), app.hashing(), session, &current, &new, app.now()).await;
    let name = session.name.clone();
    match changed {
        Ok(token) => {
            let mut response = back("password");
            give(&mut response, app.options(), token.reveal(), session.expires_at.since(app.now()));
            Ok(response)
        }
        Err(why @ ChangePasswordError::Refused) => {
            wrong(&app, &lobby, name, Wrong::Current(sentence(&why.to_string()))).await
        }
        Err(why @ ChangePasswordError::Password(_)) => {
            wrong(&app, &lobby, name, Wrong::New(sentence(&why.to_string()))).await
        }
        Err(ChangePasswordError::Hash(HashError::Busy)) => {
            Err(Problem::new(Code::TooMany, "Too many people are signing in. Try again in a moment.")
                .retry_after(std::time::Duration::from_secs(1)))
        }
        Err(ChangePasswordError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

/// Ends one of the visitor's sessions; this one's end is signing out.
///
/// # Errors
/// Not found: it is not the visitor's, or has ended.
pub async fn end_session(
    State(app): State<AppState>,
    lobby: Lobby,
    Path(id): Path<String>,
    SignedForm(fields): SignedForm,
) -> Result<Response, Problem> {
    fields.end()?;
    let id: SessionId = id.parse().map_err(|_| Problem::not_found())?;
    if session::revoke(app.database(), &lobby.visitor.0, id, app.now()).await? {
        Ok(back("ended"))
    } else {
        Err(Problem::not_found())
    }
}

/// Ends every other session of the visitor's.
///
/// # Errors
/// The form is not one of ours, or the database could not be used.
pub async fn end_others(
    State(app): State<AppState>,
    lobby: Lobby,
    SignedForm(fields): SignedForm,
) -> Result<Response, Problem> {
    fields.end()?;
    session::revoke_others(app.database(), &lobby.visitor.0, app.now()).await?;
    Ok(back("others"))
}

fn back(told: &str) -> Response {
    Redirect::to(&address(links::ACCOUNT, &format!("told={told}"))).into_response()
}

async fn wrong(app: &AppState, lobby: &Lobby, name: String, wrong: Wrong) -> Result<Response, Problem> {
    let mut response = page(app, lobby, name, Some(wrong), None).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

async fn page(
    app: &AppState,
    lobby: &Lobby,
    name: String,
    wrong: Option<Wrong>,
    toast: Option<Toast>,
) -> Result<Response, Problem> {
    let own = &lobby.visitor.0;
    let sessions = session::list(app.database(), own, app.now()).await?;
    let form = |action: String| PostForm {
        action,
        fields: vec![(FIELD.to_owned(), lobby.visitor.form_token())],
        confirm: None,
        answer: Answer::Page,
    };
    let line = |one: &SessionSummary| SessionLine {
        id: one.id.to_string(),
        device: device::words(&one.user_agent),
        address: one.address.clone(),
        began: one.created_at.to_jiff(),
        last_seen: one.last_seen_at.to_jiff(),
        end: (one.id != own.id).then(|| form(format!("{}/sessions/{}/end", links::ACCOUNT, one.id))),
    };
    let account = AccountPage {
        wall: lobby.wall.clone(),
        email: own.email.clone(),
        name,
        rename: form(format!("{}/name", links::ACCOUNT)),
        password: form(format!("{}/password", links::ACCOUNT)),
        wrong,
        sessions: sessions.iter().map(line).collect(),
        end_others: form(format!("{}/sessions/end-others", links::ACCOUNT)),
        ends_at: Ts::to_jiff(own.expires_at),
        sign_out: form("/sign-out".to_owned()),
    };
    let page = Page {
        title: "Account".to_owned(),
        place: Place::Account,
        way: Vec::new(),
        name: "Account".to_owned(),
        toasts: toast.into_iter().collect(),
        main: view::page(&account),
    };
    Ok(shell::lobby(app, lobby, &page).into_response())
}

fn toast(query: Option<&str>) -> Option<Toast> {
    Some(match told(query)?.as_str() {
        "name" => done("Name changed", "What you did before keeps the name of that time."),
        "password" => done("Password changed", "Every other session of yours has ended."),
        "ended" => done("Session ended", "Whoever uses it has to sign in again."),
        "others" => done("Other sessions ended", "Whoever uses them has to sign in again."),
        _ => return None,
    })
}
