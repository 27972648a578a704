//! Whole-program stories: the real binary, real databases, and a simulated Microsoft Graph.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there, also in what its tests share")]

mod again;
mod api_tour;
mod beside_the_demo;
mod corpus;
mod demo;
mod exports;
mod many_sign_ins;
mod migrate_and_seed;
mod pages_without_graph;
mod people;
mod program;
mod races;
mod remote;
mod serving;
mod statements;
mod tenants;
mod visitor;
mod wrong_graph;
mod wrong_input;
