//! Change scripts: what administrators do in a tenant, and when.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::faults::Act;
use crate::handle::TenantHandle;

/// Deeds in a tenant, each so long after the script begins; see [`TenantHandle::play`].
///
/// ```
/// # use std::time::Duration;
/// use simulator::Script;
///
/// let script = Script::new()
///     .after(Duration::from_secs(60), |tenant| {
///         tenant.change_one(1);
///     })
///     .after(Duration::from_secs(3600), |tenant| {
///         tenant.change_one(2);
///     });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Script(Vec<(Duration, Act)>);

/// The deeds that are still to be done.
#[derive(Debug, Default)]
pub(crate) struct Scripts(Mutex<Vec<Step>>);

/// A deed, its tenant and its time.
#[derive(Debug)]
pub(crate) struct Step {
    at: Timestamp,
    pub(crate) tenant_id: Uuid,
    pub(crate) act: Act,
}

impl Script {
    /// Makes a script in which nothing happens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a deed, done so long after the script begins by the simulator's clock.
    #[must_use]
    pub fn after(mut self, wait: Duration, deed: impl Fn(&TenantHandle) + Send + Sync + 'static) -> Self {
        self.0.push((wait, Act::new(deed)));
        self
    }
}

impl Scripts {
    pub(crate) fn add(&self, tenant_id: Uuid, script: Script, now: Timestamp) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.extend(script.0.into_iter().map(|(wait, act)| {
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            Step { at: now.checked_add(wait).unwrap_or(Timestamp::MAX), tenant_id, act }
        }));
        // Stable, so that deeds of one moment stay in their order.
        steps.sort_by_key(|step| step.at);
    }

    /// Takes the deeds whose time has come, the earliest first.
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<Step> {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = steps.partition_point(|step| step.at <= now);
        steps.drain(..due).collect()
    }
}
