//! How long things wait, spread without chance: by hashing what tells one from another.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ledger::Claim;

/// The longest wait before a failed attempt is repeated.
const RETRY_CAP: Duration = Duration::from_secs(300);

/// Gives the wait after a failed attempt: doubling from `base`, capped, spread over its whole length.
///
/// The spread comes from the run and its fence, so that runs which failed together do not come back
/// together, and a test sees the same wait twice.
pub(crate) fn before_retry(base: Duration, attempt: i16, claim: &Claim) -> Duration {
    longest_before_retry(base, attempt).mul_f64(part(&(claim.run, claim.fence)))
}

/// Gives a wait between three quarters of `longest` and all of it, so that processes do not keep step.
pub(crate) fn spread(longest: Duration, by: impl Hash) -> Duration {
    longest.mul_f64(0.75 + 0.25 * part(&by))
}

fn longest_before_retry(base: Duration, attempt: i16) -> Duration {
    let doublings = u32::from(attempt.clamp(1, 16).unsigned_abs()) - 1;
    base.saturating_mul(1 << doublings).min(RETRY_CAP)
}

/// Gives a number from 0 to below 1.
fn part(of: &impl Hash) -> f64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    f64::from(u32::try_from(hasher.finish() % 1000).unwrap_or(0)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_before_a_retry_doubles_up_to_its_cap() {
        let longest = |attempt| longest_before_retry(Duration::from_secs(5), attempt).as_secs();
        assert_eq!([-1, 0, 1, 2, 3, 7, 8, i16::MAX].map(longest), [5, 5, 5, 10, 20, 300, 300, 300]);
    }

    #[test]
    fn a_spread_wait_stays_within_its_bounds_and_differs() {
        let longest = Duration::from_millis(500);
        let waits: Vec<Duration> = (0..100).map(|n| spread(longest, ("a worker", n))).collect();
        assert!(waits.iter().all(|wait| (Duration::from_millis(375)..=longest).contains(wait)));
        let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
        assert!(distinct.len() > 50, "{} of 100 differ", distinct.len());
    }
}
