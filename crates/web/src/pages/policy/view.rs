//! What one policy looks like: its settings, assignments, versions, its JSON, and the runs that read it.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Empty, Fact, Icon, Link, NoticeTone, Tab, Value, Wall, empty, facts, grouped, icon, kv, link, named,
    notice, rel_time, tabs,
};

/// The page.
#[derive(Clone, Debug)]
pub struct PolicyPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// Its name.
    pub name: String,
    /// The title of its type.
    pub kind: String,
    /// Its platform.
    pub platform: Option<String>,
    /// The tenant that it is in.
    pub tenant: Link,
    /// Its id at Microsoft.
    pub graph_id: String,
    /// When it was last read, and the run that did.
    pub read_at: (Timestamp, Link),
    /// When it was last changed, as Microsoft tells it.
    pub changed_at: Option<Timestamp>,
    /// When it was first read.
    pub first_seen_at: Timestamp,
    /// Since when complete readings do not hold it.
    pub missing_since: Option<Timestamp>,
    /// The hash of what is compared, shortened.
    pub canonical_hash: Option<String>,
    /// How many versions are kept.
    pub versions: u64,
    /// The tabs, of which one is shown.
    pub tabs: Vec<Tab>,
    /// What the shown tab holds.
    pub shown: PolicyTab,
}

/// What a tab holds.
#[derive(Clone, Debug)]
pub enum PolicyTab {
    /// The settings as a tree.
    Settings(Vec<Setting>),
    /// Whom it is assigned to; none where that was not read.
    Assignments(Option<Vec<(String, Value)>>),
    /// Its versions, newest first.
    Versions {
        /// The versions.
        all: Vec<VersionLine>,
        /// Where two of them are compared; none while that is not offered.
        compare: Option<String>,
    },
    /// A version as JSON, with its number and size in bytes.
    Json {
        /// The text.
        text: String,
        /// The version.
        number: u64,
        /// Its bytes.
        size_bytes: u64,
        /// The same as a file.
        file: Option<Link>,
    },
}

/// A setting, or settings that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What people call it, or its key.
    pub label: String,
    /// Its key, where the label is another.
    pub key: Option<String>,
    /// What it holds.
    pub holds: Held,
}

/// What a setting holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A value.
    Value(Value),
    /// Further settings.
    Settings(Vec<Setting>),
}

