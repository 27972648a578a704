//! Operations: one folder for each, with its inputs and identity (the start half) and its work.
//!
//! [`catalog`] says what can be started, [`registry`] what is done; a test holds the two against each other.
//! To add an operation: a folder, and a line in each of the two functions.

mod failure;
pub mod inventory_sync;
pub mod ops_prune_runs;
pub mod policy_sync;
mod reading;
mod services;
pub mod tenant_check_connection;

use ledger::catalog::{Catalog, DuplicateKind, Operation};
use ledger::schedule::SystemSchedule;
use worker::Registry;

pub use inventory_sync::InventorySync;
pub use ops_prune_runs::OpsPruneRuns;
pub use policy_sync::PolicySync;
pub use services::Services;
pub use tenant_check_connection::TenantCheckConnection;

/// Gives everything that can be started.
///
/// # Errors
/// [`DuplicateKind`] if two operations claim one kind, which a test rules out.
pub fn catalog() -> Result<Catalog, DuplicateKind> {
    Catalog::new([
        InventorySync::kind(),
        OpsPruneRuns::kind(),
        PolicySync::kind(),
        TenantCheckConnection::kind(),
    ])
}

/// Gives the work of every kind.
#[must_use]
pub fn registry(services: &Services) -> Registry {
    Registry::default()
        .with(InventorySync::KIND, services::work::<InventorySync>(services))
        .with(OpsPruneRuns::KIND, services::work::<OpsPruneRuns>(services))
        .with(PolicySync::KIND, services::work::<PolicySync>(services))
        .with(TenantCheckConnection::KIND, services::work::<TenantCheckConnection>(services))
}

/// Gives the schedules that every workspace has.
#[must_use]
pub fn system_schedules() -> Vec<SystemSchedule> {
    vec![OpsPruneRuns::SCHEDULE]
}

#[cfg(test)]
mod tests;
