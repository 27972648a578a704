//! Throttling as the service does it: by tenant and family, in a span of time.
//!
//! The documented numbers are those of Microsoft's pages on throttling limits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::answer::{Area, Refusal};

/// Services that are metered together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Intune, but for devices and scripts.
    Intune,
    /// Intune's devices and scripts.
    IntuneDevices,
    /// Conditional Access policies and named locations.
    ConditionalAccess,
    /// The directory, and the policies of the tenant.
    Directory,
}

/// How much a tenant may ask; without any limit, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(Vec<Limit>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Limit {
    family: Family,
    counts: Counts,
    most: usize,
    per: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    All,
    Writes,
}

/// What was asked lately.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    limits: Limits,
    asked: Mutex<HashMap<(Uuid, usize), VecDeque<Timestamp>>>,
}

impl Limits {
    /// Returns the limits that Microsoft documents for one application in one tenant.
    pub fn documented() -> Self {
        let twenty = Duration::from_secs(20);
        Self::default()
            .all(Family::Intune, 1_000, twenty)
            .writes(Family::Intune, 100, twenty)
            .all(Family::IntuneDevices, 2_000, twenty)
            .writes(Family::IntuneDevices, 200, twenty)
            .all(Family::ConditionalAccess, 1, Duration::from_secs(1))
            .all(Family::Directory, 3_500, Duration::from_secs(10))
    }

    /// Adds a limit on all requests of a family.
    #[must_use]
    pub fn all(mut self, family: Family, most: usize, per: Duration) -> Self {
        self.0.push(Limit { family, counts: Counts::All, most, per });
        self
    }

    /// Adds a limit on the writes of a family.
    #[must_use]
    pub fn writes(mut self, family: Family, most: usize, per: Duration) -> Self {
        self.0.push(Limit { family, counts: Counts::Writes, most, per });
        self
    }
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, asked: Mutex::default() }
    }

    /// Counts a request, or refuses it; a refused one is not counted.
    pub(crate) fn count(
        &self,
        tenant_id: Uuid,
        collection: &str,
        path: &str,
        method: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let family = family_of(collection, path);
        let meant =
            |limit: &Limit| limit.family == family && (limit.counts == Counts::All || method != "GET");
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let limits: Vec<_> = self.limits.0.iter().enumerate().filter(|(_, limit)| meant(limit)).collect();
        for (place, limit) in &limits {
            let times = asked.entry((tenant_id, *place)).or_default();
            let per = SignedDuration::try_from(limit.per).unwrap_or(SignedDuration::MAX);
            while times.front().is_some_and(|first| now.duration_since(*first) >= per) {
                times.pop_front();
            }
            if let Some(first) = times.front().filter(|_| times.len() >= limit.most) {
                let left = per - now.duration_since(*first);
                let seconds = u64::try_from(left.as_secs()).unwrap_or_default() + 1;
                // Intune and Conditional Access do not say when to come back.
                return Err(Refusal::TooMany((family == Family::Directory).then_some(seconds)));
            }
        }
        for (place, _) in limits {
            asked.entry((tenant_id, place)).or_default().push_back(now);
        }
        Ok(())
    }
}

fn family_of(collection: &str, path: &str) -> Family {
    /// Collections that are metered with the devices.
    const DEVICES: [&str; 5] = [
        "deviceManagementScripts",
        "deviceShellScripts",
        "deviceHealthScripts",
        "deviceComplianceScripts",
        "deviceCustomAttributeShellScripts",
    ];
    match collection {
        "conditionalAccessPolicies" | "namedLocations" => Family::ConditionalAccess,
        _ if DEVICES.contains(&collection) => Family::IntuneDevices,
        _ if Area::of(path) == Area::Intune => Family::Intune,
        _ => Family::Directory,
    }
}
