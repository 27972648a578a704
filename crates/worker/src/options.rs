//! How a worker behaves.

use std::time::Duration;

/// The shortest lease: below it a beat has no time to be answered.
const LEASE_MIN: Duration = Duration::from_millis(100);

/// The shortest poll: below it an idle worker would keep the database busy.
const POLL_MIN: Duration = Duration::from_millis(10);

/// How a worker behaves.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// What it is called in the table of sessions.
    pub name: String,
    /// How long a run stays its own without a sign of life; at least 100 ms.
    pub lease: Duration,
    /// How often it looks at least for runs that other processes queued; 10 ms or longer.
    pub poll: Duration,
    /// How many runs it works on at once.
    pub concurrency: usize,
    /// The first wait before a failed attempt is repeated.
    pub backoff: Duration,
    /// How long stopping may take, from being told to the end.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            concurrency: 4,
            backoff: Duration::from_secs(5),
            grace: Duration::from_secs(8),
        }
    }
}

impl WorkerOptions {
    /// Raises what is too short to work with.
    pub(crate) fn within_bounds(self) -> Self {
        Self { lease: self.lease.max(LEASE_MIN), poll: self.poll.max(POLL_MIN), ..self }
    }
}
