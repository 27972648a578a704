//! What needs more than one module of the crate, a database, or material from outside.

mod corpus;
mod inventory;
mod isolation;
mod payloads;
mod policies;
mod rule_sets;
mod statements;
mod tenant;
