//! How many objects there are.

use crate::reach::reached_tenants;
use database::{Database, DatabaseError, Row, params, statement};
use tenancy::Scope;

statement! {
    /// Counts objects by type.
    COUNT = "inventory.counts", (Uuid, UuidList) -> (Text, I64, I64),
    postgres: "/* inventory.counts */ SELECT type, count(*) FILTER (WHERE missing_since IS NULL), count(missing_since) FROM inventory_items
        WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR tenant_id = ANY($2)) GROUP BY type ORDER BY type",
    sqlite: "SELECT type, count(*) FILTER (WHERE missing_since IS NULL), count(missing_since) FROM inventory_items
        WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($2))) GROUP BY type ORDER BY type"
}

/// How many objects of a type there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeCount {
    /// The key of the type.
    pub ty: String,
    /// Objects that are there, as far as is known.
    pub present: u64,
    /// Objects that a complete reading no longer held.
    pub missing: u64,
}

/// Counts the objects of each type that has any, by type.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn counts(database: &Database, scope: &Scope) -> Result<Vec<TypeCount>, DatabaseError> {
    let values = params![scope.workspace(), reached_tenants(scope)].to_vec();
    database
        .read("inventory.counts", move |tx| {
            Box::pin(async move { tx.query(&COUNT, &values).await?.iter().map(read).collect() })
        })
        .await
}

fn read(row: &Row) -> Result<TypeCount, DatabaseError> {
    Ok(TypeCount { ty: row.get(0)?, present: row.get(1)?, missing: row.get(2)? })
}
