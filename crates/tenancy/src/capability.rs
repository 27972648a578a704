//! What a person may do, each thing by its name.

/// One thing that may be allowed or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// See everything in scope.
    See,
    /// Start syncs, fetches and connection checks: whatever reads a tenant.
    StartReads,
    /// Cancel runs of one's own.
    CancelOwnRuns,
    /// Cancel anybody's runs.
    CancelAnyRun,
    /// Close a cooling slot and start anew.
    Force,
    /// Add tenants and change their credentials.
    ManageTenants,
    /// Clean up after the ledger itself.
    Maintain,
}

impl Capability {
    /// Every capability, in the order of the table in the documentation.
    pub const ALL: [Self; 7] = [
        Self::See,
        Self::StartReads,
        Self::CancelOwnRuns,
        Self::CancelAnyRun,
        Self::Force,
        Self::ManageTenants,
        Self::Maintain,
    ];

    /// Gives the stable name, as it stands in answers and logs.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::StartReads => "start_reads",
            Self::CancelOwnRuns => "cancel_own_runs",
            Self::CancelAnyRun => "cancel_any_run",
            Self::Force => "force",
            Self::ManageTenants => "manage_tenants",
            Self::Maintain => "maintain",
        }
    }
}

/// The capabilities that somebody holds in a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u32);

impl Capabilities {
    /// Nothing is allowed.
    pub const NONE: Self = Self(0);

    /// Everything is allowed.
    #[must_use]
    pub fn all() -> Self {
        Capability::ALL.into_iter().collect()
    }

    /// Says whether `wanted` is among them.
    #[must_use]
    pub fn allow(self, wanted: Capability) -> bool {
        self.0 & (1 << wanted as u32) != 0
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(held: I) -> Self {
        Self(held.into_iter().fold(0, |bits, one| bits | 1 << one as u32))
    }
}
