//! Pages and the JSON API.
//!
//! This crate renders what the database holds. It names no Graph client, so no page can call Microsoft.
//!
//! Words used here: a *route* is a line of [`routes`], the single inventory of everything that answers; a
//! *visitor* is somebody who is signed in; [`here`] is the gate that makes a visitor a member of the workspace in
//! the address, with the scope in which everything below acts; a [`problem`] is every answer that is none.

pub mod api;
pub mod assets;
pub mod components;
pub mod compression;
pub mod csrf;
pub mod csv;
pub mod cursor;
pub mod fields;
pub mod headers;
pub mod here;
pub mod host;
pub mod json;
pub mod limits;
pub mod links;
pub mod lobby;
pub mod looks;
pub mod object_query;
pub mod options;
pub mod pages;
pub mod problem;
pub mod rights;
pub mod routes;
pub mod run_export;
pub mod run_query;
pub mod run_range;
pub mod server;
pub mod session;
pub mod shell;
pub mod start;
pub mod state;
