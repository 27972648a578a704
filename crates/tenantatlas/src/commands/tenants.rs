//! `tenants`: the tenants of the workspace and how each is reached.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use database::{Clock, Ts};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tenancy::Slug;
use tenancy::tenant::{self, CloudName, Connect, Environment, SimulatedUrls, Tenant, TenantState};
use tenancy::workspace::Origin;

use super::start::{self, Waiting};
use crate::config::{self, Settings};
use crate::exit::Exit;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::remote::{Ask, Server, ServerTenant};
use crate::typed_secret;
use crate::wiring::{self, Installation};

/// Lists, adds, checks, connects and disconnects tenants
#[derive(Subcommand)]
pub(crate) enum TenantsCommand {
    /// Lists the tenants of the workspace
    List,
    Add(Box<AddArgs>),
    Check(CheckArgs),
    /// Stops work with a tenant; what is kept of it stays
    Disconnect(OneTenant),
    /// Takes up work with a tenant again
    Connect(OneTenant),
}

/// Adds a tenant, or changes how one is reached
///
/// The application's secret is read from --secret-file, else from TENANTATLAS_CLIENT_SECRET, else asked for
/// at the terminal. It is kept sealed under the master key.
#[derive(Args)]
pub(crate) struct AddArgs {
    /// Short name: lower-case letters, digits and hyphens
    #[arg(long)]
    slug: Slug,
    /// Name; by default the short name
    #[arg(long)]
    name: Option<String>,
    /// The tenant's id at Microsoft, or one of its domains
    #[arg(long, value_name = "ID")]
    tenant_id: String,
    /// The id of the application that signs in
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// What a mistake would cost: production or test
    #[arg(long, default_value = "production", value_parser = word::<Environment>)]
    environment: Environment,
    /// Cloud: global, usgov, usgov-dod, china, or simulated
    #[arg(long, default_value = "global", value_parser = word::<CloudName>)]
    cloud: CloudName,
    /// Where a simulated tenant gives tokens, for example http://127.0.0.1:8765
    #[arg(long, value_name = "URL")]
    login_url: Option<String>,
    /// Where a simulated tenant answers; by default where it gives tokens
    #[arg(long, value_name = "URL", requires = "login_url")]
    graph_url: Option<String>,
    /// File that holds the application's secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Change the tenant of this short name, if there is one
    #[arg(long)]
    update: bool,
}

/// Signs in to a tenant and asks who it is, by a run of tenant.check_connection
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Its short name
    slug: String,
    /// Do not wait for the run
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Give up waiting after so many seconds; the run goes on
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

#[derive(Args)]
pub(crate) struct OneTenant {
    /// Its short name
    slug: String,
}

pub(super) async fn run(
    command: TenantsCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    match command {
        TenantsCommand::List => list(settings, output).await,
        TenantsCommand::Add(args) => add(*args, settings, output).await,
        TenantsCommand::Check(args) => check(args, settings, output).await,
        TenantsCommand::Disconnect(args) => set(args, TenantState::Disconnected, settings, output).await,
        TenantsCommand::Connect(args) => set(args, TenantState::Connected, settings, output).await,
    }
}

async fn list(settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let tenants = tenant::list(&installation.database, &scope).await?;
    output.json(&json!({"tenants": tenants.iter().map(shape).collect::<Vec<_>>()}))?;
    let lines = tenants.into_iter().map(|tenant| Line {
        slug: tenant.slug,
        name: tenant.name,
        environment: tenant.environment.to_string(),
        cloud: tenant.cloud.to_string(),
        state: tenant.state.to_string(),
        checked: (tenant.checked_at, tenant.check_code),
        microsoft: tenant.graph_tenant_id,
    });
    tell(lines.collect(), installation.clock.now(), output)
}

/// Lists the tenants of a server's workspace; how its application signs in stays with the server.
pub(super) async fn list_on_server(server: &Server, output: &Output) -> Result<Exit, Problem> {
    let tenants = server.tenants().await?;
    let shapes: Vec<Value> = tenants.iter().map(shape_on_server).collect();
    output.json(&json!({"tenants": shapes}))?;
    let lines = tenants.into_iter().map(|tenant| Line {
        slug: tenant.slug,
        name: tenant.name,
        environment: tenant.environment,
        cloud: tenant.cloud,
        state: tenant.state,
        checked: (tenant.checked_at, tenant.check_code),
        microsoft: tenant.graph_tenant_id,
    });
    tell(lines.collect(), Clock::system().now(), output)
}

/// What the table says of a tenant.
struct Line {
    slug: String,
    name: String,
    environment: String,
    cloud: String,
    state: String,
    checked: (Option<Ts>, Option<String>),
    microsoft: String,
}

