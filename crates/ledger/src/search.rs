//! Which runs somebody looks for, and how much of that the scope lets them see.

use database::{Ts, Value, params};
use tenancy::{Scope, TenantId, UserId};
use uuid::Uuid;

use crate::list::RunFilter;

/// Which runs to look for: a filter, and what narrows it further.
#[derive(Clone, Debug, Default)]
pub struct RunSearch {
    /// Kinds, states and the earliest start.
    pub filter: RunFilter,
    /// Where they belong; empty means everywhere in the scope.
    pub places: Vec<RunPlace>,
    /// Who started them.
    pub by: Option<StartedBy>,
    /// The code that explains their end, or their last requeue.
    pub code: Option<String>,
    /// How their identity begins, in small hexadecimal digits.
    pub identity: Option<String>,
    /// What is looked for in their reason code, their context and their failures, in any case; SQLite knows the case
    /// of ASCII letters only.
    pub text: Option<String>,
    /// Runs started before this instant.
    pub until: Option<Ts>,
    /// Whether ended runs are looked for at all.
    pub ended: EndedRuns,
}

/// Whether a search looks for ended runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EndedRuns {
    /// It does, for those with the outcomes of the filter.
    #[default]
    Listed,
    /// It looks for active ones only.
    LeftOut,
}

/// Where a run belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunPlace {
    /// To a tenant.
    Tenant(TenantId),
    /// To the workspace as such.
    Workspace,
}

/// Who started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartedBy {
    /// One user.
    User(UserId),
    /// Any schedule.
    Schedule,
    /// The system itself.
    System,
}

impl From<RunFilter> for RunSearch {
    fn from(filter: RunFilter) -> Self {
        Self { filter, ..Self::default() }
    }
}

impl RunSearch {
    /// Gives the values that every listing statement begins with: workspace, places, kinds, who, user, code, id from and until,
    /// identity, text.
    pub(crate) fn values(&self, scope: &Scope) -> Vec<Value> {
        let (kind, user) = match self.by {
            None => (None, None),
            Some(StartedBy::User(user)) => (Some("user"), Some(user.as_uuid())),
            Some(StartedBy::Schedule) => (Some("schedule"), None),
            Some(StartedBy::System) => (Some("system"), None),
        };
        let kinds = (!self.filter.kinds.is_empty()).then(|| self.filter.kinds.clone());
        params![
            scope.workspace(),
            places(scope, &self.places),
            kinds,
            kind,
            user,
            self.code.clone(),
            self.filter.since.map_or(Uuid::nil(), lowest_id),
            self.until.map_or(Uuid::max(), lowest_id),
            self.identity.clone(),
            self.text.clone(),
        ]
        .to_vec()
    }

    /// Gives the same without the bounds in time.
    pub(crate) fn values_of_any_time(&self, scope: &Scope) -> Vec<Value> {
        let filter = RunFilter { since: None, ..self.filter.clone() };
        Self { filter, until: None, ..self.clone() }.values(scope)
    }
}

/// Gives the keys of the places that are both wanted and visible; none means every place of the workspace.
pub(crate) fn places(scope: &Scope, wanted: &[RunPlace]) -> Option<Vec<Uuid>> {
    let visible: Option<Vec<Uuid>> = match (scope.tenant(), scope.visible_tenants()) {
        (Some(tenant), _) => Some(vec![tenant.as_uuid()]),
        (None, Some(tenants)) => Some(tenants.iter().map(|tenant| tenant.as_uuid()).collect()),
        (None, None) => None,
    };
    if wanted.is_empty() {
        return visible;
    }
    let wanted = wanted.iter().map(|place| match place {
        RunPlace::Tenant(tenant) => tenant.as_uuid(),
        RunPlace::Workspace => scope.workspace().as_uuid(),
    });
    Some(wanted.filter(|key| visible.as_ref().is_none_or(|visible| visible.contains(key))).collect())
}

/// Gives the lowest id that a run started at or after an instant can have: ids begin with their milliseconds.
fn lowest_id(since: Ts) -> Uuid {
    let millis = u128::try_from(since.as_micros() / 1000).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}
