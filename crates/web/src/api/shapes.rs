//! What the API sends and takes. A field that is here stays; new ones may come.

use std::collections::BTreeMap;

use governance::policies::{Policy, Version};
use ledger::catalog::Catalog;
use ledger::failure::Failure;
use ledger::summary::SummaryCounts;
use ledger::{Progress, RunDetail, RunEvent, RunId, RunRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenancy::Ts;
use tenancy::tenant::Tenant;
use utoipa::ToSchema;
use uuid::Uuid;

/// A tenant, as other things speak of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TenantRef {
    /// Its short name, unique in the workspace.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its id for other systems; it never changes.
    pub external_id: Uuid,
}

/// Who started a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InitiatorRef {
    /// `user`, `schedule` or `system`.
    pub kind: String,
    /// The name at the time of the start; empty for the system.
    pub name: String,
}

/// A run, as lists hold it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunShape {
    /// Its id.
    pub id: Uuid,
    /// What it does, for example `policy.sync`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What people call that.
    pub label: String,
    /// `queued`, `running` or `completed`.
    pub status: String,
    /// `pending`, `succeeded`, `partially_succeeded`, `failed`, `blocked` or `cancelled`.
    pub outcome: String,
    /// The tenant that it is about; none for a run of the workspace.
    pub tenant: Option<TenantRef>,
    /// Who started it.
    pub initiator: InitiatorRef,
    /// When it was started.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was first claimed.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// The code that explains its end, or its last requeue.
    pub reason_code: Option<String>,
    /// What its final attempt did.
    pub counts: BTreeMap<String, u64>,
    /// How many attempts were begun.
    pub attempt: i16,
    /// When somebody asked for it to be cancelled.
    #[schema(format = DateTime)]
    pub cancel_requested_at: Option<String>,
    /// The hash that stands for its kind and inputs.
    pub identity: String,
    /// Whether it waits because its kind is paused.
    pub paused: bool,
}

/// A page of runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunListShape {
    /// The runs: on the first page active ones first, then those that ended, newest first.
    pub items: Vec<RunShape>,
    /// The value of `older` that gives the next page; none when this is the last.
    pub next: Option<String>,
    /// The value of `newer` that gives the page before.
    pub previous: Option<String>,
}

/// A failure of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailureShape {
    /// The stable code.
    pub code: String,
    /// The same in a sentence.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// What it happened to.
    pub item: Option<String>,
}

/// How far an attempt has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProgressShape {
    /// What it has counted so far.
    pub counts: BTreeMap<String, u64>,
    /// What it is doing, in a few words.
    pub phase: Option<String>,
    /// When it said so.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// An attempt that did not end a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventShape {
    /// `retry`, `release` or `worker_lost`.
    pub event: String,
    /// Which attempt, from 1.
    pub attempt: i16,
    /// When it began.
    #[schema(format = DateTime)]
    pub claimed_at: Option<String>,
    /// When it stopped.
    #[schema(format = DateTime)]
    pub at: String,
    /// Why.
    pub reason_code: Option<String>,
}

/// Everything about a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunDetailShape {
    /// What lists hold of it.
    #[serde(flatten)]
    pub run: RunShape,
    /// What went wrong in its final attempt.
    pub failures: Vec<FailureShape>,
    /// What a person needs to understand it.
    #[schema(value_type = Object)]
    pub context: Value,
    /// What it was started with.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// How many attempts it may have.
    pub max_attempts: i16,
    /// Until when a start of the same work gives this run.
    #[schema(format = DateTime)]
    pub reuse_until: Option<String>,
    /// When its current or final attempt began.
    #[schema(format = DateTime)]
    pub claimed_at: Option<String>,
    /// The run that it repeats.
    pub rerun_of: Option<Uuid>,
    /// How far its current attempt has come; none when it is not under way.
    pub progress: Option<ProgressShape>,
    /// The attempts that did not end it, oldest first.
    pub events: Vec<EventShape>,
}

/// What to start.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// The operation, for example `policy.sync`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The short name of the tenant; none for an operation of the workspace.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The inputs of the operation; none means its usual ones, or those of the run that is repeated.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// Whether a new run is made although an equal one ended a short while ago; one that is active is still given back.
    #[serde(default)]
    pub force: bool,
    /// The ended run of the same operation, tenant and inputs that this start repeats.
    #[serde(default)]
    pub rerun_of: Option<Uuid>,
}

/// What became of a start.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartResult {
    /// A new run was queued.
    Created,
    /// The same work is queued or running already.
    Active,
    /// The same work ended a short while ago.
    Cooling,
}