/// One version.
#[derive(Clone, Debug)]
pub struct VersionLine {
    /// Its number, from 1.
    pub number: u64,
    /// What the policy was called.
    pub name: String,
    /// What differs from the version before: "settings", "assignments"; empty for the first.
    pub changed: Vec<String>,
    /// When it was recorded.
    pub captured_at: Timestamp,
    /// The run that recorded it.
    pub run: Link,
    /// Its bytes.
    pub size_bytes: u64,
    /// Its JSON.
    pub json: String,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &PolicyPage) -> Markup {
    let wall = &page.wall;
    html! {
        @if let Some(since) = page.missing_since {
            (notice(NoticeTone::Warning, &format!("This policy is no longer in the tenant: complete readings do not hold it since {}. Its versions stay.", wall.day(since)), None))
        }
        div .head {
            div {
                h1 { (named(&page.name)) }
                p .sub { (page.kind) @if let Some(platform) = &page.platform { ", " (platform) } ", read " (rel_time(page.read_at.0, wall)) " from " (link(&page.tenant)) }
            }
        }
        div .cols {
            section .panel aria-label="Policy" {
                (tabs("Parts of the policy", &page.tabs))
                (shown(page))
            }
            aside .stack aria-label="About this policy" {
                section .panel aria-labelledby="h-facts" {
                    div .ph { h2 #h-facts { "Facts" } }
                    (fact_list(page))
                }
            }
        }
    }
}

fn shown(page: &PolicyPage) -> Markup {
    match &page.shown {
        PolicyTab::Settings(settings) if settings.is_empty() => {
            empty(&Empty::new("This version holds no settings."))
        }
        PolicyTab::Settings(settings) => html! { div .tree { (tree(settings, &page.wall)) } },
        PolicyTab::Assignments(None) => {
            empty(&Empty::new("Assignments were not read for this version, so who gets it is unknown."))
        }
        PolicyTab::Assignments(Some(all)) if all.is_empty() => empty(&Empty::new("Assigned to nobody.")),
        PolicyTab::Assignments(Some(all)) => kv("Assignments", all, &page.wall),
        PolicyTab::Versions { all, compare } => versions(all, compare.as_deref(), &page.wall),
        PolicyTab::Json { text, number, size_bytes, file } => html! {
            div .ph {
                h2 { "Version " (number) } span .sub { (bytes(*size_bytes)) }
                @if let Some(file) = file { span .end { a .btn .sm href=(file.href) { (icon(Icon::Export)) (file.label) } } }
            }
            pre .json tabindex="0" { (text) }
        },
    }
}

fn tree(settings: &[Setting], wall: &Wall) -> Markup {
    html! {
        @for setting in settings {
            @match &setting.holds {
                Held::Value(value) => {
                    div .leaf { span { (name(setting)) } span { (held(value, wall)) } }
                }
                Held::Settings(inner) => {
                    details open {
                        summary { span .tw { (icon(Icon::Right)) } span { (name(setting)) " " span .hint { (grouped(inner.len() as u64)) } } }
                        div .in { (tree(inner, wall)) }
                    }
                }
            }
        }
    }
}

fn name(setting: &Setting) -> Markup {
    html! { (named(&setting.label)) @if let Some(key) = &setting.key { small .mono { (key) } } }
}

fn held(value: &Value, wall: &Wall) -> Markup {
    match value {
        Value::Text(text) | Value::Code(text) | Value::Id(text) | Value::Name(text) => named(text),
        Value::Link(to) => link(to),
        Value::Ago(at) | Value::At(at) => rel_time(*at, wall),
        Value::Withheld => html! { span .chip .chip-dashed { (icon(Icon::Lock)) "withheld" } },
    }
}

fn versions(all: &[VersionLine], compare: Option<&str>, wall: &Wall) -> Markup {
    let newest = all.first().map(|version| version.number);
    let list = html! {
        ol .versions {
            @for version in all {
                li {
                    span .no { "v" (version.number) }
                    span {
                        (what_changed(version))
                        @if Some(version.number) == newest { " " span .chip { "current" } }
                    }
                    small {
                        "recorded " (rel_time(version.captured_at, wall)) " by " (link(&version.run)) ", "
                        (bytes(version.size_bytes)) ", " a href=(version.json) { "JSON" }
                        @if Some(&version.name) != all.first().map(|newest| &newest.name) { ", called " (named(&version.name)) }
                    }
                    @if compare.is_some() {
                        span .pick {
                            label { input type="radio" name="from" value=(version.number) checked[Some(version.number + 1) == newest]; "from" span .sr { " version " (version.number) } }
                            label { input type="radio" name="to" value=(version.number) checked[Some(version.number) == newest]; "to" span .sr { " version " (version.number) } }
                        }
                    }
                }
            }
        }
    };
    match compare.filter(|_| all.len() > 1) {
        Some(action) => html! {
            form method="get" action=(action) {
                (list)
                div .foot { button .btn .sm type="submit" { "Compare" } }
            }
        },
        None => list,
    }
}

fn what_changed(version: &VersionLine) -> Markup {
    html! {
        @match (version.number, version.changed.as_slice()) {
            (1, _) => { "First version" }
            (_, []) => { "Assignments read for the first time" }
            (_, changed) => { "Changed " (changed.join(" and ")) }
        }
    }
}

/// Writes a size in bytes as people read it.
fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{}.{} KB", size / 1024, size % 1024 * 10 / 1024),
        _ => format!("{}.{} MB", size / 1_048_576, size % 1_048_576 * 10 / 1_048_576),
    }
}

fn fact_list(page: &PolicyPage) -> Markup {
    let mut all = vec![
        Fact::new("Kind", Value::Text(page.kind.clone())),
        Fact::new("Tenant", Value::Link(page.tenant.clone())),
        Fact::new("Object ID", Value::Id(page.graph_id.clone())),
        Fact::new("Versions", Value::Text(grouped(page.versions))),
    ];
    if let Some(at) = page.changed_at {
        all.push(Fact::new("Changed", Value::At(at)).noting("as Microsoft tells it"));
    }
    all.push(Fact::new("First read", Value::At(page.first_seen_at)));
    all.push(Fact::new("Last read", Value::At(page.read_at.0)));
    all.push(Fact::new("Read by", Value::Link(page.read_at.1.clone())));
    if let Some(hash) = &page.canonical_hash {
        all.push(
            Fact::new("Fingerprint", Value::Code(hash.clone())).noting("of everything that is compared"),
        );
    }
    facts(&all, &page.wall)
}

#[cfg(test)]
mod tests;
