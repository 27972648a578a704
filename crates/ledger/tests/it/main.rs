//! What the ledger promises, on both databases.

mod auditing;
mod cancelling;
mod finding;
mod finishing;
mod forcing;
mod house;
mod listing;
mod model;
mod pausing;
mod pruning;
mod schedules;
mod start_keys;
mod starting;
mod taking_over;
