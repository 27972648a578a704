//! Every workspace at a glance, for whoever administers the server: how much is in it, and nothing of what.

use database::{Database, DatabaseError, Row, Ts, statement};

use super::{Workspace, read};
use crate::access::ServerScope;

statement! {
    OVERVIEW = "workspace.overview", () -> (Uuid, Text, Text, Time, I64, I64),
    both: "SELECT w.id, w.slug, w.name, w.created_at,
          (SELECT count(*) FROM memberships m WHERE m.workspace_id = w.id),
          (SELECT count(*) FROM tenants t WHERE t.workspace_id = w.id)
        FROM workspaces w ORDER BY w.slug"
}

/// A workspace from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSummary {
    /// Which one.
    pub workspace: Workspace,
    /// Since when.
    pub created_at: Ts,
    /// How many people are in it.
    pub members: u64,
    /// How many tenants it has.
    pub tenants: u64,
}

/// Lists every workspace by its slug.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn overview(database: &Database, _: &ServerScope) -> Result<Vec<WorkspaceSummary>, DatabaseError> {
    database
        .read("workspace.overview", |tx| {
            Box::pin(async move { tx.query(&OVERVIEW, &[]).await?.iter().map(summary).collect() })
        })
        .await
}

fn summary(row: &Row) -> Result<WorkspaceSummary, DatabaseError> {
    Ok(WorkspaceSummary {
        workspace: read(row)?,
        created_at: row.get(3)?,
        members: row.get(4)?,
        tenants: row.get(5)?,
    })
}
