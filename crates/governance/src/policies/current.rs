//! What is kept of the policies of a batch, before it is recorded.

use std::collections::HashMap;

use database::{Database, DatabaseError, Row, Tx, Value, params, statement};
use tenancy::Scope;
use uuid::Uuid;

use super::payload::{Payload, hash_from};
use super::prepare::{Hashes, PolicyRead};
use super::verdict::Known;
use super::{PolicyId, StoredDocument};
use crate::normalise::{Hash32, normalise};

statement! {
    /// Gives what is kept of the policies that are named by type and Graph's id. The cross join makes SQLite
    /// begin with the names: left to itself it walks all policies and reads the names again for each.
    CURRENT = "policies.current", (Uuid, Uuid, Json) -> (Uuid, Text, Text, I32, I64, Bytes, Bytes, Bytes, Bool),
    postgres: "/* policies.current */ SELECT p.id, p.type, p.graph_id, p.version_count, p.rule_set::bigint, p.canonical_hash, p.settings_hash,
          p.assignments_hash, v.assignments_hash IS NOT NULL
        FROM jsonb_to_recordset($3) AS r (type text, graph_id text)
        JOIN policies p ON p.workspace_id = $1 AND p.tenant_id = $2 AND p.type = r.type AND p.graph_id = r.graph_id
        LEFT JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id AND v.number = p.version_count",
    sqlite: "SELECT p.id, p.type, p.graph_id, p.version_count, p.rule_set, p.canonical_hash, p.settings_hash,
          p.assignments_hash, v.assignments_hash IS NOT NULL
        FROM json_each($3) AS r
        CROSS JOIN policies p ON p.workspace_id = $1 AND p.tenant_id = $2 AND p.type = r.value ->> 'type' AND p.graph_id = r.value ->> 'graph_id'
        LEFT JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id AND v.number = p.version_count"
}
statement! {
    /// Gives the newest payloads of some policies.
    NEWEST = "policies.current_payloads", (Uuid, UuidList) -> (Uuid, I32, Bytes, I64, Bytes),
    postgres: "/* policies.current_payloads */ SELECT p.id, v.number, y.hash, y.size_bytes, y.body FROM policies p
        JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id AND v.number = p.version_count
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE p.workspace_id = $1 AND p.id = ANY($2)",
    sqlite: "SELECT p.id, v.number, y.hash, y.size_bytes, y.body FROM policies p
        JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id AND v.number = p.version_count
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE p.workspace_id = $1 AND p.id IN (SELECT unhex(value) FROM json_each($2))"
}

/// How many payloads are in memory at once while hashes are computed anew.
const PAYLOADS_AT_ONCE: usize = 50;

/// What names a policy in a tenant: the key of its type and Graph's id.
pub(super) type Name = (String, String);

/// What is kept of one policy.
#[derive(Debug, Clone)]
pub(super) struct Current {
    pub(super) id: PolicyId,
    pub(super) version_count: i32,
    /// None for a policy that has no version yet.
    state: Option<State>,
}

#[derive(Debug, Clone)]
struct State {
    rule_set: u32,
    known: Known,
}

/// Hashes of the newest versions under the rules of the reads they are to be compared with.
#[derive(Debug, Default)]
pub(super) struct Rehashed(HashMap<(PolicyId, i32), Option<Hashes>>);

/// What a read is compared with.
#[derive(Debug)]
pub(super) enum Basis {
    /// Nothing: it is the first.
    First,
    /// This.
    Known(Known),
    /// A version that can no longer be understood; a new one stands beside it.
    Unreadable,
    /// A version that was not hashed under the rules of the read yet.
    OtherRules,
}

/// Reads what is kept of the named policies.
pub(super) async fn current(
    tx: &mut Tx<'_>,
    values: &[Value],
) -> Result<HashMap<Name, Current>, DatabaseError> {
    let rows = tx.query(&CURRENT, values).await?;
    rows.iter().map(|row| Ok(((row.get(1)?, row.get(2)?), Current::from_row(row)?))).collect()
}

