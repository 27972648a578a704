//! The single inventory of everything that answers: the router is built from it, and the tests walk it.
//!
//! A line says which method and address, what it is called, and who may ask. The last is a promise that the matrix
//! test holds every handler to; the handler itself asks [`crate::here`] or [`crate::api`] for the scope.

use std::borrow::Cow;

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use tenancy::Capability;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;

use crate::pages::{
    account, demo, first_start, health, inventory, invitation, members, notifications, operations, policies,
    policy, run, search, server, settings, sign_in, tenants, tokens, workspaces,
};
use crate::problem::Problem;
use crate::state::AppState;
use crate::{api, assets, compression, csrf, headers, host, limits, problem, session, start};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever administers the server; for everybody else who is signed in there is nothing here.
    ServerAdmin,
    /// Members of the workspace in the address, who can reach the tenant in it.
    Member,
    /// Members who may do this.
    May(Capability),
    /// Members; what they need depends on what the request names, and the handler says which role it is.
    Depends,
}

/// By which door a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A page or a form of a page: a browser with a session.
    Page,
    /// The API: a program with a token.
    Api,
    /// A file, or a question about health: no session is looked at.
    Open,
}

/// One line of the inventory.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The address, with its parts in braces.
    pub path: Cow<'static, str>,
    /// What it is called.
    pub name: &'static str,
    /// Who may ask.
    pub who: Who,
    /// By which door.
    pub door: Door,
    on: MethodRouter<AppState>,
}

impl Route {
    /// Makes a line of the API.
    pub(crate) fn api(
        method: Method,
        path: String,
        name: &'static str,
        who: Who,
        on: MethodRouter<AppState>,
    ) -> Self {
        Self { method, path: path.into(), name, who, door: Door::Api, on }
    }
}

fn page(path: &'static str, name: &'static str, who: Who, on: MethodRouter<AppState>) -> Route {
    Route { method: Method::GET, path: path.into(), name, who, door: Door::Page, on }
}

fn form(path: &'static str, name: &'static str, who: Who, on: MethodRouter<AppState>) -> Route {
    Route { method: Method::POST, path: path.into(), name, who, door: Door::Page, on }
}

fn open(path: &'static str, name: &'static str, on: MethodRouter<AppState>) -> Route {
    Route { method: Method::GET, path: path.into(), name, who: Who::Anyone, door: Door::Open, on }
}

/// Gives every line.
#[must_use]
pub fn inventory() -> Vec<Route> {
    use Who::{Anyone, Depends, May, Member, SignedIn};
    let mut all = vec![
        open("/healthz", "Health", get(health)),
        open("/assets/{prefix}/{*path}", "Files", get(assets::serve)),
        open("/api/v1/openapi.json", "OpenAPI document", get(api::document::serve)),
        page("/", "Start", Anyone, get(workspaces::root)),
        page("/sign-in", "Sign in", Anyone, get(sign_in::show)),
        form("/sign-in", "Sign in", Anyone, post(sign_in::submit)),
        page("/first-start", "First start", Anyone, get(first_start::show)),
        form("/first-start", "First start", Anyone, post(first_start::submit)),
        page("/demo/sign-in", "Sign in to the demo", Anyone, get(demo::show)),
        form("/demo/sign-in", "Sign in to the demo", Anyone, post(demo::submit)),
        page("/sign-in/again", "Confirm it is you", SignedIn, get(sign_in::again)),
        form("/sign-in/again", "Confirm it is you", SignedIn, post(sign_in::prove)),
        form("/sign-out", "Sign out", SignedIn, post(sign_in::leave)),
        page("/w", "Workspaces", SignedIn, get(workspaces::show)),
        page("/w/{workspace}", "Workspace", Member, get(workspaces::inside)),
        page("/w/{workspace}/operations", "Operations", Member, get(operations::show)),
        page(
            "/w/{workspace}/operations/export",
            "Operations as a file",
            May(Capability::Export),
            get(operations::export::export),
        ),
        page("/w/{workspace}/operations/{run}", "Run", Member, get(run::show)),
        form("/w/{workspace}/operations/{run}/cancel", "Cancel a run", Depends, post(run::cancel)),
        form("/w/{workspace}/operations/{run}/again", "Run again", Depends, post(run::again)),
        form("/w/{workspace}/start/{kind}", "Start", Depends, post(start::of_workspace)),
        page("/w/{workspace}/notifications", "Notifications", Member, get(notifications::show)),
        form("/w/{workspace}/notifications/read", "Mark notices read", Member, post(notifications::read)),
        page("/w/{workspace}/search", "Search", Member, get(search::show)),
        page("/w/{workspace}/tenants", "Tenants", Member, get(tenants::show)),
        page("/w/{workspace}/tenants/new", "Add tenant", May(Capability::ManageTenants), get(tenants::new)),
        form(
            "/w/{workspace}/tenants/new",
            "Add tenant",
            May(Capability::ManageTenants),
            post(tenants::connect),
        ),
        page("/w/{workspace}/t/{tenant}", "Tenant", Member, get(policies::of_tenant)),
        form(
            "/w/{workspace}/t/{tenant}/state",
            "Connect or disconnect",
            May(Capability::ManageTenants),
            post(tenants::set_state),
        ),
        form("/w/{workspace}/t/{tenant}/start/{kind}", "Start", Depends, post(start::of_tenant)),
        page(
            "/w/{workspace}/t/{tenant}/operations",
            "Operations of a tenant",
            Member,
            get(operations::of_tenant),
        ),
        page("/w/{workspace}/t/{tenant}/inventory", "Inventory", Member, get(inventory::show)),
        page("/w/{workspace}/t/{tenant}/policies", "Policies", Member, get(policies::show)),
        page("/w/{workspace}/t/{tenant}/policies/{policy}", "Policy", Member, get(policy::show)),
    ];
    all.extend(people());
    all.extend(api::routes().0);
    all
}

