//! Paused kinds: their starts are taken and wait, and no worker claims them until they are resumed.

use database::{DatabaseError, Ts, params, statement};
use tenancy::access::ServerScope;
use tenancy::audit::{self, Action, Entry};
use tenancy::{Scope, WorkspaceId};

use crate::Ledger;

statement! {
    PAUSE = "ledger.kind_pause", (Uuid, Text, Uuid, Time) -> (),
    postgres: "/* ledger.kind_pause */ INSERT INTO paused_kinds (workspace_id, type, paused_by, paused_at)
        VALUES ($1, $2, $3, coalesce($4, ledger_now())) ON CONFLICT DO NOTHING",
    sqlite: "INSERT INTO paused_kinds (workspace_id, type, paused_by, paused_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
}
statement! {
    RESUME = "ledger.kind_resume", (Uuid, Text) -> (),
    both: "DELETE FROM paused_kinds WHERE workspace_id = $1 AND type = $2"
}
statement! {
    LIST = "ledger.kind_paused", (Uuid) -> (Text, Time),
    both: "SELECT type, paused_at FROM paused_kinds WHERE workspace_id = $1 ORDER BY type"
}

/// A kind whose runs wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedKind {
    /// The kind.
    pub kind: String,
    /// Since when.
    pub since: Ts,
}

/// What became of a wish to pause or resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pausing {
    /// The kind is paused now, or runs again.
    Changed,
    /// It was so before; nothing was written.
    Unchanged,
}

/// Why nothing was paused or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PauseError {
    /// The catalogue has no such kind.
    #[error("there is no operation `{found}`; there are {known}")]
    UnknownKind {
        /// What was asked for.
        found: String,
        /// What there is, comma-separated.
        known: String,
    },
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Ledger {
    /// Keeps the runs of a kind from being claimed in a workspace; those under way go on.
    ///
    /// # Errors
    /// [`PauseError::UnknownKind`] if the catalogue has none of this name; nothing was written.
    pub async fn pause_kind(
        &self,
        server: &ServerScope,
        workspace: WorkspaceId,
        kind: &str,
    ) -> Result<Pausing, PauseError> {
        let kind = self.known(kind)?;
        let entry = Entry::on_server(server, Action::KindPaused).in_workspace(workspace).about("kind", kind);
        let (user, now) = (server.actor().user(), self.clock.now());
        self.database
            .write("ledger.kind_pause", move |tx| {
                Box::pin(async move {
                    let values = params![workspace, kind, user, tx.sqlite_now()];
                    if tx.execute(&PAUSE, values).await? == 0 {
                        return Ok(Pausing::Unchanged);
                    }
                    audit::record(tx, entry, now).await?;
                    Ok(Pausing::Changed)
                })
            })
            .await
    }

    /// Lets the runs of a paused kind be claimed again, the oldest first.
    ///
    /// # Errors
    /// [`PauseError::UnknownKind`] if the catalogue has none of this name; nothing was written.
    pub async fn resume_kind(
        &self,
        server: &ServerScope,
        workspace: WorkspaceId,
        kind: &str,
    ) -> Result<Pausing, PauseError> {
        let kind = self.known(kind)?;
        let entry = Entry::on_server(server, Action::KindResumed).in_workspace(workspace).about("kind", kind);
        let now = self.clock.now();
        let resumed = self
            .database
            .write("ledger.kind_resume", move |tx| {
                Box::pin(async move {
                    if tx.execute(&RESUME, params![workspace, kind]).await? == 0 {
                        return Ok::<_, DatabaseError>(Pausing::Unchanged);
                    }
                    audit::record(tx, entry, now).await?;
                    Ok(Pausing::Changed)
                })
            })
            .await?;
        self.wake.notify_waiters();
        Ok(resumed)
    }

    /// Lists the kinds that are paused in the scope's workspace.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn paused_kinds(&self, scope: &Scope) -> Result<Vec<PausedKind>, DatabaseError> {
        let workspace = scope.workspace();
        self.database
            .read("ledger.kind_paused", move |tx| {
                Box::pin(async move {
                    let rows = tx.query(&LIST, params![workspace]).await?;
                    rows.iter().map(|row| Ok(PausedKind { kind: row.get(0)?, since: row.get(1)? })).collect()
                })
            })
            .await
    }

    fn known(&self, kind: &str) -> Result<&'static str, PauseError> {
        match self.catalog.get(kind) {
            Some(kind) => Ok(kind.token),
            None => Err(PauseError::UnknownKind {
                found: kind.chars().take(100).collect(),
                known: self.catalog.kinds().map(|kind| kind.token).collect::<Vec<_>>().join(", "),
            }),
        }
    }
}
