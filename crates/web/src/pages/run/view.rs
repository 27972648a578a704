//! What the page of one run looks like: it explains the run to someone who did not start it.

use jiff::Timestamp;
use ledger::summary::SummaryCounts;
use ledger::{Outcome, RunStatus};
use maud::{Markup, html};

use crate::components::{
    BadgeSize, Event, Fact, FailureGroup, Hang, Icon, Initiator, Link, MenuItem, NoticeTone, Pace, PastRun,
    Related, Ruler, State, TenantEnvironment, Value, Wall, Weight, badge, between, counted, counts, duration,
    environment, events, facts, failures, history, icon, kv, link, link_button, menu, named, notice,
    rel_time, related, ruler,
};

/// The page.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// What people call the run's kind.
    pub label: String,
    /// Where it is in its life.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it goes its usual way.
    pub pace: Pace,
    /// The tenant that it is about; none for a run of the workspace.
    pub tenant: Option<RunTenant>,
    /// Who started it.
    pub initiator: Initiator,
    /// What has to be said before everything else: a reused start, a failed one, a lost worker.
    pub notices: Vec<(NoticeTone, String, Option<Link>)>,
    /// The address to share.
    pub permalink: String,
    /// The object that owns the run.
    pub owner: Option<Link>,
    /// Cancel, Run again, Run anyway, each by capability.
    pub deeds: Vec<MenuItem>,
    /// The run as JSON.
    pub json: Option<String>,
    /// The run in time.
    pub ruler: Ruler,
    /// What it is doing, in a few words.
    pub phase: Option<String>,
    /// The counts of the current or the final attempt.
    pub counts: SummaryCounts,
    /// What went wrong, largest group first.
    pub failures: Vec<FailureGroup>,
    /// The failures as a table file.
    pub failures_csv: Option<String>,
    /// What a person needs to understand the run, by path.
    pub context: Vec<(String, Value)>,
    /// What is kept of the run.
    pub facts: RunFacts,
    /// What it is related to.
    pub related: Vec<Related>,
    /// The last runs of the same operation, oldest first, and the way to them.
    pub history: Option<(Vec<PastRun>, Link)>,
    /// What happened to it, newest first.
    pub events: Vec<Event>,
}

/// The tenant of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTenant {
    /// Its name and page.
    pub to: Link,
    /// What a mistake would cost.
    pub environment: TenantEnvironment,
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// Its kind as stored.
    pub kind: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many attempts were begun.
    pub attempt: u16,
    /// How many it may have.
    pub attempts_max: u16,
    /// Its identity, shortened.
    pub identity: Option<String>,
    /// Until when an equal start is answered with this run.
    pub reuse_until: Option<Timestamp>,
    /// The run that this one repeats.
    pub rerun_of: Option<Link>,
    /// When it is removed.
    pub kept_until: Option<Timestamp>,
}

/// Gives the title of the page: "Restore assignments, Partial, Fabrikam Retail".
#[must_use]
pub fn title(page: &RunPage) -> String {
    let state = State::of(page.status, page.outcome).label();
    let place = page.tenant.as_ref().map_or("Workspace", |tenant| tenant.to.label.as_str());
    format!("{}, {state}, {place}", page.label)
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &RunPage) -> Markup {
    let wall = &page.wall;
    html! {
        @for (tone, text, go) in &page.notices { (notice(*tone, text, go.as_ref())) }
        (head(page))
        div .cols #run {
            div .stack {
                (panel("timeline", "Timeline", &html! { span .sub { (page.ruler.headline(wall)) } span .end .sub { "1 tick is " (duration(page.ruler.tick(wall))) } }, &ruler(&page.ruler, wall)))
                (result(page))
                @if !page.failures.is_empty() { (failed(page)) }
                @if !page.context.is_empty() { (context(page)) }
            }
            aside .stack aria-label="About this run" {
                (panel("facts", "Facts", &html! {}, &fact_list(page)))
                @if !page.related.is_empty() { (panel("related", "Related", &html! {}, &related(&page.related))) }
                @if let Some((runs, all)) = &page.history {
                    @if runs.len() > 1 {
                        @let title = format!("Same operation, last {}", counted(runs.len() as u64, "run", "runs"));
                        (panel("history", &title, &html! {}, &history(runs, Some(all))))
                    }
                }
                (panel("events", "Events", &html! {}, &events(&page.events, wall)))
            }
        }
    }
}

