//! Runs, as the server tells them.

use std::collections::BTreeMap;

use database::Ts;
use ledger::failure::Failure;
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Outcome, Progress, RunDetail, RunEvent, RunId, RunRef, RunRow, RunStatus, Started};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenancy::TenantId;
use uuid::Uuid;

use super::{List, Server};
use crate::problem::Problem;
use crate::run_ref;

/// How many pages are asked for to fill one of ours, when the server cannot narrow as finely as was asked.
const PAGES_MAX: usize = 50;

/// The most rows that the server gives at once.
const ROWS_MAX: usize = 100;

/// The first day that is asked for where nothing bounds the time; the server's usual is a month.
const EVER: &str = "1970-01-01";

/// Which runs are wanted.
#[derive(Debug, Default)]
pub(crate) struct RunQuestion {
    /// Those of this tenant.
    pub(crate) tenant: Option<String>,
    /// Those of these kinds; none means all.
    pub(crate) kinds: Vec<String>,
    /// Those in the one state that the server is to look for; none means all.
    pub(crate) state: Option<&'static str>,
    /// Those started since.
    pub(crate) since: Option<Ts>,
    /// How many of those that have ended.
    pub(crate) limit: usize,
    /// Where the page before said that this one begins.
    pub(crate) after: Option<String>,
}

/// What a server is asked to start.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ask {
    /// The operation.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The short name of the tenant; none for an operation of the workspace.
    pub(crate) tenant: Option<String>,
    /// What it is to work on; nothing means its usual inputs, or those of the run that is repeated.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) inputs: Value,
    /// Whether a run that cools is passed over.
    pub(crate) force: bool,
    /// The run that is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rerun_of: Option<RunId>,
}

#[derive(Deserialize)]
struct Run {
    id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    outcome: String,
    tenant: Option<TenantRef>,
    initiator: Initiator,
    created_at: Ts,
    started_at: Option<Ts>,
    completed_at: Option<Ts>,
    reason_code: Option<String>,
    counts: BTreeMap<String, u64>,
    attempt: i16,
    cancel_requested_at: Option<Ts>,
    identity: String,
    paused: bool,
}

#[derive(Deserialize)]
struct TenantRef {
    external_id: Uuid,
}

#[derive(Deserialize)]
struct Initiator {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(flatten)]
    run: Run,
    failures: Vec<Failure>,
    context: Value,
    inputs: Value,
    max_attempts: i16,
    claimed_at: Option<Ts>,
    reuse_until: Option<Ts>,
    rerun_of: Option<Uuid>,
    progress: Option<ProgressLine>,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct ProgressLine {
    counts: BTreeMap<String, u64>,
    phase: Option<String>,
    updated_at: Ts,
}

#[derive(Deserialize)]
struct Event {
    event: String,
    attempt: i16,
    claimed_at: Option<Ts>,
    at: Ts,
    reason_code: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    result: String,
    run_id: Uuid,
    may_start_at: Option<Ts>,
}

#[derive(Deserialize)]
struct CancelAnswer {
    result: String,
}

