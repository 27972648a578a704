//! Closing a reading: how it ended, and what is no longer there.

use database::{Database, DatabaseError, Ts, Tx, Value, params, statement};
use tenancy::{RunId, Scope};

use super::{Depth, Reading, ReadingStatus};
use crate::RecordError;
use crate::record_error::tenant_of;

statement! {
    /// Writes how the reading ended; what a complete one found stays known until the next complete one.
    COVER = "inventory.close_cover", (Uuid, Uuid, Text, Text, Text, I64, I64, I64, I64, Text, Uuid, Time, Time) -> (),
    both: "INSERT INTO coverage AS c (workspace_id, tenant_id, type, depth, status, seen, failed, pages, expected, code, run_id,
          observed_at, complete_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (workspace_id, tenant_id, type, depth) DO UPDATE SET status = excluded.status, seen = excluded.seen,
          failed = excluded.failed, pages = excluded.pages, expected = coalesce(excluded.expected, c.expected),
          code = excluded.code, run_id = excluded.run_id, observed_at = excluded.observed_at,
          complete_at = coalesce(excluded.complete_at, c.complete_at)"
}
statement! {
    /// Marks the objects that the reading, and every one that began after it, did not hold.
    MISS_ITEMS = "inventory.close_miss_items", (Uuid, Uuid, Text, Time, Time) -> (),
    both: "UPDATE inventory_items SET missing_since = $4
        WHERE workspace_id = $1 AND tenant_id = $2 AND type = $3 AND missing_since IS NULL AND last_seen_at < $5"
}
statement! {
    /// Marks the policies that were not read, except those whose object was listed: they are there and could not be read.
    MISS_POLICIES = "inventory.close_miss_policies", (Uuid, Uuid, Text, Time, Time) -> (),
    both: "UPDATE policies SET missing_since = $4
        WHERE workspace_id = $1 AND tenant_id = $2 AND type = $3 AND missing_since IS NULL AND last_read_at < $5
          AND NOT EXISTS (SELECT 1 FROM inventory_items i WHERE i.workspace_id = policies.workspace_id
            AND i.tenant_id = policies.tenant_id AND i.type = policies.type AND i.graph_id = policies.graph_id
            AND i.missing_since IS NULL)"
}

/// What closing a reading found to be gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Objects of the inventory that are newly missing.
    pub missing: u64,
    /// Policies that are newly missing; only a detailed reading finds these.
    pub missing_policies: u64,
}

/// Records how the reading of a type ended, once all its pages are recorded.
///
/// Only a complete reading marks as missing what was not seen since `reading_started_at`, an
/// instant before its first page was asked for. Any other says nothing about what it did not see.
/// Nothing is deleted. Calling again is safe and finds nothing new.
///
/// # Errors
/// [`RecordError::NoTenant`] if the scope names no tenant, else [`RecordError::Database`].
#[expect(
    clippy::too_many_arguments,
    reason = "a reading is known by run, type and depth, and judged by two instants"
)]
pub async fn close_collection(
    database: &Database,
    scope: &Scope,
    run: RunId,
    ty: &str,
    depth: Depth,
    end: Reading,
    reading_started_at: Ts,
    now: Ts,
) -> Result<Closed, RecordError> {
    let tenant = tenant_of(scope)?;
    let is_complete = end.status == ReadingStatus::Complete;
    let when_complete = |value: Value| if is_complete { value } else { Value::Null };
    let key = params![scope.workspace(), tenant, ty].to_vec();
    let reading = params![
        depth.as_str(),
        end.status.as_str(),
        number(end.seen),
        number(end.failed),
        number(end.pages),
        when_complete(number(end.seen).into()),
        end.code,
        run,
        now,
        when_complete(now.into()),
    ];
    let cover = [&key[..], reading].concat();
    let miss = is_complete.then(|| [&key[..], params![now, reading_started_at]].concat());

    let first = write(database, depth, cover.clone(), miss.clone()).await;
    match first {
        Err(error) if error.may_be_retried() => Ok(write(database, depth, cover, miss).await?),
        other => Ok(other?),
    }
}

async fn write(
    database: &Database,
    depth: Depth,
    cover: Vec<Value>,
    miss: Option<Vec<Value>>,
) -> Result<Closed, DatabaseError> {
    database
        .write("inventory.close_collection", move |tx| {
            Box::pin(async move {
                tx.execute(&COVER, &cover).await?;
                match miss {
                    Some(miss) => mark_missing(tx, depth, &miss).await,
                    None => Ok(Closed::default()),
                }
            })
        })
        .await
}

async fn mark_missing(tx: &mut Tx<'_>, depth: Depth, values: &[Value]) -> Result<Closed, DatabaseError> {
    let missing = tx.execute(&MISS_ITEMS, values).await?;
    let missing_policies = match depth {
        Depth::Detailed => tx.execute(&MISS_POLICIES, values).await?,
        Depth::Listed => 0,
    };
    Ok(Closed { missing, missing_policies })
}

/// Returns a count as a column takes it.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
