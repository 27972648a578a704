//! Firing what is due.

use std::error::Error;
use std::time::Duration;

use database::{DatabaseError, Row, Ts, Tx, params, statement};
use serde_json::Value;
use tenancy::{RunId, TenantId, WorkspaceId, access};
use uuid::Uuid;

use super::{Cadence, ScheduleId};
use crate::ensure::Ask;
use crate::failure::sanitize;
use crate::start::{self, Force, StartError, Started};
use crate::{Ledger, dispatch, from_stored};

statement! {
    /// What is due, and what was computed by a clock that has been set back since.
    DUE = "ledger.schedule_due", (Time, Time, I64) -> (Uuid, Uuid, Uuid, Text, Text, Json, Json, Time, Time),
    both: "SELECT workspace_id, id, tenant_id, name, type, inputs, cadence, next_due_at, computed_at FROM schedules
        WHERE paused_at IS NULL AND (next_due_at <= $1 OR computed_at > $2) ORDER BY next_due_at LIMIT $3"
}
statement! {
    /// Answers with no row when another scheduler was faster, or somebody paused it.
    ADVANCE = "ledger.schedule_advance", (Uuid, Uuid, Time, Time, Time) -> (Uuid),
    both: "UPDATE schedules SET next_due_at = $4, computed_at = $5
        WHERE workspace_id = $1 AND id = $2 AND computed_at = $3 AND paused_at IS NULL RETURNING id"
}
statement! {
    /// Answers with no row when this time was fired before.
    FIRE = "ledger.schedule_fire", (Uuid, Uuid, Time, Time, I32) -> (Uuid),
    both: "INSERT INTO schedule_fires (workspace_id, schedule_id, due_at, fired_at, missed) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, schedule_id, due_at) DO NOTHING RETURNING schedule_id"
}
statement! {
    SETTLE = "ledger.schedule_settle", (Uuid, Uuid, Time, Text, Uuid, Text) -> (),
    both: "UPDATE schedule_fires SET result = $4, run_id = $5, reason = $6 WHERE workspace_id = $1 AND schedule_id = $2 AND due_at = $3"
}

/// How many schedules one look fires at most; the rest is due at the next.
const DUE_MAX: i64 = 200;

/// How far two machines' clocks may differ without one taking the other's for set back.
const SKEW: Duration = Duration::from_secs(600);

/// How many missed times are counted; more is as good as many.
const MISSED_MAX: usize = 1000;

/// The longest reason that is kept, in characters.
const REASON_MAX: usize = 400;

/// One time that was fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Which schedule.
    pub schedule: ScheduleId,
    /// What it starts.
    pub kind: String,
    /// The time that it was for.
    pub due_at: Ts,
    /// How many times before it passed while nobody was there to fire them; 1000 stands for more.
    pub missed: u32,
    /// What came of it.
    pub result: FireResult,
}

/// What came of a fire.
#[derive(Clone, Debug, PartialEq)]
pub enum FireResult {
    /// A run of its own, be it one that could not be handed to workers.
    Started(RunId),
    /// The run that stood for the same work already.
    Joined(RunId),
    /// No run, and why.
    Refused(String),
}

impl FireResult {
    pub(super) fn stored(word: &str, run: Option<RunId>, reason: String) -> Self {
        match (word, run) {
            ("started", Some(run)) => Self::Started(run),
            ("joined", Some(run)) => Self::Joined(run),
            _ => Self::Refused(reason),
        }
    }

    fn parts(&self) -> (&'static str, Option<RunId>, &str) {
        match self {
            Self::Started(run) => ("started", Some(*run), ""),
            Self::Joined(run) => ("joined", Some(*run), ""),
            Self::Refused(reason) => ("refused", None, reason),
        }
    }
}

/// A schedule that is to be looked at.
#[derive(Clone)]
struct Due {
    workspace: WorkspaceId,
    id: ScheduleId,
    tenant: Option<TenantId>,
    name: String,
    kind: String,
    inputs: Value,
    cadence: Value,
    next_due_at: Option<Ts>,
    computed_at: Ts,
}

/// What is to be done with it: move on, and fire a time if one has come.
struct Plan {
    next: Option<Ts>,
    fire: Option<(Ts, u32)>,
}

