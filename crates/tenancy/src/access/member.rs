//! Making the scope of a member, or giving the one answer that everybody else gets.

use std::str::FromStr;
use std::sync::Arc;

use database::{Database, DatabaseError, Row, Tx, params, statement};
use uuid::Uuid;

use super::{AccessError, Principal, Reach, Role, capabilities_of};
use crate::tenant::{Tenant, read as read_tenant};
use crate::words::stored;
use crate::{Actor, Scope, Slug, TenantId, UserId, WorkspaceId};

statement! {
    /// A workspace that does not exist, one of strangers, and a disabled user all answer with no row.
    MEMBERSHIP = "access.member", (Uuid, Text, Text) -> (Uuid, Text, Bool, Text, Uuid),
    both: "SELECT w.id, m.role, m.narrowed, u.name, t.id FROM workspaces w
        JOIN memberships m ON m.workspace_id = w.id AND m.user_id = $1
        JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL
        LEFT JOIN tenants t ON t.workspace_id = w.id AND t.slug = $3
        WHERE w.slug = $2"
}
statement! {
    /// The same with everything that a page of the workspace is framed by: one row for each tenant in reach, or one
    /// without a tenant where there is none.
    ENTER = "access.enter", (Uuid, Text)
        -> (Uuid, Uuid, Text, Text, Uuid, Text, Text, Text, Text, Text, Text, Text, Time, Text, Text, Text, Text, Bool, Text, Text),
    both: "WITH me AS (SELECT w.id, w.slug, w.name, m.role, m.narrowed, u.name AS who,
            /* Who sees some tenants only is not told who else is there. */
            CASE WHEN NOT m.narrowed THEN (SELECT string_agg(o.name, ', ') FROM (SELECT ou.name FROM memberships om JOIN users ou ON ou.id = om.user_id AND ou.disabled_at IS NULL
              WHERE om.workspace_id = w.id AND om.role = 'owner' AND NOT om.narrowed ORDER BY ou.name LIMIT 3) o) END AS owners
          FROM workspaces w JOIN memberships m ON m.workspace_id = w.id AND m.user_id = $1
          JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL WHERE w.slug = $2)
        SELECT me.id, t.id, t.slug, t.name, t.external_id, t.graph_tenant_id, t.environment, t.cloud, t.login_url, t.graph_url,
          t.client_id, t.state, t.checked_at, t.check_code, me.slug, me.name, me.role, me.narrowed, me.who, me.owners FROM me
        LEFT JOIN tenants t ON t.workspace_id = me.id AND (NOT me.narrowed OR EXISTS (SELECT 1 FROM membership_tenants r
          WHERE r.workspace_id = me.id AND r.user_id = $1 AND r.tenant_id = t.id))
        ORDER BY t.slug"
}
statement! {
    WORKSPACES = "access.workspaces", (Uuid) -> (Uuid, Text, Text, Text, Bool),
    both: "SELECT w.id, w.slug, w.name, m.role, m.narrowed FROM memberships m
        JOIN workspaces w ON w.id = m.workspace_id JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL
        WHERE m.user_id = $1 ORDER BY w.slug"
}
statement! {
    NARROWED_TO = "access.narrowed_to", (Uuid, Uuid) -> (Uuid),
    both: "SELECT tenant_id FROM membership_tenants WHERE workspace_id = $1 AND user_id = $2 ORDER BY tenant_id"
}

/// Makes the scope of a member in a workspace, or in one tenant of it.
///
/// A workspace that does not exist, a stranger to it, a disabled user, a tenant that does not exist and one
/// outside a member's reach all get the same answer, from the same statements.
///
/// # Errors
/// [`AccessError::NotThere`] in every one of those cases.
pub async fn member(
    database: &Database,
    principal: &Principal,
    workspace: &str,
    tenant: Option<&str>,
) -> Result<Scope, AccessError> {
    let slugs = (Slug::from_str(workspace), tenant.map(Slug::from_str).transpose());
    let (Ok(workspace), Ok(tenant)) = slugs else { return Err(AccessError::NotThere) };
    let (user, wanted) = (principal.user, tenant.is_some());
    let (workspace, tenant) = (workspace.to_string(), tenant.map(|slug| slug.to_string()));
    let found = database
        .read("access.member", move |tx| {
            Box::pin(async move {
                let Some(row) = tx.query_opt(&MEMBERSHIP, params![user, workspace, tenant]).await? else {
                    return Ok(None);
                };
                let (role, narrowed) = (role(&row, 1)?, row.get(2)?);
                let id = WorkspaceId::from_uuid(row.get(0)?);
                let reach = reach_of(tx, id, user, narrowed).await?;
                let tenant = row.get::<Option<Uuid>>(4)?.map(TenantId::from_uuid);
                let name: String = row.get(3)?;
                Ok::<_, DatabaseError>(Some((id, role, reach, Actor::User { id: user, name }, tenant)))
            })
        })
        .await?;
    let Some((id, role, reach, actor, tenant)) = found else { return Err(AccessError::NotThere) };
    let scope = scope_of(principal, id, role, &reach, actor)?;
    match tenant {
        Some(tenant) if scope.sees(tenant) => Ok(scope.narrowed(tenant)),
        None if !wanted => Ok(scope),
        _ => Err(AccessError::NotThere),
    }
}

