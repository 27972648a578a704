//! `runs show`: one run with everything that is kept about it.

use std::collections::BTreeMap;

use clap::Args;
use database::{Clock, Ts};
use ledger::catalog::Catalog;
use ledger::failure::Failure;
use ledger::{RunDetail, RunStatus};
use serde_json::Value;
use tenancy::TenantId;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, RunDetailJson, ago, counts, outcome, span, took};
use crate::problem::Problem;
use crate::remote::Server;
use crate::run_ref::{self, RunRef};
use crate::wiring;

/// Shows one run: how it went, what went wrong and what to do about it, its attempts
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// The run: its id, or at least the last eight digits of it
    run: RunRef,
}

pub(super) async fn run(args: ShowArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let id = args.run.resolve(&installation.ledger, &scope).await?;
    let detail = installation.ledger.show(&scope, id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    let tenants = installation.tenant_slugs(&scope).await?;
    tell(&detail, installation.catalog(), &tenants, installation.clock.now(), output)
}

/// Does the same on a server.
pub(super) async fn on_server(args: ShowArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let tenants = server.tenant_slugs().await?;
    let id = server.resolve(&args.run).await?;
    let detail = server.run(id).await?.ok_or_else(|| run_ref::unknown(&args.run))?;
    tell(&detail, &wiring::catalog()?, &tenants, Clock::system().now(), output)
}

fn tell(
    detail: &RunDetail,
    catalog: &Catalog,
    tenants: &BTreeMap<TenantId, String>,
    now: Ts,
    output: &Output,
) -> Result<Exit, Problem> {
    output.json(&RunDetailJson::of(detail, catalog, tenants))?;
    let row = &detail.row;
    let tenant = row.tenant.and_then(|tenant| tenants.get(&tenant).cloned());
    output.line(format!("{} ({})", catalog.label_of(&row.kind), row.kind))?;
    field(output, "run", Some(row.id.to_string()))?;
    field(output, "tenant", tenant)?;
    let state = match &row.reason_code {
        Some(code) => format!("{} ({code})", outcome(row.status, row.outcome)),
        None => outcome(row.status, row.outcome).to_owned(),
    };
    field(output, "status", Some(state))?;
    field(output, "counts", Some(counts(&row.counts)).filter(|told| !told.is_empty()))?;
    field(output, "started by", Some(initiator(detail)))?;
    field(output, "created", Some(time(row.created_at, now)))?;
    field(output, "claimed", row.started_at.map(|at| time(at, now)))?;
    field(output, "ended", row.completed_at.map(|at| time(at, now)))?;
    field(output, "took", took(row).map(span))?;
    field(output, "attempt", Some(format!("{} of {}", row.attempt, detail.max_attempts)))?;
    field(output, "paused", row.is_paused.then(|| "waits until its kind is resumed".to_owned()))?;
    field(output, "cancel asked", row.cancel_requested_at.map(|at| time(at, now)))?;
    field(output, "stands until", detail.reuse_until.filter(|until| *until > now).map(|at| at.to_string()))?;
    field(output, "repeats", detail.rerun_of.map(|run| run.to_string()))?;
    field(output, "about", about(&detail.context))?;
    tell_progress(detail, now, output)?;
    tell_failures(detail, output)?;
    tell_attempts(detail, now, output)?;
    Ok(Exit::Succeeded)
}

/// Tells what went wrong in a run's final attempt, and what a person can do about each.
///
/// # Errors
/// [`Problem::reader_gone`] when nobody reads any more.
pub(crate) fn tell_failures(detail: &RunDetail, output: &Output) -> Result<(), Problem> {
    let failures: Vec<Failure> = detail.failures.clone().into();
    if failures.is_empty() {
        return Ok(());
    }
    output.line("  what went wrong:")?;
    for failure in failures {
        let times = if failure.count > 1 { format!(", {} times", failure.count) } else { String::new() };
        let item = failure.item.as_ref().map(|item| format!(" [{item}]")).unwrap_or_default();
        output.line(format!("    {}{item}: {}{times}", failure.code, failure.message))?;
        if let Some(entry) = failure.code.entry() {
            output.line(format!("      {}", entry.advice))?;
        }
    }
    Ok(())
}

fn tell_progress(detail: &RunDetail, now: Ts, output: &Output) -> Result<(), Problem> {
    let Some(progress) = detail.progress.as_ref().filter(|_| detail.row.status == RunStatus::Running) else {
        return Ok(());
    };
    let phase = progress.phase.as_deref().unwrap_or("working");
    let told = format!("{phase}: {} ({})", counts(&progress.counts), ago(progress.updated_at, now));
    field(output, "progress", Some(told))
}

fn tell_attempts(detail: &RunDetail, now: Ts, output: &Output) -> Result<(), Problem> {
    if detail.events.is_empty() {
        return Ok(());
    }
    output.line("  earlier attempts:")?;
    for event in &detail.events {
        let what = match event.event.as_str() {
            "worker_lost" => "its worker was lost",
            "retry" => "failed and was tried again",
            "release" => "given back by a worker that stopped",
            other => other,
        };
        let code = event.reason_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        output.line(format!("    attempt {}: {what}{code}, {}", event.attempt, ago(event.at, now)))?;
    }
    Ok(())
}

fn initiator(detail: &RunDetail) -> String {
    match (detail.row.initiator_name.as_str(), detail.row.initiator_kind.as_str()) {
        ("", kind) => kind.to_owned(),
        (name, "user") => name.to_owned(),
        (name, kind) => format!("{name} ({kind})"),
    }
}

fn about(context: &Value) -> Option<String> {
    let fields = context.as_object().filter(|fields| !fields.is_empty())?;
    let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: Vec<String> =
        fields.iter().map(|(key, value)| format!("{}: {}", key.replace('_', " "), told(value))).collect();
    Some(pairs.join(", "))
}

fn time(at: Ts, now: Ts) -> String {
    format!("{at} ({})", ago(at, now))
}

fn field(output: &Output, name: &str, value: Option<String>) -> Result<(), Problem> {
    match value {
        Some(value) => output.line(format!("  {name:<13} {value}")),
        None => Ok(()),
    }
}
