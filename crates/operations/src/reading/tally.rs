//! Counting a reading, and what its counts say about the run.

use governance::Counts;
use governance::inventory::ReadingStatus;
use ledger::failure::{Failure, FailureCode, FailureSummary};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Outcome};

/// The counts and failures of one attempt.
#[derive(Default)]
pub(super) struct Tally {
    listed: u64,
    failed: u64,
    skipped: u64,
    recorded: Counts,
    missing: u64,
    failures: FailureSummary,
    complete: u32,
    incomplete: u32,
}

impl Tally {
    /// Adds objects that a page listed.
    pub(super) fn listed(&mut self, count: usize) {
        self.listed += count as u64;
    }

    /// Adds what recording a page did.
    pub(super) fn recorded(&mut self, counts: Counts) {
        self.recorded += counts;
    }

    /// Adds an object that could not be read or kept.
    pub(super) fn failed(&mut self, failure: Failure) {
        self.failed += 1;
        self.failures.add(failure);
    }

    /// Adds an object that was gone before it could be read.
    pub(super) fn skipped(&mut self) {
        self.skipped += 1;
    }

    /// Adds objects that a complete reading no longer found.
    pub(super) fn missing(&mut self, count: u64) {
        self.missing += count;
    }

    /// Adds how a collection ended.
    pub(super) fn ended(&mut self, status: ReadingStatus, failure: Option<Failure>) {
        match status {
            // A type that the tenant has no licence for is skipped, and no failure.
            ReadingStatus::Unlicensed => {}
            ReadingStatus::Complete => self.complete += 1,
            ReadingStatus::Partial | ReadingStatus::Denied => {
                self.incomplete += 1;
                if let Some(failure) = failure {
                    self.failures.add(failure);
                }
            }
        }
    }

    /// Gives the counts so far.
    pub(super) fn counts(&self) -> SummaryCounts {
        let succeeded = self.recorded.total();
        SummaryCounts::default()
            .with(CountKey::Total, self.listed)
            .with(CountKey::Processed, succeeded + self.failed + self.skipped)
            .with(CountKey::Succeeded, succeeded)
            .with(CountKey::Failed, self.failed)
            .with(CountKey::Skipped, self.skipped)
            .with(CountKey::Created, self.recorded.created)
            .with(CountKey::Updated, self.recorded.updated)
            .with(CountKey::Unchanged, self.recorded.unchanged)
            .with(CountKey::Deleted, self.missing)
    }

    /// Gives the ending: incomplete collections make it partial, and nothing but failures makes it failed.
    pub(super) fn ending(self) -> Ending {
        let counts = self.counts();
        let (outcome, reason) = if self.incomplete == 0 {
            (Outcome::Succeeded, None)
        } else if self.complete == 0 && self.recorded.total() == 0 {
            (Outcome::Failed, self.failures.first_code().cloned())
        } else {
            (Outcome::PartiallySucceeded, Some(FailureCode::SYNC_INCOMPLETE))
        };
        Ending { outcome, counts, failures: self.failures, reason }
    }
}
