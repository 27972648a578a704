//! How long a run waits before it is tried again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ledger::Claim;

/// The longest wait.
const CAP: Duration = Duration::from_secs(300);

/// Gives the wait after a failed attempt: doubling from `base`, capped, spread over its whole length.
///
/// The spread comes from the run and its fence, so that runs which failed together do not come back
/// together, and a test sees the same wait twice.
pub(crate) fn wait(base: Duration, attempt: i16, claim: &Claim) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or(0);
    let longest = base.saturating_mul(1 << doublings).min(CAP);
    let mut hasher = DefaultHasher::new();
    (claim.run, claim.fence).hash(&mut hasher);
    let part = u32::try_from(hasher.finish() % 1000).unwrap_or(0);
    longest.saturating_mul(part) / 1000
}
