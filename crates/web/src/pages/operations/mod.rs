//! The list of runs: the ledger of every run that the visitor may see.

pub mod export;
mod filters;
mod lines;
pub mod view;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use ledger::{DayTally, Overview, PageFrom, RunRow, Tally};
use tenancy::Capability;

use crate::components::{Count, Link, MenuItem, Pager, Permission, PostForm, TapeDay, Wall, grouped};
use crate::here::Here;
use crate::links;
use crate::problem::Problem;
use crate::run_export::RUNS_MAX;
use crate::run_query::{Known, RunQuery, SIZE};
use crate::run_range::Range;
use crate::shell::{self, Page, Place};
use crate::state::AppState;
use view::{BandHeading, ExtraColumn, OperationsPage, RunBand, RunList};

pub(crate) use lines::{Names, pace};

/// Tab counts are exact up to here.
const EXACT_MAX: u64 = 10_000;

/// How many days a run is kept after its end.
pub(crate) const DAYS_KEPT: u32 = 90;

/// The longest range that has a name.
const LONGEST: Range = Range::Days(90);

/// The most days that the tape draws.
const TAPE_DAYS_MAX: usize = 90;

/// Shows the list.
///
/// # Errors
/// The database could not be used.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenants: Vec<_> = here.tenants.iter().map(|tenant| (tenant.slug.clone(), tenant.id)).collect();
    let known = Known { scope: &here.scope, tenants: &tenants, cursors: app.cursors() };
    let asked = RunQuery::read(query.as_deref().unwrap_or_default(), known)?;
    if let Some(run) = asked.run() {
        return Ok(Redirect::to(&links::run(&here.workspace.slug, run)).into_response());
    }
    let search = asked.search(&here.scope, &here.wall);
    let ahead = i64::from(here.wall.zone.to_offset(here.wall.now).seconds());
    let seen = app.ledger().overview(&here.scope, &search, asked.from, asked.size, ahead).await?;
    let older = older(&app, &here, &asked, &seen).await?;
    let main = view::page(&build(&app, &here, &asked, &seen, older));
    let page = Page {
        title: format!("Operations, {}", here.workspace.name),
        place: Place::Operations,
        way: Vec::new(),
        name: "Operations".to_owned(),
        toasts: Vec::new(),
        main,
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Leads from a tenant's address to the list of its runs.
///
/// # Errors
/// There is no such tenant.
pub async fn of_tenant(here: Here) -> Result<Redirect, Problem> {
    let slug = &here.tenant()?.slug;
    Ok(Redirect::to(&format!("{}?tenant={slug}", links::operations(&here.workspace.slug))))
}

/// Counts what the longest range would show, where the list is empty and that is more.
async fn older(app: &AppState, here: &Here, asked: &RunQuery, seen: &Overview) -> Result<u64, Problem> {
    let is_short = matches!(asked.range, Range::Hours(_) | Range::Days(_)) && asked.range != LONGEST;
    if !is_short || !seen.active.is_empty() || !seen.ended.runs.is_empty() {
        return Ok(0);
    }
    let longer = RunQuery { range: LONGEST, ..asked.clone() };
    let days = app.ledger().tally(&here.scope, &longer.search(&here.scope, &here.wall), 0).await?;
    Ok(filters::counted_state(asked.state, Tally::sum(days.iter().map(|day| day.runs))))
}

fn build(app: &AppState, here: &Here, asked: &RunQuery, seen: &Overview, older: u64) -> OperationsPage {
    let base = links::operations(&here.workspace.slug);
    let totals = Tally::sum(seen.days.iter().map(|day| day.runs));
    let extra: Vec<ExtraColumn> = ExtraColumn::ALL
        .into_iter()
        .filter(|column| asked.columns.iter().any(|name| name == column.token()))
        .collect();
    OperationsPage {
        wall: here.wall.clone(),
        sentence: sentence(here),
        views: saved_views(&base),
        exports: exports(here, asked, &base),
        tape: Some((tape_days(asked, &seen.days, &base, &here.wall), span(asked.range, &here.wall))),
        tabs: filters::tabs(asked, totals, &base),
        filters: filters::form(app, here, asked, &base),
        ignored: asked.ignored.clone(),
        fresh: None,
        list: list(app, here, asked, seen, totals, older, &base),
        extra,
    }
}

fn sentence(here: &Here) -> String {
    let tenants = match here.tenants.len() {
        1 => "1 tenant".to_owned(),
        many => format!("{many} tenants"),
    };
    format!(
        "Every run in {} that you may see, across {tenants}. Ended runs are kept for {DAYS_KEPT} days.",
        here.workspace.name
    )
}

fn saved_views(base: &str) -> Vec<Link> {
    let view = |label: &str, query: &str| Link::new(label, format!("{base}?{query}"));
    vec![
        view("Failed, last 7 days", "state=failed&range=7d"),
        view("Partial, last 7 days", "state=partial&range=7d"),
        view("Started by me", "by=me"),
        view("Runs of the workspace", "tenant=workspace"),
    ]
}

/// Gives the ways to take the list along, or why there are none.
fn exports(here: &Here, asked: &RunQuery, base: &str) -> Vec<MenuItem> {
    let permission = here
        .obstacle(Capability::Export)
        .map_or(Permission::Granted, |reason| Permission::Refused { reason });
    let item = |label: String, format: &str| match &permission {
        Permission::Granted => {
            let place = asked.with(&format!("{base}/export"), |query| {
                query.columns.clear();
                query.size = SIZE;
            });
            let sign = if place.contains('?') { '&' } else { '?' };
            MenuItem::Go(Link::new(label, format!("{place}{sign}format={format}")))
        }
        refused => MenuItem::Do { label, permission: refused.clone(), form: PostForm::default() },
    };
    let most = grouped(RUNS_MAX as u64);
    vec![item(format!("CSV, up to {most} runs"), "csv"), item(format!("JSON, up to {most} runs"), "json")]
}

fn span(range: Range, wall: &Wall) -> String {
    match range {
        Range::Hours(hours) => format!("in the last {hours} hours"),
        Range::Days(days) => format!("in the last {days} days"),
        Range::On(date) => format!("on {}", wall.short_date(date)),
        Range::Between(_, _) => "in this range".to_owned(),
    }
}

/// Gives every day of the range, those without runs among them, so that a gap is seen as one.
fn tape_days(asked: &RunQuery, days: &[DayTally], base: &str, wall: &Wall) -> Vec<TapeDay> {
    let date_of = |day: i64| {
        i32::try_from(day)
            .ok()
            .and_then(|day| Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(day)).ok())
    };
    let (from, to) = asked.range.days(wall);
    let oldest = days.iter().filter_map(|day| date_of(day.day)).min();
    let last = to.unwrap_or_else(|| wall.today());
    let first = from.or(oldest).unwrap_or(last);
    let mut all: Vec<Date> =
        first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last).take(4000).collect();
    let cut = all.len().saturating_sub(TAPE_DAYS_MAX);
    all.drain(..cut);
    all.into_iter()
        .map(|date| {
            let runs = days
                .iter()
                .find(|day| date_of(day.day) == Some(date))
                .map(|day| day.runs)
                .unwrap_or_default();
            TapeDay {
                date,
                succeeded: runs.succeeded,
                partial: runs.partial,
                failed: runs.failed,
                other: runs.cancelled + runs.blocked,
                active: runs.active(),
                href: asked.with(base, |query| query.range = Range::On(date)),
            }
        })
        .collect()
}

