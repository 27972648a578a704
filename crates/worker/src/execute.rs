//! One attempt of one run, from its claim to its end.

use std::sync::Arc;
use std::time::Duration;

use ledger::failure::{Failure, FailureCode, sanitize};
use ledger::{Ending, Ledger};
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::active_run::{ActiveRun, Stop};
use crate::registry::{Interrupted, Work};
use crate::session::{Bond, Charge};
use crate::settle::settle;

/// How long an attempt may take whose kind the catalogue does not hold.
const UNKNOWN_KIND_MAX_RUNTIME: Duration = Duration::from_secs(3600);

/// How long work may go on after it was told that its run is cancelled.
const CANCEL_PATIENCE: Duration = Duration::from_secs(60);

/// What a claimed run is worked on with.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) ledger: Ledger,
    pub(crate) work: Option<Arc<dyn Work>>,
    pub(crate) backoff: Duration,
    /// When the claim was sent; the database counts the attempt's time from a little later.
    pub(crate) asked: Instant,
    /// Tells that the process cannot wait for work any longer.
    pub(crate) abandon: CancellationToken,
}

/// Gives how long an attempt of a kind may take.
pub(crate) fn max_runtime(ledger: &Ledger, kind: &str) -> Duration {
    ledger.catalog().get(kind).map_or(UNKNOWN_KIND_MAX_RUNTIME, |kind| kind.max_runtime)
}

/// Does the work and writes what became of it; a fault of the work ends the run and not the worker.
pub(crate) async fn execute(attempt: Attempt, run: ActiveRun, charge: Charge) {
    let claimed = run.claimed();
    let span = tracing::info_span!("run", run.id = %claimed.claim.run, run.kind = %claimed.kind, run.attempt = claimed.attempt);
    let all = async {
        tracing::info!("claimed");
        let run = Arc::new(run);
        let result = do_work(&attempt, &run, charge.bond()).await;
        if settle(&attempt, &run, result).await {
            charge.settled();
        }
    };
    all.instrument(span).await;
}

/// Runs the work in a task of its own, so that its panic is an answer; returns when the work has truly ended.
async fn do_work(attempt: &Attempt, run: &Arc<ActiveRun>, bond: Bond) -> Result<Ending, Interrupted> {
    // Only registered kinds are claimed, so this is a registry that changed under the worker.
    let Some(work) = attempt.work.clone() else { return Err(failed(FailureCode::UNKNOWN_KIND)) };
    // The answer to a claim may come after the lease has ended, or when the process stops.
    run.still_held()?;
    let in_task = Arc::clone(run);
    let working = async move {
        let ended = work.run(&in_task).await;
        // While the work's future lives, its session is not closed.
        drop(bond);
        ended
    };
    let mut task = AbortOnDropHandle::new(tokio::spawn(working.in_current_span()));
    let time_over = attempt.asked + max_runtime(&attempt.ledger, &run.claimed().kind);
    let why = tokio::select! {
        biased;
        done = &mut task => return answer_of(done, Interrupted::Stopped(Stop::LeaseLost)),
        () = run.lost() => Interrupted::Stopped(Stop::LeaseLost),
        () = attempt.abandon.cancelled() => Interrupted::Stopped(Stop::ShuttingDown),
        () = cancel_not_heeded(run) => Interrupted::Stopped(Stop::Cancelled),
        () = tokio::time::sleep_until(time_over) => failed(FailureCode::DEADLINE_EXCEEDED),
    };
    tracing::warn!(?why, "the work is stopped where it stands");
    task.abort();
    // Whatever is written next lets others work on the run, so this one's work must be over. Work that never
    // comes back keeps its place here, and its run until the database's own deadline.
    answer_of(task.await, why)
}

async fn cancel_not_heeded(run: &ActiveRun) {
    match run.stopped().await {
        Stop::Cancelled => tokio::time::sleep(CANCEL_PATIENCE).await,
        Stop::LeaseLost | Stop::ShuttingDown => std::future::pending().await,
    }
}

/// Gives what the work's task came to, `aborted` if it was cut short.
fn answer_of(
    done: Result<Result<Ending, Interrupted>, JoinError>,
    aborted: Interrupted,
) -> Result<Ending, Interrupted> {
    match done.map_err(JoinError::try_into_panic) {
        Ok(answer) => answer,
        Err(Err(_)) => Err(aborted),
        Err(Ok(panic)) => {
            let message =
                panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            let message = sanitize(message.unwrap_or("a panic without a message"));
            tracing::error!(%message, "the work panicked");
            Err(failed(FailureCode::PANICKED))
        }
    }
}

fn failed(code: FailureCode) -> Interrupted {
    Interrupted::Failed { failure: Failure::of_code(code), again: false }
}
