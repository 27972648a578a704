//! The scheduler: fires what is due, and sees to it that every workspace has the system's schedules.

use std::error::Error;
use std::time::Duration;

use ledger::Ledger;
use ledger::schedule::{FireResult, SystemSchedule};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::pause::spread;
use crate::session::{AskError, answered};

/// How often it looks for what is due: a schedule fires at most so much late.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often it looks for workspaces that lack a schedule of the system's.
const TEND_EVERY: Duration = Duration::from_secs(60);

/// How long it waits for an answer of the database.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A scheduler that is ready to run; any number may run at once, on any number of machines.
#[derive(Clone, Debug)]
pub struct Scheduler {
    ledger: Ledger,
    system: Vec<SystemSchedule>,
}

impl Scheduler {
    /// Makes a scheduler; nothing happens until it runs.
    #[must_use]
    pub fn new(ledger: Ledger, system: Vec<SystemSchedule>) -> Self {
        Self { ledger, system }
    }

    /// Fires what is due until told to stop; survives a database that goes away and comes back.
    pub async fn run(self, shutdown: CancellationToken) {
        let (mut turns, mut next_tending) = (0_u64, Instant::now());
        while !shutdown.is_cancelled() {
            let mut turn = Ok(());
            if Instant::now() >= next_tending {
                next_tending = Instant::now() + TEND_EVERY;
                turn = self.tend().await;
            }
            if let Err(error) = turn.and(self.fire().await) {
                let error: &dyn Error = &*error;
                tracing::warn!(error, "the scheduler could not reach the ledger; trying again");
            }
            turns += 1;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(spread(LOOK_EVERY, ("scheduler", turns))) => {}
            }
        }
    }

    async fn tend(&self) -> Result<(), AskError> {
        answered(Instant::now() + ANSWER_MAX, self.ledger.ensure_system_schedules(&self.system)).await?;
        Ok(())
    }

    async fn fire(&self) -> Result<(), AskError> {
        for fired in answered(Instant::now() + ANSWER_MAX, self.ledger.fire_due()).await? {
            let (schedule, kind, missed) = (fired.schedule, fired.kind, fired.missed);
            match fired.result {
                FireResult::Started(run) | FireResult::Joined(run) => {
                    tracing::info!(schedule.id = %schedule, run.id = %run, run.kind = kind, missed, "a schedule fired");
                }
                FireResult::Refused(why) => {
                    tracing::warn!(schedule.id = %schedule, run.kind = kind, missed, why, "a schedule could not start its run");
                }
            }
        }
        Ok(())
    }
}