/// Draws what stands where a run is not: it was pruned, or never was, or is not the reader's; nobody can tell which.
#[must_use]
pub fn missing(days_kept: u32, list: &Link) -> Markup {
    let why =
        crate::components::Empty::new(format!("This run does not exist or is older than {days_kept} days."));
    html! { h1 .sr { "Run not found" } section .panel { (crate::components::empty(&why.then(list.clone()))) } }
}

fn head(page: &RunPage) -> Markup {
    let wall = &page.wall;
    html! {
        div .head {
            div {
                div .title {
                    h1 { (page.label) }
                    (badge(page.status, page.outcome, page.pace, BadgeSize::Title, wall))
                    @if let Some(tenant) = &page.tenant && tenant.environment == TenantEnvironment::Production {
                        (environment(tenant.environment))
                    }
                }
                p .sub { (story(page)) }
            }
            div .acts {
                button .btn type="button" data-copy-link=(page.permalink) hidden { (icon(Icon::Copy)) "Copy link" }
                @if let Some(json) = &page.json { (link_button(&Link::new("JSON", json.as_str()), Weight::Plain, Some(Icon::Export))) }
                @if !page.deeds.is_empty() { (menu("Actions", Icon::More, Weight::Plain, Hang::Right, &page.deeds)) }
                @if let Some(owner) = &page.owner { (link_button(owner, Weight::Primary, None)) }
            }
        }
    }
}

/// Says about what, by whom and how long ago, and what keeps an active run.
fn story(page: &RunPage) -> Markup {
    let wall = &page.wall;
    html! {
        @match &page.tenant { Some(tenant) => { (link(&tenant.to)) }, None => { "Workspace" } }
        ", started by " (initiator(&page.initiator)) ", "
        @match (page.facts.ended_at, page.facts.started_at) {
            (Some(at), _) => { "ended " (rel_time(at, wall)) }
            (None, Some(at)) => { "began " (rel_time(at, wall)) }
            (None, None) => { "queued " (rel_time(page.facts.created_at, wall)) }
        }
        @match page.pace {
            Pace::Usual => {}
            Pace::Late => { ", longer than usual" }
            Pace::NoSignOfLife { taken_over_at } => { ", no sign of life, another worker takes over at " (wall.clock(taken_over_at)) }
            Pace::AwaitsConfirmation => { ", previewed, waiting for confirmation" }
            Pace::Paused => { ", waiting until this kind is resumed" }
        }
    }
}

fn initiator(of: &Initiator) -> Markup {
    match of {
        Initiator::Person(name) => named(name),
        Initiator::Schedule(name) if name.is_empty() => html! { "a schedule" },
        Initiator::Schedule(name) => html! { "the schedule " (named(name)) },
        Initiator::System => html! { "the system" },
    }
}

fn result(page: &RunPage) -> Markup {
    let is_over = page.facts.ended_at.is_some();
    let note = match (is_over, &page.phase) {
        (true, _) if page.counts.is_empty() => "",
        (true, _) if page.facts.attempt > 1 => "counts of the final attempt",
        (true, _) => "counts of the only attempt",
        (false, Some(phase)) => phase,
        (false, None) => "so far",
    };
    if !is_over && page.counts.is_empty() {
        let sentence = match page.status {
            RunStatus::Queued if page.pace == Pace::AwaitsConfirmation => {
                "Nothing was written yet; the restore waits for a person to confirm it."
            }
            RunStatus::Queued => "Waiting for a worker. Counts appear as soon as one has begun.",
            RunStatus::Running | RunStatus::Completed => "At work. Nothing was counted yet.",
        };
        return panel(
            "result",
            "Result",
            &html! { span .sub { (page.phase.as_deref().unwrap_or_default()) } },
            &html! { p .pb .mut { (sentence) } },
        );
    }
    panel("result", "Result", &html! { span .sub { (note) } }, &counts(&page.counts))
}

