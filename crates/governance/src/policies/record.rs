//! Recording a batch of policies.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use database::{Database, DatabaseError, Dialect, Ts, Tx, Value, params, statement};
use serde_json::json;
use tenancy::{RunId, Scope, TenantId, WorkspaceId};

use super::current::{Basis, Current, Name, Rehashed, current, rehash};
use super::payload::Payload;
use super::prepare::PolicyRead;
use super::verdict::{Known, Side, Verdict};
use super::{PolicyId, VersionId};
use crate::normalise::Hash32;
use crate::record_error::tenant_of;
use crate::{Counts, RecordError};

statement! {
    /// Adds the policies that nobody has added yet, without a version. Two that race for one wait here.
    ADD = "policies.record_add", (Uuid, Uuid, Json, Time, Uuid) -> (),
    postgres: "/* policies.record_add */ INSERT INTO policies (workspace_id, id, tenant_id, type, graph_id, name, first_seen_at, last_read_at, run_id)
        SELECT $1, r.id, $2, r.type, r.graph_id, r.name, $4, $4, $5
        FROM jsonb_to_recordset($3) AS r (id uuid, type text, graph_id text, name text)
        ON CONFLICT (workspace_id, tenant_id, type, graph_id) DO NOTHING",
    sqlite: "INSERT INTO policies (workspace_id, id, tenant_id, type, graph_id, name, first_seen_at, last_read_at, run_id)
        SELECT $1, unhex(value ->> 'id'), $2, value ->> 'type', value ->> 'graph_id', value ->> 'name', $4, $4, $5
        FROM json_each($3) WHERE true
        ON CONFLICT (workspace_id, tenant_id, type, graph_id) DO NOTHING"
}
statement! {
    /// Holds the policies still, in one order for everybody, so that of two racing reads the second sees what the first made.
    LOCK = "policies.record_lock", (Uuid, Uuid, Json) -> (Uuid),
    postgres: "/* policies.record_lock */ SELECT p.id FROM jsonb_to_recordset($3) AS r (type text, graph_id text)
        JOIN policies p ON p.workspace_id = $1 AND p.tenant_id = $2 AND p.type = r.type AND p.graph_id = r.graph_id
        ORDER BY p.type, p.graph_id FOR UPDATE OF p"
}
statement! {
    /// Keeps the bytes of a version unless the workspace has them already.
    ADD_PAYLOAD = "policies.record_payload", (Uuid, Bytes, I64, Bytes, Time) -> (),
    both: "INSERT INTO payloads (workspace_id, hash, codec, size_bytes, body, created_at) VALUES ($1, $2, 'zstd', $3, $4, $5)
        ON CONFLICT (workspace_id, hash) DO NOTHING"
}
statement! {
    /// Adds the versions. The unique number still decides: a bug above cannot make two of one number.
    ADD_VERSIONS = "policies.record_versions", (Uuid, Json, Time, Uuid) -> (),
    postgres: "/* policies.record_versions */ INSERT INTO policy_versions (workspace_id, id, policy_id, number, name, payload_hash, canonical_hash,
          settings_hash, assignments_hash, rule_set, parts, changed, graph_modified_at, captured_at, run_id)
        SELECT $1, r.id, r.policy_id, r.number, r.name, decode(r.payload, 'hex'), decode(r.canonical, 'hex'), decode(r.settings, 'hex'),
          decode(r.assignments, 'hex'), r.rule_set, r.parts, r.changed, timestamptz 'epoch' + r.modified_at * interval '1 microsecond', $3, $4
        FROM jsonb_to_recordset($2) AS r (id uuid, policy_id uuid, number integer, name text, payload text, canonical text, settings text,
          assignments text, rule_set integer, parts jsonb, changed jsonb, modified_at bigint)",
    sqlite: "INSERT INTO policy_versions (workspace_id, id, policy_id, number, name, payload_hash, canonical_hash,
          settings_hash, assignments_hash, rule_set, parts, changed, graph_modified_at, captured_at, run_id)
        SELECT $1, unhex(value ->> 'id'), unhex(value ->> 'policy_id'), value ->> 'number', value ->> 'name', unhex(value ->> 'payload'),
          unhex(value ->> 'canonical'), unhex(value ->> 'settings'), unhex(value ->> 'assignments'), value ->> 'rule_set',
          value -> 'parts', value -> 'changed', value ->> 'modified_at', $3, $4
        FROM json_each($2)"
}
statement! {
    /// Brings every policy of the batch in line with its read. SQLite is made to begin with the batch: left to
    /// itself it walks all policies and reads the whole batch again for each.
    REFRESH = "policies.record_refresh", (Uuid, Json, Time, Uuid) -> (),
    postgres: "/* policies.record_refresh */ UPDATE policies AS p SET name = r.name, platform = r.platform, view = r.view,
          graph_modified_at = timestamptz 'epoch' + r.modified_at * interval '1 microsecond', version_count = r.number,
          canonical_hash = decode(r.canonical, 'hex'), settings_hash = decode(r.settings, 'hex'),
          assignments_hash = decode(r.assignments, 'hex'), rule_set = r.rule_set,
          last_read_at = greatest(p.last_read_at, $3), missing_since = NULL, run_id = $4
        FROM jsonb_to_recordset($2) AS r (id uuid, name text, platform text, view text, modified_at bigint, number integer,
          canonical text, settings text, assignments text, rule_set integer)
        WHERE p.workspace_id = $1 AND p.id = r.id",
    sqlite: "WITH r AS MATERIALIZED (SELECT unhex(value ->> 'id') AS id, value FROM json_each($2))
        UPDATE policies AS p SET name = r.value ->> 'name', platform = r.value ->> 'platform', view = r.value ->> 'view',
          graph_modified_at = r.value ->> 'modified_at', version_count = r.value ->> 'number',
          canonical_hash = unhex(r.value ->> 'canonical'), settings_hash = unhex(r.value ->> 'settings'),
          assignments_hash = unhex(r.value ->> 'assignments'), rule_set = r.value ->> 'rule_set',
          last_read_at = max(p.last_read_at, $3), missing_since = NULL, run_id = $4
        FROM r WHERE p.workspace_id = $1 AND p.id = r.id"
}

