//! Which kind is done by which work.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ledger::Ending;
use ledger::failure::Failure;

use crate::active_run::{ActiveRun, Stop};

/// What work gives back, once it is done.
pub type WorkFuture<'r> = Pin<Box<dyn Future<Output = Result<Ending, Interrupted>> + Send + 'r>>;

/// What a kind does.
///
/// Work shares its threads with the heartbeat and with other work. It awaits often, leaves what computes
/// or blocks for longer than some milliseconds to `tokio::task::spawn_blocking`, and asks
/// [`ActiveRun::still_held`] before each step that costs something.
///
/// Work that does not heed a stop is stopped at an await: when its lease or its time is over, a minute
/// after a cancel, and shortly before the end of the grace when the process stops. Every await must
/// therefore be a place where an attempt may end. What was moved to another task or thread goes on.
pub trait Work: Send + Sync {
    /// Does it, or as much of it as the ending says; called once per attempt.
    ///
    /// A panic ends the run as failed with `ops.panicked`.
    fn run<'r>(&'r self, run: &'r ActiveRun) -> WorkFuture<'r>;
}

/// Why work ended without an ending of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Interrupted {
    /// It could not be done.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether another attempt may do better.
        again: bool,
    },
    /// It was told to stop.
    Stopped(Stop),
}

/// The works of this process, by kind.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn Work>>);

impl Registry {
    /// Adds the work of a kind; a later one for the same kind takes its place.
    #[must_use]
    pub fn with(mut self, kind: &'static str, work: impl Work + 'static) -> Self {
        self.0.insert(kind, Arc::new(work));
        self
    }

    /// Gives the work of a kind.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&Arc<dyn Work>> {
        self.0.get(kind)
    }

    /// Gives the kinds that this process can work on.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        self.0.keys().map(|kind| (*kind).to_owned()).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
