//! The list of runs: what is active, and page by page what has ended, newest first.

use std::collections::BTreeMap;

use database::{DatabaseError, Row, Statement, Ts, Value, params, statement};
use tenancy::{RunId, Scope, TenantId};
use uuid::Uuid;

use crate::run::{Outcome, RunStatus};
use crate::running::{self, RunningNow};
use crate::search::{EndedRuns, RunSearch};
use crate::summary::SummaryCounts;
use crate::tally::{self, DayTally};
use crate::{Ledger, from_stored};

/// The columns of a run in a list, and more where they are named.
macro_rules! columns {
    ($($more:literal)?) => {
        concat!("id, type, status, outcome, tenant_id, initiator_kind, initiator_name, created_at, started_at,
          completed_at, reason_code, summary_counts, attempt, cancel_requested_at, identity_hash", $(", ", $more,)? " FROM operation_runs")
    };
}
/// What every listing narrows by, for PostgreSQL; `RunSearch::values` gives the values.
macro_rules! narrowed {
    () => {
        "workspace_id = $1 AND ($2::uuid[] IS NULL OR scope_id = ANY($2)) AND ($3::text[] IS NULL OR type = ANY($3))
          AND ($4::text IS NULL OR initiator_kind = $4) AND ($5::uuid IS NULL OR initiator_id = $5)
          AND ($6::text IS NULL OR reason_code = $6) AND id >= $7 AND id < $8
          AND ($9::text IS NULL OR starts_with(encode(identity_hash, 'hex'), $9))
          AND ($10::text IS NULL OR position(lower($10) in lower(reason_code)) > 0
            OR EXISTS (SELECT 1 FROM jsonb_path_query(jsonb_build_array(context, failure_summary), '$.**') AS held
              WHERE jsonb_typeof(held) = 'string' AND position(lower($10) in lower(held #>> '{}')) > 0))"
    };
}
/// The same for SQLite.
macro_rules! narrowed_sqlite {
    () => {
        "workspace_id = $1 AND ($2 IS NULL OR scope_id IN (SELECT unhex(value) FROM json_each($2)))
          AND ($3 IS NULL OR type IN (SELECT value FROM json_each($3)))
          AND ($4 IS NULL OR initiator_kind = $4) AND ($5 IS NULL OR initiator_id = $5)
          AND ($6 IS NULL OR reason_code = $6) AND id >= $7 AND id < $8
          AND ($9 IS NULL OR substr(lower(hex(identity_hash)), 1, length($9)) = $9)
          AND ($10 IS NULL OR instr(lower(reason_code), lower($10)) > 0
            OR EXISTS (SELECT 1 FROM json_tree(json_array(json(context), json(failure_summary))) AS held
              WHERE held.type = 'text' AND instr(lower(held.atom), lower($10)) > 0))"
    };
}
pub(crate) use {narrowed, narrowed_sqlite};

/// What a run under way says of itself, and whether its kind is paused, beside the row that `columns!` gives.
macro_rules! beside {
    () => {
        "SELECT r.id, r.type, r.status, r.outcome, r.tenant_id, r.initiator_kind, r.initiator_name, r.created_at, r.started_at,
          r.completed_at, r.reason_code, r.summary_counts, r.attempt, r.cancel_requested_at, r.identity_hash, p.counts, p.phase, p.updated_at, s.expires_at,
          r.status = 'queued' AND EXISTS (SELECT 1 FROM paused_kinds k WHERE k.workspace_id = r.workspace_id AND k.type = r.type) FROM "
    };
}
/// Progress of an attempt that was taken away is left out.
macro_rules! joined {
    () => {
        " LEFT JOIN run_progress p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.fence = r.fence
          LEFT JOIN worker_sessions s ON s.id = r.session_id ORDER BY r.id DESC"
    };
}

statement! {
    /// Lists active runs, newest first, with what they say of themselves; at most a few hundred.
    pub(crate) ACTIVE = "ledger.list_active", (Uuid, UuidList, TextList, Text, Uuid, Text, Uuid, Uuid, Text, Text, Text, I64)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time, Bytes, Json, Text, Time, Time, Bool),
    postgres: concat!("/* ledger.list_active */ ", beside!(), "(SELECT ", columns!("workspace_id, fence, session_id"), " WHERE ", narrowed!(),
        " AND status <> 'completed' AND ($11::text IS NULL OR status = $11) ORDER BY id DESC LIMIT $12) r", joined!()),
    sqlite: concat!(beside!(), "(SELECT ", columns!("workspace_id, fence, session_id"), " WHERE ", narrowed_sqlite!(),
        " AND status <> 'completed' AND ($11 IS NULL OR status = $11) ORDER BY id DESC LIMIT $12) r", joined!()),
}
statement! {
    /// Lists ended runs below a key, newest first.
    ENDED = "ledger.list_ended", (Uuid, UuidList, TextList, Text, Uuid, Text, Uuid, Uuid, Text, Text, TextList, Uuid, I64)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time, Bytes),
    postgres: concat!("/* ledger.list_ended */ SELECT ", columns!(), " WHERE ", narrowed!(),
        " AND status = 'completed' AND ($11::text[] IS NULL OR outcome = ANY($11)) AND id < $12 ORDER BY id DESC LIMIT $13"),
    sqlite: concat!("SELECT ", columns!(), " WHERE ", narrowed_sqlite!(),
        " AND status = 'completed' AND ($11 IS NULL OR outcome IN (SELECT value FROM json_each($11))) AND id < $12 ORDER BY id DESC LIMIT $13"),
}
statement! {
    /// Lists ended runs above a key, oldest first: the page before.
    NEWER = "ledger.list_newer", (Uuid, UuidList, TextList, Text, Uuid, Text, Uuid, Uuid, Text, Text, TextList, Uuid, I64)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time, Bytes),
    postgres: concat!("/* ledger.list_newer */ SELECT ", columns!(), " WHERE ", narrowed!(),
        " AND status = 'completed' AND ($11::text[] IS NULL OR outcome = ANY($11)) AND id > $12 ORDER BY id LIMIT $13"),
    sqlite: concat!("SELECT ", columns!(), " WHERE ", narrowed_sqlite!(),
        " AND status = 'completed' AND ($11 IS NULL OR outcome IN (SELECT value FROM json_each($11))) AND id > $12 ORDER BY id LIMIT $13"),
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
    /// The hash that stands for its kind and effective inputs, in hexadecimal digits.
    pub identity: String,
    /// Whether it waits because its kind is paused.
    pub is_paused: bool,
}

/// A page of ended runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPage {
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<RunId>,
    /// Where the page before this one ends; none when nothing newer is known to be there.
    pub previous: Option<RunId>,
}

/// The ledger as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// Runs that are not over, newest first; none but on the first page.
    pub active: Vec<RunRow>,
    /// What those under way say of themselves.
    pub running: BTreeMap<RunId, RunningNow>,
    /// A page of those that are.
    pub ended: RunPage,
    /// How many were started on each day, whatever their state.
    pub days: Vec<DayTally>,
}

