//! The JSON API: the same nouns, filters and rights as the pages, for programs with a token.

pub mod address;
mod caller;
pub mod document;
pub mod export;
pub mod guard;
pub mod inventory;
pub mod operations;
pub mod parameters;
pub mod policies;
mod refusals;
pub mod shapes;
pub mod tenants;
pub mod versions;
pub mod workspaces;

use axum::http::Method;
use tenancy::Capability;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::routes::{Route, Who};
use crate::state::AppState;
use parameters::Spec;

pub use caller::{Caller, Holder};

/// Gives every route of the API, and the document that describes exactly those.
#[must_use]
pub fn routes() -> (Vec<Route>, OpenApi) {
    let mut built = Built { routes: Vec::new(), document: document::start() };
    let see = Who::May(Capability::See);
    built.add("List workspaces", Who::SignedIn, &[], routes!(workspaces::list));
    built.add("List runs", see, operations::PARAMETERS, routes!(operations::list));
    built.add("Export runs", Who::May(Capability::Export), operations::EXPORT, routes!(export::runs));
    built.add("Start an operation", Who::Depends, &[], routes!(operations::start));
    built.add("Show a run", see, &[], routes!(operations::show));
    built.add("Cancel a run", Who::Depends, &[], routes!(operations::cancel));
    built.add("List tenants", see, &[], routes!(tenants::list));
    built.add("Show a tenant", see, &[], routes!(tenants::show));
    built.add("Show how well a tenant was read", see, &[], routes!(inventory::show));
    built.add("List policies", see, policies::PARAMETERS, routes!(policies::list));
    built.add("Show a policy", see, &[], routes!(policies::show));
    built.add("List versions", see, &[], routes!(versions::list));
    built.add("Show a version", see, &[], routes!(versions::show));
    (built.routes, built.document)
}

struct Built {
    routes: Vec<Route>,
    document: OpenApi,
}

impl Built {
    /// Adds one documented operation; its method and address are those that it documents.
    fn add(
        &mut self,
        name: &'static str,
        who: Who,
        spec: Spec,
        (schemas, mut paths, on): UtoipaMethodRouter<AppState>,
    ) {
        document::complete(&mut paths, spec);
        for (path, item) in &paths.paths {
            let method = if item.get.is_some() { Method::GET } else { Method::POST };
            self.routes.push(Route::api(method, path.clone(), name, who, on.clone()));
        }
        self.document.paths.merge(paths);
        document::add_schemas(&mut self.document, schemas);
    }
}