/// How often a batch is compared anew because others recorded its policies under other rules meanwhile.
const ROUNDS_MAX: usize = 5;

/// Records a batch of policies, one transaction for the whole of it.
///
/// A policy that was not known gets version 1. A known one gets a further version if its settings or
/// its assignments differ from what was last read, or if the newest version lacks assignments that
/// the read has; otherwise only what is shown of it is refreshed. Assignments that were not read are
/// not compared. A read under other rules than those kept is compared with the newest payload under
/// its own rules, and those are kept from then on. A policy that is in the batch twice is recorded
/// once, as it came last. Calling again is safe, and so are two calls at once: equal reads make one
/// version.
///
/// # Errors
/// [`RecordError`]; of a batch that failed nothing was kept, except that after
/// [`RecordError::Contended`] the policies that are not counted in it are recorded.
pub async fn record(
    database: &Database,
    scope: &Scope,
    run: RunId,
    reads: Vec<PolicyRead>,
    now: Ts,
) -> Result<Counts, RecordError> {
    let place = Place { workspace: scope.workspace(), tenant: tenant_of(scope)?, run, now };
    let mut reads: Reads = reads.into_iter().map(|read| (name_of(&read), Arc::new(read))).collect();
    let mut counts = Counts::default();
    for _ in 0..ROUNDS_MAX {
        if reads.is_empty() {
            return Ok(counts);
        }
        let batch = Arc::new(look(database, scope, place, reads).await?);
        let first = write(database, Arc::clone(&batch)).await;
        let written = match first {
            Err(error) if error.may_be_retried() => write(database, Arc::clone(&batch)).await?,
            other => other?,
        };
        counts += written.counts;
        reads = written.left;
    }
    if reads.is_empty() { Ok(counts) } else { Err(RecordError::Contended { policies: reads.len() }) }
}

/// Reads by name. Sorted, so that batches that share policies meet them in one order and never wait for each other.
type Reads = BTreeMap<Name, Arc<PolicyRead>>;

/// Where and for whom something is recorded.
#[derive(Clone, Copy)]
struct Place {
    workspace: WorkspaceId,
    tenant: TenantId,
    run: RunId,
    now: Ts,
}

/// A batch with what was computed for it outside the transaction.
struct Batch {
    place: Place,
    reads: Reads,
    names: serde_json::Value,
    added: Vec<serde_json::Value>,
    rehashed: Rehashed,
}

struct Written {
    counts: Counts,
    /// Reads that were not recorded, because they must be compared under other rules first.
    left: Reads,
}

/// Finds out which policies are new, and hashes anew those that were kept under other rules.
async fn look(database: &Database, scope: &Scope, place: Place, reads: Reads) -> Result<Batch, RecordError> {
    let names = json!(reads.keys().map(|(ty, id)| json!({"type": ty, "graph_id": id})).collect::<Vec<_>>());
    let values = params![place.workspace, place.tenant, names.clone()].to_vec();
    let known: HashMap<Name, Current> = database
        .read("policies.current", move |tx| Box::pin(async move { current(tx, &values).await }))
        .await
        .map_err(|error: DatabaseError| RecordError::Database(error))?;
    let pairs = reads.iter().filter_map(|(name, read)| Some((known.get(name)?, &**read)));
    let rehashed =
        rehash(database, scope, pairs.filter(|(current, read)| current.has_other_rules(read)).collect())
            .await?;
    let new = reads.iter().filter(|(name, _)| !known.contains_key(*name));
    let added = new
        .map(|((ty, id), read)| {
            let new_id = PolicyId::new(place.now).as_uuid().simple().to_string();
            json!({"id": new_id, "type": ty, "graph_id": id, "name": read.seen.name})
        })
        .collect();
    Ok(Batch { place, reads, names, added, rehashed })
}

async fn write(database: &Database, batch: Arc<Batch>) -> Result<Written, RecordError> {
    database
        .write("policies.record", move |tx| Box::pin(async move { Ok(write_in(tx, &batch).await?) }))
        .await
}

