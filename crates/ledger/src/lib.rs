//! Operation runs: what can be started, and everything that a run keeps.
//!
//! A *run* is one row of `operation_runs`. Its *kind* says what it does and comes from the
//! [`catalog`]; its [`identity`] is a hash of kind and effective inputs and makes duplicates
//! impossible; its [`summary`] counts what was done; its [`failure`]s say in a stable code and a
//! sanitized sentence what was not.
//!
//! The run row is its own queue entry. A *start* is one insert, or the reuse of the row that stands
//! for the same work; a *claim* is a lease with a fence and a token; a *finish* is one update that
//! names both. Workers hold a *session*, runs point at it; a session that has expired is never alive
//! again, and its runs are *taken over*.

mod cancel;
pub mod catalog;
mod claim;
mod dispatch;
mod ensure;
mod export;
pub mod failure;
mod finish;
pub mod identity;
mod list;
mod notice;
mod paused;
mod progress;
mod prune;
mod pulse;
mod queue;
mod requeue;
mod run;
mod running;
pub mod schedule;
mod search;
mod session;
mod show;
mod start;
mod start_key;
pub mod summary;
mod takeover;
mod tally;
pub mod transition;

use std::sync::Arc;

use database::{Clock, Database, DatabaseError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;

pub use cancel::Cancelled;
pub use claim::{Claim, ClaimedRun};
pub use export::ExportPlace;
pub use finish::{Ending, Finished};
pub use list::{ActiveFilter, Overview, PAGE_MAX, PageFrom, RunFilter, RunPage, RunRow};
pub use notice::{Notice, NoticeKind};
pub use paused::{PauseError, PausedKind, Pausing};
pub use progress::Held;
pub use prune::{KEY_LIFE, PRUNE_BATCH, PrunedRuns, RETENTION};
pub use pulse::Pulse;
pub use queue::Queue;
pub use requeue::{GiveBack, GivenBack};
pub use run::{Outcome, RunStatus};
pub use running::RunningNow;
pub use search::{EndedRuns, RunPlace, RunSearch, StartedBy};
pub use session::{Beat, SessionId};
pub use show::{Progress, RunDetail, RunEvent};
pub use start::{BACKLOG_MAX, Force, RunRef, StartError, StartOptions, Started};
pub use start_key::{IdempotencyKey, KEY_LENGTH_MAX, StartKeyError};
pub use takeover::TakenOver;
pub use tally::{DayTally, Tally};
pub use tenancy::RunId;

use crate::catalog::Catalog;

/// The ledger: a database, what can be started, and the application's clock. Clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    database: Database,
    catalog: Arc<Catalog>,
    clock: Clock,
    wake: Arc<Notify>,
    backlog_max: u32,
}

impl Ledger {
    /// Makes a ledger over an open, migrated database.
    #[must_use]
    pub fn new(database: Database, catalog: Catalog, clock: Clock) -> Self {
        let (catalog, wake) = (Arc::new(catalog), Arc::new(Notify::new()));
        Self { database, catalog, clock, wake, backlog_max: BACKLOG_MAX }
    }

    /// Lets this many runs wait in one workspace; a start beyond it is refused before it writes.
    #[must_use]
    pub fn with_backlog_max(self, backlog_max: u32) -> Self {
        Self { backlog_max, ..self }
    }

    /// Gives what can be started.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Gives what is notified when this process queues a run; runs of other processes are found by polling.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }
}

/// Writes a value of ours as JSON for a column.
fn to_stored<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("counts and failures hold strings and integers only")
}

/// Reads a value of ours from a column's JSON.
fn from_stored<T: DeserializeOwned>(what: &'static str, stored: Value) -> Result<T, DatabaseError> {
    serde_json::from_value(stored).map_err(|error| DatabaseError::Stored { what, value: error.to_string() })
}
