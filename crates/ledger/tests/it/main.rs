//! What the ledger promises, on both databases.

mod audit;
mod auditing;
mod cancelling;
mod dice;
mod finding;
mod finishing;
mod forcing;
mod history;
mod house;
mod listing;
mod model;
mod pausing;
mod pruning;
mod recovering;
mod schedules;
mod start_keys;
mod starting;
mod taking_over;
mod transitions;
mod walk;
