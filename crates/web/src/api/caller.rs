//! Who calls the API: a token, and through it a member of one workspace.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tenancy::access::{self, Principal, least_role};
use tenancy::{Capability, Scope, token};

use crate::headers::single;
use crate::here::capitalised;
use crate::problem::{Code, Problem};
use crate::session::About;
use crate::state::AppState;

/// A call within a workspace, or within one tenant of it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who calls.
    pub principal: Principal,
    /// What they may do; narrowed to the tenant where the address names one.
    pub scope: Scope,
    /// The short name of the workspace.
    pub workspace: String,
}

impl Caller {
    /// Goes on only for those who may do this.
    ///
    /// # Errors
    /// Not allowed, with the role and the right that are needed.
    pub fn require(&self, wanted: Capability) -> Result<(), Problem> {
        if self.scope.allows(wanted) { Ok(()) } else { Err(self.refusal(wanted)) }
    }

    /// Makes the answer to a caller who lacks a right.
    #[must_use]
    pub fn refusal(&self, wanted: Capability) -> Problem {
        let (right, workspace) = (wanted.token(), &self.workspace);
        match least_role(wanted) {
            Some(role) => Problem::not_allowed(capitalised(role.as_str()), workspace).saying(format!(
                "Needs the {} role in {workspace}, and a token that holds the right {right}.",
                capitalised(role.as_str())
            )),
            None => Problem::new(Code::NotAllowed, "No role may do this; the server does it by itself."),
        }
        .because(right)
    }

    /// Makes the scope of a tenant that a body or a query names.
    ///
    /// # Errors
    /// Not found.
    pub async fn narrowed(&self, app: &AppState, tenant: &str) -> Result<Scope, Problem> {
        Ok(access::member(app.database(), &self.principal, &self.workspace, Some(tenant)).await?)
    }
}

/// Whoever holds a token, before it is known what it is good for.
#[derive(Clone, Debug)]
pub struct Holder(pub Principal);

impl FromRequestParts<AppState> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let About(request) = About::from_request_parts(parts, app).await?;
        let sent = single(&parts.headers, &AUTHORIZATION).and_then(bearer).ok_or_else(unknown)?;
        let found = token::authenticate(app.database(), sent, request, app.now()).await?;
        found.map(Self).ok_or_else(unknown)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let Holder(principal) = Holder::from_request_parts(parts, app).await?;
        let named = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        let part = |name: &str| named.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        let (workspace, tenant) = (part("workspace").unwrap_or_default(), part("tenant"));
        let scope = access::member(app.database(), &principal, &workspace, tenant.as_deref()).await?;
        Ok(Self { principal, scope, workspace })
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn unknown() -> Problem {
    Problem::new(Code::SignedOut, "Send an API token that is good: Authorization: Bearer tat_….")
}