fn list(
    app: &AppState,
    here: &Here,
    asked: &RunQuery,
    seen: &Overview,
    totals: Tally,
    older: u64,
    base: &str,
) -> RunList {
    if seen.active.is_empty() && seen.ended.runs.is_empty() {
        if !asked.is_narrowed() && older == 0 {
            return RunList::Never { start_at: start_at(here) };
        }
        let longer = asked.with(base, |query| query.range = LONGEST);
        return RunList::NoMatch {
            filters: filters::words(app, asked, here),
            clear: asked.is_narrowed().then(|| base.to_owned()),
            older: (older > 0).then(|| (older, Link::new("show 90 days", longer))),
        };
    }
    let names = Names::new(app, here, &seen.running);
    let mut bands = Vec::new();
    if !seen.active.is_empty() {
        let runs = seen.active.iter().map(|run| names.line(run)).collect();
        bands.push(RunBand { heading: BandHeading::Active, runs });
    }
    for run in &seen.ended.runs {
        let date = here.wall.date(run.created_at.to_jiff());
        match bands.last_mut() {
            Some(band) if band.heading == BandHeading::Day(date) => band.runs.push(names.line(run)),
            _ => bands.push(RunBand { heading: BandHeading::Day(date), runs: vec![names.line(run)] }),
        }
    }
    RunList::Runs { bands, pager: pager(app, here, asked, seen, totals, base) }
}

fn start_at(here: &Here) -> Vec<Link> {
    let slug = &here.workspace.slug;
    match here.tenants.first() {
        Some(tenant) => vec![
            Link::new("Policies", links::policies(slug, &tenant.slug)),
            Link::new("Inventory", links::inventory(slug, &tenant.slug)),
        ],
        None => vec![Link::new("Tenants", links::tenants(slug))],
    }
}

fn pager(app: &AppState, here: &Here, asked: &RunQuery, seen: &Overview, totals: Tally, base: &str) -> Pager {
    let to = |from: PageFrom| asked.page(base, from, &here.scope, app.cursors());
    let total = filters::counted_state(asked.state, totals);
    Pager {
        shown: (seen.active.len() + seen.ended.runs.len()) as u64,
        first: (asked.from == PageFrom::Newest).then_some(1),
        total: Some(bounded(total.max((seen.active.len() + seen.ended.runs.len()) as u64))),
        noun: ("run", "runs"),
        newer: match asked.from {
            PageFrom::Newest => None,
            // The first page holds the active runs too, so the way back to it has no cursor.
            _ => Some(
                seen.ended.previous.map_or_else(|| to(PageFrom::Newest), |run| to(PageFrom::NewerThan(run))),
            ),
        },
        older: seen.ended.next.map(|run| to(PageFrom::OlderThan(run))),
        words: ("Newer", "Older"),
    }
}

/// Gives a count that is exact up to a bound.
pub(crate) fn bounded(count: u64) -> Count {
    if count > EXACT_MAX { Count::AtLeast(EXACT_MAX) } else { Count::Exactly(count) }
}

/// Gives the tenant of a run as people call it.
pub(crate) fn tenant_name(here: &Here, run: &RunRow) -> Option<String> {
    run.tenant.map(|id| {
        here.tenant_of(id).map_or_else(|| "A removed tenant".to_owned(), |tenant| tenant.name.clone())
    })
}
