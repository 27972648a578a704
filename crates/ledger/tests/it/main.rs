//! What the ledger promises, on both databases.

mod cancelling;
mod finishing;
mod house;
mod listing;
mod starting;
mod taking_over;
