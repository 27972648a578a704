//! Watching a run until it ends.

use std::time::{Duration, Instant};

use ledger::{Ledger, RunDetail, RunId, RunStatus};
use tenancy::Scope;

use crate::present::Progress;
use crate::problem::Problem;
use crate::remote::Server;

/// How often the ledger is asked.
const POLL: Duration = Duration::from_millis(150);

/// How often a server is asked, which many may ask at once.
const SERVER_POLL: Duration = Duration::from_millis(500);

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
    follow_by(async || Ok(ledger.show(scope, run).await?), POLL, run, progress, patience).await
}

/// Does the same with a run on a server.
///
/// # Errors
/// As [`follow`], or the server cannot be reached or refuses.
pub(crate) async fn follow_on_server(
    server: &Server,
    run: RunId,
    progress: &mut Progress,
    patience: Option<Duration>,
) -> Result<RunDetail, Problem> {
    follow_by(async || server.run(run).await, SERVER_POLL, run, progress, patience).await
}

async fn follow_by(
    show: impl AsyncFn() -> Result<Option<RunDetail>, Problem>,
    poll: Duration,
    run: RunId,
    progress: &mut Progress,
    patience: Option<Duration>,
) -> Result<RunDetail, Problem> {
    let began = Instant::now();
    loop {
        let Some(detail) = show().await? else {
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
        tokio::time::sleep(poll).await;
    }
}
