//! Who may act where.
//!
//! Words used here: a *workspace* is one team and everything it owns; a *tenant* is one Microsoft tenant in
//! a workspace; a *scope* is the proof that somebody may act in a workspace, perhaps narrowed to a tenant.
//! A [`Scope`] is made by [`access`] for a caller, or restored by the ledger from the row it was written
//! with; every verb of the ledger and of governance asks for one.

pub mod access;
mod capability;
mod id;
mod scope;
pub mod secrets;
mod slug;
pub mod tenant;
pub mod user;
pub mod workspace;

/// The handles that verbs pass on; SQL stays with those who depend on `database` itself.
pub use database::{Clock, Database, DatabaseError, Ts};

pub use capability::{Capabilities, Capability};
pub use id::{RunId, TenantId, UserId, WorkspaceId};
pub use scope::{Actor, Scope};
pub use slug::{Slug, SlugError};
