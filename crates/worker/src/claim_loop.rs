//! The loop of a worker: claim, work, take over, and at the end stop in good order.

use std::time::Duration;

use ledger::{ClaimedRun, Ledger, SessionId};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::active_run::Stop;
use crate::execute::{Attempt, execute};
use crate::heartbeat::{Signals, hold};
use crate::registry::Registry;

/// How long a claim may take at most, whatever the kind says: the backstop in the database.
const MAX_RUNTIME: Duration = Duration::from_secs(6 * 3600);

/// How long the loop waits after the database could not be asked.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// How a worker behaves.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// What it is called in the table of sessions.
    pub name: String,
    /// How long a run stays its own without a sign of life.
    pub lease: Duration,
    /// How often it looks for runs that other processes queued.
    pub poll: Duration,
    /// How many runs it works on at once.
    pub concurrency: usize,
    /// The first wait before a failed attempt is repeated.
    pub backoff: Duration,
    /// How long runs under way may take to stop when the process does.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            concurrency: 4,
            backoff: Duration::from_secs(5),
            grace: Duration::from_secs(8),
        }
    }
}

/// A worker that is ready to run.
#[derive(Clone, Debug)]
pub struct Worker {
    ledger: Ledger,
    registry: Registry,
    options: WorkerOptions,
}

struct Session {
    id: SessionId,
    beating: JoinHandle<()>,
}

impl Worker {
    /// Makes a worker; nothing happens until it runs.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry, options: WorkerOptions) -> Self {
        Self { ledger, registry, options }
    }

    /// Works until told to stop; survives a database that goes away and comes back.
    pub async fn run(self, shutdown: CancellationToken) {
        let signals = Signals::default();
        let mut tasks = JoinSet::new();
        let mut session = None;
        let mut next_takeover = Instant::now();
        let wake = self.ledger.wake();
        while !shutdown.is_cancelled() {
            // Interest is registered before looking, so that a start between look and wait is not missed.
            let woken = wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            let claimed = self.turn(&mut session, &mut next_takeover, &signals, tasks.len()).await;
            let full = claimed.as_ref().is_ok_and(|runs| tasks.len() + runs.len() >= self.options.concurrency);
            let found = claimed.as_ref().is_ok_and(|runs| !runs.is_empty());
            let pause = if claimed.is_err() { AWAY_PAUSE } else { self.options.poll };
            for run in claimed.unwrap_or_default() {
                self.begin(run, &signals, &mut tasks);
            }
            if found && !full {
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = woken, if !full => {}
                Some(_) = tasks.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.stop(session, signals, tasks).await;
    }

    /// Takes over what was lost and claims what is due; opens a session where there is none.
    async fn turn(
        &self,
        session: &mut Option<Session>,
        next_takeover: &mut Instant,
        signals: &Signals,
        busy: usize,
    ) -> Result<Vec<ClaimedRun>, ()> {
        let claimed = self.try_turn(session, next_takeover, signals, busy).await;
        claimed.map_err(|error| tracing::warn!(error = &*error, "the worker could not reach the ledger; trying again"))
    }

    async fn try_turn(
        &self,
        session: &mut Option<Session>,
        next_takeover: &mut Instant,
        signals: &Signals,
        busy: usize,
    ) -> Result<Vec<ClaimedRun>, Box<dyn std::error::Error>> {
        let id = self.session(session, signals).await?;
        if Instant::now() >= *next_takeover {
            *next_takeover = Instant::now() + self.options.lease / 3;
            for taken in self.ledger.take_over().await? {
                tracing::warn!(run.id = %taken.run, status = %taken.status, "a lost worker's run was taken over");
            }
        }
        let room = self.options.concurrency.saturating_sub(busy);
        if room == 0 {
            return Ok(Vec::new());
        }
        let most = i32::try_from(room).unwrap_or(i32::MAX);
        Ok(self.ledger.claim(id, self.registry.kinds(), most, MAX_RUNTIME).await?)
    }

    async fn session(
        &self,
        session: &mut Option<Session>,
        signals: &Signals,
    ) -> Result<SessionId, Box<dyn std::error::Error>> {
        if let Some(held) = session.as_ref().filter(|session| !session.beating.is_finished()) {
            return Ok(held.id);
        }
        let opened = Instant::now();
        let id = self.ledger.open_session(&self.options.name, self.options.lease).await?;
        let beating = tokio::spawn(hold(self.ledger.clone(), id, self.options.lease, opened, signals.clone()));
        *session = Some(Session { id, beating });
        Ok(id)
    }

    fn begin(&self, run: ClaimedRun, signals: &Signals, tasks: &mut JoinSet<()>) {
        let id = run.claim.run;
        let stop = signals.add(id);
        let work = self.registry.get(&run.kind).cloned();
        let attempt = Attempt { ledger: self.ledger.clone(), work, backoff: self.options.backoff };
        let signals = signals.clone();
        tasks.spawn(async move {
            execute(attempt, run, stop).await;
            signals.remove(id);
        });
    }

    /// Lets runs under way end or be given back, then ends the session, so that nobody waits for its lease.
    async fn stop(&self, session: Option<Session>, signals: Signals, mut tasks: JoinSet<()>) {
        signals.stop_all(Stop::ShuttingDown);
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.options.grace, all).await.is_err() {
            tracing::warn!("some runs did not stop in time; they are taken over when the session ends");
        }
        tasks.shutdown().await;
        if let Some(session) = session {
            session.beating.abort();
            if let Err(error) = self.ledger.close_session(session.id).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the session could not be closed; its lease runs out");
            }
        }
    }
}
