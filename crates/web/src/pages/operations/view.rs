//! What the list of runs looks like: the ledger of every run that the reader may see.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use ledger::{Outcome, RunStatus};
use maud::{Markup, html};

use crate::components::{
    BadgeSize, Band, Column, Empty, Filters, GaugeOf, Hang, Icon, Initiator, Link, MenuItem, MeterOf, Narrow,
    Pace, Pager, Presence, Row, State, Tab, Tally, TapeDay, Wall, Weight, badge, between, counted, counting,
    data_table, duration, empty, filters, gauge, grouped, icon, is_long, menu, meter, named, pager, rel_time,
    row_link, tabs, tape, who,
};

/// How many digits of an identity are shown; the whole one is in its title.
const IDENTITY_DIGITS: usize = 12;

/// The id of the region that a change of filters replaces.
pub const REGION: &str = "runs";

/// The page.
#[derive(Clone, Debug)]
pub struct OperationsPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// What is listed, in one sentence: "Every run in Northwind Holdings, across 14 tenants. …".
    pub sentence: String,
    /// Named queries; the menu is left out when there are none.
    pub views: Vec<Link>,
    /// Ways to take the list along; the menu is left out when there are none.
    pub exports: Vec<MenuItem>,
    /// The days of the range, oldest first, and what completes "runs …"; none when it could not be read.
    pub tape: Option<(Vec<TapeDay>, String)>,
    /// All, and the states.
    pub tabs: Vec<Tab>,
    /// The filters.
    pub filters: Filters,
    /// What of the address was not understood, in a sentence each.
    pub ignored: Vec<String>,
    /// Runs that came since the list was read, and the address that shows them.
    pub fresh: Option<(u64, String)>,
    /// Columns beside those that are always there.
    pub extra: Vec<ExtraColumn>,
    /// The runs, or why there are none.
    pub list: RunList,
}

/// A column that the reader may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraColumn {
    /// The run's id.
    RunId,
    /// How long it waited.
    Waited,
    /// When it ended.
    Ended,
    /// How many attempts were begun.
    Attempt,
    /// The code that explains its end.
    Reason,
    /// How the hash of its kind and inputs begins.
    Identity,
}

impl ExtraColumn {
    /// Every column that may be asked for.
    pub const ALL: [Self; 6] =
        [Self::RunId, Self::Waited, Self::Ended, Self::Attempt, Self::Reason, Self::Identity];

    /// Gives the value in the query.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::RunId => "id",
            Self::Waited => "waited",
            Self::Ended => "ended",
            Self::Attempt => "attempt",
            Self::Reason => "code",
            Self::Identity => "identity",
        }
    }

    /// Gives what it is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::RunId => "Run ID",
            Self::Waited => "Waited",
            Self::Ended => "Ended",
            Self::Attempt => "Attempt",
            Self::Reason => "Reason code",
            Self::Identity => "Identity",
        }
    }

    const fn column(self) -> Column {
        match self {
            Self::RunId | Self::Identity => Column::new(self.label(), Some(10), Narrow::Line),
            Self::Reason => Column::new(self.label(), Some(12), Narrow::Line),
            Self::Waited | Self::Attempt => Column::new(self.label(), Some(5), Narrow::Line).numbers(),
            Self::Ended => Column::new(self.label(), Some(7), Narrow::Line),
        }
    }
}

/// What stands in the list's region.
#[derive(Clone, Debug)]
pub enum RunList {
    /// Runs.
    Runs {
        /// Active ones first, then day by day.
        bands: Vec<RunBand>,
        /// The foot.
        pager: Pager,
    },
    /// There was never a run.
    Never {
        /// Where one can be started.
        start_at: Vec<Link>,
    },
    /// No run matches.
    NoMatch {
        /// The filters in words: "Failed", "Policy sync", "the last 30 days".
        filters: Vec<String>,
        /// The list without them; none where there are none.
        clear: Option<String>,
        /// Runs that a longer range would show, with the way to it.
        older: Option<(u64, Link)>,
    },
    /// The list could not be read.
    Broken {
        /// The same page again.
        retry: String,
        /// What the log calls the error.
        reference: String,
    },
}

/// Runs under one heading.
#[derive(Clone, Debug)]
pub struct RunBand {
    /// What they have in common.
    pub heading: BandHeading,
    /// The runs, newest first.
    pub runs: Vec<RunLine>,
}

/// What the runs of a band have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandHeading {
    /// They are not over.
    Active,
    /// They were created on this day.
    Day(Date),
}

