//! The server's users: who may sign in, and who administers the server.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::UserId;
use tenancy::user::{self, ServerAdmin, Standing, User, UserError};

use super::framed;
use super::view::{self, UserLine, UsersPage};
use crate::components::{Answer, MenuItem, Permission, PostForm, Toast};
use crate::csrf::{FIELD, SignedForm};
use crate::links;
use crate::lobby::ServerRoom;
use crate::pages::settings::{done, told};
use crate::pages::sign_in::sentence;
use crate::problem::Problem;
use crate::run_query::address;
use crate::shell::Place;
use crate::state::AppState;

/// Shows the users.
///
/// # Errors
/// Not found for whoever does not administer the server.
pub async fn show(
    State(app): State<AppState>,
    room: ServerRoom,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let toast = toast(query.as_deref());
    page(&app, &room, None, toast).await
}

/// Disables an account, or enables it again.
///
/// # Errors
/// Not found, or the database could not be used; why it stays is shown on the page.
pub async fn set_standing(
    State(app): State<AppState>,
    room: ServerRoom,
    Path(id): Path<String>,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let wanted = fields.required("standing")?;
    fields.end()?;
    let standing = match wanted.as_str() {
        "enabled" => Standing::Enabled,
        "disabled" => Standing::Disabled,
        _ => return Err(Problem::invalid("standing", "must be enabled or disabled")),
    };
    let id = parse(&id)?;
    let changed = user::set_standing(app.database(), &room.scope, id, standing, app.now()).await;
    settle(&app, &room, &wanted, changed).await
}

/// Makes somebody a server administrator, or withdraws it.
///
/// # Errors
/// Not found, or the database could not be used; why it stays is shown on the page.
pub async fn set_admin(
    State(app): State<AppState>,
    room: ServerRoom,
    Path(id): Path<String>,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let wanted = fields.required("admin")?;
    fields.end()?;
    let admin = match wanted.as_str() {
        "granted" => ServerAdmin::Yes,
        "withdrawn" => ServerAdmin::No,
        _ => return Err(Problem::invalid("admin", "must be granted or withdrawn")),
    };
    let id = parse(&id)?;
    let changed = user::set_server_admin(app.database(), &room.scope, id, admin, app.now()).await;
    settle(&app, &room, &wanted, changed).await
}

fn parse(id: &str) -> Result<UserId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

async fn settle(
    app: &AppState,
    room: &ServerRoom,
    told: &str,
    changed: Result<(), UserError>,
) -> Result<Response, Problem> {
    match changed {
        Ok(()) => {
            let next = address(links::SERVER_USERS, &format!("told={told}"));
            Ok(Redirect::to(&next).into_response())
        }
        Err(UserError::NotProved) => Ok(Redirect::to(&links::prove(links::SERVER_USERS)).into_response()),
        Err(UserError::NoSuchUser) => Err(Problem::not_found()),
        Err(why @ UserError::LastServerAdmin) => {
            let mut response = page(app, room, Some(sentence(&why.to_string())), None).await?;
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Err(UserError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

async fn page(
    app: &AppState,
    room: &ServerRoom,
    refused: Option<String>,
    toast: Option<Toast>,
) -> Result<Response, Problem> {
    let all = user::list(app.database(), &room.scope).await?;
    let page = UsersPage {
        wall: room.lobby.wall.clone(),
        refused,
        users: all.iter().map(|one| line(room, one)).collect(),
    };
    Ok(framed(app, room, Place::ServerUsers, None, toast, view::users(&page)))
}

fn line(room: &ServerRoom, one: &User) -> UserLine {
    let form = |deed: &str, value: &str, confirm: Option<String>| PostForm {
        action: format!("{}/{}/{deed}", links::SERVER_USERS, one.id),
        fields: vec![
            (FIELD.to_owned(), room.lobby.visitor.form_token()),
            (deed.to_owned(), value.to_owned()),
        ],
        confirm,
        answer: Answer::Page,
    };
    let deed =
        |label: &str, form| MenuItem::Do { label: label.to_owned(), permission: Permission::Granted, form };
    let standing = match one.standing {
        Standing::Enabled => {
            let why =
                format!("Disable {}? Their sessions end at once and their tokens are refused.", one.email);
            deed("Disable", form("standing", "disabled", Some(why)))
        }
        Standing::Disabled => deed("Enable", form("standing", "enabled", None)),
    };
    let admin = match one.server_admin {
        ServerAdmin::Yes => deed("Withdraw administration", form("admin", "withdrawn", None)),
        ServerAdmin::No => deed("Make server administrator", form("admin", "granted", None)),
    };
    UserLine {
        id: one.id.to_string(),
        name: one.name.clone(),
        email: one.email.clone(),
        own: one.id == room.lobby.visitor.0.user,
        server_admin: one.server_admin,
        standing: one.standing,
        created_at: one.created_at.to_jiff(),
        deeds: vec![standing, admin],
    }
}

fn toast(query: Option<&str>) -> Option<Toast> {
    Some(match told(query)?.as_str() {
        "enabled" => done("User enabled", "They may sign in again."),
        "disabled" => done("User disabled", "Their sessions have ended and their tokens are refused."),
        "granted" => done("Server administrator named", "It counts from their next request on."),
        "withdrawn" => done("Administration withdrawn", "It counts from their next request on."),
        _ => return None,
    })
}
