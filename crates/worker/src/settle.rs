//! What becomes of a run whose work is over: its end, or its return to the queue.

use std::error::Error;
use std::time::Duration;

use ledger::failure::{Failure, FailureCode, FailureSummary};
use ledger::summary::SummaryCounts;
use ledger::{ClaimedRun, Ending, Finished, GiveBack, GivenBack, Ledger, Outcome};
use tokio::time::Instant;

use crate::active_run::{ActiveRun, Stop};
use crate::execute::Attempt;
use crate::pause;
use crate::registry::Interrupted;
use crate::session::{AskError, answered};

/// How long an attempt tries to write its end while the database is away: finished work is worth waiting for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it waits for the answer to one try.
const TRY_MAX: Duration = Duration::from_secs(15);

/// The first wait between tries; it doubles.
const TRY_PAUSE: Duration = Duration::from_millis(200);

/// The longest wait between tries.
const TRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// The last thing that is written for an attempt.
#[derive(Clone, Debug)]
enum Last {
    /// The run ends.
    End(Ending),
    /// It is tried again after a wait.
    Retry(Duration, Failure),
    /// It goes on elsewhere; the attempt does not count.
    Release,
}

/// Writes what became of an attempt; `false` if the ledger did not say what it made of it.
///
/// The end of the lease does not end the tries: the work is over, so nothing can be done twice, and the
/// fence tells whether somebody else has the run by now. Then it is over at once.
pub(crate) async fn settle(attempt: &Attempt, run: &ActiveRun, result: Result<Ending, Interrupted>) -> bool {
    let claimed = run.claimed();
    let Some(last) = last(claimed, result, run.counts(), run.stop(), attempt.backoff) else {
        // Either the ledger said so, or the session has ended and is left anyway.
        tracing::warn!("the run was taken away; nothing more is written for it");
        return true;
    };
    let give_up = Instant::now() + PATIENCE;
    let mut wait = TRY_PAUSE;
    loop {
        let by = Instant::now() + TRY_MAX;
        match write(&attempt.ledger, claimed, &last, by).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                error = &*error as &dyn Error,
                "the end of an attempt could not be written yet"
            ),
        }
        if Instant::now() + wait >= give_up {
            tracing::error!("the end of an attempt could not be written; the run will be taken over");
            return false;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(TRY_PAUSE_MAX);
    }
}

/// Decides what is written; nothing when the run was taken away.
fn last(
    claimed: &ClaimedRun,
    result: Result<Ending, Interrupted>,
    counts: SummaryCounts,
    told: Option<Stop>,
    backoff: Duration,
) -> Option<Last> {
    let ended = |outcome, failure: Failure| {
        let reason = Some(failure.code.clone());
        Last::End(Ending { outcome, counts, failures: failure.into(), reason })
    };
    let failed = |failure| {
        if claimed.attempt < claimed.max_attempts {
            Last::Retry(pause::before_retry(backoff, claimed.attempt, &claimed.claim), failure)
        } else {
            ended(Outcome::Failed, failure)
        }
    };
    Some(match result {
        Ok(ending) => Last::End(ending),
        Err(interrupted) => match (interrupted, told) {
            (Interrupted::Failed { failure, again: false }, _) => ended(Outcome::Failed, failure),
            // The ledger would end it as well, but it does not have the counts.
            (_, Some(Stop::Cancelled)) => ended(Outcome::Cancelled, Failure::of_code(FailureCode::CANCELLED)),
            (Interrupted::Failed { failure, .. }, _) => failed(failure),
            // What it was told counts, not what it says: a run that went back for no reason would never end.
            (Interrupted::Stopped(_), Some(Stop::ShuttingDown)) => Last::Release,
            (Interrupted::Stopped(_), Some(Stop::LeaseLost)) => return None,
            (Interrupted::Stopped(said), None) => {
                tracing::error!(?said, "the work stopped without being told to");
                failed(Failure::of_code(FailureCode::INTERNAL))
            }
        },
    })
}

/// Tries once; `false` when the ledger cannot tell yet.
async fn write(ledger: &Ledger, claimed: &ClaimedRun, last: &Last, by: Instant) -> Result<bool, AskError> {
    let claim = claimed.claim;
    let given_back = match last {
        Last::End(ending) => {
            let finished = answered(by, ledger.finish(claim, &claimed.kind, ending)).await?;
            match finished {
                Finished::Done => tracing::info!(outcome = %ending.outcome, "ended"),
                Finished::Lost => tracing::warn!("the run was taken over before its end was written"),
                Finished::Unknown => return Ok(false),
            }
            return Ok(true);
        }
        Last::Retry(wait, failure) => {
            let (reason, failures) = (Some(failure.code.clone()), FailureSummary::from(failure.clone()));
            tracing::info!(code = %failure.code, wait_ms = wait.as_millis(), "failed; to be tried again");
            answered(by, ledger.give_back(claim, GiveBack::Retry, *wait, reason, &failures)).await?
        }
        Last::Release => {
            // Only a requested cancel ends a run that is released, so that is what it would have to say.
            let failures = FailureSummary::from(Failure::of_code(FailureCode::CANCELLED));
            answered(by, ledger.give_back(claim, GiveBack::Release, Duration::ZERO, None, &failures)).await?
        }
    };
    match given_back {
        GivenBack::Queued => tracing::info!("given back"),
        GivenBack::Failed => tracing::info!(outcome = %Outcome::Failed, "ended"),
        GivenBack::Cancelled => tracing::info!(outcome = %Outcome::Cancelled, "ended"),
        // Also the second answer to a request whose first was lost.
        GivenBack::Lost => tracing::warn!("the run is no longer this attempt's"),
    }
    Ok(true)
}
