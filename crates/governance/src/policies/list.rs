//! The list of policies, and one of them.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use tenancy::{RunId, Scope, TenantId};

use super::PolicyId;
use super::payload::hash_from;
use crate::normalise::Hash32;
use crate::object_key::{ObjectKey, Presence, before_all, cut, rows_of_page, words};
use crate::reach::reached_tenants;

statement! {
    /// Lists policies after a key.
    LIST = "policies.list", (Uuid, UuidList, TextList, Text, Bool, Uuid, Text, Text, I64)
        -> (Uuid, Uuid, Text, Text, Text, Text, Text, Time, I32, Bytes, Time, Time, Time, Uuid),
    postgres: "/* policies.list */ SELECT id, tenant_id, type, graph_id, name, platform, view, graph_modified_at, version_count, canonical_hash,
          first_seen_at, last_read_at, missing_since, run_id FROM policies
        WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR tenant_id = ANY($2)) AND ($3::text[] IS NULL OR type = ANY($3))
          AND ($4::text IS NULL OR position(lower($4) in lower(name)) > 0)
          AND ($5::boolean IS NULL OR (missing_since IS NOT NULL) = $5)
          AND (tenant_id, type, graph_id) > ($6, $7, $8) ORDER BY tenant_id, type, graph_id LIMIT $9",
    sqlite: "SELECT id, tenant_id, type, graph_id, name, platform, view, graph_modified_at, version_count, canonical_hash,
          first_seen_at, last_read_at, missing_since, run_id FROM policies
        WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($2)))
          AND ($3 IS NULL OR type IN (SELECT value FROM json_each($3)))
          AND ($4 IS NULL OR instr(lower(name), lower($4)) > 0) AND ($5 IS NULL OR (missing_since IS NOT NULL) = $5)
          AND (tenant_id, type, graph_id) > ($6, $7, $8) ORDER BY tenant_id, type, graph_id LIMIT $9"
}
statement! {
    /// Finds one policy.
    FIND = "policies.find", (Uuid, Uuid, UuidList)
        -> (Uuid, Uuid, Text, Text, Text, Text, Text, Time, I32, Bytes, Time, Time, Time, Uuid),
    postgres: "/* policies.find */ SELECT id, tenant_id, type, graph_id, name, platform, view, graph_modified_at, version_count, canonical_hash,
          first_seen_at, last_read_at, missing_since, run_id FROM policies
        WHERE workspace_id = $1 AND id = $2 AND ($3::uuid[] IS NULL OR tenant_id = ANY($3))",
    sqlite: "SELECT id, tenant_id, type, graph_id, name, platform, view, graph_modified_at, version_count, canonical_hash,
          first_seen_at, last_read_at, missing_since, run_id FROM policies
        WHERE workspace_id = $1 AND id = $2 AND ($3 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($3)))"
}

/// Which policies to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Keys of types; empty means all.
    pub types: Vec<String>,
    /// Part of the name, in any case; SQLite knows the case of ASCII letters only.
    pub name: Option<String>,
    /// Whether they are still there.
    pub presence: Presence,
}

/// A policy as it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Where it is: tenant, type, Graph's id.
    pub key: ObjectKey,
    /// Its name.
    pub name: String,
    /// Its platform, in Graph's own words.
    pub platform: Option<String>,
    /// The view of its type that it belongs to.
    pub view: Option<String>,
    /// When it was last changed, as Graph tells it.
    pub graph_modified_at: Option<Ts>,
    /// How many versions it has; the newest has this number.
    pub version_count: i32,
    /// The hash of its newest version under the rules that it was last read with.
    pub canonical_hash: Option<Hash32>,
    /// When it was first read.
    pub first_seen_at: Ts,
    /// When it was last read.
    pub last_read_at: Ts,
    /// Since when complete readings do not hold it.
    pub missing_since: Option<Ts>,
    /// The run that read it last.
    pub run: RunId,
}

/// A page of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPage {
    /// The policies, by tenant, type and Graph's id.
    pub policies: Vec<Policy>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<ObjectKey>,
}

/// Lists a page of policies after `after` (the `next` of the page before); `limit` is bounded by [`crate::PAGE_MAX`].
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(
    database: &Database,
    scope: &Scope,
    filter: &Filter,
    after: Option<ObjectKey>,
    limit: usize,
) -> Result<PolicyPage, DatabaseError> {
    let after = after.unwrap_or_else(before_all);
    let values = params![
        scope.workspace(),
        reached_tenants(scope),
        words(&filter.types),
        filter.name.clone(),
        filter.presence.missing(),
        after.tenant,
        after.ty,
        after.graph_id,
        rows_of_page(limit),
    ]
    .to_vec();
    let mut policies: Vec<Policy> = database
        .read("policies.list", move |tx| {
            Box::pin(async move {
                tx.query(&LIST, &values).await?.iter().map(read).collect::<Result<_, DatabaseError>>()
            })
        })
        .await?;
    let next = cut(&mut policies, limit, |policy| policy.key.clone());
    Ok(PolicyPage { policies, next })
}

/// Finds a policy; none if there is no such policy in the scope.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn find(
    database: &Database,
    scope: &Scope,
    policy: PolicyId,
) -> Result<Option<Policy>, DatabaseError> {
    let values = params![scope.workspace(), policy, reached_tenants(scope)].to_vec();
    database
        .read("policies.find", move |tx| {
            Box::pin(async move { tx.query_opt(&FIND, &values).await?.as_ref().map(read).transpose() })
        })
        .await
}

fn read(row: &Row) -> Result<Policy, DatabaseError> {
    Ok(Policy {
        id: PolicyId::from_uuid(row.get(0)?),
        key: ObjectKey { tenant: TenantId::from_uuid(row.get(1)?), ty: row.get(2)?, graph_id: row.get(3)? },
        name: row.get(4)?,
        platform: row.get(5)?,
        view: row.get(6)?,
        graph_modified_at: row.get(7)?,
        version_count: row.get(8)?,
        canonical_hash: row.get::<Option<Vec<u8>>>(9)?.map(hash_from).transpose()?,
        first_seen_at: row.get(10)?,
        last_read_at: row.get(11)?,
        missing_since: row.get(12)?,
        run: RunId::from_uuid(row.get(13)?),
    })
}
