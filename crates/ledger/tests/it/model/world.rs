//! The state of the model: what is committed, what open transactions hold, and where each actor stands.

use std::time::Duration;

use database::Ts;
use ledger::RunStatus;
use ledger::transition::{Proof, RunState, Token};

use super::scene::Scene;

/// Everything that is, at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: u8,
    /// Committed rows in the order of their commits; none where one was pruned.
    pub(super) rows: Vec<Option<Row>>,
    /// The stored counter of the one gate.
    pub(super) gate: u8,
    pub(super) sessions: Vec<Session>,
    pub(super) producers: Vec<Producer>,
    pub(super) workers: Vec<Worker>,
    pub(super) reconcilers: Vec<Glance>,
    pub(super) pruner: Option<(u8, u8)>,
    /// How many tokens were drawn; the next is one that nobody has.
    pub(super) tokens: u64,
    pub(super) left: Left,
    /// What the standby has, once replication stalls.
    pub(super) standby: Option<(Vec<Option<Row>>, u8)>,
    /// Promises about what happened, as bits of [`Broken`].
    pub(super) broken: u16,
}

/// A promise that is judged when something happens, because no later state shows it.
#[derive(Clone, Copy, Debug)]
#[repr(u16)]
pub(super) enum Broken {
    CooldownOrOverlap = 1,
    StartWithoutARun = 2,
    FenceTwice = 4,
    EndedTwiceOrStale = 8,
    PrunedTooSoon = 16,
}

/// How often rare things may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) rollbacks: u8,
    pub(super) crashes: u8,
    pub(super) lost_answers: u8,
    pub(super) cancels: u8,
    pub(super) beats: u8,
    pub(super) sessions: u8,
    pub(super) failovers: u8,
}

/// A row with what the model remembers about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) identity: u8,
    pub(super) run: RunState,
    /// Whether a forced start closed its slot before its cooldown was over.
    pub(super) waived: bool,
    /// Whether it is counted in the gate.
    pub(super) permit: bool,
    pub(super) queued_notes: u8,
    pub(super) terminal_notes: u8,
    /// Whose summary is stored.
    pub(super) summary: Option<Token>,
    /// Highest fence that a claim handed out.
    pub(super) handed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) expires: u8,
    /// It was seen expired once.
    pub(super) gone: bool,
}

/// One who starts runs, each start in a transaction of its own that may be rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Producer {
    pub(super) identity: u8,
    pub(super) forces: bool,
    pub(super) starts: u8,
    pub(super) at: Asking,
}

/// Where a start stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Asking {
    Idle,
    /// The snapshot showed no run to reuse; perhaps one whose slot is to be closed.
    Looked {
        at: u8,
        expired: Option<u8>,
    },
    /// The slot is closed, if it was; not yet committed.
    Closed {
        at: u8,
        closed: Option<u8>,
    },
    /// A wrong design found the index free and has yet to insert.
    Prechecked {
        at: u8,
    },
    /// The statement is done and holds its locks; the transaction is open.
    Holding {
        found: Option<u8>,
        closed: Option<u8>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Worker {
    pub(super) session: Option<u8>,
    pub(super) at: Working,
}

/// Where a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Working {
    Idle,
    /// The snapshot of a claim showed this row; `counted` is what a live count of running rows gave.
    Picked {
        row: u8,
        at: u8,
        counted: u8,
    },
    /// The handler runs.
    Busy {
        row: u8,
        held: Held,
    },
    /// A statement is on its way.
    Sent {
        row: u8,
        held: Held,
        what: Sent,
    },
    /// Its answer was lost.
    Unsure {
        row: u8,
        held: Held,
        what: Sent,
    },
}

/// A proof in a form that can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) fence: i64,
    pub(super) token: Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Sent {
    Finish,
    GiveBack,
}

/// What a reconciler's snapshot showed: a run that looked lost, and the sessions that held then, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Glance(pub(super) Option<(u8, u8, u16)>);

