//! Going slowly: how long to wait before another attempt, and how fast a tenant may be asked.
//!
//! A *gate* belongs to one tenant. It lets a bounded number of requests through at once, and it
//! holds back a throttle family (services that Graph meters together) as long as Graph asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ThrottleFamily;
use http::{HeaderMap, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::error::GraphError;
use crate::options::GraphOptions;

/// The attempts of one request: how many are left, and how long to wait before the next.
#[derive(Debug)]
pub(crate) struct Backoff<'a> {
    options: &'a GraphOptions,
    attempts_made: u32,
}

impl<'a> Backoff<'a> {
    pub(crate) fn new(options: &'a GraphOptions) -> Self {
        Self { options, attempts_made: 0 }
    }

    /// Counts a failed attempt and returns the wait before the next, or none if that was the last.
    ///
    /// `asked` is what the server asked for. Without it the wait is random between the base and a
    /// limit that doubles with every attempt, so that many clients do not come back together.
    pub(crate) fn failed(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.attempts_made += 1;
        if self.attempts_made >= self.options.max_attempts {
            return None;
        }
        let (base, cap) = (self.options.backoff_base, self.options.backoff_cap);
        let wait = asked.unwrap_or_else(|| {
            let doublings = (self.attempts_made - 1).min(20);
            let limit = base.saturating_mul(1 << doublings).min(cap);
            limit.mul_f64(self.options.time.jitter())
        });
        Some(wait.max(base).min(cap))
    }
}

/// Reads the wait that `Retry-After` asks for: whole seconds or an HTTP date (RFC 9110, 10.2.3).
///
/// A date in the past is no wait at all. What is not understood, a negative number included, is
/// read as absent. The result is not bounded: [`Backoff::failed`] keeps it within base and cap.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a u64 holds still mean "very long".
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Lets the requests of one tenant through, at the pace that each throttle family bears.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    families: Mutex<HashMap<ThrottleFamily, Arc<Pacer>>>,
}

/// The pace of one throttle family of one tenant.
#[derive(Debug)]
struct Pacer {
    /// Held by the request whose turn is next, so that turns come in order.
    turn: AsyncMutex<()>,
    next_at: Mutex<Instant>,
}

/// A throttle family as the gate sees it, with the least time between two of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) family: ThrottleFamily,
    pub(crate) interval: Duration,
}

impl Gate {
    /// Makes a gate that lets `concurrency` requests through at once, at least one.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(concurrency.max(1))), families: Mutex::default() }
    }

    /// Waits until a request of this family may go; it counts as under way until the permit drops.
    pub(crate) async fn pass(&self, lane: Lane, cancel: &Cancel) -> Result<OwnedSemaphorePermit, GraphError> {
        let pacer = self.pacer(lane);
        cancel
            .race(async {
                let _turn = pacer.turn.lock().await;
                pacer.wait().await;
                let permit = Arc::clone(&self.permits)
                    .acquire_owned()
                    .await
                    .expect("the semaphore of a gate is never closed");
                pacer.hold(lane.interval);
                permit
            })
            .await
    }

    /// Holds back every request of this family for a while, because Graph asked for it.
    pub(crate) fn hold(&self, lane: Lane, wait: Duration) {
        self.pacer(lane).hold(wait);
    }

    /// Tells whether a family is still held back.
    pub(crate) fn is_holding(&self) -> bool {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.values().any(|pacer| pacer.next_at() > Instant::now())
    }

    fn pacer(&self, lane: Lane) -> Arc<Pacer> {
        // A panic elsewhere cannot leave a map of pacers half written.
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(families.entry(lane.family).or_insert_with(|| {
            Arc::new(Pacer { turn: AsyncMutex::new(()), next_at: Mutex::new(Instant::now()) })
        }))
    }
}