/// Where a page of ended runs lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageFrom {
    /// At the newest run.
    #[default]
    Newest,
    /// Below this run: older ones.
    OlderThan(RunId),
    /// Above this run: newer ones.
    NewerThan(RunId),
}

impl Ledger {
    /// Lists the runs that are not over, newest first; at most 500.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn list_active(&self, scope: &Scope, filter: &RunFilter) -> Result<Vec<RunRow>, DatabaseError> {
        self.search_active(scope, &filter.clone().into()).await
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
        let from = after.map_or(PageFrom::Newest, PageFrom::OlderThan);
        self.search_ended(scope, &filter.clone().into(), from, limit).await
    }

    /// Lists the runs that are not over and match, newest first, whenever they were started; at most 500.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn search_active(
        &self,
        scope: &Scope,
        search: &RunSearch,
    ) -> Result<Vec<RunRow>, DatabaseError> {
        let Some(values) = active_values(scope, search) else { return Ok(Vec::new()) };
        self.database
            .read("ledger.list_active", move |tx| {
                Box::pin(async move { tx.query(&ACTIVE, &values).await?.iter().map(read_active).collect() })
            })
            .await
    }

    /// Looks at the ledger as its page shows it, at one moment: what is active, a page of what has ended, and the
    /// numbers of every day.
    ///
    /// Active runs are looked for on the first page only. `ahead_seconds` is how far the zone of the days is ahead of UTC.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn overview(
        &self,
        scope: &Scope,
        search: &RunSearch,
        from: PageFrom,
        limit: usize,
        ahead_seconds: i64,
    ) -> Result<Overview, DatabaseError> {
        let active_wanted = match from {
            PageFrom::Newest => active_values(scope, search),
            PageFrom::OlderThan(_) | PageFrom::NewerThan(_) => None,
        };
        let wants_ended = search.ended == EndedRuns::Listed;
        let page = PageQuery::new(scope, search, from, limit);
        let tally = tally::values(scope, search, ahead_seconds);
        self.database
            .read("ledger.overview", move |tx| {
                Box::pin(async move {
                    let active = match active_wanted {
                        Some(values) => tx.query(&ACTIVE, &values).await?,
                        None => Vec::new(),
                    };
                    let ended =
                        if wants_ended { tx.query(page.statement, &page.values).await? } else { Vec::new() };
                    let days = tx.query(&tally::TALLY, &tally).await?;
                    Ok(Overview {
                        active: active.iter().map(read_active).collect::<Result<_, DatabaseError>>()?,
                        running: running::read(&active)?,
                        ended: page.cut(ended.iter().map(read).collect::<Result<_, DatabaseError>>()?),
                        days: tally::read_days(&days)?,
                    })
                })
            })
            .await
    }

    /// Lists a page of ended runs that match, newest first.
    ///
    /// `limit` is bounded by [`PAGE_MAX`]. A run that is no longer there still marks a place: the page begins at
    /// the nearest one.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn search_ended(
        &self,
        scope: &Scope,
        search: &RunSearch,
        from: PageFrom,
        limit: usize,
    ) -> Result<RunPage, DatabaseError> {
        let page = PageQuery::new(scope, search, from, limit);
        self.database
            .read("ledger.list_ended", move |tx| {
                Box::pin(async move {
                    let rows = tx.query(page.statement, &page.values).await?;
                    Ok(page.cut(rows.iter().map(read).collect::<Result<_, DatabaseError>>()?))
                })
            })
            .await
    }
}

