//! The server itself, for whoever administers it: its workspaces and its users, and nothing of what is in them.

pub mod users;
pub mod view;
pub mod workspaces;

use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;

use crate::components::{Link, Toast};
use crate::links;
use crate::lobby::ServerRoom;
use crate::shell::{self, Page, Place};
use crate::state::AppState;

/// Leads from the server to its workspaces.
pub async fn root(_: ServerRoom) -> Redirect {
    Redirect::to(links::SERVER_WORKSPACES)
}

/// Answers with a page of the server; `below` is its own name where it stands below its place.
fn framed(
    app: &AppState,
    room: &ServerRoom,
    place: Place,
    below: Option<&str>,
    told: Option<Toast>,
    main: Markup,
) -> Response {
    let (name, href) = match place {
        Place::ServerUsers => ("Users", links::SERVER_USERS),
        _ => ("Workspaces", links::SERVER_WORKSPACES),
    };
    let mut way = vec![Link::new("Server", links::SERVER_WORKSPACES)];
    if below.is_some() {
        way.push(Link::new(name, href));
    }
    let name = below.unwrap_or(name);
    let page = Page {
        title: format!("{name}, server"),
        place,
        way,
        name: name.to_owned(),
        toasts: told.into_iter().collect(),
        main,
    };
    shell::lobby(app, &room.lobby, &page).into_response()
}
