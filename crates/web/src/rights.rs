//! What roles and rights are called on pages.

use tenancy::Capability;
use tenancy::access::{Reach, Role};

use crate::components::FieldOption;
use crate::here::Here;

/// Says what a right lets one do, in a few words.
#[must_use]
pub const fn words(right: Capability) -> &'static str {
    match right {
        Capability::See => "See everything in reach",
        Capability::StartReads => "Start syncs, fetches, drift and connection checks",
        Capability::StartBackups => "Make backups, add to them and remove from them",
        Capability::RunSchedules => "Run a schedule now, or retry it",
        Capability::PreviewRestore => "Preview a restore",
        Capability::Export => "Export",
        Capability::OwnTokens => "Have API tokens of their own",
        Capability::CancelOwnRuns => "Cancel and repeat runs of their own",
        Capability::CancelAnyRun => "Cancel and repeat anybody's runs",
        Capability::TriageFindings => "Accept or mute findings",
        Capability::SetBaselines => "Set baselines",
        Capability::ManageSets => "Protect and delete backup sets",
        Capability::ManageSchedules => "Manage schedules",
        Capability::Force => "Run anyway while a result is fresh",
        Capability::ReadAudit => "Read the audit log",
        Capability::RestoreTest => "Restore to a test tenant",
        Capability::Approve => "Approve as the second person",
        Capability::RestoreProduction => "Restore to a production tenant",
        Capability::ManageTenants => "Manage tenants and their credentials",
        Capability::ManageMembers => "Manage members and their roles",
        Capability::ManageSettings => "Change settings and retention",
        Capability::RevealSecrets => "Reveal a secret value",
        Capability::Maintain => "Clean up after the ledger",
    }
}

/// Names a role as pages do.
#[must_use]
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Readonly => "Readonly",
        Role::Operator => "Operator",
        Role::Manager => "Manager",
        Role::Owner => "Owner",
    }
}

/// Gives the roles to choose from, each with what it is for.
#[must_use]
pub fn role_options() -> Vec<FieldOption> {
    let hint = |role: &Role| match role {
        Role::Readonly => "Looks at everything and changes nothing.",
        Role::Operator => "Runs the daily work: syncs, backups, previews.",
        Role::Manager => "Decides about drift, backup sets and schedules, and restores to test tenants.",
        Role::Owner => "Answers for tenants, people and restores to production.",
    };
    let option = |role: &Role| FieldOption {
        value: role.as_str().to_owned(),
        label: role_name(*role).to_owned(),
        hint: Some(hint(role).to_owned()),
    };
    Role::ALL.iter().map(option).collect()
}

/// Says which tenants a role counts for: their names as far as they are few and known, else their number.
#[must_use]
pub fn reach_words(here: &Here, reach: &Reach) -> String {
    /// How many names fit a column.
    const NAMES_MAX: usize = 2;
    let Some(tenants) = reach.tenants() else { return "Whole workspace".to_owned() };
    let names: Vec<&str> =
        tenants.iter().filter_map(|id| here.tenant_of(*id)).map(|tenant| tenant.name.as_str()).collect();
    match tenants.len() {
        0 => "No tenant".to_owned(),
        length if length <= NAMES_MAX && names.len() == length => names.join(", "),
        1 => "1 tenant".to_owned(),
        length => format!("{length} tenants"),
    }
}
