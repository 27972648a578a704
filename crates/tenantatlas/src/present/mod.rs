//! How answers look: lines and tables for people, JSON for programs, progress while something is under way.

mod json;
mod output;
mod progress;
mod sentence;
mod table;

pub(crate) use json::{RunDetailJson, RunJson, slug};
pub(crate) use output::{Format, Output};
pub(crate) use progress::{Board, Progress};
pub(crate) use sentence::{ago, counts, outcome, short_id, span, took};
pub(crate) use table::Table;
