//! What tenancy promises, on both databases.

mod access;
mod audit;
mod demo;
mod first_start;
mod house;
mod housekeeping;
mod invitations;
mod members;
mod sessions;
mod sign_in;
mod statements;
mod tenants;
mod tokens;
mod users;
mod workspaces;