/// Gives the lines about people: accounts, members, tokens, and the server that they are on.
fn people() -> Vec<Route> {
    use Who::{Anyone, Depends, May, Member, ServerAdmin, SignedIn};
    let (members, own) = (May(Capability::ManageMembers), May(Capability::OwnTokens));
    vec![
        page("/invitation", "Invitation", Anyone, get(invitation::show)),
        form("/invitation", "Accept an invitation", Anyone, post(invitation::submit)),
        page("/account", "Account", SignedIn, get(account::show)),
        form("/account/name", "Change name", SignedIn, post(account::rename)),
        form("/account/password", "Change password", SignedIn, post(account::change_password)),
        form("/account/sessions/end-others", "End other sessions", SignedIn, post(account::end_others)),
        form("/account/sessions/{session}/end", "End a session", SignedIn, post(account::end_session)),
        page("/w/{workspace}/settings", "Settings", Member, get(settings::show)),
        page("/w/{workspace}/settings/members", "Members", Member, get(members::show)),
        page("/w/{workspace}/settings/members/invite", "Invite", members, get(members::invite::new)),
        form("/w/{workspace}/settings/members/invite", "Invite", members, post(members::invite::submit)),
        page("/w/{workspace}/settings/members/{member}", "Member", Member, get(members::one)),
        form(
            "/w/{workspace}/settings/members/{member}/role",
            "Change role",
            members,
            post(members::change::role),
        ),
        form(
            "/w/{workspace}/settings/members/{member}/reach",
            "Change tenants",
            members,
            post(members::change::reach),
        ),
        form(
            "/w/{workspace}/settings/members/{member}/remove",
            "Remove member",
            members,
            post(members::change::remove),
        ),
        form(
            "/w/{workspace}/settings/invitations/{invitation}/revoke",
            "Revoke an invitation",
            members,
            post(members::invite::revoke),
        ),
        page("/w/{workspace}/settings/tokens", "API tokens", Member, get(tokens::show)),
        page("/w/{workspace}/settings/tokens/new", "Create token", own, get(tokens::new)),
        form("/w/{workspace}/settings/tokens/new", "Create token", own, post(tokens::create)),
        form(
            "/w/{workspace}/settings/tokens/{token}/revoke",
            "Revoke a token",
            Depends,
            post(tokens::revoke),
        ),
        page("/w/{workspace}/settings/health", "Health", Member, get(health::show)),
        page("/server", "Server", ServerAdmin, get(server::root)),
        page("/server/workspaces", "Workspaces of the server", ServerAdmin, get(server::workspaces::show)),
        page("/server/workspaces/new", "Create workspace", ServerAdmin, get(server::workspaces::new)),
        form("/server/workspaces/new", "Create workspace", ServerAdmin, post(server::workspaces::create)),
        page("/server/users", "Users", ServerAdmin, get(server::users::show)),
        form(
            "/server/users/{user}/standing",
            "Disable or enable a user",
            ServerAdmin,
            post(server::users::set_standing),
        ),
        form(
            "/server/users/{user}/admin",
            "Name a server administrator",
            ServerAdmin,
            post(server::users::set_admin),
        ),
    ]
}

/// Gives the OpenAPI document of the routes of the API.
#[must_use]
pub fn openapi() -> OpenApi {
    api::routes().1
}

/// Builds the router from the inventory.
pub fn router(app: AppState) -> Router {
    let (mut pages, mut api, mut open) = (Router::new(), Router::new(), Router::new());
    for route in inventory() {
        let into = match route.door {
            Door::Page => &mut pages,
            Door::Api => &mut api,
            Door::Open => &mut open,
        };
        *into = std::mem::take(into).route(&route.path, route.on);
    }
    // A session belongs to pages only: the API knows tokens, and files know nobody.
    let pages = pages
        .layer(from_fn_with_state(app.clone(), session::load))
        .layer(from_fn_with_state(app.clone(), csrf::check));
    let api = api.layer(from_fn(api::guard::check));
    Router::new()
        .merge(pages)
        .merge(api)
        .merge(open)
        .fallback(|| async { Problem::not_found() })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(limits::check))
        .layer(from_fn_with_state(app.clone(), host::check))
        .layer(from_fn(problem::render))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .layer(compression::layer())
        .layer(from_fn(compression::only_where_safe))
        .with_state(app)
}

/// Says that the process answers; nothing else, to anybody.
async fn health() -> &'static str {
    "ok\n"
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

#[expect(clippy::needless_pass_by_value, reason = "the layer hands over what was thrown")]
fn panicked(thrown: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let words = thrown
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| thrown.downcast_ref::<&str>().map(|words| (*words).to_owned()))
        .unwrap_or_default();
    axum::response::IntoResponse::into_response(Problem::internal(&Panicked(words)))
}
