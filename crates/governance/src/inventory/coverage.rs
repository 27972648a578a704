//! How well each type was last read.

use crate::reach::reached_tenants;
use database::{Database, DatabaseError, Row, Ts, params, statement};
use tenancy::{RunId, Scope, TenantId};

statement! {
    /// Lists how well each type was last read, at each depth.
    LIST = "inventory.coverage", (Uuid, UuidList)
        -> (Uuid, Text, Text, Text, I64, I64, I64, I64, Text, Uuid, Time, Time),
    postgres: "/* inventory.coverage */ SELECT tenant_id, type, depth, status, seen, failed, pages, expected, code, run_id, observed_at, complete_at
        FROM coverage WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR tenant_id = ANY($2)) ORDER BY tenant_id, type, depth",
    sqlite: "SELECT tenant_id, type, depth, status, seen, failed, pages, expected, code, run_id, observed_at, complete_at
        FROM coverage WHERE workspace_id = $1 AND ($2 IS NULL OR tenant_id IN (SELECT unhex(value) FROM json_each($2))) ORDER BY tenant_id, type, depth"
}

/// How deep a reading went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// The list alone.
    Listed,
    /// Every object with its parts.
    Detailed,
}

/// How a reading of one type ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadingStatus {
    /// It was read to its last page: what was not in it is not there.
    Complete,
    /// It was cut short: what was not in it is unknown.
    Partial,
    /// Graph refused it.
    Denied,
    /// The tenant has no licence for it.
    Unlicensed,
}

/// The end of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How it ended.
    pub status: ReadingStatus,
    /// Objects that it found.
    pub seen: u64,
    /// Objects among them, or instead of them, that could not be read or kept.
    pub failed: u64,
    /// Pages that it took.
    pub pages: u64,
    /// The stable code that explains an end that is not complete.
    pub code: Option<String>,
}

/// How well one type of a tenant was last read, at one depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The tenant.
    pub tenant: TenantId,
    /// The key of the type.
    pub ty: String,
    /// How deep the reading went.
    pub depth: Depth,
    /// How the last reading ended.
    pub reading: Reading,
    /// What the last complete reading found; none before the first.
    pub expected: Option<u64>,
    /// The run that read last.
    pub run: RunId,
    /// When it ended.
    pub observed_at: Ts,
    /// When the last complete reading ended.
    pub complete_at: Option<Ts>,
}

/// Lists how well each type was last read, by tenant, type and depth; a type that was never read is not in it.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn coverage(database: &Database, scope: &Scope) -> Result<Vec<Coverage>, DatabaseError> {
    let values = params![scope.workspace(), reached_tenants(scope)].to_vec();
    database
        .read("inventory.coverage", move |tx| {
            Box::pin(async move { tx.query(&LIST, &values).await?.iter().map(read).collect() })
        })
        .await
}

fn read(row: &Row) -> Result<Coverage, DatabaseError> {
    let (depth, status): (String, String) = (row.get(2)?, row.get(3)?);
    let unknown = |what, value| DatabaseError::Stored { what, value };
    Ok(Coverage {
        tenant: TenantId::from_uuid(row.get(0)?),
        ty: row.get(1)?,
        depth: Depth::from_stored(&depth).ok_or_else(|| unknown("depth of a reading", depth))?,
        reading: Reading {
            status: ReadingStatus::from_stored(&status)
                .ok_or_else(|| unknown("status of a reading", status))?,
            seen: row.get(4)?,
            failed: row.get(5)?,
            pages: row.get(6)?,
            code: row.get(8)?,
        },
        expected: row.get(7)?,
        run: RunId::from_uuid(row.get(9)?),
        observed_at: row.get(10)?,
        complete_at: row.get(11)?,
    })
}

impl Depth {
    const ALL: [Self; 2] = [Self::Listed, Self::Detailed];

    /// Returns the stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Detailed => "detailed",
        }
    }

    fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|depth| depth.as_str() == word)
    }
}

impl ReadingStatus {
    const ALL: [Self; 4] = [Self::Complete, Self::Partial, Self::Denied, Self::Unlicensed];

    /// Returns the stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Denied => "denied",
            Self::Unlicensed => "unlicensed",
        }
    }

    fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
