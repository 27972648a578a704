//! What a worker promises, on both databases.

mod house;
mod log;
mod losing;
mod sharing;
mod stopping;
mod working;
