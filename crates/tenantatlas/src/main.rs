//! The TenantAtlas server and command line.
//!
//! Words used here: *settings* are what flags and environment say, read once in [`config`]; a *problem* is
//! why a command could not do what was asked, with its code and exit code; *wiring* turns settings into the
//! parts that the other crates are made of. Each command has a file of its own in [`commands`].

mod cli;
mod commands;
mod config;
mod exit;
mod follow;
mod panics;
mod people;
mod present;
mod problem;
mod remote;
mod run_ref;
mod samples;
mod signals;
mod typed_secret;
mod wiring;

use std::process::ExitCode;

use crate::cli::Cli;
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;

fn main() -> ExitCode {
    panics::report_safely();
    match cli::parse(&config::arguments()) {
        Ok(cli) => {
            let output = Output::new(cli.global.format());
            let exit = run(cli, &output).unwrap_or_else(|problem| problem.report(output.format()));
            exit.into()
        }
        Err(exit) => exit.into(),
    }
}

fn run(cli: Cli, output: &Output) -> Result<Exit, Problem> {
    // Libraries that speak TLS look for the one provider of the process; the second to install finds the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = Settings::new(cli.global)?;
    settings.start_log()?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Problem::failed("process.runtime", "failed to start the runtime").because(&error))?;
    runtime.block_on(Box::pin(commands::run(cli.command, &settings, output)))
}
