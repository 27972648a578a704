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
mod workspaces;

use clap::Subcommand;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::remote::{self, Server};

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
    Workspaces(workspaces::WorkspacesCommand),
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

/// Does what was asked for, here or on the server that the settings name.
///
/// # Errors
/// Why it could not be done.
pub(crate) async fn run(command: Command, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    if settings.server().is_some() {
        return Box::pin(on_server(command, settings, output)).await;
    }
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
        Command::Workspaces(command) => Box::pin(workspaces::run(command, settings, output)).await,
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

/// Does on a server what its API offers.
async fn on_server(command: Command, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let name = command.name();
    let refused = || remote::needs_the_file(name);
    if !command.is_offered() {
        return Err(refused());
    }
    let server = Server::of(settings)?.ok_or_else(refused)?;
    match command {
        Command::Start(args) => start::on_server(args, &server, output).await,
        Command::Runs(command) => runs::on_server(command, &server, output).await,
        Command::Tenants(tenants::TenantsCommand::List) => tenants::list_on_server(&server, output).await,
        Command::Tenants(tenants::TenantsCommand::Check(args)) => {
            tenants::check_on_server(args, &server, output).await
        }
        Command::Policies(command) => policies::on_server(command, &server, output).await,
        Command::Inventory(args) => inventory::on_server(args, &server, output).await,
        _ => Err(refused()),
    }
}

impl Command {
    /// Says whether a server does it through its API.
    fn is_offered(&self) -> bool {
        use tenants::TenantsCommand::{Check, List};
        matches!(
            self,
            Self::Start(_)
                | Self::Runs(_)
                | Self::Policies(_)
                | Self::Inventory(_)
                | Self::Tenants(List | Check(_))
        )
    }

    /// Gives the word that a person typed for it.
    fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Serve(_) => "serve",
            Self::Worker(_) => "worker",
            Self::Start(_) => "start",
            Self::Runs(_) => "runs",
            Self::Tenants(_) => "tenants add, connect and disconnect",
            Self::Policies(_) => "policies",
            Self::Inventory(_) => "inventory",
            Self::Kinds(_) => "kinds",
            Self::Schedules(_) => "schedules",
            Self::Workspaces(_) => "workspaces",
            Self::Users(_) => "users",
            Self::Members(_) => "members",
            Self::Invitations(_) => "invitations",
            Self::Tokens(_) => "tokens",
            Self::Audit(_) => "audit",
            Self::Migrate(_) => "migrate",
            Self::Seed(_) => "seed",
            Self::Doctor(_) => "doctor",
            Self::Simulate(_) => "simulate",
        }
    }
}
