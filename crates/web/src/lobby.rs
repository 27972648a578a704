//! The pages of somebody who is signed in that belong to no workspace: one's own account, and the server itself.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::tz::TimeZone;
use tenancy::access::{self, OwnWorkspace, ServerScope};

use crate::components::Wall;
use crate::looks::Looks;
use crate::problem::Problem;
use crate::session::Visitor;
use crate::state::AppState;

/// A page outside of every workspace, opened by somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Lobby {
    /// Who is signed in.
    pub visitor: Visitor,
    /// The workspaces that they may enter.
    pub workspaces: Vec<OwnWorkspace>,
    /// Now, in the visitor's zone.
    pub wall: Wall,
    /// How the page is to look, and how much of it is wanted.
    pub looks: Looks,
}

impl FromRequestParts<AppState> for Lobby {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let workspaces = access::workspaces(app.database(), &visitor.0.principal()).await?;
        let wall = Wall::new(app.now().to_jiff(), TimeZone::UTC);
        Ok(Self { visitor, workspaces, wall, looks: Looks::of(&parts.headers) })
    }
}

/// The same for whoever administers the server; for everybody else there is nothing here.
#[derive(Clone, Debug)]
pub struct ServerRoom {
    /// Who is signed in, and where they may go.
    pub lobby: Lobby,
    /// The proof that they may act on the server.
    pub scope: ServerScope,
}

impl FromRequestParts<AppState> for ServerRoom {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let scope = access::server(app.database(), &visitor.0.principal()).await?;
        let scope = scope.ok_or_else(Problem::not_found)?;
        Ok(Self { lobby: Lobby::from_request_parts(parts, app).await?, scope })
    }
}
