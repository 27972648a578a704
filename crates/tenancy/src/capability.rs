//! What a person may do, each thing by its name.

/// One thing that may be allowed or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// See everything in scope.
    See,
    /// Start what only reads a tenant: syncs, fetches, drift, connection checks.
    StartReads,
    /// Make backup sets, and add to or remove from them.
    StartBackups,
    /// Run a schedule now, or retry one that failed.
    RunSchedules,
    /// Draft a restore and look at its preview.
    PreviewRestore,
    /// Take a copy out: backup sets, lists, policies.
    Export,
    /// Make and revoke API tokens of one's own.
    OwnTokens,
    /// Cancel and re-run runs of one's own.
    CancelOwnRuns,
    /// Cancel and re-run anybody's runs.
    CancelAnyRun,
    /// Accept or mute findings.
    TriageFindings,
    /// Choose what drift is measured against.
    SetBaselines,
    /// Protect and delete backup sets.
    ManageSets,
    /// Make, change and delete schedules.
    ManageSchedules,
    /// Close a cooling slot and start anew.
    Force,
    /// Read the audit log.
    ReadAudit,
    /// Restore to a test tenant.
    RestoreTest,
    /// Approve as the second person, never what is one's own.
    Approve,
    /// Restore to a production tenant.
    RestoreProduction,
    /// Add tenants and change their credentials.
    ManageTenants,
    /// Invite, narrow and remove members, and change their roles.
    ManageMembers,
    /// Change the settings of the workspace, retention among them.
    ManageSettings,
    /// Look at a secret value that a policy holds.
    RevealSecrets,
    /// Clean up after the ledger itself; no role holds it.
    Maintain,
}

impl Capability {
    /// Every capability, in the order of the table in the documentation.
    pub const ALL: [Self; 23] = [
        Self::See,
        Self::StartReads,
        Self::StartBackups,
        Self::RunSchedules,
        Self::PreviewRestore,
        Self::Export,
        Self::OwnTokens,
        Self::CancelOwnRuns,
        Self::CancelAnyRun,
        Self::TriageFindings,
        Self::SetBaselines,
        Self::ManageSets,
        Self::ManageSchedules,
        Self::Force,
        Self::ReadAudit,
        Self::RestoreTest,
        Self::Approve,
        Self::RestoreProduction,
        Self::ManageTenants,
        Self::ManageMembers,
        Self::ManageSettings,
        Self::RevealSecrets,
        Self::Maintain,
    ];

    /// Gives the stable name, as it stands in answers and logs.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::StartReads => "start_reads",
            Self::StartBackups => "start_backups",
            Self::RunSchedules => "run_schedules",
            Self::PreviewRestore => "preview_restore",
            Self::Export => "export",
            Self::OwnTokens => "own_tokens",
            Self::CancelOwnRuns => "cancel_own_runs",
            Self::CancelAnyRun => "cancel_any_run",
            Self::TriageFindings => "triage_findings",
            Self::SetBaselines => "set_baselines",
            Self::ManageSets => "manage_sets",
            Self::ManageSchedules => "manage_schedules",
            Self::Force => "force",
            Self::ReadAudit => "read_audit",
            Self::RestoreTest => "restore_test",
            Self::Approve => "approve",
            Self::RestoreProduction => "restore_production",
            Self::ManageTenants => "manage_tenants",
            Self::ManageMembers => "manage_members",
            Self::ManageSettings => "manage_settings",
            Self::RevealSecrets => "reveal_secrets",
            Self::Maintain => "maintain",
        }
    }

    /// Finds a capability by its stable name.
    #[must_use]
    pub fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.token() == token)
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

    /// Gives what both sets allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Says whether nothing is in here that `other` does not allow.
    #[must_use]
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Walks the capabilities that are allowed, in their order.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.into_iter().filter(move |one| self.allow(*one))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(held: I) -> Self {
        Self(held.into_iter().fold(0, |bits, one| bits | 1 << one as u32))
    }
}
