//! Drives runs: claims what is due, does the registered work, ends or gives back, and stops in good order.
//!
//! Words used here: a *worker* is one process's loop, holding one session of the ledger; *work* is what
//! a kind does; an *active run* is what the work sees of its run. A work that is told to stop says so by
//! [`Interrupted::Stopped`], and the worker decides what that means for the run.

mod active_run;
mod backoff;
mod claim_loop;
mod execute;
mod heartbeat;
mod registry;

pub use active_run::{ActiveRun, Stop};
pub use claim_loop::{Worker, WorkerOptions};
pub use registry::{Interrupted, Registry, Work, WorkFuture};
