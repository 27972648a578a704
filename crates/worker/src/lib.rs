//! Drives runs: claims what is due, does the registered work, ends or gives back, and stops in good order.
//!
//! Words used here: a *worker* is one process's loop, holding one session of the ledger; a *lease* is how
//! long this process may count the session's runs as its own; *work* is what a kind does; an *active run*
//! is what the work sees of its run. A work that is told to stop says so by [`Interrupted::Stopped`], and
//! the worker decides what that means for the run.
//!
//! A lease is counted on the monotonic clock, from before each heartbeat was sent, and less a tenth: work
//! is told to stop, and stopped at its next await, before anybody else can be given its run. What cannot
//! be stopped from here is a thread that never comes back and a machine that is frozen; what such work
//! writes to the ledger later is refused by the fence of its claim.
//!
//! A panic of the work ends its run with a stable code. Its message goes, sanitized, to the log and
//! nowhere else; but the standard panic hook writes it to standard error as it is, so a program that
//! must keep secrets out of there sets a hook of its own.

mod active_run;
mod claim_loop;
mod execute;
mod heartbeat;
mod lease;
mod options;
mod pause;
mod registry;
mod scheduler;
mod session;
mod settle;
mod signals;

pub use active_run::{ActiveRun, Stop};
pub use claim_loop::Worker;
pub use options::WorkerOptions;
pub use registry::{Interrupted, Registry, Work, WorkFuture};
pub use scheduler::Scheduler;
