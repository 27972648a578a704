//! `runs`: what was asked for, how it goes, how it ended, and doing it again.

mod again;
mod cancel;
mod list;
mod show;
mod watch;

use clap::Subcommand;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::remote::Server;

pub(crate) use list::ledger_table;
pub(crate) use show::tell_failures;

/// Shows, watches, cancels and repeats runs
#[derive(Subcommand)]
pub(crate) enum RunsCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Watch(watch::WatchArgs),
    Cancel(cancel::CancelArgs),
    Again(again::AgainArgs),
}

pub(super) async fn run(command: RunsCommand, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    match command {
        RunsCommand::List(args) => list::run(args, settings, output).await,
        RunsCommand::Show(args) => show::run(args, settings, output).await,
        RunsCommand::Watch(args) => watch::run(args, settings, output).await,
        RunsCommand::Cancel(args) => cancel::run(args, settings, output).await,
        RunsCommand::Again(args) => again::run(args, settings, output).await,
    }
}

/// Does the same on a server.
pub(super) async fn on_server(
    command: RunsCommand,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    match command {
        RunsCommand::List(args) => list::on_server(args, server, output).await,
        RunsCommand::Show(args) => show::on_server(args, server, output).await,
        RunsCommand::Watch(args) => watch::on_server(args, server, output).await,
        RunsCommand::Again(args) => again::on_server(args, server, output).await,
        RunsCommand::Cancel(args) => cancel::on_server(args, server, output).await,
    }
}
