//! `runs list`: runs that are active, then those that have ended, each newest first.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use database::{Clock, Ts};
use ledger::catalog::Catalog;
use ledger::{ActiveFilter, Outcome, PAGE_MAX, RunFilter, RunRow, RunStatus};
use serde_json::json;
use tenancy::TenantId;

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, RunJson, Table, ago, counts, outcome, short_id, span, took};
use crate::problem::Problem;
use crate::remote::{RunQuestion, Server};
use crate::run_ref::{RunRef, RunRefError};
use crate::wiring;

/// Lists runs: the active ones, then a page of those that have ended, each newest first
#[derive(Args)]
pub(crate) struct ListArgs {
    /// Runs of this tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Runs of this kind only, for example policy.sync; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Runs in this state only; may be given several times
    #[arg(long, alias = "state", value_name = "STATUS", value_delimiter = ',')]
    status: Vec<Status>,
    /// Runs that were started since: 24h, 7d, 90m, or a time such as 2026-01-31T08:00:00Z
    #[arg(long, alias = "range", value_name = "WHEN")]
    since: Option<Since>,
    /// How many runs that have ended to show
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=PAGE_MAX as i64))]
    limit: u16,
    /// Go on after this run, the `next` of the page before
    #[arg(long, value_name = "RUN")]
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Status {
    /// Waits for a worker
    Queued,
    /// Is worked on
    Running,
    /// All of it was done
    Succeeded,
    /// Some of it was done
    PartiallySucceeded,
    /// It was not done
    Failed,
    /// A precondition refused it
    Blocked,
    /// Somebody called it off
    Cancelled,
}

/// A time, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Ago(Duration),
    At(Ts),
}

/// A text that is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a number with s, m, h or d, for example 24h, or a time such as 2026-01-31T08:00:00Z")]
struct SinceError;

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, SinceError> {
        let seconds_each = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            Some(b'd') => 86_400,
            _ => 0,
        };
        if seconds_each > 0 && text.is_ascii() {
            let number: u32 = text[..text.len() - 1].parse().map_err(|_| SinceError)?;
            return Ok(Self::Ago(Duration::from_secs(u64::from(number) * seconds_each)));
        }
        text.parse::<jiff::Timestamp>().map(|at| Self::At(at.into())).map_err(|_| SinceError)
    }
}

pub(super) async fn run(args: ListArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, args.tenant.as_deref()).await?;
    let (ledger, now) = (&installation.ledger, installation.clock.now());
    let since = args.since.map(|since| since.instant(now));
    let (filter, wants_ended) = filter(&args, since);
    let after = match &args.after {
        Some(run) => Some(place(run)?.resolve(ledger, &scope).await?),
        None => None,
    };
    // A later page goes on among those that have ended; the active ones were on the first.
    let mut runs = if after.is_none() { ledger.list_active(&scope, &filter).await? } else { Vec::new() };
    runs.retain(|run| since.is_none_or(|since| run.created_at >= since));
    let mut next = None;
    if wants_ended {
        let page = ledger.list_ended(&scope, &filter, after, args.limit.into()).await?;
        runs.extend(page.runs);
        next = page.next;
    }
    let tenants = installation.tenant_slugs(&scope).await?;
    let next = next.map(|next| next.to_string());
    tell(&runs, next.as_deref(), installation.catalog(), &tenants, now, output)
}

/// Does the same on a server.
pub(super) async fn on_server(args: ListArgs, server: &Server, output: &Output) -> Result<Exit, Problem> {
    let (now, catalog) = (Clock::system().now(), wiring::catalog()?);
    let tenants = server.tenant_slugs().await?;
    if let Some(tenant) = &args.tenant {
        server.tenant(tenant).await?;
    }
    let state = match args.status.as_slice() {
        [one] => Some(one.filter()),
        _ => None,
    };
    let question = RunQuestion {
        tenant: args.tenant,
        kinds: args.kind,
        state,
        since: args.since.map(|since| since.instant(now)),
        limit: args.limit.into(),
        after: args.after,
    };
    let wanted = |run: &RunRow| args.status.is_empty() || args.status.iter().any(|status| status.is_of(run));
    let (runs, next) = server.runs(&question, wanted).await?;
    tell(&runs, next.as_deref(), &catalog, &tenants, now, output)
}

/// Reads where a page begins.
fn place(text: &str) -> Result<RunRef, Problem> {
    text.parse().map_err(|error: RunRefError| Problem::wrong_use("usage", format!("--after: {error}")))
}

