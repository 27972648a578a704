//! What one policy looks like: its settings, assignments, versions, its JSON, and the runs that read it.

use jiff::Timestamp;
use maud::{Markup, html};
use url::form_urlencoded;

use crate::components::{
    Empty, Fact, Icon, Link, NoticeTone, State, Tab, Value, Wall, counted, empty, facts, grouped,
    hidden_fields, icon, kv, link, named, notice, rel_time, tabs,
};
use crate::run_query::address;

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
    /// The search in the settings; none on the other tabs.
    pub finder: Option<Finder>,
    /// What the shown tab holds.
    pub shown: PolicyTab,
}

/// The search in the settings of a policy.
#[derive(Clone, Debug)]
pub struct Finder {
    /// Where it sends itself.
    pub action: String,
    /// What stays in the query unseen.
    pub kept: Vec<(String, String)>,
    /// What was typed.
    pub typed: String,
    /// How many settings hold it; none where nothing was typed.
    pub found: Option<u64>,
}

/// A run that read policies of the tenant.
#[derive(Clone, Debug)]
pub struct PolicyRun {
    /// How it ended.
    pub state: State,
    /// What it is called, and its page.
    pub to: Link,
    /// When it was started.
    pub at: Timestamp,
    /// What it did to this policy, as far as is known.
    pub did: Option<String>,
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
    /// The runs that read the tenant's policies, newest first.
    Runs {
        /// The runs.
        runs: Vec<PolicyRun>,
        /// The way to all of them.
        all: Link,
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
        PolicyTab::Settings(settings) if page.finder.is_some() => html! {
            @if let Some(of) = &page.finder { (finder(of)) }
            @if settings.is_empty() { (empty(&nothing_found(page.finder.as_ref()))) }
            @else { div .tree { (tree(settings, &page.wall)) } }
        },
        PolicyTab::Settings(settings) if settings.is_empty() => {
            empty(&Empty::new("This version holds no settings."))
        }
        PolicyTab::Settings(settings) => html! { div .tree { (tree(settings, &page.wall)) } },
        PolicyTab::Assignments(None) => {
            empty(&Empty::new("Assignments were not read for this version, so who gets it is unknown."))
        }
        PolicyTab::Assignments(Some(all)) if all.is_empty() => empty(&Empty::new("Assigned to nobody.")),
        PolicyTab::Assignments(Some(all)) => kv("Assignments", all, &page.wall),
        PolicyTab::Runs { runs: all, all: list } => runs(all, list, &page.wall),
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

fn finder(of: &Finder) -> Markup {
    html! {
        form .filters role="search" aria-label="Search the settings" method="get" action=(of.action) {
            (hidden_fields(&of.kept))
            label .q {
                (icon(Icon::Search))
                span .sr { "Search settings" }
                input type="search" name="find" value=(of.typed) placeholder="Setting or value" data-search autocomplete="off" spellcheck="false";
            }
            button .btn .sm type="submit" { "Search" }
            @if let Some(found) = of.found {
                span .sub { (counted(found, "setting", "settings")) }
                a .btn .sm href=(whole(of)) { "Clear" }
            }
        }
    }
}

fn nothing_found(of: Option<&Finder>) -> Empty {
    match of.filter(|of| of.found.is_some()) {
        None => Empty::new("This version holds no settings."),
        Some(of) => Empty::new(format!("No setting or value holds “{}”.", of.typed))
            .then(Link::new("Show all settings", whole(of))),
    }
}

/// Gives the address of all settings.
fn whole(of: &Finder) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&of.kept);
    address(&of.action, &query.finish())
}

/// Keeps the settings whose name, key or value holds a text in small letters, with those they stand under; says how many.
#[must_use]
pub fn found_in(settings: Vec<Setting>, wanted: &str) -> (Vec<Setting>, u64) {
    let (mut kept, mut count) = (Vec::new(), 0);
    for setting in settings {
        let holds = |text: &str| text.to_lowercase().contains(wanted);
        let named = holds(&setting.label) || setting.key.as_deref().is_some_and(holds);
        match setting.holds {
            Held::Value(value) if named || value.text().is_some_and(holds) => {
                count += 1;
                kept.push(Setting { holds: Held::Value(value), ..setting });
            }
            Held::Value(_) => {}
            // Whoever looks for a group wants to see what is in it.
            Held::Settings(inner) if named => {
                count += 1;
                kept.push(Setting { holds: Held::Settings(inner), ..setting });
            }
            Held::Settings(inner) => {
                let (inner, found) = found_in(inner, wanted);
                if found > 0 {
                    count += found;
                    kept.push(Setting { holds: Held::Settings(inner), ..setting });
                }
            }
        }
    }
    (kept, count)
}

fn runs(all: &[PolicyRun], list: &Link, wall: &Wall) -> Markup {
    if all.is_empty() {
        return empty(&Empty::new("No run that reads policies has ended yet."));
    }
    html! {
        ul .rel {
            @for run in all {
                li {
                    a href=(run.to.href) {
                        (icon(run.state.icon()))
                        span {
                            (run.to.label) ", " (run.state.label())
                            small { (rel_time(run.at, wall)) @if let Some(did) = &run.did { ", " (did) } }
                        }
                        (icon(Icon::Right))
                    }
                }
            }
        }
        div .foot { (link(list)) }
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
