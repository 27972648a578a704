//! `policies`: policies that were read whole, their versions, and what is in them.

mod one;
mod place;

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use database::{Clock, Ts};
use governance::policies::{self, Filter, Policy, PolicyId};
use governance::{ObjectKey, PAGE_MAX, Presence};
use serde_json::{Value, json};
use tenancy::TenantId;

use self::place::Place;
use super::inventory::title;
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::remote::{PolicyQuestion, Server};
use crate::wiring::{self, Installation};

/// Shows policies and their versions
#[derive(Subcommand)]
pub(crate) enum PoliciesCommand {
    List(ListArgs),
    Show(one::ShowArgs),
    Versions(one::OnePolicy),
}

/// Lists policies by tenant and type, with when each was last read
#[derive(Args)]
pub(crate) struct ListArgs {
    /// Policies of this tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Policies of this type only, for example configurationPolicy; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Policies whose name holds this text
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Policies that a complete reading no longer found
    #[arg(long)]
    missing: bool,
    /// How many to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=PAGE_MAX as i64))]
    limit: u16,
    /// Go on after this place, the `next` of the page before
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
}

/// The fewest digits of the end of an id that name a policy.
const DIGITS_MIN: usize = 8;

pub(super) async fn run(
    command: PoliciesCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    match command {
        PoliciesCommand::List(args) => list(args, &installation, settings, output).await,
        PoliciesCommand::Show(args) => one::show(args, &installation, settings, output).await,
        PoliciesCommand::Versions(args) => one::versions(args, &installation, settings, output).await,
    }
}

async fn list(
    args: ListArgs,
    installation: &Installation,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let scope = installation.scope(settings, args.tenant.as_deref()).await?;
    let after = args
        .after
        .as_deref()
        .map(str::parse::<Place>)
        .transpose()
        .map_err(|error| Problem::wrong_use("usage", format!("--after: {error}")))?;
    let presence = if args.missing { Presence::Missing } else { Presence::Any };
    let filter = Filter { types: args.types, name: args.name, presence };
    let after = after.map(|place| place.0);
    let page = policies::list(&installation.database, &scope, &filter, after, args.limit.into()).await?;
    let (now, tenants) = (installation.clock.now(), installation.tenant_slugs(&scope).await?);
    let next = page.next.map(|key| Place(key).to_string());
    tell(&page.policies, next.as_deref(), &tenants, now, output)
}

/// Does the same on a server.
pub(super) async fn on_server(
    command: PoliciesCommand,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    let args = match command {
        PoliciesCommand::Show(args) => return one::show_on_server(args, server, output).await,
        PoliciesCommand::Versions(args) => return one::versions_on_server(args, server, output).await,
        PoliciesCommand::List(args) => args,
    };
    let question = PolicyQuestion {
        tenant: args.tenant,
        types: args.types,
        name: args.name,
        seen: args.missing.then_some("missing"),
        limit: args.limit.into(),
        after: args.after,
    };
    let (policies, next) = server.policies(&question).await?;
    let tenants = server.tenant_slugs().await?;
    tell(&policies, next.as_deref(), &tenants, Clock::system().now(), output)
}

fn tell(
    policies: &[Policy],
    next: Option<&str>,
    tenants: &BTreeMap<TenantId, String>,
    now: Ts,
    output: &Output,
) -> Result<Exit, Problem> {
    output.json(&json!({
        "policies": policies.iter().map(|policy| shape(policy, tenants)).collect::<Vec<_>>(),
        "next": next,
    }))?;
    if policies.is_empty() {
        output.line("No policies.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["policy", "tenant", "type", "name", "versions", "read"]).right(4);
    for policy in policies {
        let read = match policy.missing_since {
            Some(since) => format!("missing since {}", ago(since, now)),
            None => ago(policy.last_read_at, now),
        };
        table.row([
            short(policy.id),
            slug(&policy.key, tenants),
            title(&policy.key.ty),
            policy.name.clone(),
            policy.version_count.to_string(),
            read,
        ]);
    }
    output.line(table)?;
    output.line(age(policies, now))?;
    if let Some(next) = next {
        output.line(format!("There are more: --after '{next}'"))?;
    }
    Ok(Exit::Succeeded)
}

/// Says how old the data of a page is.
fn age(policies: &[Policy], now: Ts) -> String {
    let read = policies.iter().map(|policy| policy.last_read_at);
    match (read.clone().min(), read.max()) {
        (Some(oldest), Some(newest)) if ago(oldest, now) != ago(newest, now) => {
            format!("As last read: the newest {}, the oldest {}.", ago(newest, now), ago(oldest, now))
        }
        (_, Some(newest)) => format!("As last read {}.", ago(newest, now)),
        _ => "Nothing was read yet.".to_owned(),
    }
}

fn short(id: PolicyId) -> String {
    let digits = id.as_uuid().simple().to_string();
    digits[digits.len() - DIGITS_MIN..].to_owned()
}

fn slug(key: &ObjectKey, tenants: &BTreeMap<TenantId, String>) -> String {
    tenants.get(&key.tenant).cloned().unwrap_or_else(|| key.tenant.to_string())
}

fn shape(policy: &Policy, tenants: &BTreeMap<TenantId, String>) -> Value {
    json!({
        "id": policy.id,
        "tenant": slug(&policy.key, tenants),
        "type": policy.key.ty,
        "graph_id": policy.key.graph_id,
        "name": policy.name,
        "platform": policy.platform,
        "view": policy.view,
        "version_count": policy.version_count,
        "canonical_hash": policy.canonical_hash.map(|hash| hash.to_string()),
        "graph_modified_at": policy.graph_modified_at,
        "first_seen_at": policy.first_seen_at,
        "last_read_at": policy.last_read_at,
        "missing_since": policy.missing_since,
        "run": policy.run,
    })
}
