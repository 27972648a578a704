//! What was asked of a database.

use std::sync::{Arc, Mutex, PoisonError};

/// The names of the statements that a handle ran, in their order; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Ran(Arc<Mutex<Vec<&'static str>>>);

impl Ran {
    /// Gives the names so far and begins anew.
    #[must_use]
    pub fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note(&self, statement: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }
}
