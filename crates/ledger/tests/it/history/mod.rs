//! What happened in a concurrent run, and whether all of it keeps the promises.
//!
//! A *history* is the list of calls with the order in which they began and were answered, and the tables at the
//! end. A call without an answer is left out: it may have done all or nothing, and the tables say which.

mod bad;
mod checker;
mod storm;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::{Finished, Outcome, RunId, RunStatus};
use uuid::Uuid;

use crate::audit::Kept;

/// One answered call.
#[derive(Clone, Debug)]
struct Call {
    /// When it began, in the one order of all calls.
    from: u64,
    /// When it was answered.
    to: u64,
    deed: Done,
}

/// How a start was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    New,
    Active,
    Cooling,
    /// An answer that names no run; no design may give it.
    Nothing,
}

/// What a call did, as far as its caller knows.
#[derive(Clone, Debug)]
enum Done {
    Started {
        scope: Uuid,
        work: &'static str,
        run: RunId,
        answer: Answer,
    },
    Claimed {
        run: RunId,
        fence: i64,
    },
    /// The handler of a claim began.
    Handled {
        run: RunId,
        fence: i64,
    },
    Finished {
        run: RunId,
        fence: i64,
        outcome: Outcome,
        processed: u64,
        answer: Finished,
    },
    /// The run went back, or ended because its attempts were spent or somebody had cancelled it.
    GaveBack {
        run: RunId,
        fence: i64,
        counted: Counted,
    },
    TakenOver {
        run: RunId,
    },
    Beat {
        session: i64,
        alive: bool,
    },
    Listed {
        scope: Uuid,
        run: RunId,
    },
    Pruned {
        run: RunId,
        status: RunStatus,
        cooling: bool,
    },
    /// A text that somebody could read.
    Said(String),
}

/// Whether a given-back attempt counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Yes,
    No,
}

/// Everything that is judged.
#[derive(Clone, Debug, Default)]
struct History {
    calls: Vec<Call>,
    kept: Vec<Kept>,
    /// What must be in no text.
    secrets: Vec<String>,
    /// The scope whose running runs are limited, and to how many.
    limit: Option<(Uuid, usize)>,
    /// Whether the workers went on until nothing was left.
    drained: bool,
}

/// Collects calls from many tasks.
#[derive(Debug, Default)]
struct Recorder {
    order: AtomicU64,
    calls: Mutex<Vec<Call>>,
}

impl Recorder {
    fn begin(&self) -> u64 {
        self.order.fetch_add(1, Ordering::SeqCst)
    }

    fn answered(&self, from: u64, deed: Done) {
        let to = self.order.fetch_add(1, Ordering::SeqCst);
        self.calls.lock().expect("no recorder panics").push(Call { from, to, deed });
    }
}
