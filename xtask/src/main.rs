//! The project's automation: everything that checks a change, in one place and in one language.
//!
//! A *check* looks at the sources without running the product. A *gate* is a part of the test suite that
//! a release may not pass without; it fails when it ran nothing.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod api_fuzz;
mod browser;
mod check;
mod command;
mod debian;
mod dependencies;
mod documents;
mod findings;
mod gates;
mod migrations;
mod postgres;
mod sources;
mod tally;
mod test;
mod walls;
mod workspace;

use workspace::Workspace;

/// Automation for people who work on TenantAtlas.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check formatting, lints, documentation, walls, migrations and dependencies; runs no test.
    Check,
    /// Do everything that is done to a change: check, all tests on both databases, the gates, a real browser,
    /// and fuzzing of the API.
    Test,
    /// Show every page and the stories to a real browser.
    Browser(browser::BrowserArgs),
    /// Fuzz the API of a freshly built program for every role, as the tests do.
    ApiFuzz {
        /// Repeat the requests of an earlier time.
        #[arg(long)]
        seed: Option<u32>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(arguments.verb).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    match verb {
        Verb::Check => check::run(&workspace),
        Verb::Test => test::run(&workspace),
        Verb::Browser(args) => browser::run(&workspace, &args),
        Verb::ApiFuzz { seed } => test::fuzz(&workspace, seed),
    }
}
