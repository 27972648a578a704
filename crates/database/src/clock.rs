//! Time as both databases keep it: microseconds since the Unix epoch, UTC.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant in microseconds since the Unix epoch; both databases store exactly this precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "jiff::Timestamp", into = "jiff::Timestamp")]
pub struct Ts(i64);

impl Ts {
    /// Makes an instant from microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Gives the microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Gives the instant this much later; saturates.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(micros(by)))
    }

    /// Gives the instant this much earlier; saturates.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(micros(by)))
    }

    /// Gives the time from `earlier` to here, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Gives the instant as the calendar library's type, clamped to the range it knows.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

/// Gives a duration in microseconds, saturating at the largest the databases can hold.
pub(crate) fn micros(of: Duration) -> i64 {
    i64::try_from(of.as_micros()).unwrap_or(i64::MAX)
}

impl From<jiff::Timestamp> for Ts {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl From<Ts> for jiff::Timestamp {
    fn from(at: Ts) -> Self {
        at.to_jiff()
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

/// The application's clock, passed in wherever the time matters so that tests can set it.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Follows the machine's wall clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// Stands still at `at` until [`Clock::advance`] moves it; clones move together.
    #[must_use]
    pub fn fixed(at: Ts) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.as_micros()))))
    }

    /// Gives the current instant.
    #[must_use]
    pub fn now(&self) -> Ts {
        match &self.0 {
            None => system_now(),
            Some(micros) => Ts(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock forward; the system clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Some(at) = &self.0 {
            at.fetch_add(micros(by), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub(crate) fn system_now() -> Ts {
    jiff::Timestamp::now().into()
}
