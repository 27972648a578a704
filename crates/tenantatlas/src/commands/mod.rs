//! The commands, one file each: its options with their help, then what it does.

mod audit;
mod demo;
mod doctor;
mod inventory;
mod invitations;
mod kinds;
mod members;
mod migrate;
mod policies;
mod roles;
mod runs;
mod schedules;
mod seed;
mod serve;
mod simulate;
mod start;
mod tenants;
mod tokens;
mod users;
mod worker;

use clap::Subcommand;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;

/// What can be asked for.
#[derive(Subcommand)]
pub(crate) enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Worker(worker::WorkArgs),
    Start(start::StartArgs),
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    #[command(subcommand)]
    Kinds(kinds::KindsCommand),
    #[command(subcommand)]
    Tenants(tenants::TenantsCommand),
    #[command(subcommand)]
    Policies(policies::PoliciesCommand),
    Inventory(inventory::InventoryArgs),
    #[command(subcommand)]
    Schedules(schedules::SchedulesCommand),
    #[command(subcommand)]
    Users(users::UsersCommand),
    #[command(subcommand)]
    Members(members::MembersCommand),
    #[command(subcommand)]
    Invitations(invitations::InvitationsCommand),
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Migrate(migrate::MigrateArgs),
    Seed(seed::SeedArgs),
    Doctor(doctor::DoctorArgs),
    Simulate(simulate::SimulateArgs),
}

/// Does what was asked for.
///
/// # Errors
/// Why it could not be done.
pub(crate) async fn run(command: Command, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args, settings.clone().for_demo(), output)).await,
        Command::Serve(args) => Box::pin(serve::run(args, settings, output)).await,
        Command::Worker(args) => Box::pin(worker::run(args, settings, output)).await,
        Command::Start(args) => Box::pin(start::run(args, settings, output)).await,
        Command::Runs(command) => Box::pin(runs::run(command, settings, output)).await,
        Command::Kinds(command) => Box::pin(kinds::run(command, settings, output)).await,
        Command::Tenants(command) => Box::pin(tenants::run(command, settings, output)).await,
        Command::Policies(command) => Box::pin(policies::run(command, settings, output)).await,
        Command::Inventory(args) => Box::pin(inventory::run(args, settings, output)).await,
        Command::Schedules(command) => Box::pin(schedules::run(command, settings, output)).await,
        Command::Users(command) => Box::pin(users::run(command, settings, output)).await,
        Command::Members(command) => Box::pin(members::run(command, settings, output)).await,
        Command::Invitations(command) => Box::pin(invitations::run(command, settings, output)).await,
        Command::Tokens(command) => Box::pin(tokens::run(command, settings, output)).await,
        Command::Audit(command) => Box::pin(audit::run(command, settings, output)).await,
        Command::Migrate(args) => Box::pin(migrate::run(args, settings, output)).await,
        Command::Seed(args) => Box::pin(seed::run(args, settings, output)).await,
        Command::Doctor(args) => Box::pin(doctor::run(args, settings, output)).await,
        Command::Simulate(args) => Box::pin(simulate::run(args, settings, output)).await,
    }
}