/// The answer to a start.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StartAnswer {
    /// What became of it.
    pub result: StartResult,
    /// The run that now stands for the work.
    pub run_id: Uuid,
    /// Who started that run.
    pub initiator: String,
    /// When it was started.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When a start makes a new run, while the work cools.
    #[schema(format = DateTime)]
    pub may_start_at: Option<String>,
    /// Whether the operation is paused: a run that was queued waits until it is resumed.
    pub paused: bool,
}

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelResult {
    /// The run was waiting and has ended.
    Ended,
    /// The run is under way and stops at the next chance.
    Requested,
    /// The run is over already.
    Nothing,
}

/// The answer to a wish to cancel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelAnswer {
    /// What became of it.
    pub result: CancelResult,
}

/// A tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TenantShape {
    /// What other things call it.
    #[serde(flatten)]
    pub tenant: TenantRef,
    /// `production` or `test`.
    pub environment: String,
    /// Which of Microsoft's clouds, or `simulated`.
    pub cloud: String,
    /// Its id or domain at Microsoft.
    pub graph_tenant_id: String,
    /// `connected`, `disconnected` or `removing`.
    pub state: String,
    /// When its connection was last checked.
    #[schema(format = DateTime)]
    pub checked_at: Option<String>,
    /// What that check found wrong.
    pub check_code: Option<String>,
}

/// The tenants of a workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TenantListShape {
    /// The tenants that the caller may see, by short name.
    pub items: Vec<TenantShape>,
}

/// A policy as it was last read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyShape {
    /// Its id.
    pub id: Uuid,
    /// The key of its type, for example `configurationPolicy`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its id at Microsoft.
    pub graph_id: String,
    /// Its name.
    pub name: String,
    /// Its platform, in Microsoft's words.
    pub platform: Option<String>,
    /// The view of its type that it belongs to.
    pub view: Option<String>,
    /// How many versions are kept; the newest has this number.
    pub version_count: i32,
    /// The hash of what is compared.
    pub canonical_hash: Option<String>,
    /// When it was last changed, as Microsoft tells it.
    #[schema(format = DateTime)]
    pub changed_at: Option<String>,
    /// When it was first read.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// When it was last read.
    #[schema(format = DateTime)]
    pub last_read_at: String,
    /// Since when complete readings do not hold it.
    #[schema(format = DateTime)]
    pub missing_since: Option<String>,
    /// The run that read it last.
    pub run_id: Uuid,
}

/// A page of policies.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyListShape {
    /// The policies, by type and Microsoft's id.
    pub items: Vec<PolicyShape>,
    /// The value of `after` that gives the next page; none when this is the last.
    pub next: Option<String>,
}

/// A version of a policy, without its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionShape {
    /// Its id.
    pub id: Uuid,
    /// Its place among the versions of its policy, from 1.
    pub number: i32,
    /// What the policy was called.
    pub name: String,
    /// The hash of what is compared.
    pub canonical_hash: String,
    /// The hash of its settings alone.
    pub settings_hash: String,
    /// The hash of its assignments alone; none where those were not read.
    pub assignments_hash: Option<String>,
    /// The hash of its bytes as they were read.
    pub payload_hash: String,
    /// The version of the rules that the hashes were made under.
    pub rule_set: i32,
    /// The parts that were read.
    pub parts: Vec<String>,
    /// When it was last changed, as Microsoft tells it.
    #[schema(format = DateTime)]
    pub changed_at: Option<String>,
    /// Its bytes.
    pub size_bytes: u64,
    /// What differs from the version before: `settings`, `assignments`.
    pub changed: Vec<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    pub captured_at: String,
    /// The run that recorded it.
    pub run_id: Uuid,
}

/// The versions of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionListShape {
    /// The versions, newest first.
    pub items: Vec<VersionShape>,
}

/// A version with its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionDocumentShape {
    /// What lists hold of it.
    #[serde(flatten)]
    pub version: VersionShape,
    /// The settings in the form in which they are compared; what may be a secret is withheld.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// Whom it is assigned to; none where that was not read.
    #[schema(value_type = Option<Vec<Object>>)]
    pub assignments: Option<Value>,
}

/// Writes an instant as RFC 3339 in UTC.
#[must_use]
pub fn instant(at: Ts) -> String {
    at.to_string()
}

fn counts(of: &SummaryCounts) -> BTreeMap<String, u64> {
    of.iter().map(|(key, count)| (key.as_str().to_owned(), count)).collect()
}

impl From<&Tenant> for TenantRef {
    fn from(tenant: &Tenant) -> Self {
        Self { slug: tenant.slug.clone(), name: tenant.name.clone(), external_id: tenant.external_id }
    }
}

