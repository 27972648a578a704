//! From the ledger's rows to the lines of the page.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::summary::{CountKey, SummaryCounts};
use ledger::{RunId, RunRow, RunStatus, RunningNow};
use tenancy::Ts;

use super::tenant_name;
use super::view::RunLine;
use crate::components::{Initiator, Pace, Tally, between, is_long};
use crate::here::Here;
use crate::links;
use crate::state::AppState;

/// How long a run may wait before the page says that it is late.
const QUEUED_FOR_LONG: Duration = Duration::from_secs(60);

/// What a line needs beside the run's own row.
pub(crate) struct Names<'a> {
    app: &'a AppState,
    here: &'a Here,
    running: &'a BTreeMap<RunId, RunningNow>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(app: &'a AppState, here: &'a Here, running: &'a BTreeMap<RunId, RunningNow>) -> Self {
        Self { app, here, running }
    }

    /// Makes the line of one run.
    pub(crate) fn line(&self, run: &RunRow) -> RunLine {
        let catalog = self.app.ledger().catalog();
        let usual = catalog.get(&run.kind).map(|kind| kind.expected);
        let now = self.running.get(&run.id);
        let progress = now.and_then(|now| now.progress.as_ref());
        let counts = progress.map_or(&run.counts, |progress| &progress.counts);
        RunLine {
            id: run.id.to_string(),
            href: links::run(&self.here.workspace.slug, run.id),
            label: catalog.label_of(&run.kind),
            kind: run.kind.clone(),
            subject: None,
            tenant: tenant_name(self.here, run),
            status: run.status,
            outcome: run.outcome,
            pace: pace(run, now.and_then(|now| now.lease_until), usual, self.app.now()),
            tally: tally_of(counts),
            phase: progress.and_then(|progress| progress.phase.clone()),
            reason: run.reason_code.clone(),
            initiator: Initiator::of(&run.initiator_kind, &run.initiator_name),
            created_at: run.created_at.to_jiff(),
            started_at: run.started_at.map(Ts::to_jiff),
            ended_at: run.completed_at.map(Ts::to_jiff),
            usual,
            attempt: u16::try_from(run.attempt).unwrap_or(0),
            identity: run.identity.clone(),
        }
    }
}

/// Says whether a run goes its usual way.
pub(crate) fn pace(run: &RunRow, lease_until: Option<Ts>, usual: Option<Duration>, now: Ts) -> Pace {
    match run.status {
        RunStatus::Queued if run.is_paused => Pace::Paused,
        RunStatus::Queued if now.since(run.created_at) > QUEUED_FOR_LONG => Pace::Late,
        RunStatus::Running => match (lease_until, run.started_at) {
            (Some(until), _) if until <= now => Pace::NoSignOfLife { taken_over_at: until.to_jiff() },
            (_, Some(started)) if is_long(between(started.to_jiff(), now.to_jiff()), usual) => Pace::Late,
            _ => Pace::Usual,
        },
        RunStatus::Queued | RunStatus::Completed => Pace::Usual,
    }
}

/// Gives what a meter shows of some counts; none where nothing was looked at.
fn tally_of(counts: &SummaryCounts) -> Option<Tally> {
    let processed = counts.get(CountKey::Processed)?;
    Some(Tally {
        processed,
        total: counts.get(CountKey::Total),
        failed: counts.get(CountKey::Failed).unwrap_or(0),
    })
}