/// Computes anew the hashes of policies that were kept under other rules than their reads come with.
pub(super) async fn rehash(
    database: &Database,
    scope: &Scope,
    pairs: Vec<(&Current, &PolicyRead)>,
) -> Result<Rehashed, DatabaseError> {
    let reads: HashMap<PolicyId, &PolicyRead> =
        pairs.into_iter().map(|(current, read)| (current.id, read)).collect();
    let ids: Vec<Uuid> = reads.keys().map(|id| id.as_uuid()).collect();
    let mut rehashed = Rehashed::default();
    for ids in ids.chunks(PAYLOADS_AT_ONCE) {
        for (id, number, payload) in newest(database, scope, ids.to_vec()).await? {
            let Some(read) = reads.get(&id) else { continue };
            let hashes = hashes_of(&payload, read);
            if hashes.is_none() {
                tracing::warn!(policy.id = %id, version.number = number, "the newest version of a policy can no longer be read");
            }
            rehashed.0.insert((id, number), hashes);
        }
    }
    Ok(rehashed)
}

async fn newest(
    database: &Database,
    scope: &Scope,
    ids: Vec<Uuid>,
) -> Result<Vec<(PolicyId, i32, Payload)>, DatabaseError> {
    let values = params![scope.workspace(), ids].to_vec();
    database
        .read("policies.current_payloads", move |tx| {
            Box::pin(async move {
                let rows = tx.query(&NEWEST, &values).await?;
                let read = |row: &Row| {
                    Ok((PolicyId::from_uuid(row.get(0)?), row.get(1)?, Payload::from_row(row, 2)?))
                };
                rows.iter().map(read).collect()
            })
        })
        .await
}

fn hashes_of(payload: &Payload, read: &PolicyRead) -> Option<Hashes> {
    let stored = StoredDocument::read(&payload.open()?).ok()?;
    let normalised = normalise(read.ty, &stored.document()).ok()?;
    Some(Hashes::of(&normalised))
}

impl Current {
    /// Says whether the policy was kept under other rules than the read comes with.
    pub(super) fn has_other_rules(&self, read: &PolicyRead) -> bool {
        self.state.as_ref().is_some_and(|state| state.rule_set != read.rule_set)
    }

    /// Returns what the read is to be compared with.
    pub(super) fn basis(&self, read: &PolicyRead, rehashed: &Rehashed) -> Basis {
        let Some(state) = &self.state else { return Basis::First };
        if state.rule_set == read.rule_set {
            return Basis::Known(state.known);
        }
        match rehashed.0.get(&(self.id, self.version_count)) {
            None => Basis::OtherRules,
            Some(None) => Basis::Unreadable,
            Some(Some(hashes)) => Basis::Known(Known {
                canonical: hashes.canonical,
                settings: hashes.settings,
                assignments: hashes.assignments,
                holds_assignments: state.known.holds_assignments,
            }),
        }
    }

    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let version_count: i32 = row.get(3)?;
        let hash = |at| row.get::<Option<Vec<u8>>>(at)?.map(hash_from).transpose();
        let (canonical, settings): (Option<Hash32>, Option<Hash32>) = (hash(5)?, hash(6)?);
        let state = match (row.get::<Option<i64>>(4)?, canonical, settings) {
            (Some(rule_set), Some(canonical), Some(settings)) if version_count > 0 => Some(State {
                rule_set: u32::try_from(rule_set)
                    .map_err(|_| DatabaseError::Stored { what: "rule set", value: rule_set.to_string() })?,
                known: Known { canonical, settings, assignments: hash(7)?, holds_assignments: row.get(8)? },
            }),
            _ => None,
        };
        Ok(Self { id: PolicyId::from_uuid(row.get(0)?), version_count, state })
    }
}
