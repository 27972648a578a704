//! What a run keeps about what went wrong: a stable code, a safe sentence, how often, on what.
//!
//! No raw error text reaches a row or a page. A message is a [`SafeText`], which only sanitizing
//! or our own words make; a code is a [`FailureCode`] of one table.

mod code;
mod safe_text;
mod sanitize;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    code::{CodeEntry, FailureCode, UnknownCode},
    safe_text::{SAFE_TEXT_CHARS_MAX, SafeText, sanitize},
    sanitize::{MARKER, sanitize_full},
};

/// Distinct failures that a summary lists; a run over thousands of objects must not write a
/// row of megabytes.
pub const FAILURES_MAX: usize = 50;

/// One way in which a run, or some of its items, failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong, from the table of codes.
    pub code: FailureCode,
    /// The same in a sentence.
    pub message: SafeText,
    /// How often it happened, at least 1.
    pub count: u64,
    /// The item it happened to, the first of several where they no longer fitted; none where it was none in particular.
    #[serde(default)]
    pub item: Option<SafeText>,
}

impl Failure {
    /// Makes a failure that happened once, to no item in particular.
    pub fn new(code: FailureCode, message: impl Into<SafeText>) -> Self {
        Self { code, message: message.into(), count: 1, item: None }
    }

    /// Makes a failure that says no more than the table does about its code.
    pub fn of_code(code: FailureCode) -> Self {
        let message = code
            .entry()
            .map_or(SafeText::from("It failed for a reason that this version does not know."), |entry| {
                SafeText::from(entry.meaning)
            });
        Self::new(code, message)
    }

    /// Names the item that it happened to.
    #[must_use]
    pub fn on(mut self, item: SafeText) -> Self {
        self.item = Some(item);
        self
    }
}

/// The failures of a run's final attempt: at most [`FAILURES_MAX`] distinct ones, in the order in
/// which they were first seen.
///
/// Equal ones (same code, message and item) are one entry with a count, so that a person sees which
/// items failed. What does not fit is counted under [`FailureCode::MORE_FAILURES`] at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Failure>", into = "Vec<Failure>")]
pub struct FailureSummary {
    listed: Vec<Failure>,
    unlisted_count: u64,
}

impl FailureSummary {
    /// Adds a failure; one that says the same of the same item counts up.
    ///
    /// Items are named one by one while there is room. After that, a failure that says the same as a
    /// listed one is counted with it, and any other among those that did not fit.
    pub fn add(&mut self, failure: Failure) {
        let count = failure.count.max(1);
        let alike = |known: &Failure| known.code == failure.code && known.message == failure.message;
        let same = self.listed.iter().position(|known| alike(known) && known.item == failure.item);
        let is_full = self.listed.len() >= FAILURES_MAX;
        let counted_with = same.or_else(|| self.listed.iter().position(alike).filter(|_| is_full));
        if failure.code == FailureCode::MORE_FAILURES {
            self.unlisted_count = self.unlisted_count.saturating_add(count);
        } else if let Some(at) = counted_with {
            self.listed[at].count = self.listed[at].count.saturating_add(count);
        } else if is_full {
            self.unlisted_count = self.unlisted_count.saturating_add(count);
        } else {
            self.listed.push(Failure { count, ..failure });
        }
    }

    /// Says whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.unlisted_count == 0
    }

    /// Number of failures, each as often as it happened.
    pub fn count(&self) -> u64 {
        self.listed.iter().fold(self.unlisted_count, |sum, failure| sum.saturating_add(failure.count))
    }

    /// The code of the first failure, which is a run's reason where it has no other.
    pub fn first_code(&self) -> Option<&FailureCode> {
        self.listed.first().map(|failure| &failure.code)
    }

    /// The distinct failures, the entry for what did not fit left out.
    pub fn listed(&self) -> &[Failure] {
        &self.listed
    }
}

impl From<Vec<Failure>> for FailureSummary {
    fn from(failures: Vec<Failure>) -> Self {
        failures.into_iter().collect()
    }
}

impl From<FailureSummary> for Vec<Failure> {
    fn from(summary: FailureSummary) -> Self {
        let mut failures = summary.listed;
        if summary.unlisted_count > 0 {
            let more = Failure::of_code(FailureCode::MORE_FAILURES);
            failures.push(Failure { count: summary.unlisted_count, ..more });
        }
        failures
    }
}

impl FromIterator<Failure> for FailureSummary {
    fn from_iter<I: IntoIterator<Item = Failure>>(failures: I) -> Self {
        let mut summary = Self::default();
        failures.into_iter().for_each(|failure| summary.add(failure));
        summary
    }
}

impl From<Failure> for FailureSummary {
    fn from(failure: Failure) -> Self {
        std::iter::once(failure).collect()
    }
}
