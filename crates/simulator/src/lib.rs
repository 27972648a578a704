//! A Microsoft Graph on a loopback port: tenants with state, page links, tokens, faults and a recorder.
//!
//! The simulator models the service as state, not as canned replies: what a request creates, changes or
//! deletes is what the next request reads. It has its own table of collections and its own idea of how the
//! service behaves, and shares neither code nor data with the crates that it serves, so that a wrong belief
//! is not tested against itself.
//!
//! # Words
//! - A **collection** is one Graph collection or singleton, under the name that folders of exported policies
//!   use: the last segment of its path (`configurationPolicies`), or a name of its own where that segment
//!   says too little (`conditionalAccessPolicies` for `/identity/conditionalAccess/policies`).
//! - A **part** is a sub-resource of an object: `settings`, `assignments`, `definitionValues`, `apps`.
//!   Parts are never in a list; a detail call or `$expand` serves them.
//! - A **rule** says on which requests a **fault** fires.
//!
//! # Use
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulator::{Fault, GenerateOptions, RetryAfter, Rule, Simulator, TenantState};
//!
//! let tenant = TenantState::generated(7, GenerateOptions::default());
//! let tenant_id = tenant.tenant_id();
//! let running = Simulator::new().tenant(tenant).start().await?;
//! println!("log in at {}, read from {}", running.login_url(), running.graph_url());
//!
//! let throttled = running.faults().add(
//!     Rule::new(Fault::Throttled(RetryAfter::Seconds(1))).path("configurationPolicies").times(2),
//! );
//! let handle = running.tenant(tenant_id).ok_or("no such tenant")?;
//! let change = handle.change_one(1);
//! println!("{change:?}, {} requests, {} throttled", running.requests().len(), running.faults().fired(throttled));
//! running.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//! `$filter` is honoured where it is `isBuiltIn eq true|false` and ignored otherwise; `$orderby`, `$search`
//! and `$count` are ignored. Delta is there for groups alone. Permissions are not modelled beyond
//! [`Availability`]. An action that it does not know is answered with 404.

mod address;
mod answer;
mod approval;
mod assertion;
mod batch;
mod change;
mod clock;
mod collections;
mod connection;
mod deeds;
mod delta;
mod encoding;
mod faults;
mod generate;
mod handle;
mod ids;
mod incoming;
mod lag;
mod limits;
mod load;
mod masks;
mod object;
mod page;
mod parts;
mod query;
mod read;
mod recorder;
mod rules;
mod script;
mod server;
mod service;
mod snapshot;
mod table;
mod tamper;
mod tenant;
mod token;
mod write;

pub use approval::Verdict;
pub use change::Change;
pub use collections::{CollectionInfo, collections};
pub use faults::{Fault, Faults, RetryAfter, Rule, RuleId};
pub use generate::GenerateOptions;
pub use handle::TenantHandle;
pub use lag::Lag;
pub use limits::{Family, Limits};
pub use load::{LoadError, LoadReport, Loaded, Skipped};
pub use recorder::{Recorder, Request};
pub use script::Script;
pub use server::{Running, Simulator, SimulatorError};
pub use snapshot::SnapshotError;
pub use tenant::{Availability, StateError, TenantState};
