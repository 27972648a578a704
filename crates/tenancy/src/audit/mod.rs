//! The audit log: what people did, written by the transaction that did it.
//!
//! Rows are only added; triggers refuse to change or delete them. A row of no workspace is about the server
//! itself, as signing in is. A later pass seals rows into a chain of hashes, once each.

mod action;
mod list;
mod record;

pub use action::Action;
pub use list::{AuditError, AuditRow, PAGE_LENGTH_MAX, list, list_server};
pub use record::{Entry, record};
