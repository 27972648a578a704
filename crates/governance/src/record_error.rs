//! Why something observed could not be recorded.

use database::DatabaseError;
use tenancy::{Scope, TenantId};

/// Why nothing of a recording was kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The scope names no tenant, and what is observed belongs to one.
    #[error("record what was observed: the scope names no tenant")]
    NoTenant,
    /// Others kept recording the same policies, under other rules each time.
    #[error("record {policies} policies: others kept changing them")]
    Contended {
        /// How many were left.
        policies: usize,
    },
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl RecordError {
    /// Says whether the same recording may simply be done again.
    pub(crate) fn may_be_retried(&self) -> bool {
        matches!(self, Self::Database(error) if error.may_be_retried())
    }
}

/// Returns the tenant that something is recorded for.
pub(crate) fn tenant_of(scope: &Scope) -> Result<TenantId, RecordError> {
    scope.tenant().ok_or(RecordError::NoTenant)
}
