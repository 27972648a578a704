//! Telling runs under way to stop.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Claim, RunId};
use tokio::sync::watch;

use crate::active_run::Stop;

/// The runs of this process that can be told to stop.
///
/// Kept by claim, not by run: a run that was given back may be claimed again by this very process while
/// the attempt before is still being put away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(Arc<Mutex<Senders>>);

type Senders = HashMap<(RunId, i64), watch::Sender<Option<Stop>>>;

/// What one attempt was told; forgotten by the others when dropped.
#[derive(Debug)]
pub(crate) struct Signal {
    of: (RunId, i64),
    signals: Signals,
    told: watch::Receiver<Option<Stop>>,
}

impl Signals {
    /// Gives a signal to a run that was claimed.
    pub(crate) fn add(&self, claim: &Claim) -> Signal {
        let (sender, told) = watch::channel(None);
        let of = (claim.run, claim.fence);
        self.locked(|senders| senders.insert(of, sender));
        Signal { of, signals: self.clone(), told }
    }

    /// Tells the attempts of one run to stop; the first reason stays.
    pub(crate) fn stop(&self, run: RunId, why: Stop) {
        self.locked(|senders| {
            for (_, sender) in senders.iter().filter(|(of, _)| of.0 == run) {
                tell(sender, why);
            }
        });
    }

    /// Tells every attempt to stop.
    pub(crate) fn stop_all(&self, why: Stop) {
        self.locked(|senders| senders.values().for_each(|sender| tell(sender, why)));
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Senders) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Signal {
    /// Gives what was told.
    pub(crate) fn told(&self) -> Option<Stop> {
        *self.told.borrow()
    }

    /// Waits until something is told.
    pub(crate) async fn any(&self) -> Stop {
        self.when(|_| true).await
    }

    /// Waits until this is told, whatever was told before.
    pub(crate) async fn only(&self, wanted: Stop) {
        self.when(|why| why == wanted).await;
    }

    /// Tells this attempt alone.
    pub(crate) fn tell(&self, why: Stop) {
        self.signals.locked(|senders| senders.get(&self.of).map(|sender| tell(sender, why)));
    }

    async fn when(&self, wanted: impl Fn(Stop) -> bool) -> Stop {
        let mut told = self.told.clone();
        let seen = told.wait_for(|why| why.is_some_and(&wanted)).await;
        // The sender lives as long as this signal, which the caller borrows.
        seen.ok().and_then(|why| *why).unwrap_or(Stop::LeaseLost)
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        self.signals.locked(|senders| senders.remove(&self.of));
    }
}

/// A lost lease overrules every other reason: what is written after it does not count.
fn tell(sender: &watch::Sender<Option<Stop>>, why: Stop) {
    sender.send_if_modified(|told| {
        let changes = told.is_none() || (why == Stop::LeaseLost && *told != Some(Stop::LeaseLost));
        if changes {
            *told = Some(why);
        }
        changes
    });
}
