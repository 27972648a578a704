//! Finding tenants.

use database::{Database, DatabaseError, Row, params, statement};

use super::{SimulatedUrls, Tenant, TenantState};
use crate::words::stored;
use crate::{Scope, TenantId, WorkspaceId};

statement! {
    LIST = "tenant.list", (Uuid, Uuid) -> (Uuid, Uuid, Text, Text, Uuid, Text, Text, Text, Text, Text, Text, Text, Time, Text),
    both: "SELECT workspace_id, id, slug, name, external_id, graph_tenant_id, environment, cloud, login_url, graph_url, client_id, state, checked_at, check_code
        FROM tenants WHERE workspace_id = $1 AND id = coalesce($2, id) ORDER BY slug"
}
statement! {
    FIND = "tenant.find", (Uuid, Text) -> (Uuid, Uuid, Text, Text, Uuid, Text, Text, Text, Text, Text, Text, Text, Time, Text),
    both: "SELECT workspace_id, id, slug, name, external_id, graph_tenant_id, environment, cloud, login_url, graph_url, client_id, state, checked_at, check_code
        FROM tenants WHERE workspace_id = $1 AND slug = $2"
}
statement! {
    READINESS = "tenant.readiness", (Uuid, Uuid) -> (Text, Bool),
    both: "SELECT t.state, s.name IS NOT NULL FROM tenants t
        LEFT JOIN tenant_secrets s ON s.workspace_id = t.workspace_id AND s.tenant_id = t.id AND s.name = 'client_secret'
        WHERE t.workspace_id = $1 AND t.id = $2"
}
statement! {
    COUNT_OWN = "tenant.count_own", () -> (I64),
    both: "SELECT count(*) FROM tenants WHERE NOT seeded"
}

/// Lists the tenants that the scope may see, by slug.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(database: &Database, scope: &Scope) -> Result<Vec<Tenant>, DatabaseError> {
    let (workspace, tenant) = (scope.workspace(), scope.tenant());
    let mut found: Vec<Tenant> = database
        .read("tenant.list", move |tx| {
            Box::pin(async move {
                let rows = tx.query(&LIST, params![workspace, tenant]).await?;
                rows.iter().map(read).collect::<Result<_, DatabaseError>>()
            })
        })
        .await?;
    found.retain(|tenant| scope.sees(tenant.id));
    Ok(found)
}

/// Gives the tenant that the scope is narrowed to.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn get(database: &Database, scope: &Scope) -> Result<Option<Tenant>, DatabaseError> {
    match scope.tenant() {
        None => Ok(None),
        Some(_) => Ok(list(database, scope).await?.pop()),
    }
}

/// Finds a tenant by its slug.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn find(database: &Database, scope: &Scope, slug: &str) -> Result<Option<Tenant>, DatabaseError> {
    let (workspace, slug) = (scope.workspace(), slug.to_owned());
    let found = database
        .read("tenant.find", move |tx| {
            Box::pin(async move {
                tx.query_opt(&FIND, params![workspace, slug]).await?.as_ref().map(read).transpose()
            })
        })
        .await?;
    Ok(found.filter(|tenant: &Tenant| scope.sees(tenant.id)))
}

/// Whether a tenant's credentials are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// They are.
    Kept,
    /// They are not.
    Missing,
}

/// Says whether the scope's tenant may be worked with; `None` when it does not exist.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn readiness(
    database: &Database,
    scope: &Scope,
) -> Result<Option<(TenantState, Secret)>, DatabaseError> {
    let (workspace, tenant) = (scope.workspace(), scope.tenant());
    database
        .read("tenant.readiness", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&READINESS, params![workspace, tenant]).await?;
                row.map(|row| {
                    let secret = if row.get(1)? { Secret::Kept } else { Secret::Missing };
                    Ok((stored("tenant state", &row.get::<String>(0)?)?, secret))
                })
                .transpose()
            })
        })
        .await
}

/// Says whether every tenant of the installation came from a seed or a demo, so that nothing of a person's is lost by wiping.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn all_seeded(database: &Database) -> Result<bool, DatabaseError> {
    let own: i64 = database
        .read("tenant.count_own", |tx| Box::pin(async move { tx.query_one(&COUNT_OWN, &[]).await?.get(0) }))
        .await?;
    Ok(own == 0)
}

/// Reads a tenant from the first fourteen columns of a row.
pub(crate) fn read(row: &Row) -> Result<Tenant, DatabaseError> {
    let (login, graph): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
    Ok(Tenant {
        workspace: WorkspaceId::from_uuid(row.get(0)?),
        id: TenantId::from_uuid(row.get(1)?),
        slug: row.get(2)?,
        name: row.get(3)?,
        external_id: row.get(4)?,
        graph_tenant_id: row.get(5)?,
        environment: stored("environment", &row.get::<String>(6)?)?,
        cloud: stored("cloud", &row.get::<String>(7)?)?,
        simulated: login.zip(graph).map(|(login, graph)| SimulatedUrls { login, graph }),
        client_id: row.get(10)?,
        state: stored("tenant state", &row.get::<String>(11)?)?,
        checked_at: row.get(12)?,
        check_code: row.get(13)?,
    })
}
