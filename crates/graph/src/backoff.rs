//! How long to wait before another attempt, and how often there is another one.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

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
    /// `asked` is what the server asked for; it is believed up to a limit of its own. Without it the
    /// wait is random between the base and a limit that doubles with every attempt, so that many
    /// clients do not come back together.
    pub(crate) fn failed(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.attempts_made += 1;
        if self.attempts_made >= self.options.max_attempts {
            return None;
        }
        let (base, cap) = (self.options.backoff_base, self.options.backoff_cap);
        if let Some(asked) = asked {
            return Some(asked.max(base).min(self.options.stated_wait_cap));
        }
        let doublings = (self.attempts_made - 1).min(20);
        let limit = base.saturating_mul(1 << doublings).min(cap);
        Some(limit.mul_f64(self.options.time.jitter()).max(base).min(cap))
    }
}

/// Reads the wait that `Retry-After` asks for: whole seconds or an HTTP date (RFC 9110, 10.2.3).
///
/// A date in the past is no wait at all. What is not understood, a negative number included, is
/// read as absent. The result is not bounded: [`Backoff::failed`] keeps it within its limits.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a u64 holds still mean "very long".
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Time;

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
    fn a_stated_wait_stays_between_one_second_and_a_quarter_of_an_hour() {
        let options = options(0.5);
        for (asked, expected) in [
            (Some(Duration::ZERO), 1),
            (Some(Duration::from_secs(7)), 7),
            (Some(Duration::from_secs(120)), 120),
            (Some(Duration::from_secs(900)), 900),
            (Some(Duration::from_secs(901)), 900),
            (Some(Duration::from_secs(u64::MAX)), 900),
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
}
