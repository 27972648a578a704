//! The client against a simulated Graph, over HTTP.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod answers;
mod batches;
mod cancelling;
mod deltas;
mod documents;
mod links;
mod listings;
mod pace;
mod requests;
mod retries;
mod signing_in;
mod storm;
mod world;