async fn write_in(tx: &mut Tx<'_>, batch: &Batch) -> Result<Written, DatabaseError> {
    let Place { workspace, tenant, run, now } = batch.place;
    let names: Vec<Value> = params![workspace, tenant, batch.names.clone()].to_vec();
    if !batch.added.is_empty() {
        tx.execute(&ADD, params![workspace, tenant, json!(batch.added), now, run]).await?;
    }
    if tx.dialect() == Dialect::Postgres {
        tx.query(&LOCK, &names).await?;
    }
    let known = current(tx, &names).await?;
    let outcome = decide(batch, &known);
    for payload in outcome.payloads.values() {
        let values =
            params![workspace, *payload.hash.as_bytes(), payload.size_bytes, payload.body.as_slice(), now];
        tx.execute(&ADD_PAYLOAD, values).await?;
    }
    if !outcome.versions.is_empty() {
        tx.execute(&ADD_VERSIONS, params![workspace, json!(outcome.versions), now, run]).await?;
    }
    tx.execute(&REFRESH, params![workspace, json!(outcome.refreshed), now, run]).await?;
    Ok(Written { counts: outcome.counts, left: outcome.left })
}

/// What is to be written for a batch.
#[derive(Default)]
struct Outcome<'a> {
    counts: Counts,
    /// By hash: two batches that share some add them in one order.
    payloads: BTreeMap<Hash32, &'a Payload>,
    versions: Vec<serde_json::Value>,
    refreshed: Vec<serde_json::Value>,
    left: Reads,
}

fn decide<'a>(batch: &'a Batch, known: &HashMap<Name, Current>) -> Outcome<'a> {
    let mut outcome = Outcome::default();
    for (name, read) in &batch.reads {
        let Some(current) = known.get(name) else {
            // Known a moment ago, and removed together with its tenant since; the next round finds out.
            outcome.left.insert(name.clone(), Arc::clone(read));
            continue;
        };
        let basis = current.basis(read, &batch.rehashed);
        let (changed, known) = match &basis {
            Basis::OtherRules => {
                outcome.left.insert(name.clone(), Arc::clone(read));
                continue;
            }
            Basis::First | Basis::Unreadable => (Some(Vec::new()), None),
            Basis::Known(known) => match Verdict::of(known, &read.hashes) {
                Verdict::Same => (None, Some(known)),
                Verdict::Version(changed) => (Some(changed), Some(known)),
            },
        };
        match (&changed, &basis) {
            (None, _) => outcome.counts.unchanged += 1,
            (Some(_), Basis::First) => outcome.counts.created += 1,
            (Some(_), _) => outcome.counts.updated += 1,
        }
        let number = current.version_count + i32::from(changed.is_some());
        if let Some(changed) = &changed {
            outcome.payloads.insert(read.payload.hash, &read.payload);
            outcome.versions.push(version(current, number, read, changed, batch.place.now));
        }
        outcome.refreshed.push(refreshed(current, number, read, known, changed.is_some()));
    }
    outcome
}

fn version(
    current: &Current,
    number: i32,
    read: &PolicyRead,
    changed: &[Side],
    now: Ts,
) -> serde_json::Value {
    json!({
        "id": VersionId::new(now).as_uuid().simple().to_string(),
        "policy_id": current.id.as_uuid().simple().to_string(),
        "number": number,
        "name": read.seen.name,
        "payload": read.payload.hash.to_string(),
        "canonical": read.hashes.canonical.to_string(),
        "settings": read.hashes.settings.to_string(),
        "assignments": read.hashes.assignments.map(|hash| hash.to_string()),
        "rule_set": read.rule_set,
        "parts": read.parts.iter().map(|part| part.as_str()).collect::<Vec<_>>(),
        "changed": changed.iter().map(|side| side.as_str()).collect::<Vec<_>>(),
        "modified_at": read.seen.graph_modified_at.map(Ts::as_micros),
    })
}

fn refreshed(
    current: &Current,
    number: i32,
    read: &PolicyRead,
    known: Option<&Known>,
    is_new: bool,
) -> serde_json::Value {
    // An unchanged policy keeps the hash of its newest version, which may hold assignments that the read lacks.
    let canonical = known.filter(|_| !is_new).map_or(read.hashes.canonical, |known| known.canonical);
    let assignments = read.hashes.assignments.or(known.and_then(|known| known.assignments));
    json!({
        "id": current.id.as_uuid().simple().to_string(),
        "name": read.seen.name,
        "platform": read.seen.platform,
        "view": read.seen.view,
        "modified_at": read.seen.graph_modified_at.map(Ts::as_micros),
        "number": number,
        "canonical": canonical.to_string(),
        "settings": read.hashes.settings.to_string(),
        "assignments": assignments.map(|hash| hash.to_string()),
        "rule_set": read.rule_set,
    })
}

fn name_of(read: &PolicyRead) -> Name {
    (read.ty.key.clone(), read.seen.graph_id.as_str().to_owned())
}
