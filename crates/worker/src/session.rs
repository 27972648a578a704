//! The sessions of a process: the one it claims under, and those it has given up but not left yet.
//!
//! A run that this process cannot settle (the answer of its claim or of its end was lost) would stay
//! running for as long as its session beats. Its session is *stranded* then: no more is claimed under
//! it, and when its last work has ended it is closed, so that the run can be taken over at once.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::{Ledger, SessionId};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::heartbeat::hold;
use crate::lease::{Holding, Lease};
use crate::signals::Signals;

/// Why the ledger could not be asked.
pub(crate) type AskError = Box<dyn Error + Send + Sync>;

/// Ties what is under way to its session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bond(Arc<AtomicBool>);

/// The duty to settle one claimed run; its session is stranded when that is dropped undone.
#[derive(Debug)]
pub(crate) struct Charge {
    bond: Bond,
    settled: bool,
}

/// What claiming takes: a session, its lease, and the tie to it.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) id: SessionId,
    pub(crate) lease: Lease,
    pub(crate) bond: Bond,
}

#[derive(Debug)]
struct Session {
    tenure: Tenure,
    beating: AbortOnDropHandle<()>,
}

/// The sessions of a process.
#[derive(Debug)]
pub(crate) struct Sessions {
    ledger: Ledger,
    name: String,
    lease: Duration,
    signals: Signals,
    current: Option<Session>,
    given_up: Vec<Session>,
}

impl Bond {
    /// Marks the session as one that holds a run which nobody works on.
    pub(crate) fn strand(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Takes charge of a run.
    pub(crate) fn charge(&self) -> Charge {
        Charge { bond: self.clone(), settled: false }
    }

    fn is_stranded(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Says whether nothing else is tied to the session.
    fn is_free(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl Charge {
    /// Gives a tie for what must have ended before the session is closed.
    pub(crate) fn bond(&self) -> Bond {
        self.bond.clone()
    }

    /// Lays the charge down: the ledger has answered what became of the run.
    pub(crate) fn settled(mut self) {
        self.settled = true;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if !self.settled {
            self.bond.strand();
        }
    }
}

impl Sessions {
    /// Begins with none.
    pub(crate) fn new(ledger: Ledger, name: String, lease: Duration, signals: Signals) -> Self {
        Self { ledger, name, lease, signals, current: None, given_up: Vec::new() }
    }

    /// Gives the session to claim under; opens one where there is none that holds.
    pub(crate) async fn current(&mut self) -> Result<Tenure, AskError> {
        let useless =
            |session: &mut Session| session.tenure.bond.is_stranded() || !session.tenure.lease.holds();
        self.given_up.extend(self.current.take_if(useless));
        let tenure = match &self.current {
            Some(session) => session.tenure.clone(),
            None => self.open().await?,
        };
        let by = Instant::now() + self.lease;
        let idle: Vec<Session> =
            self.given_up.extract_if(.., |session| session.tenure.bond.is_free()).collect();
        for session in idle {
            close(&self.ledger, session, by).await;
        }
        Ok(tenure)
    }

    /// Names the session to claim under, if there is one.
    pub(crate) fn id(&self) -> Option<SessionId> {
        self.current.as_ref().map(|session| session.tenure.id)
    }

    /// Closes every session whose work has ended; the others' leases run out.
    pub(crate) async fn close_all(mut self, by: Instant) {
        for session in self.current.take().into_iter().chain(self.given_up) {
            if session.tenure.bond.is_free() {
                close(&self.ledger, session, by).await;
            } else {
                tracing::warn!("work could not be stopped; its session is left to run out");
            }
        }
    }

    async fn open(&mut self) -> Result<Tenure, AskError> {
        let asked = Instant::now();
        let id = answered(asked + self.lease, self.ledger.open_session(&self.name, self.lease)).await?;
        let (holding, lease) = Holding::since(asked, self.lease);
        let holding = hold(self.ledger.clone(), id, holding, self.signals.clone());
        let tenure = Tenure { id, lease, bond: Bond::default() };
        let beating = AbortOnDropHandle::new(tokio::spawn(holding));
        self.current = Some(Session { tenure: tenure.clone(), beating });
        Ok(tenure)
    }
}

/// Waits for an answer of the ledger, but not for ever: a connection that is cut without a word never answers.
pub(crate) async fn answered<T, E: Error + Send + Sync + 'static>(
    by: Instant,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, AskError> {
    match tokio::time::timeout_at(by, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err("hear from the database in time".into()),
    }
}

async fn close(ledger: &Ledger, session: Session, by: Instant) {
    // No beat may follow the end.
    drop(session.beating);
    if let Err(error) = answered(by, ledger.close_session(session.tenure.id)).await {
        tracing::warn!(error = &*error as &dyn Error, "a session could not be closed; its lease runs out");
    }
}