/// One page of ended runs, ready to be asked for.
struct PageQuery {
    statement: &'static Statement,
    values: Vec<Value>,
    from: PageFrom,
    limit: usize,
}

impl PageQuery {
    fn new(scope: &Scope, search: &RunSearch, from: PageFrom, limit: usize) -> Self {
        let limit = limit.clamp(1, PAGE_MAX);
        let outcomes: Vec<String> =
            search.filter.outcomes.iter().map(|outcome| outcome.as_str().to_owned()).collect();
        let (statement, key) = match from {
            PageFrom::Newest => (&ENDED, Uuid::max()),
            PageFrom::OlderThan(run) => (&ENDED, run.as_uuid()),
            PageFrom::NewerThan(run) => (&NEWER, run.as_uuid()),
        };
        let mut values = search.values(scope);
        // One row more than the page shows tells whether there is another page.
        values.extend(params![words(&outcomes), key, limit as i64 + 1].to_vec());
        Self { statement, values, from, limit }
    }

    fn cut(&self, mut runs: Vec<RunRow>) -> RunPage {
        let more = runs.len() > self.limit;
        runs.truncate(self.limit);
        if matches!(self.from, PageFrom::NewerThan(_)) {
            runs.reverse();
        }
        let (first, last) = (runs.first().map(|run| run.id), runs.last().map(|run| run.id));
        let (next, previous) = match self.from {
            PageFrom::Newest => (last.filter(|_| more), None),
            PageFrom::OlderThan(_) => (last.filter(|_| more), first),
            PageFrom::NewerThan(_) => (last, first.filter(|_| more)),
        };
        RunPage { runs, next, previous }
    }
}

/// Gives the values of the statement that lists active runs; none where none are wanted.
pub(crate) fn active_values(scope: &Scope, search: &RunSearch) -> Option<Vec<Value>> {
    let status = match search.filter.active {
        ActiveFilter::None => return None,
        ActiveFilter::All => None,
        ActiveFilter::Only(status) => Some(status.as_str()),
    };
    // What was started before the range and still runs is the news, so only ended runs are bounded in time.
    let mut values = search.values_of_any_time(scope);
    values.extend(params![status, ACTIVE_MAX].to_vec());
    Some(values)
}

fn words(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

pub(crate) fn read(row: &Row) -> Result<RunRow, DatabaseError> {
    read_with(row, 14)
}

/// Reads a row whose identity stands in another column than that of the lists.
pub(crate) fn read_with(row: &Row, identity_at: usize) -> Result<RunRow, DatabaseError> {
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
        counts: from_stored("summary counts", row.get::<serde_json::Value>(11)?)?,
        attempt: row.get(12)?,
        cancel_requested_at: row.get(13)?,
        identity: hex::encode(row.get::<Vec<u8>>(identity_at)?),
        is_paused: false,
    })
}

/// Reads a row of [`ACTIVE`].
pub(crate) fn read_active(row: &Row) -> Result<RunRow, DatabaseError> {
    Ok(RunRow { is_paused: row.get(19)?, ..read(row)? })
}
