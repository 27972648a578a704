//! What `ops.prune_runs` does.

use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Ledger, Outcome};
use tenancy::{DatabaseError, access, invitation, session, token};
use worker::{ActiveRun, Interrupted};

use super::OpsPruneRuns;
use crate::failure::interrupted_by_database;
use crate::services::{Services, Worked};

impl Worked for OpsPruneRuns {
    async fn work(self, run: &ActiveRun, services: &Services) -> Result<Ending, Interrupted> {
        let scope = access::system(run.claimed().scope.workspace(), None);
        let ledger: &Ledger = run.ledger();
        run.still_held()?;
        forget_what_ended(services).await.map_err(|error| interrupted_by_database(&error))?;
        ledger.prune_traces(&scope).await.map_err(|error| interrupted_by_database(&error))?;
        let mut removed = 0;
        loop {
            run.still_held()?;
            let batch = ledger.prune_runs(&scope).await.map_err(|error| interrupted_by_database(&error))?;
            removed += batch.runs;
            run.progress(counts(removed), "removing runs").await?;
            if !batch.more {
                break;
            }
        }
        Ok(Ending {
            outcome: Outcome::Succeeded,
            counts: counts(removed),
            failures: ledger::failure::FailureSummary::default(),
            reason: None,
        })
    }
}

/// Removes what ended by itself and belongs to people: it is not the workspace's alone, and removing it twice does no harm.
async fn forget_what_ended(services: &Services) -> Result<(), DatabaseError> {
    let (database, now) = (&services.database, services.clock.now());
    session::prune(database, now).await?;
    invitation::prune(database, now).await?;
    token::prune(database, now).await.map(|_| ())
}

fn counts(removed: u64) -> SummaryCounts {
    SummaryCounts::default().with(CountKey::Processed, removed).with(CountKey::Deleted, removed)
}
