//! Where in the product a request is, and what its sender may do there: the one gate before every page of a workspace.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use ledger::Pulse;
use tenancy::access::{self, AccessError, Entered, OwnWorkspace, least_role};
use tenancy::tenant::Tenant;
use tenancy::{Capability, Scope, TenantId};
use uuid::Uuid;

use crate::components::Wall;
use crate::looks::Looks;
use crate::problem::Problem;
use crate::session::Visitor;
use crate::state::AppState;

/// A page of a workspace, or of one tenant of it, opened by a member.
#[derive(Clone, Debug)]
pub struct Here {
    /// Who is signed in.
    pub visitor: Visitor,
    /// The workspace, with the visitor's role in it.
    pub workspace: OwnWorkspace,
    /// What the visitor may do here; narrowed to the tenant where the address names one.
    pub scope: Scope,
    /// The tenants that the scope reaches, by slug.
    pub tenants: Vec<Tenant>,
    /// The names of some Owners, who can grant what the visitor lacks.
    pub owners: String,
    /// How the ledger is.
    pub pulse: Pulse,
    /// Now, in the visitor's zone.
    pub wall: Wall,
    /// How the page is to look, and how much of it is wanted.
    pub looks: Looks,
}

impl Here {
    /// Gives the tenant that the address names.
    ///
    /// # Errors
    /// Not found where it names none.
    pub fn tenant(&self) -> Result<&Tenant, Problem> {
        let wanted = self.scope.tenant().ok_or_else(Problem::not_found)?;
        self.tenant_of(wanted).ok_or_else(Problem::not_found)
    }

    /// Gives a tenant that the visitor may see.
    #[must_use]
    pub fn tenant_of(&self, id: TenantId) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    /// Goes on only for those who may do this.
    ///
    /// # Errors
    /// Not allowed, with the role that is needed.
    pub fn require(&self, wanted: Capability) -> Result<(), Problem> {
        if self.scope.allows(wanted) { Ok(()) } else { Err(refusal(wanted, &self.workspace.name)) }
    }

    /// Says why the visitor may not do something, and who can grant it; none where they may.
    #[must_use]
    pub fn obstacle(&self, wanted: Capability) -> Option<String> {
        let refused = || {
            let why = refusal(wanted, &self.workspace.name).detail().to_owned();
            if self.owners.is_empty() { why } else { format!("{why} Owners: {}.", self.owners) }
        };
        (!self.scope.allows(wanted)).then(refused)
    }
}

/// Makes the answer to somebody who lacks a right.
#[must_use]
pub fn refusal(wanted: Capability, workspace: &str) -> Problem {
    match least_role(wanted) {
        Some(role) => Problem::not_allowed(capitalised(role.as_str()), workspace),
        None => Problem::new(
            crate::problem::Code::NotAllowed,
            "No role may do this; the server does it by itself.",
        ),
    }
    .because(wanted.token())
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Database(error) => error.into(),
            _ => Self::not_found(),
        }
    }
}

impl FromRequestParts<AppState> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let named = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| Problem::not_found().into_response())?;
        let part = |name: &str| named.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        let (workspace, tenant) = (part("workspace").unwrap_or_default(), part("tenant"));
        if let Some(moved) = moved(parts, app, &visitor, &workspace, tenant.as_deref()).await {
            return Err(moved);
        }
        enter(app, visitor, &workspace, tenant.as_deref(), Looks::of(&parts.headers))
            .await
            .map_err(IntoResponse::into_response)
    }
}

async fn enter(
    app: &AppState,
    visitor: Visitor,
    workspace: &str,
    tenant: Option<&str>,
    looks: Looks,
) -> Result<Here, Problem> {
    let Entered { scope, workspace, tenants, owners } =
        access::enter(app.database(), &visitor.0.principal(), workspace, tenant).await?;
    let pulse = app.ledger().pulse(&scope).await?;
    let wall = Wall::new(app.now().to_jiff(), TimeZone::UTC);
    Ok(Here { visitor, workspace, scope, tenants, owners, pulse, wall, looks })
}

/// Sends on whoever names a tenant by the id that other systems know it by; only to where they may go.
async fn moved(
    parts: &Parts,
    app: &AppState,
    visitor: &Visitor,
    workspace: &str,
    tenant: Option<&str>,
) -> Option<Response> {
    let external: Uuid = tenant?.parse().ok()?;
    if parts.method != Method::GET {
        return None;
    }
    let entered = access::enter(app.database(), &visitor.0.principal(), workspace, None).await.ok()?;
    let slug = &entered.tenants.iter().find(|tenant| tenant.external_id == external)?.slug;
    let path = parts.uri.path_and_query()?.as_str();
    let to = path.replacen(&format!("/t/{}", tenant?), &format!("/t/{slug}"), 1);
    Some(Redirect::permanent(&to).into_response())
}

/// Writes a word as the start of a sentence.
#[must_use]
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
