//! `inventory`: what is known of each type of a tenant, and how well it was last read.

use std::collections::BTreeMap;

use clap::Args;
use contract::Registry;
use database::{Clock, Ts};
use governance::inventory::{self, Coverage, TypeCount};
use serde_json::{Value, json};
use tenancy::tenant;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::remote::Server;
use crate::wiring;

/// Shows for each type how many objects are known, how well it was last read, and when
///
/// A type that was not read to its last page is not known completely: nothing is concluded from what is missing.
#[derive(Args)]
pub(crate) struct InventoryArgs {
    /// This tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
}

pub(super) async fn run(args: InventoryArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let database = &installation.database;
    let whole = installation.scope(settings, args.tenant.as_deref()).await?;
    let now = installation.clock.now();
    let mut answers = Vec::new();
    for tenant in tenant::list(database, &whole).await? {
        let scope = installation.scope(settings, Some(&tenant.slug)).await?;
        let counts = inventory::counts(database, &scope).await?;
        let counts = by_type(&counts);
        let coverage = inventory::coverage(database, &scope).await?;
        tell((&tenant.name, &tenant.slug), &counts, &coverage, now, output)?;
        answers.push(answer(&tenant.slug, &counts, &coverage));
    }
    output.json(&json!({"tenants": answers}))?;
    Ok(Exit::Succeeded)
}

/// Does the same on a server.
pub(super) async fn on_server(
    args: InventoryArgs,
    server: &Server,
    output: &Output,
) -> Result<Exit, Problem> {
    let tenants = match &args.tenant {
        Some(slug) => vec![server.tenant(slug).await?],
        None => server.tenants().await?,
    };
    let (now, mut answers) = (Clock::system().now(), Vec::new());
    for tenant in tenants {
        let (counts, coverage) = server.inventory(&tenant).await?;
        let counts = by_type(&counts);
        tell((&tenant.name, &tenant.slug), &counts, &coverage, now, output)?;
        answers.push(answer(&tenant.slug, &counts, &coverage));
    }
    output.json(&json!({"tenants": answers}))?;
    Ok(Exit::Succeeded)
}

type Counts<'a> = BTreeMap<&'a str, &'a TypeCount>;

fn by_type(counts: &[TypeCount]) -> Counts<'_> {
    counts.iter().map(|count| (count.ty.as_str(), count)).collect()
}

fn answer(tenant: &str, counts: &Counts<'_>, coverage: &[Coverage]) -> Value {
    let types: Vec<Value> =
        coverage.iter().map(|row| shape(row, counts.get(row.ty.as_str()).copied())).collect();
    json!({"tenant": tenant, "types": types})
}

fn tell(
    (name, slug): (&str, &str),
    counts: &Counts<'_>,
    coverage: &[Coverage],
    now: Ts,
    output: &Output,
) -> Result<(), Problem> {
    output.line(format!("{name} ({slug})"))?;
    let headings =
        ["type", "read", "status", "present", "missing", "failed", "pages", "observed", "complete"];
    let mut table = Table::new(output, &headings).right(3).right(4).right(5).right(6);
    for row in newest(coverage) {
        let (present, missing) =
            counts.get(row.ty.as_str()).map_or((0, 0), |count| (count.present, count.missing));
        let status = match &row.reading.code {
            Some(code) => format!("{} ({code})", row.reading.status.as_str()),
            None => row.reading.status.as_str().to_owned(),
        };
        table.row([
            title(&row.ty),
            row.depth.as_str().to_owned(),
            status,
            present.to_string(),
            missing.to_string(),
            row.reading.failed.to_string(),
            row.reading.pages.to_string(),
            ago(row.observed_at, now),
            row.complete_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        ]);
    }
    if table.is_empty() {
        output.line("Nothing was read yet; `tenantatlas start inventory.sync` reads it.")
    } else {
        output.line(table)
    }
}

/// Gives the newest reading of each type, of those that listed it and those that read its objects whole.
fn newest(coverage: &[Coverage]) -> impl Iterator<Item = &Coverage> {
    let mut newest: BTreeMap<&str, &Coverage> = BTreeMap::new();
    for row in coverage {
        let known = newest.entry(&row.ty).or_insert(row);
        if row.observed_at > known.observed_at {
            *known = row;
        }
    }
    newest.into_values()
}

/// Gives what people call a type; its key where this version does not know it.
pub(super) fn title(key: &str) -> String {
    Registry::builtin().get(key).map_or_else(|| key.to_owned(), |ty| ty.title.clone())
}

fn shape(row: &Coverage, count: Option<&TypeCount>) -> Value {
    json!({
        "type": row.ty,
        "depth": row.depth.as_str(),
        "status": row.reading.status.as_str(),
        "code": row.reading.code,
        "present": count.map_or(0, |count| count.present),
        "missing": count.map_or(0, |count| count.missing),
        "seen": row.reading.seen,
        "failed": row.reading.failed,
        "pages": row.reading.pages,
        "expected": row.expected,
        "observed_at": row.observed_at,
        "complete_at": row.complete_at,
        "run": row.run,
    })
}