fn failed(page: &RunPage) -> Markup {
    let count = page.failures.iter().fold(0_u64, |sum, group| sum.saturating_add(group.count));
    let groups = page.failures.len() as u64;
    let no_items = page.failures.iter().all(|group| group.items.is_empty());
    let note = if no_items && groups == 1 {
        "before any item".to_owned()
    } else {
        format!("{} in {}", counted(count, "item", "items"), counted(groups, "group", "groups"))
    };
    let end = html! {
        span .sub { (note) }
        @if let Some(csv) = &page.failures_csv {
            span .end { (link_button(&Link::new("CSV", csv.as_str()), Weight::Small, Some(Icon::Export))) }
        }
    };
    panel("failures", "Failures", &end, &failures(&page.failures))
}

fn context(page: &RunPage) -> Markup {
    let end = html! {
        @if let Some(json) = &page.json {
            span .end { (link_button(&Link::new("View JSON", json.as_str()), Weight::Small, None)) }
        }
    };
    panel("context", "Context", &end, &kv("Context of the run", &page.context, &page.wall))
}

fn fact_list(page: &RunPage) -> Markup {
    let (of, wall) = (&page.facts, &page.wall);
    let mut all = vec![
        Fact::new("Run", Value::Id(of.id.clone())),
        Fact::new("Type", Value::Code(of.kind.clone())),
        Fact::new(
            "Tenant",
            page.tenant
                .as_ref()
                .map_or(Value::Text("Workspace".into()), |tenant| Value::Link(tenant.to.clone())),
        ),
        starter(&page.initiator),
        Fact::new("Created", Value::At(of.created_at)),
    ];
    if let Some(started_at) = of.started_at {
        all.push(Fact::new("Waited", Value::Text(duration(between(of.created_at, started_at)))));
        let ran = duration(between(started_at, of.ended_at.unwrap_or(wall.now)));
        let ran = if of.attempt > 1 { format!("{ran} in {} attempts", of.attempt) } else { ran };
        all.push(Fact::new("Ran", Value::Text(ran)));
    }
    all.push(Fact::new("Attempts", Value::Text(format!("{} of {}", of.attempt, of.attempts_max))));
    if let Some(identity) = &of.identity {
        let fact = Fact::new("Identity", Value::Code(identity.clone()));
        all.push(match of.reuse_until.filter(|until| *until > wall.now) {
            Some(until) => {
                fact.noting(format!("an equal start is answered with this run until {}", wall.minute(until)))
            }
            None if of.ended_at.is_none() => fact.noting("an equal start is answered with this run"),
            None => fact,
        });
    }
    if let Some(earlier) = &of.rerun_of {
        all.push(Fact::new("Repeats", Value::Link(earlier.clone())));
    }
    if let Some(kept_until) = of.kept_until {
        all.push(Fact::new("Kept until", Value::Text(wall.day(kept_until))));
    }
    facts(&all, wall)
}

fn starter(of: &Initiator) -> Fact {
    match of {
        Initiator::Person(name) => Fact::new("Started by", Value::Name(name.clone())),
        Initiator::Schedule(name) => {
            let fact = Fact::new("Started by", Value::Text("Schedule".into()));
            if name.is_empty() { fact } else { fact.noting(name.as_str()) }
        }
        Initiator::System => Fact::new("Started by", Value::Text("System".into())),
    }
}

fn panel(id: &str, title: &str, end: &Markup, body: &Markup) -> Markup {
    let heading = format!("h-{id}");
    html! {
        section .panel id=(id) aria-labelledby=(heading) {
            div .ph { h2 id=(heading) { (title) } (end) }
            (body)
        }
    }
}

#[cfg(test)]
mod tests;
