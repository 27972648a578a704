//! Holding the session: one beat for all runs of the process, and the stop signal when it is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::{Ledger, RunId, SessionId};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::active_run::Stop;

/// The stop signals of the runs under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(Arc<Mutex<HashMap<RunId, watch::Sender<Option<Stop>>>>>);

impl Signals {
    /// Gives a signal to a run that was claimed.
    pub(crate) fn add(&self, run: RunId) -> watch::Receiver<Option<Stop>> {
        let (sender, receiver) = watch::channel(None);
        self.locked(|signals| signals.insert(run, sender));
        receiver
    }

    /// Forgets a run that is over.
    pub(crate) fn remove(&self, run: RunId) {
        self.locked(|signals| signals.remove(&run));
    }

    /// Tells one run to stop; the first reason stays.
    pub(crate) fn stop(&self, run: RunId, why: Stop) {
        self.locked(|signals| {
            if let Some(signal) = signals.get(&run) {
                tell(signal, why);
            }
        });
    }

    /// Tells every run to stop.
    pub(crate) fn stop_all(&self, why: Stop) {
        self.locked(|signals| signals.values().for_each(|signal| tell(signal, why)));
    }

    fn locked<T>(&self, act: impl FnOnce(&mut HashMap<RunId, watch::Sender<Option<Stop>>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A lost lease overrules every other reason: what is written after it does not count.
fn tell(signal: &watch::Sender<Option<Stop>>, why: Stop) {
    signal.send_if_modified(|reason| {
        let change = reason.is_none() || (why == Stop::LeaseLost && *reason != Some(Stop::LeaseLost));
        if change {
            *reason = Some(why);
        }
        change
    });
}

/// Beats until the session is lost or the task is dropped; then every run of it has been told.
///
/// The lease is counted from *before* each beat was sent, on the monotonic clock, so that this process
/// never believes in a lease longer than the database does.
pub(crate) async fn hold(ledger: Ledger, session: SessionId, lease: Duration, opened: Instant, signals: Signals) {
    let every = lease / 3;
    let mut holds_until = opened + lease;
    loop {
        tokio::time::sleep_until((Instant::now() + every).min(holds_until)).await;
        let asked = Instant::now();
        let answer = tokio::time::timeout_at(holds_until, ledger.beat(session, lease)).await;
        match answer {
            Ok(Ok(beat)) if beat.alive => {
                holds_until = asked + lease;
                for (_, run) in beat.cancelled {
                    signals.stop(run, Stop::Cancelled);
                }
            }
            Ok(Ok(_)) => break,
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a heartbeat failed; trying again while the lease holds");
                if Instant::now() >= holds_until {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    tracing::warn!("the worker's session is lost; its runs are stopped and will be taken over");
    signals.stop_all(Stop::LeaseLost);
}
