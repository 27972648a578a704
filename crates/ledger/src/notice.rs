//! Notices to whoever started a run: one when it is queued, one when it has ended.

use database::{DatabaseError, Ts, Tx, params, statement};
use tenancy::{RunId, Scope, UserId, WorkspaceId};

use crate::Ledger;
use crate::run::Outcome;

statement! {
    /// Writes a notice in the transaction of what it tells of.
    WRITE = "ledger.notice_write", (Uuid, Uuid, Text, Uuid, Time) -> (),
    sqlite: "INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id, created_at) VALUES ($1, $2, $3, $4, $5)"
}
statement! {
    /// Lists a user's notices, newest first.
    LIST = "ledger.notice_list", (Uuid, Uuid, I64) -> (Uuid, Text, Time, Time, Text, Text),
    both: "SELECT n.run_id, n.kind, n.created_at, n.read_at, r.type, r.outcome FROM notification_outbox n
        JOIN operation_runs r ON r.workspace_id = n.workspace_id AND r.id = n.run_id
        WHERE n.workspace_id = $1 AND n.user_id = $2 ORDER BY n.created_at DESC, n.run_id DESC, n.kind DESC LIMIT $3"
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
        let (workspace, user) = (scope.workspace(), scope.actor().user());
        self.database
            .read("ledger.notices", move |tx| {
                Box::pin(async move {
                    let rows = tx.query(&LIST, params![workspace, user, LIST_MAX]).await?;
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
                            })
                        })
                        .collect()
                })
            })
            .await
    }
}
