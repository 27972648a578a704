//! What a tenant's inventory looks like: every object as last observed, and how well each type was read.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Empty, Filters, Icon, Narrow, Narrowed, NoticeTone, Pager, Permission, PostForm, Presence,
    Row, Verb, Wall, Weight, action, counted, data_table, empty, filters, grouped, icon, named, notice,
    pager, rel_time, row_link,
};

/// The id of the region that a change of filters replaces.
pub const REGION: &str = "items";

/// The page.
#[derive(Clone, Debug)]
pub struct InventoryPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The tenant's name.
    pub tenant: String,
    /// When it was last read whole; none before the first time.
    pub complete_at: Option<Timestamp>,
    /// Whether the reader may sync, and the form.
    pub sync: (Permission, PostForm),
    /// How well each type was read.
    pub coverage: Vec<CoverageLine>,
    /// The filters.
    pub filters: Filters,
    /// Whether any filter is set.
    pub narrowed: Narrowed,
    /// The objects.
    pub items: Vec<ItemLine>,
    /// The foot.
    pub pager: Pager,
}

/// How well one type was last read.
#[derive(Clone, Debug)]
pub struct CoverageLine {
    /// Its title.
    pub title: String,
    /// Its key.
    pub key: String,
    /// How the last reading ended.
    pub reading: Reading,
    /// Objects that it found.
    pub seen: u64,
    /// Objects that could not be read.
    pub failed: u64,
    /// When it ended.
    pub observed_at: Option<Timestamp>,
    /// The code of an end that is not complete.
    pub code: Option<String>,
    /// The run that read it.
    pub run: Option<String>,
}

/// How a reading of one type ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It was read to its last page.
    Complete,
    /// It was cut short; what was not seen is unknown, not gone.
    Partial,
    /// Graph refused it.
    Denied,
    /// The tenant has no licence for it.
    Unlicensed,
    /// Nobody read it yet.
    Never,
}

impl Reading {
    /// Every end, best first.
    pub const ALL: [Self; 5] = [Self::Complete, Self::Partial, Self::Denied, Self::Unlicensed, Self::Never];

    const fn label(self) -> &'static str {
        match self {
            Self::Complete => "Complete",
            Self::Partial => "Cut short",
            Self::Denied => "Denied",
            Self::Unlicensed => "Not licensed",
            Self::Never => "Never read",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Complete => Icon::Succeeded,
            Self::Partial => Icon::Partial,
            Self::Denied => Icon::Failed,
            Self::Unlicensed => Icon::Skipped,
            Self::Never => Icon::Queued,
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            Self::Complete => "badge badge-succeeded",
            Self::Partial => "badge badge-partial",
            Self::Denied => "badge badge-failed",
            Self::Unlicensed | Self::Never => "badge badge-cancelled",
        }
    }
}

/// One object.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// An id that is unique in the page.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The policy that it is; none where it was not read whole.
    pub href: Option<String>,
    /// The title of its type.
    pub kind: String,
    /// Its platform.
    pub platform: Option<String>,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// Since when complete readings do not hold it.
    pub missing_since: Option<Timestamp>,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &InventoryPage) -> Markup {
    let wall = &page.wall;
    html! {
        div .head {
            div {
                h1 { "Inventory" }
                p .sub {
                    "Everything that was found in " (named(&page.tenant)) ", "
                    @match page.complete_at {
                        Some(at) => { "last read whole " (rel_time(at, wall)) "." }
                        None => { "which was not read whole yet." }
                    }
                }
            }
            div .acts {
                (action("sync", Verb { label: "Sync inventory", icon: Some(Icon::Sync), weight: Weight::Primary }, &page.sync.0, &page.sync.1))
            }
        }
        @if page.coverage.iter().any(|line| line.reading == Reading::Partial) {
            (notice(NoticeTone::Warning, "Some types were cut short. What was not seen in them is unknown, not gone.", None))
        }
        (coverage(page))
        section .panel id=(REGION) aria-label="Objects" {
            (filters(&page.filters))
            @if page.items.is_empty() { (empty(&nothing(page))) } @else {
                (data_table("Objects of this tenant", &COLUMNS, &[Band { heading: None, rows: page.items.iter().map(|item| row(item, wall)).collect() }]))
                (pager(&page.pager))
            }
        }
    }
}

