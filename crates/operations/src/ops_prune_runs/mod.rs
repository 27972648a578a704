//! `ops.prune_runs`: lets go of what nobody needs any more, once a day in every workspace.
//!
//! Runs that ended 90 days ago go with their events, progress and notices; never one that is active, cools, or that
//! another run or a schedule refers to. Sign-in sessions that ended by themselves are removed along.

mod work;

use std::time::Duration;

use ledger::catalog::{Operation, Related, RunScope};
use ledger::schedule::{Cadence, SystemSchedule};
use ledger::summary::CountKey;
use serde::{Deserialize, Serialize};
use tenancy::{Capability, WorkspaceId};

/// Takes no inputs: the workspace is the run's scope.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsPruneRuns {}

impl Operation for OpsPruneRuns {
    const KIND: &'static str = "ops.prune_runs";
    const LABEL: &'static str = "Prune runs";
    const SUMMARY: &'static str = "Removes runs that ended more than 90 days ago.";
    const SCOPE: RunScope = RunScope::Workspace;
    const NEEDS: Capability = Capability::Maintain;
    const EXPECTED: Duration = Duration::from_secs(5);
    const COUNTS: &'static [CountKey] = &[CountKey::Processed, CountKey::Deleted];
    const RELATED: Related = Related::Operations;
}

impl OpsPruneRuns {
    /// The schedule that every workspace has for it.
    pub const SCHEDULE: SystemSchedule =
        SystemSchedule { kind: Self::KIND, name: "Daily pruning", cadence: nightly };
}

/// Gives a minute between two and five in the morning, UTC, that differs from workspace to workspace.
fn nightly(workspace: WorkspaceId) -> Cadence {
    // The end of an id is random; its beginning is a time.
    let part = workspace.as_uuid().as_u128() % 180;
    let minutes = 120 + u8::try_from(part).map_or(0, u32::from);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let narrow = |number: u32| u8::try_from(number).expect("hours and minutes are small");
    Cadence::daily(narrow(hour), narrow(minute), "UTC").expect("every day has this time, and UTC is known")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_workspace_prunes_in_the_small_hours_at_a_time_of_its_own() {
        let cadences: Vec<Cadence> =
            (0..500).map(|n| nightly(WorkspaceId::from_uuid(Uuid::from_u128(n)))).collect();
        for cadence in &cadences {
            let Cadence::Cron { expression, zone } = cadence else { panic!("{cadence:?}") };
            let hour: u32 = expression.split(' ').nth(1).and_then(|hour| hour.parse().ok()).expect("an hour");
            assert!((2..5).contains(&hour) && zone == "UTC", "{expression}");
        }
        assert_ne!(cadences[0], cadences[1]);
    }
}
