//! What the database layer promises, on both databases.

mod clock;
mod connect;
mod schema;
mod transactions;
