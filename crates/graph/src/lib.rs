//! Microsoft Graph over HTTP: the read path.
//!
//! What a type is called, where it is listed and which calls make an object whole is data of the
//! `contract` crate; this crate knows how to ask. It signs in with client credentials, walks
//! collections to their last page, waits when Graph asks to, and says how every reading ended.
//!
//! # Words
//! - A **connection** leads to one tenant: cloud, tenant id, application, secret.
//! - A **listing** gives the pages of one type and then its **end**: complete, partial, denied or
//!   unlicensed. Only a complete one allows to conclude that something is not there.
//! - A **delta** gives what changed in a collection since its last round, and says when that is no
//!   longer known and everything comes anew.
//! - A **document** is one object with all its parts, byte for byte as Graph sent it.
//! - An **error** has a stable code, a sentence of our own, and correlation ids; never the text of
//!   an answer.
//!
//! # Use
//! ```no_run
//! # async fn example(connection: graph::Connection) -> Result<(), Box<dyn std::error::Error>> {
//! use graph::{Cancel, CollectionEnd, GraphClient, GraphOptions};
//!
//! let client = GraphClient::new(GraphOptions::default())?;
//! let tenant = client.connect(connection);
//! let cancel = Cancel::new();
//! let ty = contract::Registry::builtin().get("configurationPolicy").ok_or("no such type")?;
//! let mut listing = tenant.list(ty, &cancel);
//! while let Some(page) = listing.next_page().await {
//!     for item in &page.items {
//!         let document = tenant.read(ty, item, &cancel).await?;
//!         println!("{}: {} parts", document.id, document.parts.len());
//!     }
//! }
//! match listing.end() {
//!     CollectionEnd::Complete => println!("that was all"),
//!     end => println!("incomplete: {:?}", end.error()),
//! }
//! # Ok(())
//! # }
//! ```

mod address;
mod assertion;
mod backoff;
mod batch;
mod budget;
mod cancel;
mod challenge;
mod client;
mod cloud;
mod connection;
mod delta;
mod document;
mod error;
mod gate;
mod listing;
mod login;
mod many;
mod options;
mod origin;
mod page;
mod paging;
mod refusal;
mod session;
mod token;
mod transport;

pub use cancel::Cancel;
pub use client::{CheckedConnection, GraphClient, TenantClient};
pub use cloud::{Cloud, CloudError, SimulatedAddresses};
pub use connection::Connection;
pub use delta::{DeltaEnd, DeltaEntry, DeltaLink, DeltaStep, DeltaWalk, MemberChange, Removal};
pub use document::{Document, DocumentPart};
pub use error::{Correlation, ErrorKind, GraphError, Retry};
pub use gate::Priority;
pub use listing::{CollectionEnd, Listing};
pub use options::{Budgets, GraphOptions, Time};
pub use page::{Item, Page};
pub use transport::ClientError;
