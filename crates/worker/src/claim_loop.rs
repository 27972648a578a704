//! The loop of a worker: claim, work, take over, and at the end stop in good order.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Duration;

use ledger::{ClaimedRun, Ledger};
use tokio::sync::futures::Notified;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::active_run::{ActiveRun, Stop};
use crate::execute::{Attempt, execute, max_runtime};
use crate::options::WorkerOptions;
use crate::pause::spread;
use crate::registry::Registry;
use crate::session::{AskError, Sessions, Tenure, answered};
use crate::signals::Signals;

/// How much longer than the longest kind an attempt may take before the database counts it as lost.
///
/// The worker stops work at its kind's own limit, so this is for a worker that beats and does nothing else.
const BACKSTOP_MARGIN: Duration = Duration::from_secs(300);

/// How long the loop waits after the database could not be asked.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// Which part of a lease passes at most before lost workers are looked for again.
const TAKEOVERS_PER_LEASE: u32 = 3;

/// A worker that is ready to run.
///
/// It belongs on a runtime with several threads: work that keeps a thread to itself must leave one for the
/// heartbeat. That is a safety net and no licence, see [`crate::Work`]: as many such works as there are
/// threads, or one that woke the heartbeat just before on the same thread, still cost the session.
#[derive(Clone, Debug)]
pub struct Worker {
    ledger: Ledger,
    registry: Registry,
    options: WorkerOptions,
}

/// A worker while it runs.
struct Shift {
    ledger: Ledger,
    registry: Registry,
    options: WorkerOptions,
    kinds: Vec<String>,
    backstop: Duration,
    sessions: Sessions,
    signals: Signals,
    tasks: JoinSet<()>,
    abandon: CancellationToken,
    next_takeover: Instant,
    turns: u64,
}

/// When the next turn is due.
enum Next {
    /// After this long, or as soon as a run is queued or has ended.
    Due(Duration),
    /// After this long, or as soon as a run has ended.
    WithRoom(Duration),
    /// After this long.
    Later(Duration),
}

impl Worker {
    /// Makes a worker; nothing happens until it runs.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry, options: WorkerOptions) -> Self {
        Self { ledger, registry, options: options.within_bounds() }
    }

    /// Works until told to stop; survives a database that goes away and comes back.
    ///
    /// When told, it takes no more runs, tells work to stop, gives back what did not end, and returns within
    /// the grace. Dropping the future instead stops all work, and its runs are taken over when the lease is over.
    pub async fn run(self, shutdown: CancellationToken) {
        let wake = self.ledger.wake();
        let mut shift = Shift::new(self);
        let stop_by = loop {
            // Interest is registered before looking, so that a start between look and wait is not missed.
            let woken = wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            match shift.turn_unless(&shutdown).await {
                ControlFlow::Continue(next) => shift.wait(next, woken, &shutdown).await,
                ControlFlow::Break(stop_by) => break stop_by,
            }
        };
        shift.stop(stop_by).await;
    }
}

impl Shift {
    fn new(worker: Worker) -> Self {
        let Worker { ledger, registry, options } = worker;
        let signals = Signals::default();
        let kinds = registry.kinds();
        let longest = kinds.iter().map(|kind| max_runtime(&ledger, kind)).max().unwrap_or_default();
        Self {
            kinds,
            backstop: longest + BACKSTOP_MARGIN,
            sessions: Sessions::new(ledger.clone(), options.name.clone(), options.lease, signals.clone()),
            signals,
            tasks: JoinSet::new(),
            abandon: CancellationToken::new(),
            next_takeover: Instant::now(),
            turns: 0,
            ledger,
            registry,
            options,
        }
    }

    /// Takes a turn; when told to stop, answers by when all must have ended.
    async fn turn_unless(&mut self, shutdown: &CancellationToken) -> ControlFlow<Instant, Next> {
        let grace = self.options.grace;
        if shutdown.is_cancelled() {
            return ControlFlow::Break(Instant::now() + grace);
        }
        let turn = self.turn();
        tokio::pin!(turn);
        tokio::select! {
            next = &mut turn => ControlFlow::Continue(next),
            () = shutdown.cancelled() => {
                let stop_by = Instant::now() + grace;
                // A claim under way is worth a moment: its runs can still be given back.
                let _ = tokio::time::timeout(grace / 4, turn).await;
                ControlFlow::Break(stop_by)
            }
        }
    }

