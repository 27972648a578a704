//! One run with everything that is kept about it.

use database::{DatabaseError, Row, Ts, params, statement};
use serde_json::Value;
use tenancy::{RunId, Scope, UserId};

use crate::failure::FailureSummary;
use crate::list::{self, RunRow};
use crate::search::places;
use crate::summary::SummaryCounts;
use crate::{Ledger, from_stored};

statement! {
    /// Reads the run with how far its attempt has come, and the attempts that did not end it; the last one is in the
    /// run's own row. Progress of an attempt that was taken away is left out. Times of the events are microseconds.
    SHOW = "ledger.show", (Uuid, Uuid, UuidList)
        -> (Uuid, Text, Text, Text, Uuid, Text, Text, Time, Time, Time, Text, Json, I16, Time, Json, Json, Json, I16, Time, Time, Uuid, Uuid, Bytes, Time, Json, Text, Time, Bool, Json),
    postgres: "/* ledger.show */ SELECT r.id, r.type, r.status, r.outcome, r.tenant_id, r.initiator_kind, r.initiator_name, r.created_at, r.started_at,
          r.completed_at, r.reason_code, r.summary_counts, r.attempt, r.cancel_requested_at, r.failure_summary, r.context, r.inputs, r.max_attempts,
          r.claimed_at, nullif(r.reuse_until, 'infinity'), r.rerun_of, r.initiator_id, r.identity_hash, s.expires_at, p.counts, p.phase, p.updated_at,
          r.status = 'queued' AND EXISTS (SELECT 1 FROM paused_kinds k WHERE k.workspace_id = r.workspace_id AND k.type = r.type),
          (SELECT jsonb_agg(jsonb_build_array(e.event, e.attempt, (extract(epoch FROM e.claimed_at) * 1000000)::bigint,
            (extract(epoch FROM e.at) * 1000000)::bigint, e.reason_code) ORDER BY e.fence, e.event)
           FROM run_events e WHERE e.workspace_id = r.workspace_id AND e.run_id = r.id)
        FROM operation_runs r LEFT JOIN worker_sessions s ON s.id = r.session_id
        LEFT JOIN run_progress p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.fence = r.fence
        WHERE r.workspace_id = $1 AND r.id = $2 AND ($3::uuid[] IS NULL OR r.scope_id = ANY($3))",
    sqlite: "SELECT r.id, r.type, r.status, r.outcome, r.tenant_id, r.initiator_kind, r.initiator_name, r.created_at, r.started_at,
          r.completed_at, r.reason_code, r.summary_counts, r.attempt, r.cancel_requested_at, r.failure_summary, r.context, r.inputs, r.max_attempts,
          r.claimed_at, nullif(r.reuse_until, 9223372036854775807), r.rerun_of, r.initiator_id, r.identity_hash, s.expires_at, p.counts, p.phase, p.updated_at,
          r.status = 'queued' AND EXISTS (SELECT 1 FROM paused_kinds k WHERE k.workspace_id = r.workspace_id AND k.type = r.type),
          (SELECT json_group_array(json_array(e.event, e.attempt, e.claimed_at, e.at, e.reason_code) ORDER BY e.fence, e.event)
           FROM run_events e WHERE e.workspace_id = r.workspace_id AND e.run_id = r.id)
        FROM operation_runs r LEFT JOIN worker_sessions s ON s.id = r.session_id
        LEFT JOIN run_progress p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.fence = r.fence
        WHERE r.workspace_id = $1 AND r.id = $2 AND ($3 IS NULL OR r.scope_id IN (SELECT unhex(value) FROM json_each($3)))",
}
/// Everything that is kept about a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunDetail {
    /// What the list shows of it.
    pub row: RunRow,
    /// What went wrong in its final attempt.
    pub failures: FailureSummary,
    /// What a person needs to understand it.
    pub context: Value,
    /// What it was started with.
    pub inputs: Value,
    /// The user who started it; none for schedules and the system.
    pub initiator: Option<UserId>,
    /// The hash that stands for its kind and effective inputs, in hexadecimal digits.
    pub identity: String,
    /// How many attempts it may have.
    pub max_attempts: i16,
    /// When the current or final attempt began.
    pub claimed_at: Option<Ts>,
    /// Until when a start of the same work gives this run; none when it does not cool.
    pub reuse_until: Option<Ts>,
    /// The run that this one repeats.
    pub rerun_of: Option<RunId>,
    /// Until when its worker's lease holds; none while nobody works on it.
    pub lease_until: Option<Ts>,
    /// How far the current attempt has come.
    pub progress: Option<Progress>,
    /// The attempts that did not end the run, oldest first.
    pub events: Vec<RunEvent>,
}

