//! Pages: one folder each. A handler obtains its scope, makes one call, and renders a view made for it.

pub mod account;
pub mod demo;
pub mod first_start;
pub mod health;
pub mod inventory;
pub mod invitation;
pub mod members;
pub mod notifications;
pub mod operations;
pub mod policies;
pub mod policy;
pub mod problem;
pub mod run;
pub mod search;
pub mod server;
pub mod settings;
pub mod sign_in;
pub mod tenants;
pub mod tokens;
pub mod workspaces;
