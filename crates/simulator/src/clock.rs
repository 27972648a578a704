//! The simulated service's clock: the machine's, plus what a test has added to it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time of the service.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    /// Returns the service's present.
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulated service has a clock of its own, apart from the product's"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        let now = Timestamp::now();
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Moves the clock forward; parts of a second are dropped.
    pub(crate) fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// Writes a time as Graph does: UTC, seven digits of a second.
pub(crate) fn graph_time(at: Timestamp) -> String {
    format!("{}", at.strftime("%Y-%m-%dT%H:%M:%S.%7fZ"))
}