/// One run in the list.
#[derive(Clone, Debug)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// Its page.
    pub href: String,
    /// What people call its kind.
    pub label: String,
    /// Its kind as stored.
    pub kind: String,
    /// What it is about beside the tenant, such as the name of a schedule.
    pub subject: Option<String>,
    /// The tenant; none for a run of the workspace.
    pub tenant: Option<String>,
    /// Where it is in its life.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it goes its usual way.
    pub pace: Pace,
    /// What it counted, if anything.
    pub tally: Option<Tally>,
    /// What it is doing, in a few words, where it counts nothing.
    pub phase: Option<String>,
    /// The code that explains its end.
    pub reason: Option<String>,
    /// Who started it.
    pub initiator: Initiator,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long its kind usually takes.
    pub usual: Option<Duration>,
    /// How many attempts were begun.
    pub attempt: u16,
    /// The hash that stands for its kind and inputs.
    pub identity: String,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &OperationsPage) -> Markup {
    html! {
        div .head {
            div { h1 { "Operations" } p .sub { (page.sentence) } }
            @if !page.views.is_empty() || !page.exports.is_empty() {
                div .acts {
                    @if !page.views.is_empty() {
                        (menu("Saved views", Icon::View, Weight::Plain, Hang::Right, &go(&page.views)))
                    }
                    @if !page.exports.is_empty() {
                        (menu("Export", Icon::Export, Weight::Plain, Hang::Right, &page.exports))
                    }
                }
            }
        }
        @if let Some((days, span)) = &page.tape { (tape(days, span, &page.wall)) }
        (region(page))
    }
}

/// Draws the list with its tabs and filters.
#[must_use]
pub fn region(page: &OperationsPage) -> Markup {
    html! {
        section .panel id=(REGION) aria-label="Run list" {
            (tabs("Filter by state", &page.tabs))
            (filters(&page.filters))
            @for sentence in &page.ignored {
                p .line role="note" { (icon(Icon::Info)) (sentence) }
            }
            @if let Some((count, href)) = &page.fresh {
                div .fresh { a href=(href) { (icon(Icon::Up)) (counted(*count, "new run", "new runs")) ", show " (if *count == 1 { "it" } else { "them" }) } }
            }
            @match &page.list {
                RunList::Runs { bands, pager: foot } => {
                    @let table = data_table("Operation runs, newest first", &columns(&page.extra), &drawn_bands(page, bands));
                    // Columns that were asked for may need more room than there is; the page itself stays as it is.
                    @if page.extra.is_empty() { (table) } @else { div .scroll tabindex="0" role="region" aria-label="Runs" { (table) } }
                    (pager(foot))
                }
                RunList::Never { start_at } => { (empty(&never(start_at))) }
                RunList::NoMatch { filters, clear, older } => { (empty(&no_match(filters, clear.as_deref(), older.as_ref()))) }
                RunList::Broken { retry, reference } => { (empty(&broken(retry, reference))) }
            }
        }
    }
}

/// Draws the row of one run, for updates of the list in place.
#[must_use]
pub fn row(run: &RunLine, extra: &[ExtraColumn], wall: &Wall) -> Row {
    let mut cells = vec![
        state_cell(run, wall),
        html! {
            span .ttl {
                (row_link(&run.href, &run.label))
                @if let Some(subject) = &run.subject { span .under { (named(subject)) } }
                span .under .mono { (run.kind) }
            }
        },
        html! {
            @match &run.tenant { Some(tenant) => { (named(tenant)) }, None => { span .mut { "Workspace" } } }
        },
        result_cell(run),
        who(&run.initiator),
        rel_time(run.created_at, wall),
        duration_cell(run, wall),
    ];
    cells.extend(extra.iter().map(|&column| extra_cell(run, column, wall)));
    Row { id: format!("run-{}", run.id), cells, presence: Presence::Here }
}

fn columns(extra: &[ExtraColumn]) -> Vec<Column> {
    let mut all = vec![
        Column::new("State", Some(7), Narrow::State),
        // The column that takes what is left would take nothing beside further ones.
        Column::new("Operation", if extra.is_empty() { None } else { Some(16) }, Narrow::Title),
        Column::new("Tenant", Some(9), Narrow::Second),
        Column::new("Progress and result", Some(16), Narrow::Third),
        Column::new("Started by", Some(9), Narrow::Hidden).desktop(),
        Column::new("Created", Some(7), Narrow::SecondEnd),
        Column::new("Duration", Some(6), Narrow::ThirdEnd).numbers(),
    ];
    all.extend(extra.iter().map(|column| column.column()));
    all
}

