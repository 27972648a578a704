//! One attempt of one run, from claim to its end.

use std::sync::Arc;
use std::time::Duration;

use ledger::failure::{Failure, FailureCode, FailureSummary};
use ledger::summary::SummaryCounts;
use ledger::{ClaimedRun, Ending, Finished, GiveBack, Ledger, Outcome};
use tokio::sync::watch;

use crate::active_run::{ActiveRun, Stop};
use crate::backoff;
use crate::registry::{Interrupted, Work};

/// How long an attempt tries to write its end while the database is away.
const FINISH_PATIENCE: Duration = Duration::from_secs(60);

/// How long it waits between tries.
const FINISH_PAUSE: Duration = Duration::from_millis(200);

/// What a claimed run is worked on with.
pub(crate) struct Attempt {
    pub(crate) ledger: Ledger,
    pub(crate) work: Option<Arc<dyn Work>>,
    pub(crate) backoff: Duration,
}

/// Does the work and writes what became of it; never panics, whatever the work does.
pub(crate) async fn execute(attempt: Attempt, claimed: ClaimedRun, stop: watch::Receiver<Option<Stop>>) {
    let span = tracing::info_span!("run", run.id = %claimed.claim.run, run.kind = %claimed.kind, run.attempt = claimed.attempt);
    let _entered = span.enter();
    tracing::info!("claimed");
    drop(_entered);
    let run = Arc::new(ActiveRun::new(claimed, attempt.ledger.clone(), stop));
    let result = do_work(&attempt, &run).await;
    let counts = run.counts();
    settle(&attempt, run.claimed(), result, counts).await;
}

/// Runs the work in a task of its own, so that its panic is an answer and not the end of the worker.
async fn do_work(attempt: &Attempt, run: &Arc<ActiveRun>) -> Result<Ending, Interrupted> {
    let Some(work) = attempt.work.clone() else {
        return Err(failed(FailureCode::UNKNOWN_KIND));
    };
    let kind = attempt.ledger.catalog().get(&run.claimed().kind);
    let longest = kind.map_or(Duration::from_secs(3600), |kind| kind.max_runtime);
    let in_task = Arc::clone(run);
    let mut task = tokio::spawn(async move { work.run(&in_task).await });
    let lost = async {
        while run.stopped().await != Stop::LeaseLost {
            // Another reason to stop is the work's to notice; a lost lease it may not outlive.
            tokio::time::sleep(FINISH_PAUSE).await;
        }
    };
    tokio::select! {
        done = &mut task => done.unwrap_or_else(|_| Err(failed(FailureCode::PANICKED))),
        () = lost => {
            task.abort();
            Err(Interrupted::Stopped(Stop::LeaseLost))
        }
        () = tokio::time::sleep(longest) => {
            task.abort();
            Err(failed(FailureCode::DEADLINE_EXCEEDED))
        }
    }
}

fn failed(code: FailureCode) -> Interrupted {
    Interrupted::Failed { failure: Failure::of_code(code), again: false }
}

async fn settle(attempt: &Attempt, claimed: &ClaimedRun, result: Result<Ending, Interrupted>, counts: SummaryCounts) {
    match result {
        Ok(ending) => finish(attempt, claimed, &ending).await,
        Err(Interrupted::Failed { failure, again }) if again && claimed.attempt < claimed.max_attempts => {
            let wait = backoff::wait(attempt.backoff, claimed.attempt, &claimed.claim);
            give_back(attempt, claimed, GiveBack::Retry, wait, failure).await;
        }
        Err(Interrupted::Failed { failure, .. }) => {
            let reason = Some(failure.code.clone());
            let ending = Ending { outcome: Outcome::Failed, counts, failures: failure.into(), reason };
            finish(attempt, claimed, &ending).await;
        }
        Err(Interrupted::Stopped(Stop::Cancelled)) => {
            let failure = Failure::of_code(FailureCode::CANCELLED);
            let reason = Some(FailureCode::CANCELLED);
            let ending = Ending { outcome: Outcome::Cancelled, counts, failures: failure.into(), reason };
            finish(attempt, claimed, &ending).await;
        }
        Err(Interrupted::Stopped(Stop::ShuttingDown)) => {
            let why = Failure::of_code(FailureCode::WORKER_LOST);
            give_back(attempt, claimed, GiveBack::Release, Duration::ZERO, why).await;
        }
        Err(Interrupted::Stopped(Stop::LeaseLost)) => {
            tracing::warn!(run.id = %claimed.claim.run, "the run was taken away; nothing more is written for it");
        }
    }
}

/// Writes the end, asking again while the database is away: a finished piece of work is worth waiting for.
async fn finish(attempt: &Attempt, claimed: &ClaimedRun, ending: &Ending) {
    let patience = tokio::time::sleep(FINISH_PATIENCE);
    tokio::pin!(patience);
    loop {
        match attempt.ledger.finish(claimed.claim, &claimed.kind, ending).await {
            Ok(Finished::Done) => {
                tracing::info!(run.id = %claimed.claim.run, run.kind = %claimed.kind, outcome = %ending.outcome, "ended");
                return;
            }
            Ok(Finished::Lost) => {
                tracing::warn!(run.id = %claimed.claim.run, "the run was taken over before its end was written");
                return;
            }
            Ok(Finished::Unknown) => {}
            Err(error) => tracing::warn!(run.id = %claimed.claim.run, error = &error as &dyn std::error::Error, "the end could not be written yet"),
        }
        tokio::select! {
            () = &mut patience => return,
            () = tokio::time::sleep(FINISH_PAUSE) => {}
        }
    }
}

async fn give_back(attempt: &Attempt, claimed: &ClaimedRun, why: GiveBack, wait: Duration, failure: Failure) {
    let reason = (why == GiveBack::Retry).then(|| failure.code.clone());
    let failures = FailureSummary::from(failure);
    let given = attempt.ledger.give_back(claimed.claim, why, wait, reason, &failures).await;
    match given {
        Ok(what) => tracing::info!(run.id = %claimed.claim.run, ?why, ?what, wait_ms = wait.as_millis(), "given back"),
        // Its lease runs out and it is taken over: later, but not lost.
        Err(error) => tracing::warn!(run.id = %claimed.claim.run, error = &error as &dyn std::error::Error, "could not be given back"),
    }
}
