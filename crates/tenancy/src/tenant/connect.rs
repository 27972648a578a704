//! Adding a tenant, changing how it is reached, and opening its credentials for the work that needs them.

use database::{Database, DatabaseError, Ts, params, statement};
use secrecy::SecretString;
use uuid::Uuid;

use super::list::read;
use super::{CloudName, Environment, SimulatedUrls, Tenant, TenantState};
use crate::audit::{self, Action, Entry};
use crate::secrets::{self, MasterKey, SealError};
use crate::workspace::Origin;
use crate::{Capability, Scope, Slug, TenantId};

statement! {
    UPSERT = "tenant.upsert", (Uuid, Uuid, Text, Text, Uuid, Text, Text, Text, Text, Text, Text, Bool, Time)
        -> (Uuid, Uuid, Text, Text, Uuid, Text, Text, Text, Text, Text, Text, Text, Time, Text),
    both: "INSERT INTO tenants AS t (workspace_id, id, slug, name, external_id, graph_tenant_id, environment, cloud, login_url, graph_url, client_id, state, seeded, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'connected', $12, $13, $13)
        ON CONFLICT (workspace_id, slug) DO UPDATE SET name = excluded.name, graph_tenant_id = excluded.graph_tenant_id, environment = excluded.environment,
          cloud = excluded.cloud, login_url = excluded.login_url, graph_url = excluded.graph_url, client_id = excluded.client_id, updated_at = excluded.updated_at
        RETURNING workspace_id, id, slug, name, external_id, graph_tenant_id, environment, cloud, login_url, graph_url, client_id, state, checked_at, check_code"
}
statement! {
    KEEP_SECRET = "tenant.keep_secret", (Uuid, Uuid, Text, Bytes, Time) -> (),
    both: "INSERT INTO tenant_secrets (workspace_id, tenant_id, name, sealed, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, tenant_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at"
}
statement! {
    READ_SECRET = "tenant.read_secret", (Uuid, Uuid, Text) -> (Bytes),
    both: "SELECT sealed FROM tenant_secrets WHERE workspace_id = $1 AND tenant_id = $2 AND name = $3"
}
statement! {
    RECORD_CHECK = "tenant.record_check", (Uuid, Uuid, Time, Text) -> (),
    both: "UPDATE tenants SET checked_at = $3, check_code = $4 WHERE workspace_id = $1 AND id = $2"
}
statement! {
    SET_STATE = "tenant.set_state", (Uuid, Uuid, Text, Time) -> (),
    both: "UPDATE tenants SET state = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2"
}

/// The name under which the application's secret is kept.
const CLIENT_SECRET: &str = "client_secret";

/// What a person enters to connect a tenant.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Its short name; an existing tenant of this name is changed.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Its id or domain at Microsoft.
    pub graph_tenant_id: String,
    /// What a mistake would cost.
    pub environment: Environment,
    /// Its cloud.
    pub cloud: CloudName,
    /// Where it is, for the simulated cloud only.
    pub simulated: Option<SimulatedUrls>,
    /// The application that signs in.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: SecretString,
    /// Whether a person or a seed made it.
    pub origin: Origin,
}

/// What signing in takes.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// Why a tenant could not be connected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The one who acts may not manage tenants.
    #[error("connecting a tenant takes the right to manage tenants")]
    NotAllowed,
    /// The password was given too long ago for this.
    #[error("changing how a tenant is reached needs the password again")]
    NotProved,
    /// A field cannot be kept as it was given.
    #[error("the {field} {problem}")]
    Field {
        /// The field, in the user's words.
        field: &'static str,
        /// What is wrong with it and what is allowed.
        problem: &'static str,
    },
    /// The secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Connects a tenant, or changes how the tenant of that slug is reached; its ids never change.
///
/// The tenant and its sealed secret are written together or not at all.
///
/// # Errors
/// [`ConnectError::Field`] names what cannot be kept; nothing was written then.
pub async fn upsert(
    database: &Database,
    scope: &Scope,
    key: &MasterKey,
    connect: Connect,
    now: Ts,
) -> Result<Tenant, ConnectError> {
    if !scope.allows(Capability::ManageTenants) {
        return Err(ConnectError::NotAllowed);
    }
    if !scope.channel().is_proved(now) {
        return Err(ConnectError::NotProved);
    }
    check(&connect)?;
    let workspace = scope.workspace();
    let (id, action) = match super::find(database, scope, connect.slug.as_str()).await? {
        Some(known) => (known.id, Action::TenantChanged),
        // Who is narrowed to some tenants has no say about others, and must not learn which slugs are taken.
        None if scope.visible_tenants().is_some() => return Err(ConnectError::NotAllowed),
        None => (TenantId::new(now), Action::TenantConnected),
    };
    let entry = Entry::in_scope(scope, action)
        .in_tenant(id)
        .about("tenant", id)
        .with("slug", connect.slug.to_string())
        .with("environment", connect.environment.as_str())
        .with("cloud", connect.cloud.as_str())
        .with("client_id", connect.client_id.clone());
    let sealed = secrets::seal(key, id.as_uuid(), CLIENT_SECRET, &connect.client_secret)?;
    let (login, graph) = connect.simulated.map(|urls| (urls.login, urls.graph)).unzip();
    let row = params![
        workspace,
        id,
        connect.slug.to_string(),
        connect.name,
        external_id(),
        connect.graph_tenant_id,
        connect.environment.as_str(),
        connect.cloud.as_str(),
        login,
        graph,
        connect.client_id,
        connect.origin == Origin::Seeded,
        now,
    ]
    .to_vec();
    database
        .write("tenant.upsert", move |tx| {
            Box::pin(async move {
                let tenant = read(&tx.query_one(&UPSERT, &row).await?)?;
                if tenant.id != id {
                    // Somebody connected the same slug between our look and our write; the secret was sealed for another id.
                    return Err(ConnectError::Field {
                        field: "slug",
                        problem: "was just taken by another connection; try again",
                    });
                }
                tx.execute(&KEEP_SECRET, params![workspace, id, CLIENT_SECRET, sealed, now]).await?;
                audit::record(tx, entry, now).await?;
                Ok(tenant)
            })
        })
        .await
}

