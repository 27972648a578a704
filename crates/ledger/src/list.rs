//! The list of runs: what is active, and page by page what has ended, newest first.

use database::{DatabaseError, Row, Ts, params, statement};
use serde_json::Value;
use tenancy::{RunId, Scope, TenantId};
use uuid::Uuid;

use crate::run::{Outcome, RunStatus};
use crate::summary::SummaryCounts;
use crate::{Ledger, from_stored};

statement! {
    /// Lists active runs, newest first; at most a few hundred.
    ACTIVE = "ledger.list_active", (Uuid, Uuid, TextList, Text, I64)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time),
    postgres: "/* ledger.list_active */ SELECT id, type, status, outcome, tenant_id, initiator_kind, initiator_name, created_at, started_at,
          completed_at, reason_code, summary_counts, attempt, cancel_requested_at FROM operation_runs
        WHERE workspace_id = $1 AND status <> 'completed' AND ($2::uuid IS NULL OR scope_id = $2)
          AND ($3::text[] IS NULL OR type = ANY($3)) AND ($4::text IS NULL OR status = $4) ORDER BY id DESC LIMIT $5",
    sqlite: "SELECT id, type, status, outcome, tenant_id, initiator_kind, initiator_name, created_at, started_at,
          completed_at, reason_code, summary_counts, attempt, cancel_requested_at FROM operation_runs
        WHERE workspace_id = $1 AND status <> 'completed' AND ($2 IS NULL OR scope_id = $2)
          AND ($3 IS NULL OR type IN (SELECT value FROM json_each($3))) AND ($4 IS NULL OR status = $4) ORDER BY id DESC LIMIT $5",
}
statement! {
    /// Lists ended runs below a key, newest first.
    ENDED = "ledger.list_ended", (Uuid, Uuid, TextList, TextList, Uuid, Uuid, I64)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time),
    postgres: "/* ledger.list_ended */ SELECT id, type, status, outcome, tenant_id, initiator_kind, initiator_name, created_at, started_at,
          completed_at, reason_code, summary_counts, attempt, cancel_requested_at FROM operation_runs
        WHERE workspace_id = $1 AND status = 'completed' AND ($2::uuid IS NULL OR scope_id = $2)
          AND ($3::text[] IS NULL OR type = ANY($3)) AND ($4::text[] IS NULL OR outcome = ANY($4))
          AND id >= $5 AND id < $6 ORDER BY id DESC LIMIT $7",
    sqlite: "SELECT id, type, status, outcome, tenant_id, initiator_kind, initiator_name, created_at, started_at,
          completed_at, reason_code, summary_counts, attempt, cancel_requested_at FROM operation_runs
        WHERE workspace_id = $1 AND status = 'completed' AND ($2 IS NULL OR scope_id = $2)
          AND ($3 IS NULL OR type IN (SELECT value FROM json_each($3))) AND ($4 IS NULL OR outcome IN (SELECT value FROM json_each($4)))
          AND id >= $5 AND id < $6 ORDER BY id DESC LIMIT $7",
}

/// The most runs that one page gives.
pub const PAGE_MAX: usize = 200;

/// The most active runs that a list shows; beyond it the backlog is the news, not each run.
const ACTIVE_MAX: i64 = 500;

/// Which runs to list; an empty list of words means all.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Kinds, exactly as stored; a kind that the catalogue does not know is fine.
    pub kinds: Vec<String>,
    /// States that are not over.
    pub active: ActiveFilter,
    /// Outcomes of those that are; none of them when the page holds active runs only.
    pub outcomes: Vec<Outcome>,
    /// Runs started at or after this instant.
    pub since: Option<Ts>,
}

/// Which active runs a list begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActiveFilter {
    /// All of them.
    #[default]
    All,
    /// Those in one state.
    Only(RunStatus),
    /// None.
    None,
}