impl Pacer {
    fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut next_at = self.next_at.lock().unwrap_or_else(PoisonError::into_inner);
        *next_at = until.max(*next_at);
    }

    fn next_at(&self) -> Instant {
        *self.next_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next free moment, which may move away while we wait.
    async fn wait(&self) {
        while self.next_at() > Instant::now() {
            tokio::time::sleep_until(self.next_at()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Time;

    const SLOW: Lane = Lane { family: ThrottleFamily::ConditionalAccess, interval: Duration::from_secs(1) };
    const FREE: Lane = Lane { family: ThrottleFamily::IntuneDefault, interval: Duration::ZERO };

    fn asked(value: &str) -> Option<Duration> {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now)
    }

    fn options(jitter: f64) -> GraphOptions {
        GraphOptions {
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_mins(2),
            time: Time::new(|| Timestamp::UNIX_EPOCH, move || jitter),
            ..GraphOptions::default()
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(asked("0"), Some(Duration::ZERO));
        assert_eq!(asked(" 17 "), Some(Duration::from_secs(17)));
        assert_eq!(asked("Sun, 01 Mar 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(
            asked("Sun, 01 Mar 2026 11:00:00 GMT"),
            Some(Duration::ZERO),
            "a date in the past asks for no wait"
        );
        assert_eq!(asked("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for nonsense in ["", "-1", "soon", "1.5", "12s", "2026-03-01T12:00:30Z"] {
            assert_eq!(asked(nonsense), None, "{nonsense:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn a_wait_stays_between_the_base_and_the_cap() {
        let options = options(0.5);
        for (asked, expected) in [
            (Some(Duration::ZERO), 1),
            (Some(Duration::from_secs(7)), 7),
            (Some(Duration::from_secs(u64::MAX)), 120),
        ] {
            let wait = Backoff::new(&options).failed(asked);
            assert_eq!(wait, Some(Duration::from_secs(expected)));
        }
    }

    #[test]
    fn waits_grow_with_every_attempt_until_the_budget_is_used_up() {
        let options = GraphOptions { max_attempts: 10, ..options(1.0) };
        let mut backoff = Backoff::new(&options);
        let waits: Vec<u64> =
            std::iter::from_fn(|| backoff.failed(None)).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
    }

    #[test]
    fn the_smallest_jitter_still_waits_for_the_base() {
        let options = options(0.0);
        let mut backoff = Backoff::new(&options);
        while let Some(wait) = backoff.failed(None) {
            assert_eq!(wait, Duration::from_secs(1));
        }
        assert_eq!(backoff.attempts_made, options.max_attempts);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_family_is_asked_once_per_interval_and_others_do_not_wait() {
        let gate = Gate::new(4);
        let cancel = Cancel::new();
        let start = Instant::now();
        for _ in 0..3 {
            drop(gate.pass(SLOW, &cancel).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 2);
        drop(gate.pass(FREE, &cancel).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_family_lets_nobody_through_before_its_time() {
        let gate = Gate::new(4);
        let cancel = Cancel::new();
        gate.hold(FREE, Duration::from_secs(30));
        gate.hold(FREE, Duration::from_secs(5));
        let start = Instant::now();
        drop(gate.pass(FREE, &cancel).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_than_allowed_are_under_way() {
        let gate = Gate::new(2);
        let cancel = Cancel::new();
        let first = gate.pass(FREE, &cancel).await.unwrap();
        let _second = gate.pass(FREE, &cancel).await.unwrap();
        let third = tokio::time::timeout(Duration::from_secs(9), gate.pass(FREE, &cancel)).await;
        assert!(third.is_err(), "a third request waits for a permit");
        drop(first);
        drop(gate.pass(FREE, &cancel).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_ends_at_once() {
        let gate = Gate::new(1);
        let cancel = Cancel::new();
        gate.hold(FREE, Duration::from_hours(1));
        let start = Instant::now();
        let (passed, ()) = tokio::join!(gate.pass(FREE, &cancel), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            cancel.cancel();
        });
        assert_eq!(passed.unwrap_err().code(), "graph.cancelled");
        assert_eq!(start.elapsed().as_secs(), 3);
    }
}