    async fn wait(
        &mut self,
        next: Next,
        woken: std::pin::Pin<&mut Notified<'_>>,
        shutdown: &CancellationToken,
    ) {
        let (longest, due, room) = match next {
            Next::Due(longest) => (longest, true, true),
            Next::WithRoom(longest) => (longest, false, true),
            Next::Later(longest) => (longest, false, false),
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = woken, if due => {}
            Some(ended) = self.tasks.join_next(), if room => note(ended),
            () = tokio::time::sleep(longest) => {}
        }
    }

    /// Takes over what was lost and claims what is due.
    async fn turn(&mut self) -> Next {
        while let Some(ended) = self.tasks.try_join_next() {
            note(ended);
        }
        self.turns += 1;
        if let Err(error) = self.try_turn().await {
            tracing::warn!(
                error = &*error as &dyn Error,
                "the worker could not reach the ledger; trying again"
            );
            return Next::Later(self.spread(AWAY_PAUSE));
        }
        let poll = self.spread(self.options.poll);
        if self.room() == 0 { Next::WithRoom(poll) } else { Next::Due(poll) }
    }

    async fn try_turn(&mut self) -> Result<(), AskError> {
        let tenure = self.sessions.current().await?;
        if Instant::now() >= self.next_takeover {
            self.next_takeover = Instant::now() + self.spread(self.options.lease / TAKEOVERS_PER_LEASE);
            self.take_over().await?;
        }
        let most = i32::try_from(self.room()).unwrap_or(i32::MAX);
        if most == 0 {
            return Ok(());
        }
        let asked = Instant::now();
        let claiming = self.ledger.claim(tenure.id, self.kinds.clone(), most, self.backstop);
        // Should the claim have been made and only its answer be lost, its runs are freed with their session.
        let charge = tenure.bond.charge();
        let claimed = answered(asked + self.options.lease, claiming).await?;
        charge.settled();
        for run in claimed {
            self.begin(run, asked, &tenure);
        }
        Ok(())
    }

    async fn take_over(&self) -> Result<(), AskError> {
        let by = Instant::now() + self.options.lease;
        for taken in answered(by, self.ledger.take_over()).await? {
            tracing::warn!(run.id = %taken.run, status = %taken.status, "a lost worker's run was taken over");
        }
        Ok(())
    }

    fn begin(&mut self, claimed: ClaimedRun, asked: Instant, tenure: &Tenure) {
        let attempt = Attempt {
            ledger: self.ledger.clone(),
            work: self.registry.get(&claimed.kind).cloned(),
            backoff: self.options.backoff,
            asked,
            abandon: self.abandon.clone(),
        };
        let signal = self.signals.add(&claimed.claim);
        let run = ActiveRun::new(claimed, self.ledger.clone(), tenure.lease.clone(), signal);
        self.tasks.spawn(execute(attempt, run, tenure.bond.charge()));
    }

    /// Lets runs under way end or be given back, then ends the sessions, so that nobody waits for their lease.
    async fn stop(mut self, by: Instant) {
        let grace = self.options.grace;
        self.signals.stop_all(Stop::ShuttingDown);
        if !all_ended(&mut self.tasks, by - grace / 4).await {
            tracing::warn!(runs = self.tasks.len(), "some runs did not stop in time; their work is stopped");
            self.abandon.cancel();
            if !all_ended(&mut self.tasks, by - grace / 8).await {
                tracing::warn!(
                    runs = self.tasks.len(),
                    "some runs could not be given back; they will be taken over"
                );
            }
        }
        self.tasks.shutdown().await;
        self.sessions.close_all(by).await;
    }

    fn room(&self) -> usize {
        self.options.concurrency.saturating_sub(self.tasks.len())
    }

    fn spread(&self, longest: Duration) -> Duration {
        spread(longest, (&self.options.name, self.sessions.id(), self.turns))
    }
}

async fn all_ended(tasks: &mut JoinSet<()>, by: Instant) -> bool {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            note(ended);
        }
    };
    tokio::time::timeout_at(by, all).await.is_ok()
}

/// Work that panics is answered within its attempt; what comes here is a fault of the worker itself.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn Error, "an attempt broke off; its run will be taken over");
    }
}