impl From<&Tenant> for TenantShape {
    fn from(tenant: &Tenant) -> Self {
        Self {
            tenant: tenant.into(),
            environment: tenant.environment.to_string(),
            cloud: tenant.cloud.to_string(),
            graph_tenant_id: tenant.graph_tenant_id.clone(),
            state: tenant.state.to_string(),
            checked_at: tenant.checked_at.map(instant),
            check_code: tenant.check_code.clone(),
        }
    }
}

impl RunShape {
    /// Makes it from the ledger's row; tenants that the caller may not see have no name here.
    #[must_use]
    pub fn of(run: &RunRow, catalog: &Catalog, tenants: &[Tenant]) -> Self {
        let tenant = run.tenant.and_then(|id| tenants.iter().find(|tenant| tenant.id == id));
        Self {
            id: run.id.as_uuid(),
            kind: run.kind.clone(),
            label: catalog.label_of(&run.kind),
            status: run.status.to_string(),
            outcome: run.outcome.to_string(),
            tenant: tenant.map(TenantRef::from),
            initiator: InitiatorRef { kind: run.initiator_kind.clone(), name: run.initiator_name.clone() },
            created_at: instant(run.created_at),
            started_at: run.started_at.map(instant),
            completed_at: run.completed_at.map(instant),
            reason_code: run.reason_code.clone(),
            counts: counts(&run.counts),
            attempt: run.attempt,
            cancel_requested_at: run.cancel_requested_at.map(instant),
            identity: run.identity.clone(),
            paused: run.is_paused,
        }
    }
}

impl RunDetailShape {
    /// Makes it from what the ledger keeps.
    #[must_use]
    pub fn of(detail: RunDetail, catalog: &Catalog, tenants: &[Tenant]) -> Self {
        let failures: Vec<Failure> = detail.failures.into();
        Self {
            run: RunShape::of(&detail.row, catalog, tenants),
            failures: failures.into_iter().map(FailureShape::from).collect(),
            context: detail.context,
            inputs: detail.inputs,
            max_attempts: detail.max_attempts,
            reuse_until: detail.reuse_until.map(instant),
            claimed_at: detail.claimed_at.map(instant),
            rerun_of: detail.rerun_of.map(RunId::as_uuid),
            progress: detail.progress.map(ProgressShape::from),
            events: detail.events.into_iter().map(EventShape::from).collect(),
        }
    }
}

impl From<Failure> for FailureShape {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code.to_string(),
            message: failure.message.as_str().to_owned(),
            count: failure.count,
            item: failure.item.map(|item| item.as_str().to_owned()),
        }
    }
}

impl From<Progress> for ProgressShape {
    fn from(progress: Progress) -> Self {
        Self {
            counts: counts(&progress.counts),
            phase: progress.phase,
            updated_at: instant(progress.updated_at),
        }
    }
}

impl From<RunEvent> for EventShape {
    fn from(event: RunEvent) -> Self {
        Self {
            event: event.event,
            attempt: event.attempt,
            claimed_at: event.claimed_at.map(instant),
            at: instant(event.at),
            reason_code: event.reason_code,
        }
    }
}

impl From<&Policy> for PolicyShape {
    fn from(policy: &Policy) -> Self {
        Self {
            id: policy.id.as_uuid(),
            ty: policy.key.ty.clone(),
            graph_id: policy.key.graph_id.clone(),
            name: policy.name.clone(),
            platform: policy.platform.clone(),
            view: policy.view.clone(),
            version_count: policy.version_count,
            canonical_hash: policy.canonical_hash.map(|hash| hash.to_string()),
            changed_at: policy.graph_modified_at.map(instant),
            first_seen_at: instant(policy.first_seen_at),
            last_read_at: instant(policy.last_read_at),
            missing_since: policy.missing_since.map(instant),
            run_id: policy.run.as_uuid(),
        }
    }
}

impl From<&Version> for VersionShape {
    fn from(version: &Version) -> Self {
        Self {
            id: version.id.as_uuid(),
            number: version.number,
            name: version.name.clone(),
            canonical_hash: version.canonical_hash.to_string(),
            settings_hash: version.settings_hash.to_string(),
            assignments_hash: version.assignments_hash.map(|hash| hash.to_string()),
            payload_hash: version.payload_hash.to_string(),
            rule_set: version.rule_set,
            parts: version.parts.iter().map(|part| part.as_str().to_owned()).collect(),
            changed_at: version.graph_modified_at.map(instant),
            size_bytes: version.size_bytes,
            changed: version
                .changed
                .iter()
                .map(|side| crate::pages::policy::word(*side).to_owned())
                .collect(),
            captured_at: instant(version.captured_at),
            run_id: version.run.as_uuid(),
        }
    }
}
