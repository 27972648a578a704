//! What TenantAtlas keeps about a tenant: inventory, policies, versions, and how they are compared.
//!
//! Words used here: the *inventory* is every object of a tenant as it was last observed, and a
//! *coverage* row says how well one type was last read; a *policy* is an object that was read whole,
//! and a *version* is one immutable state of it, made only when what is compared changed; a
//! *payload* is the bytes of a version as Graph sent them, kept once however many versions have them.
//!
//! What was not read is unknown, never gone: only a complete reading of a collection makes an
//! object *missing*, and nothing here is ever deleted because it was not seen.
//!
//! Every verb takes a [`tenancy::Scope`] and stays inside it. A scope without a tenant reads those
//! tenants of its workspace that its holder may see, and writes nothing.

mod counts;
mod graph_id;
pub mod inventory;
mod kept_text;
pub mod normalise;
mod object_key;
pub mod policies;
mod reach;
mod record_error;

pub use contract;
pub use counts::Counts;
pub use graph_id::{GRAPH_ID_CHARS_MAX, GraphId, GraphIdError};
pub use kept_text::NAME_CHARS_MAX;
pub use object_key::{ObjectKey, PAGE_MAX, Presence};
pub use record_error::RecordError;
