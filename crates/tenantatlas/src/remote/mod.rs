//! Another machine's TenantAtlas, reached through its JSON API instead of its database.
//!
//! What it answers becomes the same values that the ledger and the inventory give, so that a command tells
//! them in the same words. A tenant's id stays with the server; here its external id stands for it.

mod address;
mod objects;
mod runs;
mod transport;

use std::collections::BTreeMap;

use serde::Deserialize;
use tenancy::TenantId;
use uuid::Uuid;

use crate::config::Settings;
use crate::problem::Problem;
use transport::Transport;

pub(crate) use objects::{Document, PolicyQuestion};
pub(crate) use runs::{Ask, RunQuestion};

/// A server, a workspace of it, and a token that is good for it.
#[derive(Debug)]
pub(crate) struct Server {
    transport: Transport,
    workspace: String,
}

/// A tenant, as the server tells it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServerTenant {
    /// Its short name.
    pub(crate) slug: String,
    /// Its name.
    pub(crate) name: String,
    /// Its id for other systems.
    pub(crate) external_id: Uuid,
    /// `production` or `test`.
    pub(crate) environment: String,
    /// Its cloud.
    pub(crate) cloud: String,
    /// Its id or domain at Microsoft.
    pub(crate) graph_tenant_id: String,
    /// Whether it may be worked with.
    pub(crate) state: String,
    /// When its connection was last checked.
    pub(crate) checked_at: Option<database::Ts>,
    /// What that check found wrong.
    pub(crate) check_code: Option<String>,
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
    #[serde(default)]
    next: Option<String>,
}

impl Server {
    /// Reaches for the server that the settings name; nothing is sent yet.
    ///
    /// # Errors
    /// The address is none, would send the token in the clear, or there is no token.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, Problem> {
        let Some(named) = settings.server() else { return Ok(None) };
        let base = address::parse(named)?;
        let token = settings.token()?;
        Ok(Some(Self {
            transport: Transport::new(base, &token)?,
            workspace: settings.workspace().to_owned(),
        }))
    }

    /// Lists the tenants of the workspace that the token's owner may see.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn tenants(&self) -> Result<Vec<ServerTenant>, Problem> {
        let found: Option<List<ServerTenant>> = self.transport.get(&self.place(&["tenants"]), &[]).await?;
        found.map(|list| list.items).ok_or_else(|| {
            Problem::wrong_use(
                "workspace.unknown",
                format!(
                    "there is no workspace `{}` on the server, or the token is for another",
                    self.workspace
                ),
            )
            .advice("name the token's own with --workspace")
        })
    }

    /// Gives a tenant by its short name.
    ///
    /// # Errors
    /// There is no such tenant, as far as the token's owner may know.
    pub(crate) async fn tenant(&self, slug: &str) -> Result<ServerTenant, Problem> {
        let found = self.tenants().await?.into_iter().find(|tenant| tenant.slug == slug);
        found.ok_or_else(|| {
            Problem::wrong_use("tenant.unknown", format!("there is no tenant `{slug}` in the workspace"))
                .advice("`tenantatlas tenants list` names those there are")
        })
    }

    /// Names every tenant that the token's owner may see.
    ///
    /// # Errors
    /// As [`Server::tenants`].
    pub(crate) async fn tenant_slugs(&self) -> Result<BTreeMap<TenantId, String>, Problem> {
        let tenants = self.tenants().await?;
        Ok(tenants.into_iter().map(|tenant| (TenantId::from_uuid(tenant.external_id), tenant.slug)).collect())
    }

    /// Gives the parts of an address below the workspace.
    fn place<'a>(&'a self, below: &[&'a str]) -> Vec<&'a str> {
        ["workspaces", &self.workspace].into_iter().chain(below.iter().copied()).collect()
    }
}

/// Says that a command works on the database itself.
pub(crate) fn needs_the_file(command: &str) -> Problem {
    Problem::wrong_use(
        "server.not_offered",
        format!("`{command}` works on the database itself, which --server does not reach"),
    )
    .advice("run it on the server's machine, without --server and TENANTATLAS_SERVER")
}
