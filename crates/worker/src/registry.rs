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
pub trait Work: Send + Sync {
    /// Does it, or as much of it as the ending says; called once per attempt.
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
