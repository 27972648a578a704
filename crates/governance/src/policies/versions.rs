//! The versions of a policy.

use contract::Part;
use database::{Database, DatabaseError, Row, Ts, params, statement};
use tenancy::{RunId, Scope};

use super::payload::hash_from;
use super::{PolicyId, Side, VersionId};
use crate::normalise::Hash32;
use crate::reach::reached_tenants;

statement! {
    /// Lists the versions of a policy, newest first.
    LIST = "policies.versions", (Uuid, Uuid, UuidList)
        -> (Uuid, I32, Text, Bytes, I64, Bytes, Bytes, Bytes, I32, Json, Json, Time, Time, Uuid),
    postgres: "/* policies.versions */ SELECT v.id, v.number, v.name, v.payload_hash, y.size_bytes, v.canonical_hash, v.settings_hash, v.assignments_hash,
          v.rule_set, v.parts, v.changed, v.graph_modified_at, v.captured_at, v.run_id
        FROM policies p JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE p.workspace_id = $1 AND p.id = $2 AND ($3::uuid[] IS NULL OR p.tenant_id = ANY($3)) ORDER BY v.number DESC",
    sqlite: "SELECT v.id, v.number, v.name, v.payload_hash, y.size_bytes, v.canonical_hash, v.settings_hash, v.assignments_hash,
          v.rule_set, v.parts, v.changed, v.graph_modified_at, v.captured_at, v.run_id
        FROM policies p JOIN policy_versions v ON v.workspace_id = p.workspace_id AND v.policy_id = p.id
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE p.workspace_id = $1 AND p.id = $2 AND ($3 IS NULL OR p.tenant_id IN (SELECT unhex(value) FROM json_each($3))) ORDER BY v.number DESC"
}

/// One immutable state of a policy, without its bytes ([`super::payload`] gives those).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// Its place among the versions of its policy, from 1.
    pub number: i32,
    /// What the policy was called.
    pub name: String,
    /// The hash of its bytes.
    pub payload_hash: Hash32,
    /// How many bytes it has, uncompressed.
    pub size_bytes: u64,
    /// The hash of all that is compared, under [`Self::rule_set`].
    pub canonical_hash: Hash32,
    /// The hash of its settings.
    pub settings_hash: Hash32,
    /// The hash of its assignments; none if they were not read or the type has none apart.
    pub assignments_hash: Option<Hash32>,
    /// The rules that its hashes were made under.
    pub rule_set: i32,
    /// The parts that were read.
    pub parts: Vec<Part>,
    /// What differs from the version before; nothing for the first, and where it only has assignments
    /// that the one before lacks.
    pub changed: Vec<Side>,
    /// When it was last changed, as Graph tells it.
    pub graph_modified_at: Option<Ts>,
    /// When it was recorded.
    pub captured_at: Ts,
    /// The run that recorded it.
    pub run: RunId,
}

/// Lists the versions of a policy, newest first; none if there is no such policy in the scope.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn versions(
    database: &Database,
    scope: &Scope,
    policy: PolicyId,
) -> Result<Vec<Version>, DatabaseError> {
    let values = params![scope.workspace(), policy, reached_tenants(scope)].to_vec();
    database
        .read("policies.versions", move |tx| {
            Box::pin(async move { tx.query(&LIST, &values).await?.iter().map(read).collect() })
        })
        .await
}

fn read(row: &Row) -> Result<Version, DatabaseError> {
    Ok(Version {
        id: VersionId::from_uuid(row.get(0)?),
        number: row.get(1)?,
        name: row.get(2)?,
        payload_hash: hash_from(row.get(3)?)?,
        size_bytes: row.get(4)?,
        canonical_hash: hash_from(row.get(5)?)?,
        settings_hash: hash_from(row.get(6)?)?,
        assignments_hash: row.get::<Option<Vec<u8>>>(7)?.map(hash_from).transpose()?,
        rule_set: row.get(8)?,
        parts: words(row, 9, "part of a version", Part::from_name)?,
        changed: words(row, 10, "side of a version", Side::from_stored)?,
        graph_modified_at: row.get(11)?,
        captured_at: row.get(12)?,
        run: RunId::from_uuid(row.get(13)?),
    })
}

/// Reads a list of stored words.
fn words<T>(
    row: &Row,
    at: usize,
    what: &'static str,
    known: fn(&str) -> Option<T>,
) -> Result<Vec<T>, DatabaseError> {
    let stored: serde_json::Value = row.get(at)?;
    let unknown = || DatabaseError::Stored { what, value: stored.to_string() };
    let list = stored.as_array().ok_or_else(unknown)?;
    list.iter().map(|word| word.as_str().and_then(known).ok_or_else(unknown)).collect()
}
