//! The shape of runs in JSON; `docs/cli.md` documents it, so that programs may rely on it.

use std::collections::BTreeMap;

use database::Ts;
use ledger::catalog::Catalog;
use ledger::failure::Failure;
use ledger::summary::SummaryCounts;
use ledger::{Outcome, RunDetail, RunId, RunRow, RunStatus};
use serde::{Serialize, Serializer};
use serde_json::Value;
use tenancy::TenantId;

use super::sentence::{short_id, took};

/// A run as the list shows it.
#[derive(Debug, Serialize)]
pub(crate) struct RunJson {
    id: RunId,
    short_id: String,
    kind: String,
    label: String,
    tenant: Option<String>,
    #[serde(serialize_with = "word")]
    status: RunStatus,
    #[serde(serialize_with = "word")]
    outcome: Outcome,
    initiator: InitiatorJson,
    created_at: Ts,
    started_at: Option<Ts>,
    completed_at: Option<Ts>,
    duration_ms: Option<u64>,
    attempt: i16,
    reason_code: Option<String>,
    cancel_requested_at: Option<Ts>,
    paused: bool,
    counts: SummaryCounts,
}

#[derive(Debug, Serialize)]
struct InitiatorJson {
    kind: String,
    name: String,
}

/// A run with everything that is kept about it.
#[derive(Debug, Serialize)]
pub(crate) struct RunDetailJson {
    #[serde(flatten)]
    run: RunJson,
    failures: Vec<FailureJson>,
    context: Value,
    inputs: Value,
    max_attempts: i16,
    claimed_at: Option<Ts>,
    reuse_until: Option<Ts>,
    rerun_of: Option<RunId>,
    progress: Option<ProgressJson>,
    events: Vec<EventJson>,
}

#[derive(Debug, Serialize)]
struct FailureJson {
    code: String,
    message: String,
    count: u64,
    item: Option<String>,
    advice: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ProgressJson {
    counts: SummaryCounts,
    phase: Option<String>,
    updated_at: Ts,
}

#[derive(Debug, Serialize)]
struct EventJson {
    event: String,
    attempt: i16,
    claimed_at: Option<Ts>,
    at: Ts,
    reason_code: Option<String>,
}

impl RunJson {
    /// Gives a run its JSON; `tenants` names each tenant by its slug.
    pub(crate) fn of(run: &RunRow, catalog: &Catalog, tenants: &BTreeMap<TenantId, String>) -> Self {
        Self {
            id: run.id,
            short_id: short_id(run.id),
            label: catalog.label_of(&run.kind),
            kind: run.kind.clone(),
            tenant: run.tenant.map(|tenant| slug(tenant, tenants)),
            status: run.status,
            outcome: run.outcome,
            initiator: InitiatorJson { kind: run.initiator_kind.clone(), name: run.initiator_name.clone() },
            created_at: run.created_at,
            started_at: run.started_at,
            completed_at: run.completed_at,
            duration_ms: took(run).map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            attempt: run.attempt,
            reason_code: run.reason_code.clone(),
            cancel_requested_at: run.cancel_requested_at,
            paused: run.is_paused,
            counts: run.counts,
        }
    }
}

impl RunDetailJson {
    /// Gives a run its JSON.
    pub(crate) fn of(detail: &RunDetail, catalog: &Catalog, tenants: &BTreeMap<TenantId, String>) -> Self {
        let failures: Vec<Failure> = detail.failures.clone().into();
        // What the end says is newer than the last progress.
        let under_way = detail.progress.as_ref().filter(|_| detail.row.status == RunStatus::Running);
        let progress = under_way.map(|progress| ProgressJson {
            counts: progress.counts,
            phase: progress.phase.clone(),
            updated_at: progress.updated_at,
        });
        let events = detail.events.iter().map(|event| EventJson {
            event: event.event.clone(),
            attempt: event.attempt,
            claimed_at: event.claimed_at,
            at: event.at,
            reason_code: event.reason_code.clone(),
        });
        Self {
            run: RunJson::of(&detail.row, catalog, tenants),
            failures: failures.iter().map(FailureJson::of).collect(),
            context: detail.context.clone(),
            inputs: detail.inputs.clone(),
            max_attempts: detail.max_attempts,
            claimed_at: detail.claimed_at,
            reuse_until: detail.reuse_until,
            rerun_of: detail.rerun_of,
            progress,
            events: events.collect(),
        }
    }
}

impl FailureJson {
    fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code.to_string(),
            message: failure.message.to_string(),
            count: failure.count,
            item: failure.item.as_ref().map(ToString::to_string),
            advice: failure.code.entry().map(|entry| entry.advice),
        }
    }
}

/// Gives a tenant's slug; its id where the tenant is gone.
pub(crate) fn slug(tenant: TenantId, tenants: &BTreeMap<TenantId, String>) -> String {
    tenants.get(&tenant).cloned().unwrap_or_else(|| tenant.to_string())
}

fn word<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
