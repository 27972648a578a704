//! Tests of the simulator over real HTTP.

#![expect(clippy::unwrap_used, reason = "what is not as it must be ends the test")]

mod access;
mod caller;
mod corpus;
mod description;
mod faults;
mod folders;
mod lists;
mod refusals;
mod schema;
mod service;
mod state;
mod writes;
