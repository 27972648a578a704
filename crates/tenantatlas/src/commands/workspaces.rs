//! `workspaces`: the teams on this server, each with its own tenants, members and runs.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenancy::Slug;
use tenancy::user::Email;
use tenancy::workspace::{self, NewWorkspace, WorkspaceSummary};

use crate::config::Settings;
use crate::exit::Exit;
use crate::people;
use crate::present::{Output, Table};
use crate::problem::Problem;
use crate::wiring::{self, Installation};

/// Lists and makes workspaces
///
/// A workspace is one team or one provider: everything else belongs to exactly one. Other commands work in the
/// one that --workspace names.
#[derive(Subcommand)]
pub(crate) enum WorkspacesCommand {
    /// Lists the workspaces, with how many members and tenants each has
    List,
    Create(CreateArgs),
}

/// Makes a workspace, and its first Owner with it
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Its short name in addresses: small letters, digits and hyphens; it stays
    slug: Slug,
    /// What people call it
    #[arg(long)]
    name: String,
    /// E-mail address of the account that becomes its Owner; without one, `members add` lets the first one in
    #[arg(long, value_name = "EMAIL")]
    owner: Option<Email>,
}

pub(super) async fn run(
    command: WorkspacesCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    match command {
        WorkspacesCommand::List => list(&installation, output).await,
        WorkspacesCommand::Create(args) => create(args, &installation, output).await,
    }
}

async fn list(installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let scope = people::server(installation).await?;
    let all = workspace::overview(&installation.database, &scope).await?;
    output.json(&json!({"workspaces": all.iter().map(shape).collect::<Vec<_>>()}))?;
    if all.is_empty() {
        output.line("There is no workspace; `tenantatlas workspaces create` makes one.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["slug", "name", "members", "tenants", "since"]).right(2).right(3);
    for one in &all {
        table.row([
            one.workspace.slug.clone(),
            one.workspace.name.clone(),
            one.members.to_string(),
            one.tenants.to_string(),
            one.created_at.to_string(),
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

async fn create(args: CreateArgs, installation: &Installation, output: &Output) -> Result<Exit, Problem> {
    let scope = people::server(installation).await?;
    let owner = match &args.owner {
        Some(email) => Some(people::account(installation, email).await?.user.id),
        None => None,
    };
    let new = NewWorkspace { slug: args.slug, name: args.name, owner };
    let made = workspace::create(&installation.database, &scope, new, installation.clock.now()).await?;
    let next = match &args.owner {
        Some(email) => format!("{email} is its Owner."),
        None => format!(
            "`tenantatlas --workspace {} members add EMAIL --role owner` lets the first one in.",
            made.slug
        ),
    };
    output.line(format!("The workspace {} is there as {}. {next}", made.name, made.slug))?;
    output.json(&json!({
        "slug": made.slug,
        "name": made.name,
        "owner": args.owner.as_ref().map(Email::as_str),
    }))?;
    Ok(Exit::Succeeded)
}

fn shape(one: &WorkspaceSummary) -> Value {
    json!({
        "slug": one.workspace.slug,
        "name": one.workspace.name,
        "members": one.members,
        "tenants": one.tenants,
        "created_at": one.created_at,
    })
}