fn check(connect: &Connect) -> Result<(), ConnectError> {
    let field = |field, problem| Err(ConnectError::Field { field, problem });
    if connect.name.trim().is_empty() || connect.name.chars().count() > 200 || connect.name.contains('\0') {
        return field("name", "must hold 1 to 200 characters");
    }
    let host_like = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if connect.graph_tenant_id.is_empty()
        || connect.graph_tenant_id.len() > 253
        || !connect.graph_tenant_id.chars().all(host_like)
    {
        return field(
            "Microsoft tenant",
            "must be a tenant id (a UUID) or a domain such as contoso.onmicrosoft.com",
        );
    }
    if connect.client_id.is_empty()
        || connect.client_id.len() > 200
        || !connect.client_id.chars().all(host_like)
    {
        return field("client id", "must be the application's id, a UUID");
    }
    match (connect.cloud, &connect.simulated, connect.environment) {
        (CloudName::Simulated, None, _) => field("cloud", "`simulated` needs the addresses of the simulator"),
        (CloudName::Simulated, Some(_), Environment::Production) => {
            field("cloud", "`simulated` is refused for a tenant whose environment is production")
        }
        (CloudName::Simulated, Some(_), Environment::Test) => Ok(()),
        (_, Some(_), _) => field("cloud", "takes addresses of its own only when it is `simulated`"),
        (_, None, _) => Ok(()),
    }
}

/// Makes an external id: a UUID v4 that says nothing about the tenant, whatever the environment says.
#[must_use]
pub fn external_id() -> Uuid {
    #[expect(
        clippy::disallowed_methods,
        reason = "an external id must be random: it must not tell when the tenant was added"
    )]
    Uuid::new_v4()
}

/// Opens the credentials of the scope's tenant for the work that needs them; `None` when none are kept.
///
/// # Errors
/// [`ConnectError::Seal`] if they do not open under this master key.
pub async fn credentials(
    database: &Database,
    scope: &Scope,
    key: &MasterKey,
    tenant: &Tenant,
) -> Result<Option<Credentials>, ConnectError> {
    let (workspace, id) = (scope.workspace(), tenant.id);
    let sealed: Option<Vec<u8>> = database
        .read("tenant.credentials", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&READ_SECRET, params![workspace, id, CLIENT_SECRET]).await?;
                row.map(|row| row.get(0)).transpose()
            })
        })
        .await
        .map_err(|error: DatabaseError| ConnectError::Database(error))?;
    let Some(sealed) = sealed else { return Ok(None) };
    let client_secret = secrets::open(key, id.as_uuid(), CLIENT_SECRET, &sealed)?;
    Ok(Some(Credentials { client_id: tenant.client_id.clone(), client_secret }))
}

/// Records what a check of the connection found; `None` when all was well.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn record_check(
    database: &Database,
    scope: &Scope,
    code: Option<String>,
    now: Ts,
) -> Result<(), DatabaseError> {
    let (workspace, tenant) = (scope.workspace(), scope.tenant());
    database
        .write_single("tenant.record_check", move |tx| {
            Box::pin(async move {
                tx.execute(&RECORD_CHECK, params![workspace, tenant, now, code]).await.map(|_| ())
            })
        })
        .await
}

/// Connects, disconnects or begins to remove the scope's tenant.
///
/// # Errors
/// [`ConnectError::NotAllowed`] without the right to manage tenants.
pub async fn set_state(
    database: &Database,
    scope: &Scope,
    state: TenantState,
    now: Ts,
) -> Result<(), ConnectError> {
    if !scope.allows(Capability::ManageTenants) {
        return Err(ConnectError::NotAllowed);
    }
    if !scope.channel().is_proved(now) {
        return Err(ConnectError::NotProved);
    }
    let (workspace, tenant) = (scope.workspace(), scope.tenant());
    let entry = Entry::in_scope(scope, Action::TenantStateChanged).with("state", state.as_str());
    database
        .write("tenant.set_state", move |tx| {
            Box::pin(async move {
                let set = tx.execute(&SET_STATE, params![workspace, tenant, state.as_str(), now]).await?;
                if let (Some(tenant), 1..) = (tenant, set) {
                    audit::record(tx, entry.about("tenant", tenant), now).await?;
                }
                Ok(())
            })
        })
        .await
}
