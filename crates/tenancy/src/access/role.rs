//! The role table: what each role may do, once in code.

use crate::{Capabilities, Capability, TenantId};

words! {
    /// What somebody is in a workspace; each role may do all that the one before it may.
    Role, "readonly, operator, manager, owner" {
        /// Looks.
        Readonly = "readonly",
        /// Runs the daily work.
        Operator = "operator",
        /// Decides about drift, sets and schedules.
        Manager = "manager",
        /// Answers for tenants, people and production.
        Owner = "owner",
    }
}

/// The tenants that a role counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The workspace with every tenant, those of tomorrow among them.
    Workspace,
    /// These tenants only, be they none.
    Tenants(Vec<TenantId>),
}

impl Reach {
    /// Narrows to these tenants; their order and repetitions do not matter.
    #[must_use]
    pub fn only(tenants: impl IntoIterator<Item = TenantId>) -> Self {
        let mut tenants: Vec<_> = tenants.into_iter().collect();
        tenants.sort();
        tenants.dedup();
        Self::Tenants(tenants)
    }

    /// Gives the tenants, or none where the reach is the whole workspace.
    #[must_use]
    pub fn tenants(&self) -> Option<&[TenantId]> {
        match self {
            Self::Workspace => None,
            Self::Tenants(tenants) => Some(tenants),
        }
    }
}

/// What a capability is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A tenant and what belongs to it: a narrowed member has it for their tenants.
    Tenant,
    /// The workspace as such: a narrowed member does not have it, else they could widen themselves.
    Workspace,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What may be done.
    pub capability: Capability,
    /// The least role that may do it.
    pub from: Role,
    /// What it is about.
    pub about: About,
}

/// Every capability that a role can give, with the least role that has it.
pub const ROLE_TABLE: [Grant; 22] = [
    tenant(Capability::See, Role::Readonly),
    tenant(Capability::StartReads, Role::Operator),
    tenant(Capability::StartBackups, Role::Operator),
    tenant(Capability::RunSchedules, Role::Operator),
    tenant(Capability::PreviewRestore, Role::Operator),
    tenant(Capability::Export, Role::Operator),
    tenant(Capability::OwnTokens, Role::Operator),
    tenant(Capability::CancelOwnRuns, Role::Operator),
    tenant(Capability::CancelAnyRun, Role::Manager),
    tenant(Capability::TriageFindings, Role::Manager),
    tenant(Capability::SetBaselines, Role::Manager),
    tenant(Capability::ManageSets, Role::Manager),
    tenant(Capability::ManageSchedules, Role::Manager),
    tenant(Capability::Force, Role::Manager),
    tenant(Capability::ReadAudit, Role::Manager),
    tenant(Capability::RestoreTest, Role::Manager),
    tenant(Capability::Approve, Role::Manager),
    tenant(Capability::RestoreProduction, Role::Owner),
    tenant(Capability::ManageTenants, Role::Owner),
    workspace(Capability::ManageMembers, Role::Owner),
    workspace(Capability::ManageSettings, Role::Owner),
    tenant(Capability::RevealSecrets, Role::Owner),
];

/// What no API token may do: these ask for a person, now.
pub const NEVER_BY_TOKEN: [Capability; 3] =
    [Capability::OwnTokens, Capability::Approve, Capability::RevealSecrets];

const fn tenant(capability: Capability, from: Role) -> Grant {
    Grant { capability, from, about: About::Tenant }
}

const fn workspace(capability: Capability, from: Role) -> Grant {
    Grant { capability, from, about: About::Workspace }
}

/// Gives what somebody of this role and reach may do; nothing else grants anything inside a workspace.
#[must_use]
pub fn capabilities_of(role: Role, reach: &Reach) -> Capabilities {
    let reaches = |about| about == About::Tenant || *reach == Reach::Workspace;
    ROLE_TABLE
        .iter()
        .filter(|grant| role >= grant.from && reaches(grant.about))
        .map(|grant| grant.capability)
        .collect()
}

/// Gives the role to name when somebody is refused; `None` for what no role can do.
#[must_use]
pub fn least_role(capability: Capability) -> Option<Role> {
    ROLE_TABLE.iter().find(|grant| grant.capability == capability).map(|grant| grant.from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per capability: readonly, operator, manager, owner; then the same narrowed to a tenant.
    const GOLDEN: &str = "\
see                yyyy yyyy
start_reads        .yyy .yyy
start_backups      .yyy .yyy
run_schedules      .yyy .yyy
preview_restore    .yyy .yyy
export             .yyy .yyy
own_tokens         .yyy .yyy
cancel_own_runs    .yyy .yyy
cancel_any_run     ..yy ..yy
triage_findings    ..yy ..yy
set_baselines      ..yy ..yy
manage_sets        ..yy ..yy
manage_schedules   ..yy ..yy
force              ..yy ..yy
read_audit         ..yy ..yy
restore_test       ..yy ..yy
approve            ..yy ..yy
restore_production ...y ...y
manage_tenants     ...y ...y
manage_members     ...y ....
manage_settings    ...y ....
reveal_secrets     ...y ...y
maintain           .... ....
";

    #[test]
    fn the_role_table_is_the_one_that_was_agreed() {
        let narrowed = Reach::only([]);
        let mut table = String::new();
        for capability in Capability::ALL {
            let marks = |reach: &Reach| -> String {
                let holds = |role: &Role| capabilities_of(*role, reach).allow(capability);
                Role::ALL.iter().map(|role| if holds(role) { 'y' } else { '.' }).collect()
            };
            let line =
                format!("{:18} {} {}\n", capability.token(), marks(&Reach::Workspace), marks(&narrowed));
            table.push_str(&line);
        }
        assert_eq!(table, GOLDEN);
    }

    #[test]
    fn a_refusal_names_the_role_that_is_needed() {
        assert_eq!(least_role(Capability::RestoreProduction), Some(Role::Owner));
        assert_eq!(least_role(Capability::StartReads), Some(Role::Operator));
        assert_eq!(least_role(Capability::Maintain), None);
    }

    #[test]
    fn capabilities_are_found_by_the_name_they_are_sent_with() {
        for capability in Capability::ALL {
            assert_eq!(Capability::from_token(capability.token()), Some(capability));
        }
        assert_eq!(Capability::from_token("root"), None);
    }
}
