//! Recording one page of a collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use database::{Database, DatabaseError, Row, Ts, Tx, Value, params, statement};
use serde_json::json;
use tenancy::{RunId, Scope};

use super::SeenItem;
use crate::record_error::tenant_of;
use crate::{Counts, RecordError};

statement! {
    /// Gives what is kept of the page's objects and holds it still, in one order for everybody.
    KEPT = "inventory.record_page_kept", (Uuid, Uuid, Text, TextList) -> (Text, Text, Text, Text, Time, Time),
    postgres: "/* inventory.record_page_kept */ SELECT graph_id, name, platform, view, graph_modified_at, missing_since FROM inventory_items
        WHERE workspace_id = $1 AND tenant_id = $2 AND type = $3 AND graph_id = ANY($4) ORDER BY graph_id FOR UPDATE",
    sqlite: "SELECT graph_id, name, platform, view, graph_modified_at, missing_since FROM inventory_items
        WHERE workspace_id = $1 AND tenant_id = $2 AND type = $3 AND graph_id IN (SELECT value FROM json_each($4))"
}
statement! {
    /// Writes the whole page. A reading that began earlier does not take back that an object was seen later.
    WRITE = "inventory.record_page_write", (Uuid, Uuid, Text, Json, Time, Uuid) -> (),
    postgres: "/* inventory.record_page_write */ INSERT INTO inventory_items AS i (workspace_id, tenant_id, type, graph_id, name, platform,
          view, graph_modified_at, first_seen_at, last_seen_at, run_id)
        SELECT $1, $2, $3, r.graph_id, r.name, r.platform, r.view,
          timestamptz 'epoch' + r.modified_at * interval '1 microsecond', $5, $5, $6
        FROM jsonb_to_recordset($4) AS r (graph_id text, name text, platform text, view text, modified_at bigint)
        ON CONFLICT (workspace_id, tenant_id, type, graph_id) DO UPDATE SET name = excluded.name, platform = excluded.platform,
          view = excluded.view, graph_modified_at = excluded.graph_modified_at,
          last_seen_at = greatest(i.last_seen_at, excluded.last_seen_at), missing_since = NULL, run_id = excluded.run_id",
    sqlite: "INSERT INTO inventory_items AS i (workspace_id, tenant_id, type, graph_id, name, platform,
          view, graph_modified_at, first_seen_at, last_seen_at, run_id)
        SELECT $1, $2, $3, value ->> 'graph_id', value ->> 'name', value ->> 'platform', value ->> 'view',
          value ->> 'modified_at', $5, $5, $6
        FROM json_each($4) WHERE true
        ON CONFLICT (workspace_id, tenant_id, type, graph_id) DO UPDATE SET name = excluded.name, platform = excluded.platform,
          view = excluded.view, graph_modified_at = excluded.graph_modified_at,
          last_seen_at = max(i.last_seen_at, excluded.last_seen_at), missing_since = NULL, run_id = excluded.run_id"
}

/// Records the objects of one page of the type `ty`, all of them or none.
///
/// Known objects are refreshed and are no longer missing; one whose name, platform, view or time of
/// change differs, or that was missing, counts as updated. An object that is on the page twice is
/// recorded once, as it came last. Calling again is safe.
///
/// # Errors
/// [`RecordError::NoTenant`] if the scope names no tenant, else [`RecordError::Database`].
pub async fn record_page(
    database: &Database,
    scope: &Scope,
    run: RunId,
    ty: &str,
    items: Vec<SeenItem>,
    now: Ts,
) -> Result<Counts, RecordError> {
    let tenant = tenant_of(scope)?;
    // Sorted, so that two pages that share objects meet them in one order and never wait for each other.
    let items: BTreeMap<String, SeenItem> =
        items.into_iter().map(|item| (item.graph_id.as_str().to_owned(), item)).collect();
    if items.is_empty() {
        return Ok(Counts::default());
    }
    let ids: Vec<String> = items.keys().cloned().collect();
    let rows: Vec<serde_json::Value> = items.values().map(stored).collect();
    let key = params![scope.workspace(), tenant, ty].to_vec();
    let page = Arc::new(Page {
        items,
        kept: [&key[..], params![ids]].concat(),
        write: [&key[..], params![json!(rows), now, run]].concat(),
    });
    let first = write(database, Arc::clone(&page)).await;
    match first {
        Err(error) if error.may_be_retried() => Ok(write(database, page).await?),
        other => Ok(other?),
    }
}

/// A page with the values of both statements, made once for every attempt.
struct Page {
    items: BTreeMap<String, SeenItem>,
    kept: Vec<Value>,
    write: Vec<Value>,
}

async fn write(database: &Database, page: Arc<Page>) -> Result<Counts, DatabaseError> {
    database
        .write("inventory.record_page", move |tx| Box::pin(async move { write_in(tx, &page).await }))
        .await
}

async fn write_in(tx: &mut Tx<'_>, page: &Page) -> Result<Counts, DatabaseError> {
    let mut counts = Counts::default();
    for row in tx.query(&KEPT, &page.kept).await? {
        let graph_id: String = row.get(0)?;
        match page.items.get(&graph_id) {
            Some(item) if is_as_kept(item, &row)? => counts.unchanged += 1,
            Some(_) => counts.updated += 1,
            None => {}
        }
    }
    counts.created = page.items.len() as u64 - counts.total();
    tx.execute(&WRITE, &page.write).await?;
    Ok(counts)
}

fn is_as_kept(item: &SeenItem, row: &Row) -> Result<bool, DatabaseError> {
    Ok(item.name == row.get::<String>(1)?
        && item.platform == row.get::<Option<String>>(2)?
        && item.view == row.get::<Option<String>>(3)?
        && item.graph_modified_at == row.get::<Option<Ts>>(4)?
        && row.get::<Option<Ts>>(5)?.is_none())
}

fn stored(item: &SeenItem) -> serde_json::Value {
    json!({
        "graph_id": item.graph_id.as_str(), "name": item.name, "platform": item.platform, "view": item.view,
        "modified_at": item.graph_modified_at.map(Ts::as_micros),
    })
}
