//! The ledger without a database: the pure machine for each run, and the few rules that span several.

use std::collections::BTreeMap;
use std::time::Duration;

use database::Ts;
use ledger::transition::{Closing, Deed, Lease, Proof, Refused, RunState, Standing, Token};
use ledger::{RunId, RunStatus};

/// What may be started: an index into the walk's slots.
pub(super) type Slot = usize;

/// What a start says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    New,
    Active(RunId),
    Cooling(RunId),
}

/// Every run, session and claim.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) now: i64,
    pub(super) runs: BTreeMap<RunId, (Slot, RunState)>,
    /// The instant at which each session expires.
    pub(super) sessions: Vec<Ts>,
    pub(super) tokens: u64,
}

impl Book {
    pub(super) fn at(&self) -> Ts {
        Ts::from_micros(self.now)
    }

    pub(super) fn lease(&self, session: i64) -> Lease {
        let until = usize::try_from(session).ok().and_then(|at| self.sessions.get(at));
        if until.is_some_and(|until| *until > self.at()) { Lease::Held } else { Lease::Expired }
    }

    /// Answers a start; a slot whose cooldown is over is closed for the new run.
    pub(super) fn start(&mut self, slot: Slot) -> Answer {
        let at = self.at();
        let open = self.runs.iter_mut().find(|(_, (of, run))| *of == slot && run.dedupe_open);
        let Some((id, (_, run))) = open else { return Answer::New };
        match run.standing(at) {
            Standing::Active => Answer::Active(*id),
            Standing::Cooling(_) => Answer::Cooling(*id),
            Standing::Expired | Standing::Closed => {
                let closing = Deed::Close { closing: Closing::Expired, at };
                *run = run.step(closing).expect("an expired slot can be closed");
                Answer::New
            }
        }
    }

    pub(super) fn add(&mut self, slot: Slot, id: RunId, max_attempts: i16) {
        self.runs.insert(id, (slot, RunState::queued(max_attempts, self.at())));
    }

    /// Claims the runs that a claim of at most `most` gives, in the order of their turns.
    pub(super) fn claim(&mut self, session: i64, most: usize, max_runtime: Duration) -> Vec<(RunId, Proof)> {
        let (at, lease) = (self.at(), self.lease(session));
        let mut due: Vec<_> = self
            .runs
            .iter()
            .filter(|(_, (_, run))| run.status == RunStatus::Queued && run.not_before <= at)
            .map(|(id, (_, run))| (run.not_before, *id))
            .collect();
        due.sort_by_key(|(not_before, id)| (*not_before, id.as_uuid()));
        let mut claimed = Vec::new();
        for (_, id) in due.into_iter().take(most) {
            self.tokens += 1;
            let token = Token(self.tokens);
            let deed = Deed::Claim { session, lease, token, max_runtime, at };
            if let Ok(run) = self.try_on(id, deed) {
                claimed.push((id, Proof { fence: run.fence, token }));
            }
        }
        claimed
    }

    /// Tries a deed on a run, and keeps what it leaves behind.
    pub(super) fn try_on(&mut self, id: RunId, deed: Deed) -> Result<RunState, Refused> {
        let (_, run) = self.runs.get_mut(&id).ok_or(Refused::WrongStatus)?;
        *run = run.step(deed)?;
        Ok(*run)
    }

    /// Takes over every run whose session or deadline is over.
    pub(super) fn take_over(&mut self) -> Vec<(RunId, RunStatus)> {
        let at = self.at();
        let running: Vec<_> = self
            .runs
            .iter()
            .filter_map(|(id, (_, run))| Some((*id, run.session?)))
            .map(|(id, session)| (id, self.lease(session)))
            .collect();
        let taken = running
            .into_iter()
            .filter_map(|(id, lease)| Some((id, self.try_on(id, Deed::TakeOver { lease, at }).ok()?.status)));
        taken.collect()
    }
}
