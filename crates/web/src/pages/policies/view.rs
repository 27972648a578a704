//! What a tenant's policies look like.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Empty, Filters, Icon, Link, Narrow, Narrowed, Pager, Permission, PostForm, Presence, Row,
    Verb, Wall, Weight, action, data_table, empty, filters, grouped, icon, named, pager, rel_time, row_link,
};

/// The id of the region that a change of filters replaces.
pub const REGION: &str = "policies";

/// The page.
#[derive(Clone, Debug)]
pub struct PoliciesPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The tenant's name.
    pub tenant: String,
    /// When the policies were last read whole; none before the first time.
    pub synced_at: Option<Timestamp>,
    /// A sync that goes on.
    pub running: Option<Link>,
    /// Whether the reader may sync, and the form.
    pub sync: (Permission, PostForm),
    /// The filters.
    pub filters: Filters,
    /// Whether any filter is set.
    pub narrowed: Narrowed,
    /// The policies.
    pub policies: Vec<PolicyLine>,
    /// The foot.
    pub pager: Pager,
}

/// One policy.
#[derive(Clone, Debug)]
pub struct PolicyLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The title of its type.
    pub kind: String,
    /// Its platform.
    pub platform: Option<String>,
    /// How many versions are kept.
    pub versions: u64,
    /// When it was last changed, as Microsoft tells it.
    pub changed_at: Option<Timestamp>,
    /// When it was last read.
    pub read_at: Timestamp,
    /// Since when complete readings do not hold it.
    pub missing_since: Option<Timestamp>,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &PoliciesPage) -> Markup {
    let rows = page.policies.iter().map(|policy| row(policy, &page.wall)).collect();
    html! {
        div .head {
            div {
                h1 { "Policies" }
                p .sub {
                    "Policies of " (named(&page.tenant)) ", "
                    @match page.synced_at {
                        Some(at) => { "last synced " (rel_time(at, &page.wall)) "." }
                        None => { "which were not synced yet." }
                    }
                    @if let Some(running) = &page.running { " " a href=(running.href) { (running.label) } }
                }
            }
            div .acts {
                (action("sync", Verb { label: "Sync policies", icon: Some(Icon::Sync), weight: Weight::Primary }, &page.sync.0, &page.sync.1))
            }
        }
        section .panel id=(REGION) aria-label="Policies" {
            (filters(&page.filters))
            @if page.policies.is_empty() { (empty(&nothing(page))) } @else {
                (data_table("Policies of this tenant", &COLUMNS, &[Band { heading: None, rows }]))
                (pager(&page.pager))
            }
        }
    }
}

const COLUMNS: [Column; 6] = [
    Column::new("Name", None, Narrow::Title),
    Column::new("Kind", Some(14), Narrow::Second),
    Column::new("Platform", Some(9), Narrow::Line),
    Column::new("Versions", Some(5), Narrow::Hidden).numbers(),
    Column::new("Last changed", Some(8), Narrow::SecondEnd),
    Column::new("Last read", Some(12), Narrow::Hidden).desktop(),
];

fn row(policy: &PolicyLine, wall: &Wall) -> Row {
    let cells = vec![
        html! {
            span .ttl {
                (row_link(&policy.href, &policy.name))
                @if let Some(since) = policy.missing_since {
                    span .chip { (icon(Icon::Skipped)) "not seen since " (wall.day(since)) }
                }
            }
        },
        html! { (policy.kind) },
        html! { (policy.platform.as_deref().unwrap_or_default()) },
        html! { (grouped(policy.versions)) },
        html! { @match policy.changed_at { Some(at) => { (rel_time(at, wall)) }, None => { span .mut { "–" } } } },
        rel_time(policy.read_at, wall),
    ];
    let presence = if policy.missing_since.is_some() { Presence::Gone } else { Presence::Here };
    Row { id: format!("policy-{}", policy.id), cells, presence }
}

fn nothing(page: &PoliciesPage) -> Empty {
    match (page.narrowed, page.synced_at) {
        (Narrowed::Yes, _) => {
            let why = Empty::new("No policy matches these filters.");
            match &page.filters.clear {
                Some(clear) => why.then(clear.clone()),
                None => why,
            }
        }
        (Narrowed::No, None) => {
            Empty::new("No policies yet. Sync them to read every policy and keep its first version.")
        }
        (Narrowed::No, Some(_)) => Empty::new("This tenant holds no policy of the types that are read."),
    }
}

#[cfg(test)]
mod tests;