fn tell(tenants: Vec<Line>, now: Ts, output: &Output) -> Result<Exit, Problem> {
    if tenants.is_empty() {
        output.line("No tenants; `tenantatlas tenants add` adds one.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(
        output,
        &["tenant", "name", "environment", "cloud", "state", "connection", "Microsoft tenant"],
    );
    for tenant in tenants {
        let connection = match tenant.checked {
            (None, _) => "not checked".to_owned(),
            (Some(at), None) => format!("good {}", ago(at, now)),
            (Some(at), Some(code)) => format!("{code} {}", ago(at, now)),
        };
        table.row([
            tenant.slug,
            tenant.name,
            tenant.environment,
            tenant.cloud,
            tenant.state,
            connection,
            tenant.microsoft,
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

fn shape_on_server(tenant: &ServerTenant) -> Value {
    json!({
        "slug": tenant.slug,
        "name": tenant.name,
        "external_id": tenant.external_id,
        "graph_tenant_id": tenant.graph_tenant_id,
        "environment": tenant.environment,
        "cloud": tenant.cloud,
        "state": tenant.state,
        "checked_at": tenant.checked_at,
        "check_code": tenant.check_code,
    })
}

async fn add(args: AddArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let known = tenant::find(&installation.database, &scope, args.slug.as_str()).await?;
    if known.is_some() && !args.update {
        return Err(Problem::wrong_use(
            "tenant.exists",
            format!("there is a tenant `{}` already", args.slug),
        )
        .advice("give another --slug, or --update to change how it is reached"));
    }
    let simulated = args.login_url.as_ref().map(|login| SimulatedUrls {
        login: login.clone(),
        graph: args.graph_url.clone().unwrap_or_else(|| login.clone()),
    });
    if let Some(urls) = &simulated {
        graph::Cloud::simulated(&urls.login, &urls.graph).map_err(|error| {
            Problem::wrong_use("tenant.invalid", "failed to accept the addresses of the simulator")
                .because(&error)
        })?;
    }
    let key = wiring::master_key(settings, &installation.database).await?;
    let connect = Connect {
        name: args.name.unwrap_or_else(|| args.slug.to_string()),
        slug: args.slug,
        graph_tenant_id: args.tenant_id,
        environment: args.environment,
        cloud: args.cloud,
        simulated,
        client_id: args.client_id,
        client_secret: secret(args.secret_file).await?,
        origin: Origin::Own,
    };
    let tenant =
        tenant::upsert(&installation.database, &scope, &key, connect, installation.clock.now()).await?;
    let done = if known.is_some() { "is changed" } else { "is added" };
    output.line(format!(
        "The tenant `{}` {done}; `{} tenants check {}` tries its connection.",
        tenant.slug,
        settings.command(),
        tenant.slug
    ))?;
    output.json(&shape(&tenant))?;
    Ok(Exit::Succeeded)
}

async fn check(args: CheckArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, Some(&args.slug)).await?;
    let waiting = Waiting { wait: !args.no_wait, timeout: args.timeout };
    start::start(&installation, &scope, "tenant.check_connection", Value::Null, waiting, output).await
}

/// Does the same on a server.
pub(super) async fn check_on_server(
    args: CheckArgs,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    let waiting = Waiting { wait: !args.no_wait, timeout: args.timeout };
    let kind = "tenant.check_connection".to_owned();
    let ask = Ask { kind, tenant: Some(args.slug), ..Ask::default() };
    start::ask_server(server, &ask, waiting, output).await
}

async fn set(
    args: OneTenant,
    state: TenantState,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let tenant = set_state(&installation, settings, &args.slug, state).await?;
    output.line(format!("The tenant `{}` is {}.", tenant.slug, tenant.state))?;
    output.json(&shape(&tenant))?;
    Ok(Exit::Succeeded)
}

async fn set_state(
    installation: &Installation,
    settings: &Settings,
    slug: &str,
    state: TenantState,
) -> Result<Tenant, Problem> {
    let scope = installation.scope(settings, Some(slug)).await?;
    tenant::set_state(&installation.database, &scope, state, installation.clock.now()).await?;
    let found = tenant::get(&installation.database, &scope).await?;
    found.ok_or_else(|| Problem::wrong_use("tenant.unknown", format!("there is no tenant `{slug}`")))
}

/// Gets the application's secret from where the person keeps it; never from the command line, which others can read.
async fn secret(file: Option<PathBuf>) -> Result<SecretString, Problem> {
    if let Some(file) = file {
        return typed_secret::from_file("secret", &file);
    }
    if let Some(secret) = config::client_secret() {
        return typed_secret::one_line("secret", secret.expose_secret());
    }
    if !typed_secret::is_somebody_there() {
        return Err(Problem::wrong_use("tenant.secret", "there is no secret, and nobody is there to ask")
            .advice("give --secret-file FILE, or set TENANTATLAS_CLIENT_SECRET"));
    }
    let typed = typed_secret::from_terminal("Secret of the application (it is not shown): ").await?;
    typed_secret::one_line("secret", &typed)
}

fn word<T: FromStr<Err = tenant::UnknownWord>>(text: &str) -> Result<T, tenant::UnknownWord> {
    text.parse()
}

fn shape(tenant: &Tenant) -> Value {
    json!({
        "slug": tenant.slug,
        "name": tenant.name,
        "external_id": tenant.external_id,
        "graph_tenant_id": tenant.graph_tenant_id,
        "client_id": tenant.client_id,
        "environment": tenant.environment.as_str(),
        "cloud": tenant.cloud.as_str(),
        "login_url": tenant.simulated.as_ref().map(|urls| &urls.login),
        "graph_url": tenant.simulated.as_ref().map(|urls| &urls.graph),
        "state": tenant.state.as_str(),
        "checked_at": tenant.checked_at,
        "check_code": tenant.check_code,
    })
}