fn tell(
    runs: &[RunRow],
    next: Option<&str>,
    catalog: &Catalog,
    tenants: &BTreeMap<TenantId, String>,
    now: Ts,
    output: &Output,
) -> Result<Exit, Problem> {
    let shown: Vec<RunJson> = runs.iter().map(|run| RunJson::of(run, catalog, tenants)).collect();
    output.json(&json!({"runs": shown, "next": next}))?;
    if runs.is_empty() {
        output.line("No runs.")?;
    } else {
        output.line(ledger_table(runs, catalog, tenants, now, output))?;
    }
    if let Some(next) = next {
        output.line(format!("There are more: --after {next}"))?;
    }
    Ok(Exit::Succeeded)
}

/// Draws runs as a table.
pub(crate) fn ledger_table(
    runs: &[RunRow],
    catalog: &Catalog,
    tenants: &BTreeMap<TenantId, String>,
    now: Ts,
    output: &Output,
) -> Table {
    let headings = ["run", "operation", "tenant", "status", "counts", "took", "started", "by"];
    let mut table = Table::new(output, &headings).right(5);
    for run in runs {
        let mut state = outcome(run.status, run.outcome).to_owned();
        if run.cancel_requested_at.is_some() && run.status != RunStatus::Completed {
            state.push_str(", to be cancelled");
        }
        if run.is_paused {
            state.push_str(", paused");
        }
        if let Some(code) = &run.reason_code {
            state.push_str(&format!(" ({code})"));
        }
        table.row([
            short_id(run.id),
            catalog.label_of(&run.kind),
            run.tenant.and_then(|tenant| tenants.get(&tenant).cloned()).unwrap_or_else(|| "-".to_owned()),
            state,
            counts(&run.counts),
            took(run).map(span).unwrap_or_default(),
            ago(run.created_at, now),
            if run.initiator_name.is_empty() {
                run.initiator_kind.clone()
            } else {
                run.initiator_name.clone()
            },
        ]);
    }
    table
}

/// Gives the ledger's filter, and whether runs that have ended are wanted at all.
fn filter(args: &ListArgs, since: Option<Ts>) -> (RunFilter, bool) {
    let has = |status| args.status.contains(&status);
    let outcomes: Vec<Outcome> = args.status.iter().filter_map(|status| status.outcome()).collect();
    let active = match (has(Status::Queued), has(Status::Running)) {
        (true, true) => ActiveFilter::All,
        (true, false) => ActiveFilter::Only(RunStatus::Queued),
        (false, true) => ActiveFilter::Only(RunStatus::Running),
        (false, false) if args.status.is_empty() => ActiveFilter::All,
        (false, false) => ActiveFilter::None,
    };
    let wants_ended = args.status.is_empty() || !outcomes.is_empty();
    (RunFilter { kinds: args.kind.clone(), active, outcomes, since }, wants_ended)
}

impl Since {
    fn instant(self, now: Ts) -> Ts {
        match self {
            Self::Ago(long) => now.minus(long),
            Self::At(at) => at,
        }
    }
}

impl Status {
    /// Gives the value of the API's filter.
    fn filter(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::PartiallySucceeded => "partial",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
        }
    }

    fn is_of(self, run: &RunRow) -> bool {
        match self.outcome() {
            Some(outcome) => run.status == RunStatus::Completed && run.outcome == outcome,
            None => {
                (self == Self::Queued) == (run.status == RunStatus::Queued)
                    && run.status != RunStatus::Completed
            }
        }
    }

    fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Queued | Self::Running => None,
            Self::Succeeded => Some(Outcome::Succeeded),
            Self::PartiallySucceeded => Some(Outcome::PartiallySucceeded),
            Self::Failed => Some(Outcome::Failed),
            Self::Blocked => Some(Outcome::Blocked),
            Self::Cancelled => Some(Outcome::Cancelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_since_is_an_age_or_a_time() {
        assert_eq!("24h".parse(), Ok(Since::Ago(Duration::from_secs(86_400))));
        assert_eq!("7d".parse(), Ok(Since::Ago(Duration::from_secs(604_800))));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Since::At(Ts::from_micros(1_000_000))));
        for bad in ["", "h", "-1h", "yesterday", "24", "4294967296d", "ää"] {
            assert_eq!(bad.parse::<Since>(), Err(SinceError), "{bad}");
        }
    }
}