/// A workspace that a member has entered.
#[derive(Clone, Debug)]
pub struct Entered {
    /// What the member may do there; narrowed to the tenant that was named.
    pub scope: Scope,
    /// The workspace, with the member's role in it.
    pub workspace: OwnWorkspace,
    /// The tenants that the scope reaches, by slug.
    pub tenants: Vec<Tenant>,
    /// The names of up to three Owners of the whole workspace, who can grant what somebody lacks; empty for a member
    /// who is narrowed to some tenants.
    pub owners: String,
}

/// Makes the same scope as [`member`], and reads with it what a page of the workspace is framed by; one statement.
///
/// # Errors
/// As [`member`].
pub async fn enter(
    database: &Database,
    principal: &Principal,
    workspace: &str,
    tenant: Option<&str>,
) -> Result<Entered, AccessError> {
    let slugs = (Slug::from_str(workspace), tenant.map(Slug::from_str).transpose());
    let (Ok(workspace), Ok(wanted)) = slugs else { return Err(AccessError::NotThere) };
    let values = params![principal.user, workspace.to_string()].to_vec();
    let rows = database
        .read("access.enter", move |tx| Box::pin(async move { tx.query(&ENTER, &values).await }))
        .await?;
    let Some(row) = rows.first() else { return Err(AccessError::NotThere) };
    let (role, actor) = (role(row, 16)?, Actor::User { id: principal.user, name: row.get(18)? });
    let workspace = OwnWorkspace {
        id: WorkspaceId::from_uuid(row.get(0)?),
        slug: row.get(14)?,
        name: row.get(15)?,
        role,
    };
    let mut tenants = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.get::<Option<Uuid>>(1)?.is_some() {
            tenants.push(read_tenant(row)?);
        }
    }
    let reach = if row.get(17)? {
        Reach::only(tenants.iter().map(|tenant: &Tenant| tenant.id))
    } else {
        Reach::Workspace
    };
    let scope = scope_of(principal, workspace.id, role, &reach, actor)?;
    let scope = match wanted.map(|slug| slug.to_string()) {
        None => scope,
        Some(slug) => {
            tenants.retain(|tenant| tenant.slug == slug);
            scope.narrowed(tenants.first().ok_or(AccessError::NotThere)?.id)
        }
    };
    let owners = row.get::<Option<String>>(19)?.unwrap_or_default();
    Ok(Entered { scope, workspace, tenants, owners })
}

fn scope_of(
    principal: &Principal,
    workspace: WorkspaceId,
    role: Role,
    reach: &Reach,
    actor: Actor,
) -> Result<Scope, AccessError> {
    if principal.bound_to.is_some_and(|only| only != workspace) {
        return Err(AccessError::NotThere);
    }
    Ok(Scope::new(workspace, None, actor, capabilities_of(role, reach).and(principal.ceiling))
        .through(principal.channel, Arc::clone(&principal.request))
        .seeing(reach.tenants().map(Arc::from)))
}

/// A workspace that somebody is a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What the member is in it.
    pub role: Role,
}

/// Lists the workspaces that somebody may enter, by slug; for the switcher and for choosing one after signing in.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn workspaces(
    database: &Database,
    principal: &Principal,
) -> Result<Vec<OwnWorkspace>, DatabaseError> {
    let user = principal.user;
    let mut found: Vec<OwnWorkspace> = database
        .read("access.workspaces", move |tx| {
            Box::pin(async move {
                let rows = tx.query(&WORKSPACES, params![user]).await?;
                rows.iter().map(own).collect::<Result<_, DatabaseError>>()
            })
        })
        .await?;
    found.retain(|one| principal.bound_to.is_none_or(|only| only == one.id));
    Ok(found)
}

fn own(row: &Row) -> Result<OwnWorkspace, DatabaseError> {
    Ok(OwnWorkspace {
        id: WorkspaceId::from_uuid(row.get(0)?),
        slug: row.get(1)?,
        name: row.get(2)?,
        role: role(row, 3)?,
    })
}

/// Reads the tenants that a membership reaches.
pub(crate) async fn reach_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    user: UserId,
    narrowed: bool,
) -> Result<Reach, DatabaseError> {
    if !narrowed {
        return Ok(Reach::Workspace);
    }
    let rows = tx.query(&NARROWED_TO, params![workspace, user]).await?;
    let tenants: Result<Vec<_>, _> = rows.iter().map(|row| row.get(0).map(TenantId::from_uuid)).collect();
    Ok(Reach::Tenants(tenants?))
}

pub(crate) fn role(row: &Row, at: usize) -> Result<Role, DatabaseError> {
    stored("role", &row.get::<String>(at)?)
}
