//! The bytes of a version.

use database::{Database, DatabaseError, Row, params, statement};
use tenancy::Scope;

use super::VersionId;
use crate::normalise::Hash32;
use crate::reach::reached_tenants;

statement! {
    /// Finds the payload of a version.
    FIND = "policies.payload", (Uuid, Uuid, UuidList) -> (Bytes, I64, Bytes),
    postgres: "/* policies.payload */ SELECT y.hash, y.size_bytes, y.body FROM policy_versions v
        JOIN policies p ON p.workspace_id = v.workspace_id AND p.id = v.policy_id
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE v.workspace_id = $1 AND v.id = $2 AND ($3::uuid[] IS NULL OR p.tenant_id = ANY($3))",
    sqlite: "SELECT y.hash, y.size_bytes, y.body FROM policy_versions v
        JOIN policies p ON p.workspace_id = v.workspace_id AND p.id = v.policy_id
        JOIN payloads y ON y.workspace_id = v.workspace_id AND y.hash = v.payload_hash
        WHERE v.workspace_id = $1 AND v.id = $2 AND ($3 IS NULL OR p.tenant_id IN (SELECT unhex(value) FROM json_each($3)))"
}

/// The most bytes that a payload may have; the largest real policies have a few hundred thousand.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How hard zstd tries: beyond it, time grows and policies hardly shrink.
const ZSTD_LEVEL: i32 = 3;

/// Why the payload of a version cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// What is stored is not what was stored: it does not decompress, or to something else.
    #[error("read the payload of the version {version}: its bytes are not those that were stored")]
    Damaged {
        /// The version.
        version: VersionId,
    },
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A payload as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Payload {
    pub(super) hash: Hash32,
    pub(super) size_bytes: i64,
    pub(super) body: Vec<u8>,
}

/// Gives the bytes of a version, exactly as they were recorded and checked against their hash; none
/// if there is no such version in the scope. How they are laid out: [`super::StoredDocument`] reads them.
///
/// # Errors
/// [`PayloadError::Damaged`] if the stored bytes were changed, else [`PayloadError::Database`].
pub async fn payload(
    database: &Database,
    scope: &Scope,
    version: VersionId,
) -> Result<Option<Vec<u8>>, PayloadError> {
    let values = params![scope.workspace(), version, reached_tenants(scope)].to_vec();
    let found = database
        .read("policies.payload", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&FIND, &values).await?;
                row.map(|row| Payload::from_row(&row, 0)).transpose()
            })
        })
        .await
        .map_err(|error: DatabaseError| PayloadError::Database(error))?;
    let Some(stored) = found else { return Ok(None) };
    stored.open().map(Some).ok_or(PayloadError::Damaged { version })
}

impl Payload {
    /// Compresses some bytes; none if they are too many.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        let body =
            zstd::bulk::compress(bytes, ZSTD_LEVEL).expect("bytes in memory can be compressed into memory");
        let size_bytes = i64::try_from(bytes.len()).expect("the limit is smaller");
        Some(Self { hash: Hash32::of_bytes(bytes), size_bytes, body })
    }

    /// Reads hash, size and body from the columns that begin at `at`.
    pub(super) fn from_row(row: &Row, at: usize) -> Result<Self, DatabaseError> {
        Ok(Self { hash: hash_from(row.get(at)?)?, size_bytes: row.get(at + 1)?, body: row.get(at + 2)? })
    }

    /// Decompresses the bytes; none if they are not those that were stored.
    pub(super) fn open(&self) -> Option<Vec<u8>> {
        // The stored size bounds what a changed body may become.
        let size = usize::try_from(self.size_bytes).ok().filter(|size| *size <= PAYLOAD_BYTES_MAX)?;
        let bytes = zstd::bulk::decompress(&self.body, size).ok()?;
        (Hash32::of_bytes(&bytes) == self.hash).then_some(bytes)
    }
}

/// Reads a stored hash.
pub(super) fn hash_from(bytes: Vec<u8>) -> Result<Hash32, DatabaseError> {
    let bytes = <[u8; 32]>::try_from(bytes)
        .map_err(|found| DatabaseError::Stored { what: "hash", value: format!("{} bytes", found.len()) })?;
    Ok(Hash32::from_bytes(bytes))
}