fn drawn_bands(page: &OperationsPage, bands: &[RunBand]) -> Vec<Band> {
    bands
        .iter()
        .map(|band| Band {
            heading: Some(match band.heading {
                BandHeading::Active => format!("Active now, {}", grouped(band.runs.len() as u64)),
                BandHeading::Day(date) => page.wall.day_heading(date),
            }),
            rows: band.runs.iter().map(|run| row(run, &page.extra, &page.wall)).collect(),
        })
        .collect()
}

fn state_cell(run: &RunLine, wall: &Wall) -> Markup {
    // A run that works for too long says so beside its duration.
    let pace = match (run.status, run.pace) {
        (RunStatus::Running, Pace::Late) => Pace::Usual,
        (_, pace) => pace,
    };
    badge(run.status, run.outcome, pace, BadgeSize::Row, wall)
}

fn result_cell(run: &RunLine) -> Markup {
    let state = State::of(run.status, run.outcome);
    let words = |words: &str| html! { span .res { span .mut { (words) } } };
    match (state, run.tally) {
        (State::Queued, _) if run.pace == Pace::AwaitsConfirmation => words("waiting for confirmation"),
        (State::Queued, _) if run.pace == Pace::Paused => words("paused"),
        (State::Queued, _) if run.attempt > 0 => words("waiting to try again"),
        (State::Queued, _) => words("waiting for a worker"),
        (State::Running, Some(tally)) => meter(tally, MeterOf::Progress),
        (State::Running, None) => words(run.phase.as_deref().unwrap_or("working")),
        (State::Failed | State::Blocked, _) => html! {
            span .res { span .mono { (run.reason.as_deref().unwrap_or("no reason was recorded")) } }
        },
        (_, Some(tally)) => meter(tally, MeterOf::Result),
        (_, None) => words("–"),
    }
}

fn duration_cell(run: &RunLine, wall: &Wall) -> Markup {
    let Some(started_at) = run.started_at else { return html! { span .dur { span .mut { "–" } } } };
    let ran = between(started_at, run.ended_at.unwrap_or(wall.now));
    let of = if run.status == RunStatus::Running { GaugeOf::Active } else { GaugeOf::Ended };
    let long = of == GaugeOf::Active && (run.pace == Pace::Late || is_long(ran, run.usual));
    let time = match of {
        GaugeOf::Active => counting(started_at, wall),
        GaugeOf::Ended => html! { (duration(ran)) },
    };
    html! {
        span .dur {
            @if long { span .late { (icon(Icon::Late)) (time) span .sr { ", longer than usual" } } } @else { (time) }
            (gauge(ran, run.usual, of))
        }
    }
}

fn extra_cell(run: &RunLine, column: ExtraColumn, wall: &Wall) -> Markup {
    match column {
        ExtraColumn::RunId => html! { span .mono title=(run.id) { (crate::components::shortened(&run.id)) } },
        ExtraColumn::Waited => {
            html! { @if let Some(started_at) = run.started_at { (duration(between(run.created_at, started_at))) } }
        }
        ExtraColumn::Ended => html! { @if let Some(ended_at) = run.ended_at { (rel_time(ended_at, wall)) } },
        ExtraColumn::Attempt => html! { @if run.attempt > 0 { (run.attempt) } },
        ExtraColumn::Reason => html! { @if let Some(reason) = &run.reason { span .mono { (reason) } } },
        ExtraColumn::Identity => {
            html! { span .mono title=(run.identity) { (run.identity.get(..IDENTITY_DIGITS).unwrap_or(&run.identity)) } }
        }
    }
}

fn go(links: &[Link]) -> Vec<MenuItem> {
    links.iter().cloned().map(MenuItem::Go).collect()
}

fn never(start_at: &[Link]) -> Empty {
    let names: Vec<&str> = start_at.iter().map(|link| link.label.as_str()).collect();
    let sentence = match names.as_slice() {
        [] => "No operations yet.".to_owned(),
        names => format!("No operations yet. Start one from {}.", names.join(" or ")),
    };
    Empty { next: start_at.to_vec(), ..Empty::new(sentence) }
}

fn no_match(filters: &[String], clear: Option<&str>, older: Option<&(u64, Link)>) -> Empty {
    let mut why = Empty::new(format!("No run matches {}.", filters.join(", ")));
    if let Some((count, link)) = older {
        let label = format!("{}, {}", counted(*count, "older run", "older runs"), link.label);
        why = why.then(Link::new(label, link.href.as_str()));
    }
    match clear {
        Some(clear) => why.then(Link::new("Clear filters", clear)),
        None => why,
    }
}

fn broken(retry: &str, reference: &str) -> Empty {
    Empty {
        reference: Some(reference.to_owned()),
        ..Empty::new("The run list could not be read.").then(Link::new("Try again", retry))
    }
}

#[cfg(test)]
mod tests;
