//! How much there is.

use crate::reach::reached_tenants;
use database::{Database, DatabaseError, Row, params, statement};
use tenancy::Scope;

statement! {
    /// Adds up policies and versions by type.
    TOTALS = "policies.totals", (Uuid, UuidList) -> (Text, I64, I64, I64),
    postgres: "/* policies.totals */ SELECT type, count(*) FILTER (WHERE missing_since IS NULL), count(missing_since), sum(version_count)::bigint
        FROM policies WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR tenant_id = ANY($2)) GROUP BY type ORDER BY type",
    sqlite: "SELECT type, count(*) FILTER (WHERE missing_since IS NULL), count(missing_since), sum(version_count)
        FROM policies WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($2))) GROUP BY type ORDER BY type"
}

/// How many policies and versions of a type there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeTotal {
    /// The key of the type.
    pub ty: String,
    /// Policies that are there, as far as is known.
    pub present: u64,
    /// Policies that a complete reading no longer held.
    pub missing: u64,
    /// Versions of both.
    pub versions: u64,
}

/// Adds up the policies and versions of each type that has any, by type.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn totals(database: &Database, scope: &Scope) -> Result<Vec<TypeTotal>, DatabaseError> {
    let values = params![scope.workspace(), reached_tenants(scope)].to_vec();
    database
        .read("policies.totals", move |tx| {
            Box::pin(async move { tx.query(&TOTALS, &values).await?.iter().map(read).collect() })
        })
        .await
}

fn read(row: &Row) -> Result<TypeTotal, DatabaseError> {
    Ok(TypeTotal { ty: row.get(0)?, present: row.get(1)?, missing: row.get(2)?, versions: row.get(3)? })
}