impl Server {
    /// Lists runs, active ones first, and says where the next page begins.
    ///
    /// `wanted` narrows further than the server can.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn runs(
        &self,
        question: &RunQuestion,
        wanted: impl Fn(&RunRow) -> bool,
    ) -> Result<(Vec<RunRow>, Option<String>), Problem> {
        let place = self.place(&["operations"]);
        let (mut active, mut ended, mut next) = (Vec::new(), Vec::new(), question.after.clone());
        for _ in 0..PAGES_MAX {
            let rows = (question.limit - ended.len()).clamp(1, ROWS_MAX);
            let mut query = vec![("size", rows.to_string())];
            query.extend(question.kinds.iter().map(|kind| ("type", kind.clone())));
            query.extend(question.tenant.iter().map(|tenant| ("tenant", tenant.clone())));
            query.extend(question.state.map(|state| ("state", state.to_owned())));
            let day = question.since.map(|since| since.to_string().chars().take(EVER.len()).collect());
            query.push(("from", day.unwrap_or_else(|| EVER.to_owned())));
            query.extend(next.iter().map(|cursor| ("older", cursor.clone())));
            let page: Option<List<Run>> = self.transport.get(&place, &query).await?;
            let page =
                page.ok_or_else(|| Problem::wrong_use("workspace.unknown", "there is no such workspace"))?;
            for run in page.items {
                let row = RunRow::try_from(run)?;
                let since = question.since.is_none_or(|since| row.created_at >= since);
                if since && wanted(&row) {
                    let into = if row.status == RunStatus::Completed { &mut ended } else { &mut active };
                    into.push(row);
                }
            }
            next = page.next;
            if next.is_none() || ended.len() >= question.limit {
                break;
            }
        }
        active.extend(ended);
        Ok((active, next))
    }

    /// Gives a run; none if there is none that the token's owner may know of.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn run(&self, run: RunId) -> Result<Option<RunDetail>, Problem> {
        let id = run.to_string();
        let found: Option<Detail> = self.transport.get(&self.place(&["operations", &id]), &[]).await?;
        found.map(RunDetail::try_from).transpose()
    }

    /// Finds a run's whole id.
    ///
    /// # Errors
    /// No recent run ends like this, or several do.
    pub(crate) async fn resolve(&self, named: &run_ref::RunRef) -> Result<RunId, Problem> {
        let end = match named {
            run_ref::RunRef::Id(id) => return Ok(*id),
            run_ref::RunRef::End(end) => end,
        };
        let mut question = RunQuestion { limit: ROWS_MAX, ..RunQuestion::default() };
        let mut found = Vec::new();
        for _ in 0..run_ref::PAGES_MAX {
            let (runs, next) = self.runs(&question, |_| true).await?;
            found.extend(run_ref::matching(end, runs.iter().map(|run| run.id)));
            question.after = next;
            if question.after.is_none() {
                break;
            }
        }
        named.only(&found)
    }

    /// Starts an operation.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn start(&self, ask: &Ask) -> Result<Started, Problem> {
        let answered = self.transport.post::<Answer>(&self.place(&["operations"]), Some(&json!(ask))).await?;
        let answer = match answered {
            Ok(answer) => answer,
            Err(refusal) => {
                // An attempt that could not be handed to workers is recorded as a run, which says why.
                let Some(run) = refusal.run_id else { return Err(refusal.into()) };
                let Some(detail) = self.run(RunId::from_uuid(run)).await? else { return Err(refusal.into()) };
                let failures: Vec<Failure> = detail.failures.clone().into();
                let Some(failure) = failures.into_iter().next() else { return Err(refusal.into()) };
                return Ok(Started::NotDispatched { run: reference(&detail.row), failure });
            }
        };
        let id = RunId::from_uuid(answer.run_id);
        let detail = self.run(id).await?.ok_or_else(|| run_ref::unknown(&run_ref::RunRef::Id(id)))?;
        let run = reference(&detail.row);
        Ok(match (answer.result.as_str(), answer.may_start_at) {
            ("created", _) => Started::Created(run),
            ("cooling", Some(until)) => Started::Cooling { run, until },
            _ => Started::Active(run),
        })
    }

    /// Calls a run off, and says what became of it: `ended`, `requested` or `nothing`.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn cancel(&self, run: RunId) -> Result<String, Problem> {
        let id = run.to_string();
        let place = self.place(&["operations", &id, "cancel"]);
        Ok(self.transport.post::<CancelAnswer>(&place, None).await??.result)
    }
}

fn reference(row: &RunRow) -> RunRef {
    RunRef {
        id: row.id,
        status: row.status,
        outcome: row.outcome,
        initiator: row.initiator_name.clone(),
        created_at: row.created_at,
        completed_at: row.completed_at,
        is_paused: row.is_paused,
    }
}

fn newer() -> Problem {
    Problem::failed("server.newer", "the server tells of something that this program does not know")
        .advice("use the version of the program that the server has")
}

fn counts(of: &BTreeMap<String, u64>) -> SummaryCounts {
    let mut counts = SummaryCounts::default();
    for (key, count) in of {
        // A key that a later version counts under is left out, not guessed.
        if let Ok(key) = key.parse::<CountKey>() {
            counts.set(key, *count);
        }
    }
    counts
}

impl TryFrom<Run> for RunRow {
    type Error = Problem;

    fn try_from(run: Run) -> Result<Self, Problem> {
        Ok(Self {
            id: RunId::from_uuid(run.id),
            kind: run.kind,
            status: run.status.parse::<RunStatus>().map_err(|_| newer())?,
            outcome: run.outcome.parse::<Outcome>().map_err(|_| newer())?,
            tenant: run.tenant.map(|tenant| TenantId::from_uuid(tenant.external_id)),
            initiator_kind: run.initiator.kind,
            initiator_name: run.initiator.name,
            created_at: run.created_at,
            started_at: run.started_at,
            completed_at: run.completed_at,
            reason_code: run.reason_code,
            counts: counts(&run.counts),
            attempt: run.attempt,
            cancel_requested_at: run.cancel_requested_at,
            identity: run.identity,
            is_paused: run.paused,
        })
    }
}

impl TryFrom<Detail> for RunDetail {
    type Error = Problem;

    fn try_from(detail: Detail) -> Result<Self, Problem> {
        let row = RunRow::try_from(detail.run)?;
        Ok(Self {
            identity: row.identity.clone(),
            row,
            failures: detail.failures.into(),
            context: detail.context,
            inputs: detail.inputs,
            initiator: None,
            max_attempts: detail.max_attempts,
            claimed_at: detail.claimed_at,
            reuse_until: detail.reuse_until,
            rerun_of: detail.rerun_of.map(RunId::from_uuid),
            lease_until: None,
            progress: detail.progress.map(|told| Progress {
                counts: counts(&told.counts),
                phase: told.phase,
                updated_at: told.updated_at,
            }),
            events: detail
                .events
                .into_iter()
                .map(|told| RunEvent {
                    event: told.event,
                    attempt: told.attempt,
                    claimed_at: told.claimed_at,
                    at: told.at,
                    reason_code: told.reason_code,
                })
                .collect(),
        })
    }
}
