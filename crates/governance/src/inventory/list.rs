//! The list of objects.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use tenancy::{RunId, Scope, TenantId};
use uuid::Uuid;

use crate::object_key::{ObjectKey, Presence, before_all, cut, rows_of_page, words};
use crate::policies::PolicyId;
use crate::reach::reached_tenants;

statement! {
    /// Lists objects after a key, each with the policy that it is where it was read whole.
    LIST = "inventory.list", (Uuid, UuidList, TextList, Text, Bool, Uuid, Text, Text, I64)
        -> (Uuid, Text, Text, Text, Text, Text, Time, Time, Time, Time, Uuid, Uuid),
    postgres: "/* inventory.list */ SELECT i.tenant_id, i.type, i.graph_id, i.name, i.platform, i.view, i.graph_modified_at, i.first_seen_at,
          i.last_seen_at, i.missing_since, i.run_id, p.id FROM inventory_items i
        LEFT JOIN policies p ON p.workspace_id = i.workspace_id AND p.tenant_id = i.tenant_id AND p.type = i.type AND p.graph_id = i.graph_id
        WHERE i.workspace_id = $1 AND ($2::uuid[] IS NULL OR i.tenant_id = ANY($2)) AND ($3::text[] IS NULL OR i.type = ANY($3))
          AND ($4::text IS NULL OR position(lower($4) in lower(i.name)) > 0)
          AND ($5::boolean IS NULL OR (i.missing_since IS NOT NULL) = $5)
          AND (i.tenant_id, i.type, i.graph_id) > ($6, $7, $8) ORDER BY i.tenant_id, i.type, i.graph_id LIMIT $9",
    sqlite: "SELECT i.tenant_id, i.type, i.graph_id, i.name, i.platform, i.view, i.graph_modified_at, i.first_seen_at,
          i.last_seen_at, i.missing_since, i.run_id, p.id FROM inventory_items i
        LEFT JOIN policies p ON p.workspace_id = i.workspace_id AND p.tenant_id = i.tenant_id AND p.type = i.type AND p.graph_id = i.graph_id
        WHERE i.workspace_id = $1 AND ($2 IS NULL OR i.tenant_id IN (SELECT unhex(value) FROM json_each($2)))
          AND ($3 IS NULL OR i.type IN (SELECT value FROM json_each($3)))
          AND ($4 IS NULL OR instr(lower(i.name), lower($4)) > 0) AND ($5 IS NULL OR (i.missing_since IS NOT NULL) = $5)
          AND (i.tenant_id, i.type, i.graph_id) > ($6, $7, $8) ORDER BY i.tenant_id, i.type, i.graph_id LIMIT $9"
}

/// Which objects to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Keys of types; empty means all.
    pub types: Vec<String>,
    /// Part of the name, in any case; SQLite knows the case of ASCII letters only.
    pub name: Option<String>,
    /// Whether they are still there.
    pub presence: Presence,
}

/// One object as it was last observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
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
    /// When it was first seen.
    pub first_seen_at: Ts,
    /// When it was last seen.
    pub last_seen_at: Ts,
    /// Since when complete readings do not hold it.
    pub missing_since: Option<Ts>,
    /// The run that saw it last.
    pub run: RunId,
    /// The policy that it is; none where it was never read whole.
    pub policy: Option<PolicyId>,
}

/// A page of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemPage {
    /// The objects, by tenant, type and Graph's id.
    pub items: Vec<Item>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<ObjectKey>,
}

/// Lists a page of objects after `after` (the `next` of the page before); `limit` is bounded by [`crate::PAGE_MAX`].
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn list(
    database: &Database,
    scope: &Scope,
    filter: &Filter,
    after: Option<ObjectKey>,
    limit: usize,
) -> Result<ItemPage, DatabaseError> {
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
    let mut items: Vec<Item> = database
        .read("inventory.list", move |tx| {
            Box::pin(async move {
                tx.query(&LIST, &values).await?.iter().map(read).collect::<Result<_, DatabaseError>>()
            })
        })
        .await?;
    let next = cut(&mut items, limit, |item| item.key.clone());
    Ok(ItemPage { items, next })
}

fn read(row: &Row) -> Result<Item, DatabaseError> {
    Ok(Item {
        key: ObjectKey { tenant: TenantId::from_uuid(row.get(0)?), ty: row.get(1)?, graph_id: row.get(2)? },
        name: row.get(3)?,
        platform: row.get(4)?,
        view: row.get(5)?,
        graph_modified_at: row.get(6)?,
        first_seen_at: row.get(7)?,
        last_seen_at: row.get(8)?,
        missing_since: row.get(9)?,
        run: RunId::from_uuid(row.get(10)?),
        policy: row.get::<Option<Uuid>>(11)?.map(PolicyId::from_uuid),
    })
}
