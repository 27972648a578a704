//! Workspaces.

mod create;
mod overview;

pub use create::{CreateWorkspaceError, NewWorkspace, create};
pub use overview::{WorkspaceSummary, overview};

use database::{Database, DatabaseError, Row, Ts, Tx, params, statement};

use crate::{Slug, WorkspaceId};

statement! {
    INSERT = "workspace.add", (Uuid, Text, Text, Bool, Time) -> (Uuid, Text, Text),
    both: "INSERT INTO workspaces (id, slug, name, seeded, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (slug) DO UPDATE SET slug = workspaces.slug RETURNING id, slug, name"
}
statement! {
    FIND = "workspace.find", (Text) -> (Uuid, Text, Text),
    both: "SELECT id, slug, name FROM workspaces WHERE slug = $1"
}
statement! {
    LIST = "workspace.list", () -> (Uuid, Text, Text),
    both: "SELECT id, slug, name FROM workspaces ORDER BY slug"
}

/// The slug of the workspace that every installation has.
pub const DEFAULT_SLUG: &str = "default";

/// One team and everything it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Where a row comes from: a person's installation, or sample data that may be wiped with a plain `--yes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made by a person.
    Own,
    /// Made by a demo or a seed.
    Seeded,
}

/// Makes sure that a workspace of this slug exists and gives it; an existing one is left as it is.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn ensure(
    database: &Database,
    slug: &Slug,
    name: &str,
    origin: Origin,
    now: Ts,
) -> Result<Workspace, DatabaseError> {
    let (slug, name) = (slug.to_string(), name.to_owned());
    database
        .write_single("workspace.ensure", move |tx| {
            Box::pin(async move { ensure_in(tx, &slug, &name, origin, now).await })
        })
        .await
}

/// Makes sure that a workspace of this slug exists, within a transaction.
pub(crate) async fn ensure_in(
    tx: &mut Tx<'_>,
    slug: &str,
    name: &str,
    origin: Origin,
    now: Ts,
) -> Result<Workspace, DatabaseError> {
    let values = params![WorkspaceId::new(now), slug, name, origin == Origin::Seeded, now];
    read(&tx.query_one(&INSERT, values).await?)
}

/// Finds a workspace by its slug.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn find(database: &Database, slug: &str) -> Result<Option<Workspace>, DatabaseError> {
    let slug = slug.to_owned();
    database
        .read("workspace.find", move |tx| {
            Box::pin(async move { tx.query_opt(&FIND, params![slug]).await?.as_ref().map(read).transpose() })
        })
        .await
}

/// Lists every workspace; for the console, which is nobody's member.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(database: &Database) -> Result<Vec<Workspace>, DatabaseError> {
    database
        .read("workspace.list", |tx| {
            Box::pin(async move { tx.query(&LIST, &[]).await?.iter().map(read).collect() })
        })
        .await
}

fn read(row: &Row) -> Result<Workspace, DatabaseError> {
    Ok(Workspace { id: WorkspaceId::from_uuid(row.get(0)?), slug: row.get(1)?, name: row.get(2)? })
}
