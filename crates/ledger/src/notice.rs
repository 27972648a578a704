//! Notices to whoever started a run: one when it is queued, one when it has ended.

use database::{DatabaseError, Ts, Tx, params, statement};
use tenancy::{RunId, Scope, TenantId, UserId, WorkspaceId};

use crate::Ledger;
use crate::run::Outcome;
use crate::search::places;

statement! {
    /// Writes a notice in the transaction of what it tells of.
    WRITE = "ledger.notice_write", (Uuid, Uuid, Text, Uuid, Time) -> (),
    sqlite: "INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id, created_at) VALUES ($1, $2, $3, $4, $5)"
}
statement! {
    /// Lists a user's notices, newest first.
    LIST = "ledger.notice_list", (Uuid, Uuid, UuidList, I64) -> (Uuid, Text, Time, Time, Text, Text, Uuid),
    postgres: "/* ledger.notice_list */ SELECT n.run_id, n.kind, n.created_at, n.read_at, r.type, r.outcome, r.tenant_id FROM notification_outbox n
        JOIN operation_runs r ON r.workspace_id = n.workspace_id AND r.id = n.run_id AND ($3::uuid[] IS NULL OR r.scope_id = ANY($3))
        WHERE n.workspace_id = $1 AND n.user_id = $2 ORDER BY n.created_at DESC, n.run_id DESC, n.kind DESC LIMIT $4",
    sqlite: "SELECT n.run_id, n.kind, n.created_at, n.read_at, r.type, r.outcome, r.tenant_id FROM notification_outbox n
        JOIN operation_runs r ON r.workspace_id = n.workspace_id AND r.id = n.run_id
          AND ($3 IS NULL OR r.scope_id IN (SELECT unhex(value) FROM json_each($3)))
        WHERE n.workspace_id = $1 AND n.user_id = $2 ORDER BY n.created_at DESC, n.run_id DESC, n.kind DESC LIMIT $4"
}
statement! {
    /// Marks a user's notices as read: those of one run, or all of them.
    READ = "ledger.notice_read", (Uuid, Uuid, Uuid, Time) -> (),
    postgres: "/* ledger.notice_read */ UPDATE notification_outbox SET read_at = $4
        WHERE workspace_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR run_id = $3) AND read_at IS NULL",
    sqlite: "UPDATE notification_outbox SET read_at = $4
        WHERE workspace_id = $1 AND user_id = $2 AND ($3 IS NULL OR run_id = $3) AND read_at IS NULL"
}

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// The run waits for a worker.
    Queued,
    /// The run has ended.
    Terminal,
}

impl NoticeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Terminal => "terminal",
        }
    }
}

/// A stored notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The run it tells of.
    pub run: RunId,
    /// What it tells.
    pub kind: NoticeKind,
    /// What the run does.
    pub run_kind: String,
    /// The tenant that the run is about.
    pub tenant: Option<TenantId>,
    /// How the run ended, as it stands now.
    pub outcome: Outcome,
    /// When it was written.
    pub created_at: Ts,
    /// When its reader saw it.
    pub read_at: Option<Ts>,
}

/// Writes a notice on SQLite, where it takes a statement of its own; without a user there is none to tell.
pub(crate) async fn write(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    run: RunId,
    kind: NoticeKind,
    user: Option<UserId>,
    now: Ts,
) -> Result<(), DatabaseError> {
    if let Some(user) = user {
        tx.execute(&WRITE, params![workspace, run, kind.as_str(), user, now]).await?;
    }
    Ok(())
}

/// The most notices that one call gives.
const LIST_MAX: i64 = 200;

impl Ledger {
    /// Lists the notices of the user who acts in the scope, newest first; none where nobody acts.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn notices(&self, scope: &Scope) -> Result<Vec<Notice>, DatabaseError> {
        let (workspace, user, places) = (scope.workspace(), scope.actor().user(), places(scope, &[]));
        self.database
            .read("ledger.notices", move |tx| {
                Box::pin(async move {
                    let rows = tx.query(&LIST, params![workspace, user, places, LIST_MAX]).await?;
                    rows.iter()
                        .map(|row| {
                            let kind = match row.get::<String>(1)?.as_str() {
                                "queued" => NoticeKind::Queued,
                                _ => NoticeKind::Terminal,
                            };
                            Ok(Notice {
                                run: RunId::from_uuid(row.get(0)?),
                                kind,
                                created_at: row.get(2)?,
                                read_at: row.get(3)?,
                                run_kind: row.get(4)?,
                                outcome: row.get::<String>(5)?.parse()?,
                                tenant: row.get::<Option<uuid::Uuid>>(6)?.map(TenantId::from_uuid),
                            })
                        })
                        .collect()
                })
            })
            .await
    }

    /// Marks notices of the user who acts as read: those of one run, or all; again is harmless.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn mark_read(&self, scope: &Scope, run: Option<RunId>) -> Result<u64, DatabaseError> {
        let values = params![scope.workspace(), scope.actor().user(), run, self.clock.now()].to_vec();
        self.database
            .write_single("ledger.notice_read", move |tx| {
                Box::pin(async move { tx.execute(&READ, &values).await })
            })
            .await
    }
}
