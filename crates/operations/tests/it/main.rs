//! Operations from start to end: the ledger, a worker, and a simulated tenant over HTTP, on both databases.

mod checking;
mod house;
mod incomplete;
mod pruning;
mod syncing;
