//! Policies that were read whole, and their versions.
//!
//! A *document* is an object with its parts as Graph sent them. [`prepare`] does all the computing on
//! it, outside any transaction: it is brought into the form in which it is compared, and its bytes
//! become a *payload*. [`record`] then keeps a batch of such *reads*: a version is made when what is
//! compared changed, and for no other reason than that or the first sight of assignments.
//!
//! Hashes hold under a *rule set* only. Where a policy was kept under other rules than a read comes
//! with, its newest payload is normalised again and compared under the rules of the read.

mod current;
mod document;
mod envelope;
mod id;
mod list;
mod payload;
mod prepare;
mod record;
mod totals;
mod verdict;
mod versions;
mod withholding;

pub use document::{RawDocument, RawPart};
pub use envelope::{EnvelopeError, StoredDocument};
pub use id::{PolicyId, VersionId};
pub use list::{Filter, Policy, PolicyPage, find, list};
pub use payload::{PAYLOAD_BYTES_MAX, PayloadError, payload};
pub use prepare::{PolicyRead, PrepareError, prepare};
pub use record::record;
pub use totals::{TypeTotal, totals};
pub use verdict::Side;
pub use versions::{Version, versions};
