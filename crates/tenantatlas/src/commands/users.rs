//! `users`: the people who have an account on this server.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenancy::password::Hashing;
use tenancy::user::{self, Email, NewUser, ServerAdmin, Standing, User};

use crate::config::Settings;
use crate::exit::Exit;
use crate::people::{self, Account};
use crate::present::{Output, Table};
use crate::problem::Problem;
use crate::typed_secret;
use crate::wiring::{self, Installation};

/// Lists, makes and changes accounts
///
/// An account lets somebody sign in; what they may do in a workspace is said by `members`. Passwords are asked
/// for at the terminal, or read from --password-file or standard input; they are never options.
#[derive(Subcommand)]
pub(crate) enum UsersCommand {
    /// Lists everybody who has an account
    List,
    Create(CreateArgs),
    Rename(RenameArgs),
    /// Shuts an account out: its sessions end, its tokens sleep
    Disable(OneUser),
    /// Lets an account in again
    Enable(OneUser),
    ResetPassword(ResetArgs),
    #[command(subcommand)]
    ServerAdmin(ServerAdminCommand),
}

/// Makes an account, which belongs to no workspace yet
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// E-mail address that they sign in with
    email: Email,
    /// What they are called
    #[arg(long)]
    name: String,
    /// File that holds the password; `-` for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Gives somebody another name; what they did before keeps the old one
#[derive(Args)]
pub(crate) struct RenameArgs {
    /// E-mail address of the account
    email: Email,
    /// What they are called from now on
    name: String,
}

/// Sets somebody's password; their sessions end, and waits after wrong passwords are over
#[derive(Args)]
pub(crate) struct ResetArgs {
    /// E-mail address of the account
    email: Email,
    /// File that holds the new password; `-` for standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Names server administrators, who create workspaces and manage accounts, and are nobody inside a workspace
#[derive(Subcommand)]
pub(crate) enum ServerAdminCommand {
    /// Makes somebody a server administrator
    Grant(OneUser),
    /// Takes it back; the last one stays
    Withdraw(OneUser),
}

#[derive(Args)]
pub(crate) struct OneUser {
    /// E-mail address of the account
    email: Email,
}

pub(super) async fn run(
    command: UsersCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    match command {
        UsersCommand::List => list(&installation, output).await,
        UsersCommand::Create(args) => create(args, &installation, output).await,
        UsersCommand::Rename(args) => rename(args, &installation, output).await,
        UsersCommand::Disable(args) => stand(args, Standing::Disabled, &installation, output).await,
        UsersCommand::Enable(args) => stand(args, Standing::Enabled, &installation, output).await,
        UsersCommand::ResetPassword(args) => reset(args, &installation, output).await,
        UsersCommand::ServerAdmin(ServerAdminCommand::Grant(args)) => {
            administer(args, ServerAdmin::Yes, &installation, output).await
        }
        UsersCommand::ServerAdmin(ServerAdminCommand::Withdraw(args)) => {
            administer(args, ServerAdmin::No, &installation, output).await
        }
    }
}

async fn list(installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let scope = people::server(installation).await?;
    let users = user::list(&installation.database, &scope).await?;
    output.json(&json!({"users": users.iter().map(shape).collect::<Vec<_>>()}))?;
    if users.is_empty() {
        output.line("Nobody has an account; `tenantatlas users create` makes one.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["e-mail", "name", "account", "server administrator", "since"]);
    for user in &users {
        table.row([
            user.email.clone(),
            user.name.clone(),
            if user.standing == Standing::Enabled { "enabled" } else { "disabled" }.to_owned(),
            if user.server_admin == ServerAdmin::Yes { "yes" } else { "" }.to_owned(),
            user.created_at.to_string(),
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

async fn create(args: CreateArgs, installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let scope = people::server(installation).await?;
    if user::find(&installation.database, &scope, &args.email).await?.is_some() {
        return Err(user::CreateUserError::Taken.into());
    }
    let password = typed_secret::new_password(args.password_file.as_deref()).await?;
    let new = NewUser { email: args.email, name: args.name, password };
    let (database, now) = (&installation.database, installation.clock.now());
    let user = user::create(database, &Hashing::default(), &scope, new, now).await?;
    output.line(format!(
        "{} has an account; `tenantatlas members add {} --role ROLE` lets them into a workspace.",
        user.name, user.email
    ))?;
    output.json(&shape(&user))?;
    Ok(Exit::Succeeded)
}

async fn rename(args: RenameArgs, installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let Account { scope, user } = people::account(installation, &args.email).await?;
    let now = installation.clock.now();
    user::rename_for(&installation.database, &scope, user.id, &args.name, now).await?;
    tell(installation, &args.email, output, |user| format!("{} is called {} now.", user.email, user.name))
        .await
}

async fn stand(
    args: OneUser,
    standing: Standing,
    installation: &Installation,
    output: &Output,
) -> Result<Exit, Problem> {
    let Account { scope, user } = people::account(installation, &args.email).await?;
    let now = installation.clock.now();
    user::set_standing(&installation.database, &scope, user.id, standing, now).await?;
    tell(installation, &args.email, output, |user| match standing {
        Standing::Disabled => format!("{} is disabled and signed out everywhere.", user.email),
        Standing::Enabled => format!("{} may sign in again.", user.email),
    })
    .await
}

async fn reset(args: ResetArgs, installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let Account { scope, user } = people::account(installation, &args.email).await?;
    let password = typed_secret::new_password(args.password_file.as_deref()).await?;
    let (database, now) = (&installation.database, installation.clock.now());
    user::reset_password(database, &Hashing::default(), &scope, user.id, &password, now).await?;
    tell(installation, &args.email, output, |user| {
        format!("{} has a new password and is signed out everywhere.", user.email)
    })
    .await
}

async fn administer(
    args: OneUser,
    admin: ServerAdmin,
    installation: &Installation,
    output: &Output,
) -> Result<Exit, Problem> {
    let Account { scope, user } = people::account(installation, &args.email).await?;
    let now = installation.clock.now();
    user::set_server_admin(&installation.database, &scope, user.id, admin, now).await?;
    tell(installation, &args.email, output, |user| match admin {
        ServerAdmin::Yes => format!("{} is a server administrator.", user.email),
        ServerAdmin::No => format!("{} is no server administrator.", user.email),
    })
    .await
}

/// Answers with the account as it is now.
async fn tell(
    installation: &Installation,
    email: &Email,
    output: &Output,
    line: impl Fn(&User) -> String,
) -> Result<Exit, Problem> {
    let Account { user, .. } = people::account(installation, email).await?;
    output.line(line(&user))?;
    output.json(&shape(&user))?;
    Ok(Exit::Succeeded)
}

fn shape(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "enabled": user.standing == Standing::Enabled,
        "server_admin": user.server_admin == ServerAdmin::Yes,
        "created_at": user.created_at,
    })
}
