//! One policy: its versions, and what is in them.

use std::collections::BTreeMap;
use std::str::FromStr;

use clap::Args;
use database::{Clock, Ts};
use governance::PAGE_MAX;
use governance::policies::{self, Filter, Policy, PolicyId, Version};
use serde_json::{Value, json};
use tenancy::{Scope, TenantId};

use super::{DIGITS_MIN, shape, short, slug};
use crate::commands::inventory::title;
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::remote::{Document, PolicyQuestion, Server};
use crate::wiring::Installation;

/// Shows one policy: its versions, and with --json what the newest, or the one asked for, holds
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// The policy: its id, or at least the last eight digits of it
    policy: String,
    /// Show what this version holds
    #[arg(long, value_name = "NUMBER")]
    version: Option<i32>,
    /// Print what the version holds, and nothing else
    #[arg(long)]
    payload: bool,
}

/// Lists the versions of a policy, newest first
#[derive(Args)]
pub(crate) struct OnePolicy {
    /// The policy: its id, or at least the last eight digits of it
    policy: String,
}

pub(super) async fn show(
    args: ShowArgs,
    installation: &Installation,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let scope = installation.scope(settings, None).await?;
    let policy = find(installation, &scope, &args.policy).await?;
    let versions = policies::versions(&installation.database, &scope, policy.id).await?;
    let shown = chosen(&args, &policy, &versions)?;
    let bytes = policies::payload(&installation.database, &scope, shown.id)
        .await
        .map_err(|error| Problem::failed("version.damaged", "failed to read the version").because(&error))?;
    let payload: Value = serde_json::from_slice(&bytes.unwrap_or_default())
        .map_err(|error| Problem::failed("version.damaged", "the version is no JSON").because(&error))?;
    let tenants = installation.tenant_slugs(&scope).await?;
    let told = One { policy: &policy, versions: &versions, tenants: &tenants, now: installation.clock.now() };
    tell_version(&args, told, shown, &payload, output)
}

/// Does the same on a server, which withholds what may be a secret.
pub(super) async fn show_on_server(
    args: ShowArgs,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    let tenants = server.tenant_slugs().await?;
    let policy = find_on_server(server, &args.policy).await?;
    let tenant = slug(&policy.key, &tenants);
    let versions = server.versions(&tenant, policy.id).await?;
    let shown = chosen(&args, &policy, &versions)?;
    let document = server.document(&tenant, policy.id, shown.number).await?;
    let payload = document.map(Document::into_value).unwrap_or_default();
    let told = One { policy: &policy, versions: &versions, tenants: &tenants, now: Clock::system().now() };
    tell_version(&args, told, shown, &payload, output)
}

fn chosen<'a>(args: &ShowArgs, policy: &Policy, versions: &'a [Version]) -> Result<&'a Version, Problem> {
    let shown = match args.version {
        None => versions.first(),
        Some(number) => versions.iter().find(|version| version.number == number),
    };
    shown.ok_or_else(|| {
        Problem::wrong_use("version.unknown", "there is no such version")
            .advice(format!("the policy has the versions 1 to {}", policy.version_count))
    })
}

/// A policy with what is told beside it.
struct One<'a> {
    policy: &'a Policy,
    versions: &'a [Version],
    tenants: &'a BTreeMap<TenantId, String>,
    now: Ts,
}

fn tell_version(
    args: &ShowArgs,
    one: One<'_>,
    shown: &Version,
    payload: &Value,
    output: &Output,
) -> Result<Exit, Problem> {
    if args.payload {
        let text = serde_json::to_string_pretty(payload).unwrap_or_default();
        output.line(text)?;
        output.json(payload)?;
        return Ok(Exit::Succeeded);
    }
    output.json(&json!({
        "policy": shape(one.policy, one.tenants),
        "versions": one.versions.iter().map(shape_of_version).collect::<Vec<_>>(),
        "version": shown.number,
        "payload": payload,
    }))?;
    tell(one.policy, one.tenants, one.now, output)?;
    tell_versions(one.versions, one.now, output)?;
    output.line(format!(
        "`policies show {} --version {} --payload` prints what it holds.",
        short(one.policy.id),
        shown.number
    ))?;
    Ok(Exit::Succeeded)
}

pub(super) async fn versions(
    args: OnePolicy,
    installation: &Installation,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let scope = installation.scope(settings, None).await?;
    let policy = find(installation, &scope, &args.policy).await?;
    let versions = policies::versions(&installation.database, &scope, policy.id).await?;
    let tenants = installation.tenant_slugs(&scope).await?;
    tell_all(
        One { policy: &policy, versions: &versions, tenants: &tenants, now: installation.clock.now() },
        output,
    )
}

/// Does the same on a server.
pub(super) async fn versions_on_server(
    args: OnePolicy,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    let tenants = server.tenant_slugs().await?;
    let policy = find_on_server(server, &args.policy).await?;
    let versions = server.versions(&slug(&policy.key, &tenants), policy.id).await?;
    tell_all(
        One { policy: &policy, versions: &versions, tenants: &tenants, now: Clock::system().now() },
        output,
    )
}

