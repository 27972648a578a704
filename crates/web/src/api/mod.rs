//! The JSON API: the same nouns, filters and rights as the pages, for programs with a token.

mod caller;
pub mod document;
pub mod operations;
pub mod policies;
pub mod shapes;
pub mod tenants;
pub mod versions;

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::COOKIE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tenancy::Capability;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::problem::{Code, Problem};
use crate::routes::{Route, Who};
use crate::state::AppState;

pub use caller::Caller;

/// Refuses requests that carry a cookie: a token alone says who asks, so that no other site can make a browser ask.
pub async fn refuse_cookies(request: Request, next: Next) -> Response {
    if request.headers().contains_key(COOKIE) {
        let why = "The API takes a token in the Authorization header and no cookies.";
        return Problem::new(Code::Malformed, why).into_response();
    }
    next.run(request).await
}

/// Gives every route of the API, and the document that describes exactly those.
#[must_use]
pub fn routes() -> (Vec<Route>, OpenApi) {
    let mut built = Built { routes: Vec::new(), document: document::start() };
    built.add("List runs", Who::May(Capability::See), routes!(operations::list));
    built.add("Start an operation", Who::Depends, routes!(operations::start));
    built.add("Show a run", Who::May(Capability::See), routes!(operations::show));
    built.add("Cancel a run", Who::Depends, routes!(operations::cancel));
    built.add("List tenants", Who::May(Capability::See), routes!(tenants::list));
    built.add("Show a tenant", Who::May(Capability::See), routes!(tenants::show));
    built.add("List policies", Who::May(Capability::See), routes!(policies::list));
    built.add("Show a policy", Who::May(Capability::See), routes!(policies::show));
    built.add("List versions", Who::May(Capability::See), routes!(versions::list));
    built.add("Show a version", Who::May(Capability::See), routes!(versions::show));
    (built.routes, built.document)
}

struct Built {
    routes: Vec<Route>,
    document: OpenApi,
}

impl Built {
    /// Adds one documented operation; its method and address are those that it documents.
    fn add(&mut self, name: &'static str, who: Who, (schemas, mut paths, on): UtoipaMethodRouter<AppState>) {
        document::drop_sections(&mut paths);
        for (path, item) in &paths.paths {
            let method = if item.get.is_some() { Method::GET } else { Method::POST };
            self.routes.push(Route::api(method, path.clone(), name, who, on.clone()));
        }
        self.document.paths.merge(paths);
        document::add_schemas(&mut self.document, schemas);
    }
}