/// One run in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// What it does.
    pub kind: String,
    /// Where it is in its life.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: Outcome,
    /// The tenant it is about.
    pub tenant: Option<TenantId>,
    /// `user`, `schedule` or `system`.
    pub initiator_kind: String,
    /// The name of who started it, at that time.
    pub initiator_name: String,
    /// When it was started.
    pub created_at: Ts,
    /// When it was first claimed.
    pub started_at: Option<Ts>,
    /// When it ended.
    pub completed_at: Option<Ts>,
    /// The code that explains its end, or its last requeue.
    pub reason_code: Option<String>,
    /// The counts of its final attempt.
    pub counts: SummaryCounts,
    /// How many attempts were begun.
    pub attempt: i16,
    /// When somebody asked to cancel it.
    pub cancel_requested_at: Option<Ts>,
}

/// A page of ended runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPage {
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<RunId>,
}

impl Ledger {
    /// Lists the runs that are not over, newest first; at most 500.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn list_active(&self, scope: &Scope, filter: &RunFilter) -> Result<Vec<RunRow>, DatabaseError> {
        let status = match filter.active {
            ActiveFilter::None => return Ok(Vec::new()),
            ActiveFilter::All => None,
            ActiveFilter::Only(status) => Some(status.as_str()),
        };
        let values =
            params![scope.workspace(), scope.tenant(), words(&filter.kinds), status, ACTIVE_MAX].to_vec();
        self.database
            .read("ledger.list_active", move |tx| {
                Box::pin(async move { tx.query(&ACTIVE, &values).await?.iter().map(read).collect() })
            })
            .await
    }

    /// Lists a page of ended runs, newest first, after `after` (the `next` of the page before).
    ///
    /// `limit` is bounded by [`PAGE_MAX`]. The key is unique, so no run is shown twice or left out across pages.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn list_ended(
        &self,
        scope: &Scope,
        filter: &RunFilter,
        after: Option<RunId>,
        limit: usize,
    ) -> Result<RunPage, DatabaseError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let outcomes: Vec<String> =
            filter.outcomes.iter().map(|outcome| outcome.as_str().to_owned()).collect();
        let values = params![
            scope.workspace(),
            scope.tenant(),
            words(&filter.kinds),
            words(&outcomes),
            from(filter.since),
            after.map_or(Uuid::max(), RunId::as_uuid),
            limit as i64 + 1,
        ]
        .to_vec();
        let mut runs: Vec<RunRow> = self
            .database
            .read("ledger.list_ended", move |tx| {
                Box::pin(async move { tx.query(&ENDED, &values).await?.iter().map(read).collect() })
            })
            .await
            .map_err(|error: DatabaseError| error)?;
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next = if more { runs.last().map(|run| run.id) } else { None };
        Ok(RunPage { runs, next })
    }
}

fn words(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

/// Gives the lowest id that a run started at or after an instant can have: ids begin with their milliseconds.
fn from(since: Option<Ts>) -> Uuid {
    since.map_or(Uuid::nil(), |since| {
        let millis = u128::try_from(since.as_micros() / 1000).unwrap_or(0);
        Uuid::from_u128(millis << 80)
    })
}

pub(crate) fn read(row: &Row) -> Result<RunRow, DatabaseError> {
    let tenant: Option<Uuid> = row.get(4)?;
    Ok(RunRow {
        id: RunId::from_uuid(row.get(0)?),
        kind: row.get(1)?,
        status: row.get::<String>(2)?.parse()?,
        outcome: row.get::<String>(3)?.parse()?,
        tenant: tenant.map(TenantId::from_uuid),
        initiator_kind: row.get(5)?,
        initiator_name: row.get(6)?,
        created_at: row.get(7)?,
        started_at: row.get(8)?,
        completed_at: row.get(9)?,
        reason_code: row.get(10)?,
        counts: from_stored("summary counts", row.get::<Value>(11)?)?,
        attempt: row.get(12)?,
        cancel_requested_at: row.get(13)?,
    })
}