fn tell_all(one: One<'_>, output: &Output) -> Result<Exit, Problem> {
    output.json(&json!({
        "policy": shape(one.policy, one.tenants),
        "versions": one.versions.iter().map(shape_of_version).collect::<Vec<_>>(),
    }))?;
    tell(one.policy, one.tenants, one.now, output)?;
    tell_versions(one.versions, one.now, output)?;
    Ok(Exit::Succeeded)
}

/// Finds a policy by its id, or by the end of it among all of the scope.
async fn find(installation: &Installation, scope: &Scope, named: &str) -> Result<Policy, Problem> {
    if let Ok(id) = PolicyId::from_str(named) {
        let found = policies::find(&installation.database, scope, id).await?;
        return found.ok_or_else(|| unknown(named));
    }
    let end = end_of(named)?;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = policies::list(&installation.database, scope, &Filter::default(), after, PAGE_MAX).await?;
        found.extend(page.policies.into_iter().filter(|policy| ends_with(policy, &end)));
        after = page.next;
        if after.is_none() {
            return only(found, named);
        }
    }
}

/// Finds a policy of a server by its id, or by the end of it, in every tenant that may be seen.
async fn find_on_server(server: &Server, named: &str) -> Result<Policy, Problem> {
    let whole = PolicyId::from_str(named).map(|id| id.as_uuid().simple().to_string());
    let end = whole.or_else(|_| end_of(named))?;
    let mut question = PolicyQuestion { limit: PAGE_MAX, ..PolicyQuestion::default() };
    let mut found = Vec::new();
    loop {
        let (policies, next) = server.policies(&question).await?;
        found.extend(policies.into_iter().filter(|policy| ends_with(policy, &end)));
        question.after = next;
        if question.after.is_none() {
            return only(found, named);
        }
    }
}

fn unknown(named: &str) -> Problem {
    let named: String = named.chars().take(40).collect();
    Problem::wrong_use("policy.unknown", format!("there is no policy `{named}`"))
        .advice("`tenantatlas policies list` shows those there are")
}

fn end_of(named: &str) -> Result<String, Problem> {
    let end = named.replace('-', "").to_ascii_lowercase();
    if end.len() < DIGITS_MIN || !end.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Problem::wrong_use(
            "policy.unknown",
            format!("a policy is named by its id, or by at least {DIGITS_MIN} hex digits of the end of it"),
        ));
    }
    Ok(end)
}

fn ends_with(policy: &Policy, end: &str) -> bool {
    policy.id.as_uuid().simple().to_string().ends_with(end)
}

fn only(mut found: Vec<Policy>, named: &str) -> Result<Policy, Problem> {
    match (found.pop(), found.is_empty()) {
        (Some(policy), true) => Ok(policy),
        (None, _) => Err(unknown(named)),
        (Some(_), false) => {
            Err(Problem::wrong_use("policy.ambiguous", format!("`{named}` is the end of several policies"))
                .advice("give more of the id"))
        }
    }
}

fn tell(
    policy: &Policy,
    tenants: &BTreeMap<TenantId, String>,
    now: Ts,
    output: &Output,
) -> Result<(), Problem> {
    output.line(&policy.name)?;
    output.line(format!("  policy    {}", policy.id))?;
    output.line(format!("  tenant    {}", slug(&policy.key, tenants)))?;
    output.line(format!("  type      {} ({})", title(&policy.key.ty), policy.key.ty))?;
    output.line(format!("  Graph id  {}", policy.key.graph_id))?;
    if let Some(platform) = &policy.platform {
        output.line(format!("  platform  {platform}"))?;
    }
    output.line(format!("  read      {} ({})", policy.last_read_at, ago(policy.last_read_at, now)))?;
    match policy.missing_since {
        Some(since) => output.line(format!("  missing   since {since} ({})", ago(since, now))),
        None => Ok(()),
    }
}

fn tell_versions(versions: &[Version], now: Ts, output: &Output) -> Result<(), Problem> {
    let mut table =
        Table::new(output, &["version", "recorded", "changed", "parts", "bytes", "hash"]).right(0).right(4);
    for version in versions {
        let changed: Vec<&str> = version.changed.iter().map(|side| side.as_str()).collect();
        let parts: Vec<&str> = version.parts.iter().map(|part| part.as_str()).collect();
        table.row([
            version.number.to_string(),
            ago(version.captured_at, now),
            changed.join(", "),
            parts.join(", "),
            version.size_bytes.to_string(),
            version.canonical_hash.to_string()[..12].to_owned(),
        ]);
    }
    output.line(table)
}

fn shape_of_version(version: &Version) -> Value {
    json!({
        "id": version.id,
        "number": version.number,
        "name": version.name,
        "canonical_hash": version.canonical_hash.to_string(),
        "settings_hash": version.settings_hash.to_string(),
        "assignments_hash": version.assignments_hash.map(|hash| hash.to_string()),
        "payload_hash": version.payload_hash.to_string(),
        "size_bytes": version.size_bytes,
        "rule_set": version.rule_set,
        "parts": version.parts.iter().map(|part| part.as_str()).collect::<Vec<_>>(),
        "changed": version.changed.iter().map(|side| side.as_str()).collect::<Vec<_>>(),
        "graph_modified_at": version.graph_modified_at,
        "captured_at": version.captured_at,
        "run": version.run,
    })
}
