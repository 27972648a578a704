//! The list of objects.

use database::{Database, DatabaseError, Row, Ts, params, statement};
use tenancy::{RunId, Scope, TenantId};

use crate::object_key::{ObjectKey, Presence, before_all, cut, rows_of_page, words};

statement! {
    /// Lists objects after a key.
    LIST = "inventory.list", (Uuid, Uuid, TextList, Text, Bool, Uuid, Text, Text, I64)
        -> (Uuid, Text, Text, Text, Text, Text, Time, Time, Time, Time, Uuid),
    postgres: "/* inventory.list */ SELECT tenant_id, type, graph_id, name, platform, view, graph_modified_at, first_seen_at, last_seen_at,
          missing_since, run_id FROM inventory_items
        WHERE workspace_id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND ($3::text[] IS NULL OR type = ANY($3))
          AND ($4::text IS NULL OR position(lower($4) in lower(name)) > 0)
          AND ($5::boolean IS NULL OR (missing_since IS NOT NULL) = $5)
          AND (tenant_id, type, graph_id) > ($6, $7, $8) ORDER BY tenant_id, type, graph_id LIMIT $9",
    sqlite: "SELECT tenant_id, type, graph_id, name, platform, view, graph_modified_at, first_seen_at, last_seen_at,
          missing_since, run_id FROM inventory_items
        WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id = $2)
          AND ($3 IS NULL OR type IN (SELECT value FROM json_each($3)))
          AND ($4 IS NULL OR instr(lower(name), lower($4)) > 0) AND ($5 IS NULL OR (missing_since IS NOT NULL) = $5)
          AND (tenant_id, type, graph_id) > ($6, $7, $8) ORDER BY tenant_id, type, graph_id LIMIT $9"
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
        scope.tenant(),
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
    })
}
