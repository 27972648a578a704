//! Watching a run until it ends.

use std::time::{Duration, Instant};

use ledger::{Ledger, RunDetail, RunId, RunStatus};
use tenancy::Scope;

use crate::present::Progress;
use crate::problem::Problem;

/// How often the ledger is asked.
const POLL: Duration = Duration::from_millis(150);

/// Waits until a run has ended and gives it, showing its progress meanwhile.
///
/// # Errors
/// The run is not there (or no longer), the time is over, or nobody reads the progress any more.
pub(crate) async fn follow(
    ledger: &Ledger,
    scope: &Scope,
    run: RunId,
    progress: &mut Progress,
    patience: Option<Duration>,
) -> Result<RunDetail, Problem> {
    let began = Instant::now();
    loop {
        let Some(detail) = ledger.show(scope, run).await? else {
            return Err(Problem::wrong_use("run.unknown", format!("there is no run `{run}`")));
        };
        progress.show(&detail)?;
        if detail.row.status == RunStatus::Completed {
            return Ok(detail);
        }
        if patience.is_some_and(|patience| began.elapsed() >= patience) {
            return Err(Problem::failed("run.not_ended", format!("the run {run} has not ended in time"))
                .advice("it goes on; watch it with `tenantatlas runs watch`"));
        }
        tokio::time::sleep(POLL).await;
    }
}
