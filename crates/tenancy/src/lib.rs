//! Who may act where.
//!
//! Words used here: a *workspace* is one team and everything it owns; a *tenant* is one Microsoft tenant in
//! a workspace; a *member* is a user with a role in a workspace, perhaps *narrowed* to some of its tenants;
//! a *principal* is somebody who has shown who they are, by a session or an API token; a *scope* is the proof
//! that somebody may act in a workspace, perhaps in one tenant of it. A [`Scope`] is made by [`access`] for a
//! caller, or restored by the ledger from the row it was written with; every verb of the ledger and of
//! governance asks for one. What a person changes is written down in the [`audit`] log by the same transaction.

#[macro_use]
mod words;

pub mod access;
pub mod audit;
mod capability;
pub mod demo;
pub mod first_start;
mod id;
pub mod invitation;
pub mod membership;
pub mod password;
mod request;
mod scope;
mod secret_token;
pub mod secrets;
pub mod session;
mod slug;
mod softlock;
pub mod tenant;
pub mod token;
pub mod user;
pub mod workspace;

/// The handles that verbs pass on; SQL stays with those who depend on `database` itself.
pub use database::{Clock, Database, DatabaseError, Ts};

pub use capability::{Capabilities, Capability};
pub use id::{ApiTokenId, AuditId, InvitationId, RunId, SessionId, TenantId, UserId, WorkspaceId};
pub use request::RequestInfo;
pub use scope::{Actor, Channel, PROOF_LIFE, Scope};
pub use secret_token::{RandomError, SecretToken};
pub use slug::{Slug, SlugError};