impl Ledger {
    /// Fires every schedule whose time has come, each in a transaction of its own, and says what came of it.
    ///
    /// Any number of schedulers may call it at once. A schedule whose fire fails stays due and is tried again
    /// at the next call; it does not hold up the others.
    ///
    /// # Errors
    /// Any [`DatabaseError`] of looking for them.
    pub async fn fire_due(&self) -> Result<Vec<Fired>, DatabaseError> {
        let now = self.clock.now();
        let rows: Vec<Row> = self
            .database
            .read("ledger.schedule_due", move |tx| {
                Box::pin(async move { tx.query(&DUE, params![now, now.plus(SKEW), DUE_MAX]).await })
            })
            .await?;
        let mut fired = Vec::new();
        for row in &rows {
            let due = read(row)?;
            let id = due.id;
            match self.fire(due, now).await {
                Ok(one) => fired.extend(one),
                Err(StartError::Database(error)) if error.is_away() => return Err(error),
                Err(error) => {
                    let error: &dyn Error = &error;
                    tracing::warn!(schedule.id = %id, error, "a schedule could not be fired; it is tried again");
                }
            }
        }
        if fired.iter().any(|one| matches!(one.result, FireResult::Started(_))) {
            self.wake.notify_waiters();
        }
        Ok(fired)
    }

    async fn fire(&self, due: Due, now: Ts) -> Result<Option<Fired>, StartError> {
        let plan = plan(&due, now);
        let scope = access::schedule(due.workspace, due.tenant, &due.name);
        let ask = match self.admit(&scope, &due.kind, due.inputs.clone(), Force::No) {
            Ok((kind, parsed)) => Ok(Ask {
                scope: scope.clone(),
                kind: kind.token,
                parsed,
                max_attempts: kind.max_attempts,
                rerun_of: None,
                force: Force::No,
                backlog_max: self.backlog_max,
                new: RunId::new(now),
                now,
            }),
            Err(StartError::Database(error)) => return Err(error.into()),
            Err(refusal) => Err(sanitize(&refusal.to_string()).as_str().chars().take(REASON_MAX).collect()),
        };
        let obstacle = match &plan.fire {
            Some(_) if ask.is_ok() => dispatch::obstacle(&self.database, &scope).await?,
            _ => None,
        };
        let body = self.database.write("ledger.schedule_fire", move |tx| {
            Box::pin(async move {
                let moved = params![due.workspace, due.id, due.computed_at, plan.next, now];
                if tx.query_opt(&ADVANCE, moved).await?.is_none() {
                    return Ok(None);
                }
                let Some((due_at, missed)) = plan.fire else { return Ok(None) };
                let count = i32::try_from(missed).unwrap_or(i32::MAX);
                let time = params![due.workspace, due.id, due_at, now, count];
                if tx.query_opt(&FIRE, time).await?.is_none() {
                    return Ok(None);
                }
                let result = match ask {
                    Err(reason) => FireResult::Refused(reason),
                    // A full backlog undoes all of it: the time stays due.
                    Ok(ask) => came_of(&start::place(tx, &ask, obstacle).await?),
                };
                settle(tx, &due, due_at, &result).await?;
                Ok::<_, StartError>(Some(Fired { schedule: due.id, kind: due.kind, due_at, missed, result }))
            })
        });
        body.await
    }
}

/// Decides what is to be done: the latest time that has come is fired, for itself and for those before it.
fn plan(due: &Due, now: Ts) -> Plan {
    let Ok(cadence) = from_stored::<Cadence>("cadence", due.cadence.clone()) else {
        tracing::error!(schedule.id = %due.id, "a schedule's cadence cannot be read; it does not fire any more");
        return Plan { next: None, fire: None };
    };
    let next = cadence.next_after(now);
    let fire = due.next_due_at.filter(|first| *first <= now).map(|first| {
        let latest = cadence.latest_until(now).map_or(first, |latest| latest.max(first));
        let before = std::iter::successors(Some(first), |last| cadence.next_after(*last));
        let missed = before.take_while(|time| *time < latest).take(MISSED_MAX).count();
        (latest, u32::try_from(missed).unwrap_or(u32::MAX))
    });
    Plan { next, fire }
}

fn came_of(started: &Started) -> FireResult {
    let run = started.run().id;
    match started {
        Started::Created(_) | Started::NotDispatched { .. } => FireResult::Started(run),
        Started::Active(_) | Started::Cooling { .. } => FireResult::Joined(run),
    }
}

async fn settle(tx: &mut Tx<'_>, due: &Due, due_at: Ts, result: &FireResult) -> Result<(), DatabaseError> {
    let (word, run, reason) = result.parts();
    let settled = params![due.workspace, due.id, due_at, word, run, reason];
    tx.execute(&SETTLE, settled).await.map(|_| ())
}

fn read(row: &Row) -> Result<Due, DatabaseError> {
    Ok(Due {
        workspace: WorkspaceId::from_uuid(row.get(0)?),
        id: ScheduleId::from_uuid(row.get(1)?),
        tenant: row.get::<Option<Uuid>>(2)?.map(TenantId::from_uuid),
        name: row.get(3)?,
        kind: row.get(4)?,
        inputs: row.get(5)?,
        cadence: row.get(6)?,
        next_due_at: row.get(7)?,
        computed_at: row.get(8)?,
    })
}