/// How far an attempt has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The counts so far.
    pub counts: SummaryCounts,
    /// What it is doing, in a few words.
    pub phase: Option<String>,
    /// When it said so.
    pub updated_at: Ts,
}

/// An attempt that did not end the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// `retry`, `release` or `worker_lost`.
    pub event: String,
    /// Which attempt it was, from 1.
    pub attempt: i16,
    /// When the attempt began.
    pub claimed_at: Option<Ts>,
    /// When it stopped.
    pub at: Ts,
    /// Why.
    pub reason_code: Option<String>,
}

impl Ledger {
    /// Gives a run that the scope may see; `None` when there is none, which says nothing about other scopes.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn show(&self, scope: &Scope, run: RunId) -> Result<Option<RunDetail>, DatabaseError> {
        let (workspace, places) = (scope.workspace(), places(scope, &[]));
        self.database
            .read("ledger.show", move |tx| {
                Box::pin(async move {
                    let row = tx.query_opt(&SHOW, params![workspace, run, places]).await?;
                    row.as_ref().map(read).transpose()
                })
            })
            .await
    }
}

fn read(row: &Row) -> Result<RunDetail, DatabaseError> {
    let rerun_of: Option<uuid::Uuid> = row.get(20)?;
    Ok(RunDetail {
        row: RunRow { is_paused: row.get(27)?, ..list::read_with(row, 22)? },
        failures: from_stored("failure summary", row.get::<Value>(14)?)?,
        context: row.get(15)?,
        inputs: row.get(16)?,
        initiator: row.get::<Option<uuid::Uuid>>(21)?.map(UserId::from_uuid),
        identity: hex::encode(row.get::<Vec<u8>>(22)?),
        max_attempts: row.get(17)?,
        claimed_at: row.get(18)?,
        reuse_until: row.get(19)?,
        rerun_of: rerun_of.map(RunId::from_uuid),
        lease_until: row.get(23)?,
        progress: progress(row)?,
        events: events(row.get(28)?)?,
    })
}

fn progress(row: &Row) -> Result<Option<Progress>, DatabaseError> {
    let (counts, updated_at): (Option<Value>, Option<Ts>) = (row.get(24)?, row.get(26)?);
    let Some((counts, updated_at)) = counts.zip(updated_at) else { return Ok(None) };
    let counts = from_stored("progress counts", counts)?;
    Ok(Some(Progress { counts, phase: row.get(25)?, updated_at }))
}

/// Reads the events as the statement puts them: event, attempt, claimed, stopped, why.
fn events(stored: Option<Value>) -> Result<Vec<RunEvent>, DatabaseError> {
    type Stored = (String, i16, Option<i64>, i64, Option<String>);
    let stored: Vec<Stored> = stored.map_or(Ok(Vec::new()), |stored| from_stored("run events", stored))?;
    let event = |(event, attempt, claimed_at, at, reason_code): Stored| RunEvent {
        event,
        attempt,
        claimed_at: claimed_at.map(Ts::from_micros),
        at: Ts::from_micros(at),
        reason_code,
    };
    Ok(stored.into_iter().map(event).collect())
}
