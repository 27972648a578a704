//! The throttling families of Microsoft Graph.

use std::time::Duration;

use serde::Deserialize;

/// Which of Graph's limits a call counts against.
///
/// Source: <https://learn.microsoft.com/graph/throttling-limits>. The limits may change without
/// notice, so they shape the pace and a 429 is obeyed in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrottleFamily {
    /// Intune, unless it is about devices or scripts.
    IntuneDefault,
    /// Intune devices and scripts.
    IntuneDevices,
    /// Conditional Access: by far the narrowest, and 429 comes without `Retry-After`.
    ConditionalAccess,
    /// Directory objects and tenant policies: a bucket of resource units.
    Identity,
}

/// So many calls, or resource units, in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// What is counted.
    pub applies: Applies,
    /// How many are allowed.
    pub count: u32,
    /// In which span.
    pub per: Duration,
}

/// What an [`Allowance`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// Every request of this application to one tenant.
    AnyPerApp,
    /// POST, PUT, PATCH and DELETE of this application to one tenant.
    WritesPerApp,
    /// Every request of all applications together to one tenant.
    AnyOfAllApps,
    /// Resource units of this application in one tenant; a plain read costs one.
    ResourceUnitsPerApp,
}

impl ThrottleFamily {
    /// All families.
    pub const ALL: [Self; 4] =
        [Self::IntuneDefault, Self::IntuneDevices, Self::ConditionalAccess, Self::Identity];

    /// Returns what is allowed; the first limit that is reached throttles.
    ///
    /// The bucket of [`Self::Identity`] is that of the smallest tenants (below 50 users).
    pub fn allowances(self) -> &'static [Allowance] {
        const fn allow(applies: Applies, count: u32, seconds: u64) -> Allowance {
            Allowance { applies, count, per: Duration::from_secs(seconds) }
        }
        const INTUNE_DEFAULT: &[Allowance] =
            &[allow(Applies::AnyPerApp, 1_000, 20), allow(Applies::WritesPerApp, 100, 20)];
        const INTUNE_DEVICES: &[Allowance] =
            &[allow(Applies::AnyPerApp, 2_000, 20), allow(Applies::WritesPerApp, 200, 20)];
        const CONDITIONAL_ACCESS: &[Allowance] = &[allow(Applies::AnyOfAllApps, 1, 1)];
        const IDENTITY: &[Allowance] =
            &[allow(Applies::ResourceUnitsPerApp, 3_500, 10), allow(Applies::WritesPerApp, 3_000, 150)];
        match self {
            Self::IntuneDefault => INTUNE_DEFAULT,
            Self::IntuneDevices => INTUNE_DEVICES,
            Self::ConditionalAccess => CONDITIONAL_ACCESS,
            Self::Identity => IDENTITY,
        }
    }
}
