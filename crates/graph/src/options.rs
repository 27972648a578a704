//! The limits and the pace of the client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

/// Limits and pace of a [`GraphClient`](crate::GraphClient); the defaults suit Microsoft's clouds.
#[derive(Debug, Clone)]
pub struct GraphOptions {
    /// Longest time for one attempt, from the first byte sent to the last byte read.
    pub request_timeout: Duration,
    /// Longest time for making a connection, as part of an attempt.
    pub connect_timeout: Duration,
    /// Attempts per request in all, the first included.
    pub max_attempts: u32,
    /// Shortest wait before another attempt.
    pub backoff_base: Duration,
    /// Longest wait before another attempt where the server states none.
    pub backoff_cap: Duration,
    /// Longest wait that the server is believed when it states one.
    pub stated_wait_cap: Duration,
    /// Which requests are counted against Microsoft's stated limits, and spread out to stay below.
    pub budgets: Budgets,
    /// Pages per collection; a collection with more ends partial.
    pub page_cap: usize,
    /// Bytes per answer, counted after decompression.
    pub body_limit_bytes: usize,
    /// Requests under way at once per tenant.
    pub concurrency_per_tenant: usize,
    /// Least time between two requests to Conditional Access and named locations of one tenant,
    /// which Graph allows once a second without saying so in its answers.
    pub conditional_access_interval: Duration,
    /// What the client calls itself.
    pub user_agent: String,
    /// The HTTP proxy for addresses that are not on this machine; the environment is not asked.
    pub proxy: Option<Url>,
    /// The clock and the dice.
    pub time: Time,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(10),
            max_attempts: 6,
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_mins(2),
            stated_wait_cap: Duration::from_mins(15),
            budgets: Budgets::MicrosoftClouds,
            page_cap: 10_000,
            body_limit_bytes: 32 * 1024 * 1024,
            concurrency_per_tenant: 4,
            conditional_access_interval: Duration::from_secs(1),
            user_agent: concat!("TenantAtlas/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
            time: Time::default(),
        }
    }
}

/// Where the stated limits of Microsoft Graph hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budgets {
    /// In Microsoft's clouds; a simulator is asked as fast as it answers.
    MicrosoftClouds,
    /// Everywhere.
    Everywhere,
}

/// Where the client takes the wall clock and its random numbers from.
#[derive(Clone)]
pub struct Time {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Time {
    /// Makes a source out of two functions; `jitter` is expected to give numbers from 0 to 1.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        jitter: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), jitter: Arc::new(jitter) }
    }

    /// Returns the time of the wall clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Returns a random number from 0 to 1.
    pub(crate) fn jitter(&self) -> f64 {
        (self.jitter)().clamp(0.0, 1.0)
    }
}

impl Default for Time {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the length of a wait comes from clock and dice; tests set both"
    )]
    fn default() -> Self {
        Self::new(Timestamp::now, rand::random::<f64>)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}
