//! What the work sees of its run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::summary::SummaryCounts;
use ledger::{ClaimedRun, Held, Ledger};
use tokio::time::Instant;

use crate::lease::Lease;
use crate::registry::Interrupted;
use crate::signals::Signal;

/// How often progress reaches the database at most; the newest counts are always kept in memory.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(400);

/// Why work must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The lease is over or the run was taken away: nothing that is written now would count.
    LeaseLost,
    /// Somebody asked to cancel the run.
    Cancelled,
    /// The process stops; the run goes on elsewhere or later.
    ShuttingDown,
}

/// A claimed run, its lease, and its progress.
#[derive(Debug)]
pub struct ActiveRun {
    claimed: ClaimedRun,
    ledger: Ledger,
    lease: Lease,
    signal: Signal,
    progress: Mutex<Latest>,
}

#[derive(Debug)]
struct Latest {
    counts: SummaryCounts,
    written_at: Option<Instant>,
}

impl ActiveRun {
    pub(crate) fn new(claimed: ClaimedRun, ledger: Ledger, lease: Lease, signal: Signal) -> Self {
        let progress = Mutex::new(Latest { counts: SummaryCounts::default(), written_at: None });
        Self { claimed, ledger, lease, signal, progress }
    }

    /// Gives the run as it was claimed: scope, inputs, attempt.
    #[must_use]
    pub fn claimed(&self) -> &ClaimedRun {
        &self.claimed
    }

    /// Gives the ledger that the run is in, for work that keeps its house.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Says why the work must stop, if it must.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        // By the clock and not by being told: after a pause of the process the work may wake before the one who tells.
        if self.lease.holds() { self.signal.told() } else { Some(Stop::LeaseLost) }
    }

    /// Ends the work early when it must stop; called before each step that costs something.
    ///
    /// # Errors
    /// [`Interrupted::Stopped`] says why.
    pub fn still_held(&self) -> Result<(), Interrupted> {
        self.stop().map_or(Ok(()), |stop| Err(Interrupted::Stopped(stop)))
    }

    /// Gives how long this process may count the run as its own if no further heartbeat succeeds.
    ///
    /// A write that cannot be taken back is sent only when this is longer than the write may take.
    #[must_use]
    pub fn lease_left(&self) -> Duration {
        self.lease.left()
    }

    /// Waits until the work must stop.
    pub async fn stopped(&self) -> Stop {
        tokio::select! {
            biased;
            () = self.lease.ended() => Stop::LeaseLost,
            why = self.signal.any() => why,
        }
    }

    /// Waits until the run is no longer this attempt's, whatever else the work was told before.
    pub(crate) async fn lost(&self) {
        tokio::select! {
            () = self.lease.ended() => {}
            () = self.signal.only(Stop::LeaseLost) => {}
        }
    }

    /// Keeps the counts of this attempt so far and shows them, with what is being done in a few words.
    ///
    /// Writes at most every 400 ms; a failed write is not worth stopping for.
    ///
    /// # Errors
    /// [`Interrupted::Stopped`] if the run no longer belongs to this attempt, or the work must stop.
    pub async fn progress(&self, counts: SummaryCounts, phase: &str) -> Result<(), Interrupted> {
        self.still_held()?;
        if !self.keep(counts) {
            return Ok(());
        }
        match self.ledger.progress(self.claimed.claim, &counts, phase).await {
            Ok(Held::Yes) => Ok(()),
            Ok(Held::Lost) => {
                self.signal.tell(Stop::LeaseLost);
                Err(Interrupted::Stopped(Stop::LeaseLost))
            }
            Err(error) => {
                let (run, error): (_, &dyn std::error::Error) = (self.claimed.claim.run, &error);
                tracing::warn!(run.id = %run, error, "progress could not be written");
                Ok(())
            }
        }
    }

    /// Gives the counts of this attempt so far.
    #[must_use]
    pub fn counts(&self) -> SummaryCounts {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).counts
    }

    /// Keeps the counts and says whether it is time to write them.
    fn keep(&self, counts: SummaryCounts) -> bool {
        let mut latest = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        latest.counts = counts;
        let now = Instant::now();
        let due = latest.written_at.is_none_or(|at| now.duration_since(at) >= PROGRESS_INTERVAL);
        if due {
            latest.written_at = Some(now);
        }
        due
    }
}