/// One step of one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Tick,
    Start(u8),
    Close(u8),
    Precheck(u8),
    Insert(u8),
    Commit(u8),
    Rollback(u8),
    Open(u8),
    Beat(u8),
    Pick(u8, u8),
    Grab(u8),
    Redeliver(u8, u8),
    Send(u8, Sent),
    Land(u8),
    LandUnheard(u8),
    Resend(u8),
    Crash(u8),
    See(u8, u8),
    Take(u8),
    Spot(u8),
    Prune,
    Cancel(u8),
    Replicate,
    Failover,
}

pub(super) fn ts(tick: u8) -> Ts {
    Ts::from_micros(i64::from(tick))
}

pub(super) fn ticks(n: u8) -> Duration {
    Duration::from_micros(u64::from(n))
}

impl World {
    pub(super) fn new(scene: &Scene) -> Self {
        Self {
            now: 0,
            rows: Vec::new(),
            gate: 0,
            sessions: Vec::new(),
            producers: scene
                .producers
                .iter()
                .map(|(identity, starts, forces)| Producer {
                    identity: *identity,
                    forces: *forces,
                    starts: *starts,
                    at: Asking::Idle,
                })
                .collect(),
            workers: vec![Worker { session: None, at: Working::Idle }; usize::from(scene.workers)],
            reconcilers: vec![Glance(None); usize::from(scene.reconcilers)],
            pruner: None,
            tokens: 0,
            left: scene.left,
            standby: None,
            broken: 0,
        }
    }

    pub(super) fn row(&self, at: u8) -> Option<&Row> {
        self.rows.get(usize::from(at)).and_then(Option::as_ref)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (u8, &Row)> {
        self.rows.iter().enumerate().filter_map(|(at, row)| Some((u8::try_from(at).ok()?, row.as_ref()?)))
    }

    pub(super) fn breaks(&mut self, promise: Broken) {
        self.broken |= promise as u16;
    }

    pub(super) fn session_holds(&self, session: Option<u8>) -> bool {
        session.is_some_and(|id| self.sessions[usize::from(id)].expires > self.now)
    }

    /// The sessions that hold now, as bits; what a snapshot sees of them.
    pub(super) fn sessions_held(&self) -> u16 {
        let held = self.sessions.iter().enumerate().filter(|(_, session)| session.expires > self.now);
        held.fold(0, |bits, (id, _)| bits | 1 << id)
    }

    /// Whether an open transaction holds the row's lock.
    pub(super) fn locked(&self, row: u8) -> bool {
        self.producers.iter().any(|producer| match producer.at {
            Asking::Closed { closed, .. } => closed == Some(row),
            Asking::Holding { found, closed } => found == Some(row) || closed == Some(row),
            _ => false,
        })
    }

    pub(super) fn running(&self) -> u8 {
        let running = self.rows().filter(|(_, row)| row.run.status == RunStatus::Running).count();
        u8::try_from(running).unwrap_or(u8::MAX)
    }

    /// Writes a run's new state, and notes what no design may do.
    pub(super) fn write(&mut self, at: u8, run: RunState) {
        let Some(row) = self.rows[usize::from(at)].as_mut() else { return };
        let was = row.run;
        let reopened = was.status == RunStatus::Completed
            && RunState { dedupe_open: false, ..was } != RunState { dedupe_open: false, ..run };
        let opened_again = !was.dedupe_open && run.dedupe_open;
        let ended = run.status == RunStatus::Completed && (was.status != RunStatus::Completed || reopened);
        row.run = run;
        row.terminal_notes += u8::from(ended);
        if run.status != RunStatus::Running && row.permit {
            row.permit = false;
            self.gate -= 1;
        }
        if reopened || opened_again {
            self.breaks(Broken::EndedTwiceOrStale);
        }
    }

    /// Brings the state into one form for all that only differ in the names of equal actors.
    pub(super) fn settle(&mut self) {
        self.producers.sort_unstable();
        self.workers.sort_unstable();
        self.reconcilers.sort_unstable();
    }
}

impl From<Held> for Proof {
    fn from(held: Held) -> Self {
        Self { fence: held.fence, token: held.token }
    }
}
