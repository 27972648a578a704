//! SQLite and PostgreSQL under one layer.
//!
//! Words used here: a *statement* is a registered SQL text (one for both databases, or one for each);
//! a *unit* is a transaction body, written once and run on either database; the *writer* is the one
//! thread that owns SQLite's writing connection and commits several units together.
//!
//! The drivers appear in this crate only. A body must not wait for anything but its statements:
//! on SQLite it is polled exactly once, so "no remote call inside a transaction" is a law, not a habit.

mod clock;
mod connect;
mod error;
mod id;
mod lock;
mod migrate;
mod postgres;
mod row;
mod sqlite;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod value;

pub use clock::{Clock, Ts};
pub use connect::{Database, DatabaseUrl, Dialect, OpenOptions, UrlError};
pub use error::DatabaseError;
pub use id::new_id;
pub use lock::{LockError, ProcessLock};
pub use migrate::{MigrateError, SchemaState, wipe};
pub use row::{FromColumn, Row};
#[doc(hidden)]
pub use statement::Registered;
pub use statement::{SqlType, Statement};
pub use tx::{Body, Tx};
pub use value::Value;

#[doc(hidden)]
pub use inventory;