const COLUMNS: [Column; 5] = [
    Column::new("Name", None, Narrow::Title),
    Column::new("Kind", Some(14), Narrow::Second),
    Column::new("Platform", Some(9), Narrow::Line),
    Column::new("Last seen", Some(12), Narrow::SecondEnd),
    Column::new("First seen", Some(8), Narrow::Hidden).desktop(),
];

fn row(item: &ItemLine, wall: &Wall) -> Row {
    let cells = vec![
        match &item.href {
            Some(href) => row_link(href, &item.name),
            None => named(&item.name),
        },
        html! { (item.kind) },
        html! { (item.platform.as_deref().unwrap_or_default()) },
        html! {
            @match item.missing_since {
                Some(since) => { span .badge .badge-cancelled { (icon(Icon::Skipped)) "not seen since " (wall.day(since)) } }
                None => { (rel_time(item.last_seen_at, wall)) }
            }
        },
        rel_time(item.first_seen_at, wall),
    ];
    let presence = if item.missing_since.is_some() { Presence::Gone } else { Presence::Here };
    Row { id: item.id.clone(), cells, presence }
}

fn nothing(page: &InventoryPage) -> Empty {
    match (page.narrowed, page.complete_at) {
        (Narrowed::Yes, _) => {
            let why = Empty::new("No object matches these filters.");
            match &page.filters.clear {
                Some(clear) => why.then(clear.clone()),
                None => why,
            }
        }
        (Narrowed::No, None) => {
            Empty::new("Nothing was read from this tenant yet. Sync its inventory to see what is there.")
        }
        (Narrowed::No, Some(_)) => Empty::new("This tenant holds no object of the types that are read."),
    }
}

fn coverage(page: &InventoryPage) -> Markup {
    if page.coverage.is_empty() {
        return html! {};
    }
    let readings = Reading::ALL.map(|reading| {
        let lines = page.coverage.iter().filter(|line| line.reading == reading);
        (reading, lines.clone().count() as u64, lines.map(|line| line.seen).sum::<u64>())
    });
    html! {
        section .panel .coverage aria-label="Coverage" {
            dl .readings {
                @for (reading, types, objects) in readings {
                    @if types > 0 {
                        div {
                            dt { (icon(reading.icon())) (reading.label()) }
                            dd { (grouped(types)) small { (if types == 1 { "type" } else { "types" }) @if objects > 0 { ", " (counted(objects, "object", "objects")) } } }
                        }
                    }
                }
            }
            details .alt .pb {
                summary { "Show every type" }
                div .scroll tabindex="0" role="region" aria-label="Coverage by type" { (coverage_table(page)) }
            }
        }
    }
}

fn coverage_table(page: &InventoryPage) -> Markup {
    html! {
        table .figures {
            thead { tr {
                th scope="col" { "Type" } th scope="col" { "Last reading" }
                th .num scope="col" { "Objects" } th .num scope="col" { "Not readable" }
                th scope="col" { "When" } th scope="col" { "Why" }
            } }
            tbody {
                @for line in &page.coverage {
                    tr {
                        th scope="row" title=(line.key) { (line.title) }
                        td { span class=(line.reading.badge()) { (icon(line.reading.icon())) (line.reading.label()) } }
                        td .num { (grouped(line.seen)) }
                        td .num { (grouped(line.failed)) }
                        td {
                            @if let Some(at) = line.observed_at {
                                @match &line.run {
                                    Some(run) => { a href=(run) { (rel_time(at, &page.wall)) } }
                                    None => { (rel_time(at, &page.wall)) }
                                }
                            }
                        }
                        td .mono { (line.code.as_deref().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
