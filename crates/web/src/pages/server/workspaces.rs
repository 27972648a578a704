//! The server's workspaces, and making one.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::user::{self, Email, User};
use tenancy::workspace::{self, CreateWorkspaceError, NewWorkspace, WorkspaceSummary};
use tenancy::{DatabaseError, Slug};

use super::framed;
use super::view::{self, NewWorkspacePage, WorkspaceLine, WorkspacesPage};
use crate::components::{PostForm, Toast};
use crate::csrf::{FIELD, SignedForm};
use crate::fields::Fields;
use crate::links;
use crate::lobby::ServerRoom;
use crate::pages::settings::{done, told};
use crate::pages::sign_in::sentence;
use crate::problem::Problem;
use crate::run_query::address;
use crate::shell::Place;
use crate::state::AppState;

/// The form that makes a workspace.
const NEW: &str = "/server/workspaces/new";

/// Shows the workspaces.
///
/// # Errors
/// Not found for whoever does not administer the server.
pub async fn show(
    State(app): State<AppState>,
    room: ServerRoom,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let all = workspace::overview(app.database(), &room.scope).await?;
    let line = |one: &WorkspaceSummary| WorkspaceLine {
        slug: one.workspace.slug.clone(),
        name: one.workspace.name.clone(),
        members: one.members,
        tenants: one.tenants,
        created_at: one.created_at.to_jiff(),
        href: (room.lobby.workspaces.iter().any(|own| own.id == one.workspace.id))
            .then(|| links::operations(&one.workspace.slug)),
    };
    let page = WorkspacesPage {
        wall: room.lobby.wall.clone(),
        workspaces: all.iter().map(line).collect(),
        create: NEW.to_owned(),
    };
    let toast: Option<Toast> = match told(query.as_deref()).as_deref() {
        Some("created") => Some(done("Workspace created", "Its Owner can enter it now and invite others.")),
        _ => None,
    };
    Ok(framed(&app, &room, Place::ServerWorkspaces, None, toast, view::workspaces(&page)))
}

/// What was typed.
#[derive(Clone, Debug)]
struct Typed {
    name: String,
    slug: String,
    owner: String,
}

impl Typed {
    fn of(fields: &mut Fields, own: &str) -> Result<Self, Problem> {
        Ok(Self {
            name: fields.one("name")?.unwrap_or_default(),
            slug: fields.one("slug")?.unwrap_or_default(),
            owner: fields.one("owner")?.unwrap_or_else(|| own.to_owned()),
        })
    }

    /// Gives the form's address with what was typed.
    fn address(&self) -> String {
        let pairs = [("name", &self.name), ("slug", &self.slug), ("owner", &self.owner)];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        address(NEW, &query)
    }
}

/// What is wrong, by field.
type Wrong = Vec<(&'static str, String)>;

/// Shows the form; who gave the password too long ago gives it first.
///
/// # Errors
/// Not found for whoever does not administer the server.
pub async fn new(
    State(app): State<AppState>,
    room: ServerRoom,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let typed = Typed::of(&mut fields, &room.lobby.visitor.0.email)?;
    if !room.lobby.visitor.0.is_proved(app.now()) {
        return Ok(Redirect::to(&links::prove(&typed.address())).into_response());
    }
    Ok(form(&app, &room, &typed, Vec::new()))
}

/// Makes a workspace with its first Owner.
///
/// # Errors
/// Not found, or the database could not be used; what is wrong with the fields is shown in the form.
pub async fn create(
    State(app): State<AppState>,
    room: ServerRoom,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    let typed = Typed::of(&mut fields, &room.lobby.visitor.0.email)?;
    fields.end()?;
    let mut errors: Wrong = Vec::new();
    let slug = typed.slug.parse::<Slug>();
    let slug = slug.map_err(|error| errors.push(("slug", sentence(&error.to_string())))).ok();
    let owner = match owner(&app, &room, &typed.owner).await? {
        Ok(owner) => Some(owner.id),
        Err(why) => {
            errors.push(("owner", why));
            None
        }
    };
    let (Some(slug), Some(owner)) = (slug, owner) else {
        return Ok(wrong(&app, &room, &typed, errors));
    };
    let new = NewWorkspace { slug, name: typed.name.clone(), owner: Some(owner) };
    match workspace::create(app.database(), &room.scope, new, app.now()).await {
        Ok(_) => Ok(Redirect::to(&address(links::SERVER_WORKSPACES, "told=created")).into_response()),
        Err(CreateWorkspaceError::NotProved) => {
            Ok(Redirect::to(&links::prove(&typed.address())).into_response())
        }
        Err(why @ CreateWorkspaceError::Taken) => {
            Ok(wrong(&app, &room, &typed, vec![("slug", sentence(&why.to_string()))]))
        }
        Err(CreateWorkspaceError::Name(why)) => {
            Ok(wrong(&app, &room, &typed, vec![("name", sentence(&why.to_string()))]))
        }
        Err(why @ CreateWorkspaceError::NoSuchUser) => {
            Ok(wrong(&app, &room, &typed, vec![("owner", sentence(&why.to_string()))]))
        }
        Err(CreateWorkspaceError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

/// Finds the account of the first Owner, or says why there is none.
async fn owner(
    app: &AppState,
    room: &ServerRoom,
    typed: &str,
) -> Result<Result<User, String>, DatabaseError> {
    let email: Email = match typed.parse() {
        Ok(email) => email,
        Err(error) => return Ok(Err(sentence(&tenancy::user::EmailError::to_string(&error)))),
    };
    let found = user::find(app.database(), &room.scope, &email).await?;
    Ok(found.ok_or("There is no user with this address. Make yourself Owner, then invite them.".to_owned()))
}

fn wrong(app: &AppState, room: &ServerRoom, typed: &Typed, errors: Wrong) -> Response {
    let mut response = form(app, room, typed, errors);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn form(app: &AppState, room: &ServerRoom, typed: &Typed, errors: Wrong) -> Response {
    let error = |name: &str| errors.iter().find(|(field, _)| *field == name).map(|(_, why)| why.clone());
    let page = NewWorkspacePage {
        form: PostForm {
            action: NEW.to_owned(),
            fields: vec![(FIELD.to_owned(), room.lobby.visitor.form_token())],
            ..PostForm::default()
        },
        name: (typed.name.clone(), error("name")),
        slug: (typed.slug.clone(), error("slug")),
        owner: (typed.owner.clone(), error("owner")),
        back: links::SERVER_WORKSPACES.to_owned(),
    };
    framed(app, room, Place::ServerWorkspaces, Some("Create workspace"), None, view::new_workspace(&page))
}
