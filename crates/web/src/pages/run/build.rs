//! From what the ledger keeps of a run to its page.

use governance::contract::Registry;
use jiff::Timestamp;
use ledger::catalog::Kind;
use ledger::failure::{Failure, FailureCode};
use ledger::{Outcome, RunDetail, RunId, RunRow, RunStatus};
use serde_json::Value as Json;
use tenancy::{Capability, Ts};
use url::form_urlencoded;

use super::view::{RunFacts, RunPage, RunTenant};
use super::{FORCE, right_to_cancel};
use crate::components::{
    Answer, Attempt, Event, FailedItem, FailureGroup, Icon, Initiator, Link, MenuItem, NoticeTone, PastRun,
    Permission, PostForm, Related, Ruler, Selected, State, TenantEnvironment, Value, between, shortened,
};
use crate::csrf::FIELD;
use crate::here::Here;
use crate::links;
use crate::pages::operations::pace;
use crate::start::PAUSED;
use crate::state::AppState;

/// How many lines of a context are shown.
const CONTEXT_MAX: usize = 60;

/// How many digits of an identity are shown and looked for.
const IDENTITY_DIGITS: usize = 12;

/// What stands for a value that must not be shown; the sanitizer writes it.
const WITHHELD: &str = ledger::failure::MARKER;

/// What is said of a run that only another version can repeat.
pub(super) const UNKNOWN_KIND: &str =
    "This kind of operation is not known to this version, so it cannot be run again.";

/// Makes the page of a run; `answer` says what the visitor just did to it.
pub(super) fn page(
    app: &AppState,
    here: &Here,
    detail: &RunDetail,
    earlier: &[RunRow],
    answer: Option<&str>,
) -> RunPage {
    let row = &detail.row;
    let catalog = app.ledger().catalog();
    let kind = catalog.get(&row.kind);
    let usual = kind.map(|kind| kind.expected);
    let tenant = row.tenant.and_then(|id| here.tenant_of(id));
    let address = links::run(&here.workspace.slug, row.id);
    let pace = pace(row, detail.lease_until, usual, app.now());
    let progress = detail.progress.as_ref().filter(|_| row.status == RunStatus::Running);
    RunPage {
        wall: here.wall.clone(),
        label: catalog.label_of(&row.kind),
        status: row.status,
        outcome: row.outcome,
        pace,
        tenant: tenant.map(|tenant| RunTenant {
            to: Link::new(&tenant.name, links::policies(&here.workspace.slug, &tenant.slug)),
            environment: match tenant.environment {
                tenancy::tenant::Environment::Production => TenantEnvironment::Production,
                tenancy::tenant::Environment::Test => TenantEnvironment::Test,
            },
        }),
        initiator: Initiator::of(&row.initiator_kind, &row.initiator_name),
        notices: notices(here, detail, answer),
        owner: kind.and_then(|kind| owner(kind, here, tenant.map(|tenant| tenant.slug.as_str()))),
        deeds: deeds(here, detail, kind, &address),
        json: Some(format!("{address}?format=json")),
        failures_csv: (!detail.failures.is_empty()).then(|| format!("{address}?format=csv")),
        permalink: address,
        ruler: ruler(detail, usual),
        phase: progress.and_then(|progress| progress.phase.clone()),
        counts: progress.map_or(row.counts, |progress| progress.counts),
        failures: failures(here, detail, tenant.map(|tenant| tenant.slug.as_str())),
        context: context(&here.workspace.slug, &detail.context),
        facts: facts(here, detail),
        related: related(here, detail, kind, tenant.map(|tenant| tenant.slug.as_str())),
        history: Some((
            past(row, earlier),
            all_of_kind(here, detail, tenant.map(|tenant| tenant.slug.as_str())),
        )),
        events: events(detail),
    }
}

fn owner(kind: &Kind, here: &Here, tenant: Option<&str>) -> Option<Link> {
    let (label, href) = links::related(kind.related, &here.workspace.slug, tenant)?;
    Some(Link::new(label, href))
}

fn related(here: &Here, detail: &RunDetail, kind: Option<&Kind>, tenant: Option<&str>) -> Vec<Related> {
    let slug = &here.workspace.slug;
    let mut all = Vec::new();
    if let Some((label, href)) = kind.and_then(|kind| links::related(kind.related, slug, tenant)) {
        all.push(Related { icon: Icon::Right, to: Link::new(label, href), note: None });
    }
    let list = links::operations(slug);
    if let Some(digits) = detail.identity.get(..IDENTITY_DIGITS) {
        let same = format!("{list}?identity={digits}&range=90d");
        let note = Some("the same work with the same inputs".to_owned());
        all.push(Related { icon: Icon::Operations, to: Link::new("Runs of this identity", same), note });
    }
    if let Some(tenant) = tenant {
        let href = format!("{list}?tenant={tenant}");
        all.push(Related { icon: Icon::Tenant, to: Link::new("Runs of this tenant", href), note: None });
    }
    all
}

/// Gives how this run and those before it went, oldest first.
fn past(this: &RunRow, earlier: &[RunRow]) -> Vec<PastRun> {
    let one = |run: &RunRow, this: Selected| {
        let (from, to) = (run.started_at?.to_jiff(), run.completed_at?.to_jiff());
        Some(PastRun { state: State::of(run.status, run.outcome), ran: between(from, to), this })
    };
    let before = earlier.iter().rev().filter_map(|run| one(run, Selected::No));
    before.chain(one(this, Selected::Yes)).collect()
}

fn all_of_kind(here: &Here, detail: &RunDetail, tenant: Option<&str>) -> Link {
    let place = tenant.unwrap_or("workspace");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("type", &detail.row.kind)
        .append_pair("tenant", place)
        .append_pair("range", "90d")
        .finish();
    Link::new("Show them", format!("{}?{query}", links::operations(&here.workspace.slug)))
}

/// Says first what the visitor needs to know before everything else.
fn notices(here: &Here, detail: &RunDetail, answer: Option<&str>) -> Vec<(NoticeTone, String, Option<Link>)> {
    let row = &detail.row;
    let ago = here.wall.relative(row.created_at.to_jiff());
    let by = match Initiator::of(&row.initiator_kind, &row.initiator_name) {
        Initiator::System => "the system".to_owned(),
        other => other.label().to_owned(),
    };
    let mut all = Vec::new();
    let mut tell = |tone, text: String| all.push((tone, text, None));
    match answer {
        Some("queued") => tell(NoticeTone::Done, "Queued. You will be notified when it ends.".to_owned()),
        Some("active") => {
            tell(
                NoticeTone::Info,
                format!(
                    "You were brought here because an equal run was already active, started by {by} {ago}. \
                     Nothing new was started."
                ),
            );
        }
        Some("cooling") => {
            let from = detail.reuse_until.map(|until| here.wall.minute(until.to_jiff()));
            let from = from.map_or(String::new(), |from| format!(" A new one can start at {from}."));
            let ended = here.wall.relative(row.completed_at.unwrap_or(row.created_at).to_jiff());
            tell(NoticeTone::Info, format!("Nothing new was started: an equal run ended {ended}.{from}"));
        }
        Some("not_dispatched") => {
            tell(NoticeTone::Failure, "Nothing was started; the attempt is recorded as Failed.".to_owned());
        }
        Some("cancelled") => tell(NoticeTone::Done, "Cancelled before it began.".to_owned()),
        Some("cancelling") => {
            tell(NoticeTone::Info, "Asked to stop. What was done before stays done.".to_owned());
        }
        Some("over") => tell(NoticeTone::Info, "There was nothing to cancel: the run is over.".to_owned()),
        _ => {}
    }
    if row.is_paused {
        tell(NoticeTone::Warning, PAUSED.to_owned());
    }
    if row.status == RunStatus::Running && row.cancel_requested_at.is_some() && answer != Some("cancelling") {
        tell(NoticeTone::Warning, "Somebody asked this run to stop; it does at the next chance.".to_owned());
    }
    all
}

/// Says what may be done to the run: call it off while it is active, run it again once it has ended, and run it
/// anyway while an equal start is still answered with it.
fn deeds(here: &Here, detail: &RunDetail, kind: Option<&Kind>, address: &str) -> Vec<MenuItem> {
    let deed = |label: &str, reason: Option<String>, form: PostForm| MenuItem::Do {
        label: label.to_owned(),
        permission: reason.map_or(Permission::Granted, |reason| Permission::Refused { reason }),
        form,
    };
    let form = |at: &str, more: Option<&str>, confirm: &str| {
        let mut fields = vec![(FIELD.to_owned(), here.visitor.form_token())];
        fields.extend(more.map(|name| (name.to_owned(), "yes".to_owned())));
        let confirm = (!confirm.is_empty()).then(|| confirm.to_owned());
        PostForm { action: format!("{address}/{at}"), fields, confirm, answer: Answer::Page }
    };
    let own = here.obstacle(right_to_cancel(&here.scope, detail));
    if detail.row.status != RunStatus::Completed {
        let asked = detail.row.cancel_requested_at.map(|_| "It was asked to stop already.".to_owned());
        let ask = "Cancel this run? What was done before stays done.";
        return vec![deed("Cancel", own.or(asked), form("cancel", None, ask))];
    }
    let reason = match kind {
        None => Some(UNKNOWN_KIND.to_owned()),
        Some(kind) => own.or_else(|| here.obstacle(kind.needs)),
    };
    let cooling = detail.reuse_until.map(Ts::to_jiff).filter(|until| *until > here.wall.now);
    let Some(until) = cooling else { return vec![deed("Run again", reason, form("again", None, ""))] };
    let wait =
        format!("An equal run ended a short while ago. A new one can start at {}.", here.wall.minute(until));
    let anyway = reason.clone().or_else(|| here.obstacle(Capability::Force));
    vec![
        deed("Run again", reason.or(Some(wait)), form("again", None, "")),
        deed(
            "Run anyway",
            anyway,
            form("again", Some(FORCE), "Run this again although an equal run ended a short while ago?"),
        ),
    ]
}

fn ruler(detail: &RunDetail, usual: Option<std::time::Duration>) -> Ruler {
    let row = &detail.row;
    let mut attempts: Vec<Attempt> = detail
        .events
        .iter()
        .filter_map(|event| {
            Some(Attempt {
                number: u16::try_from(event.attempt).unwrap_or(0),
                from: event.claimed_at?.to_jiff(),
                to: Some(event.at.to_jiff()),
                note: event.reason_code.as_deref().map(last_word),
            })
        })
        .collect();
    if let Some(claimed) = detail.claimed_at.filter(|_| row.status != RunStatus::Queued) {
        attempts.push(Attempt {
            number: u16::try_from(row.attempt).unwrap_or(0),
            from: claimed.to_jiff(),
            to: row.completed_at.map(Ts::to_jiff),
            note: None,
        });
    }
    Ruler {
        queued_at: row.created_at.to_jiff(),
        attempts,
        ended_at: row.completed_at.map(Ts::to_jiff),
        usual,
        state: State::of(row.status, row.outcome),
    }
}

/// Gives the end of a code as words: `graph.throttled` is "throttled".
fn last_word(code: &str) -> String {
    code.rsplit('.').next().unwrap_or(code).replace('_', " ")
}

/// Puts failures that say the same together, the most frequent first.
fn failures(here: &Here, detail: &RunDetail, tenant: Option<&str>) -> Vec<FailureGroup> {
    let mut groups: Vec<FailureGroup> = Vec::new();
    let all: Vec<Failure> = detail.failures.clone().into();
    for failure in &all {
        let code = failure.code.as_str();
        let alike =
            |group: &&mut FailureGroup| group.code == code && group.sentence == failure.message.as_str();
        let item = failure.item.as_ref().map(|item| FailedItem {
            name: item.as_str().to_owned(),
            href: tenant.and_then(|tenant| policy_of(&here.workspace.slug, tenant, item.as_str())),
            kind: None,
            detail: None,
        });
        match groups.iter_mut().find(alike) {
            Some(group) => {
                group.count = group.count.saturating_add(failure.count);
                group.items.extend(item);
            }
            None => groups.push(FailureGroup {
                code: code.to_owned(),
                sentence: failure.message.as_str().to_owned(),
                count: failure.count,
                items: item.into_iter().collect(),
                advice: advice(&failure.code),
                others: Some(Link::new(
                    "Other runs with this code",
                    format!("{}?code={code}", links::operations(&here.workspace.slug)),
                )),
                all: None,
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// Gives the way to the policies that a failure names, by type or by name; none where it names only the ids of a request.
fn policy_of(workspace: &str, tenant: &str, item: &str) -> Option<String> {
    let name = item.split(" (request id ").next().unwrap_or_default();
    if name.is_empty() || name.starts_with("request id ") || name.starts_with("activity id ") {
        return None;
    }
    let of_type = Registry::builtin().types().iter().find(|ty| ty.title == name);
    let (field, value) = of_type.map_or(("q", name), |ty| ("type", ty.key.as_str()));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(field, value).finish();
    Some(format!("{}?{query}", links::policies(workspace, tenant)))
}

fn advice(code: &FailureCode) -> Option<String> {
    code.entry().map(|entry| entry.advice.to_owned())
}

fn facts(here: &Here, detail: &RunDetail) -> RunFacts {
    let row = &detail.row;
    RunFacts {
        id: row.id.to_string(),
        kind: row.kind.clone(),
        created_at: row.created_at.to_jiff(),
        started_at: row.started_at.map(Ts::to_jiff),
        ended_at: row.completed_at.map(Ts::to_jiff),
        attempt: u16::try_from(row.attempt).unwrap_or(0),
        attempts_max: u16::try_from(detail.max_attempts).unwrap_or(0),
        identity: detail.identity.get(..IDENTITY_DIGITS).map(str::to_owned),
        reuse_until: detail.reuse_until.map(Ts::to_jiff),
        rerun_of: detail
            .rerun_of
            .map(|run| Link::new("an earlier run", links::run(&here.workspace.slug, run))),
        kept_until: None,
    }
}

/// Tells what happened, newest first.
fn events(detail: &RunDetail) -> Vec<Event> {
    let row = &detail.row;
    let event = |at: Ts, icon: Icon, what: String, code: Option<String>| Event {
        at: at.to_jiff(),
        icon,
        what,
        note: None,
        code,
    };
    let mut all = vec![event(row.created_at, Icon::Queued, "Queued".to_owned(), None)];
    for past in &detail.events {
        if let Some(claimed) = past.claimed_at {
            all.push(event(claimed, Icon::Running, format!("Attempt {} began", past.attempt), None));
        }
        let what = match past.event.as_str() {
            "worker_lost" => format!("Attempt {} lost its worker, another takes over", past.attempt),
            "release" => format!("Attempt {} was given back", past.attempt),
            _ => format!("Attempt {} stopped, to be tried again", past.attempt),
        };
        all.push(event(past.at, Icon::Late, what, past.reason_code.clone()));
    }
    if let Some(claimed) = detail.claimed_at.filter(|_| row.status != RunStatus::Queued) {
        all.push(event(claimed, Icon::Running, format!("Attempt {} began", row.attempt), None));
    }
    if let Some(asked) = row.cancel_requested_at {
        all.push(event(asked, Icon::Cancelled, "Somebody asked to cancel".to_owned(), None));
    }
    if let Some(ended) = row.completed_at {
        let state = State::of(row.status, row.outcome);
        let code = row.reason_code.clone().filter(|_| row.outcome != Outcome::Succeeded);
        all.push(event(ended, state.icon(), format!("Ended, {}", state.label()), code));
    }
    // Events of one instant keep their order, which is that of a run's life.
    all.sort_by_key(|event| event.at);
    all.reverse();
    all
}

/// Writes a context as paths and values.
fn context(workspace: &str, context: &Json) -> Vec<(String, Value)> {
    let mut pairs = Vec::new();
    flatten("", context, &mut pairs);
    for (path, value) in &mut pairs {
        if let Some(run) = run_of(path, value) {
            *value = Value::Link(Link::new(shortened(&run.to_string()), links::run(workspace, run)));
        }
    }
    pairs.truncate(CONTEXT_MAX);
    pairs
}

/// Gives the run that a value of a context names.
fn run_of(path: &str, value: &Value) -> Option<RunId> {
    let name = path.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Text(text) if name.ends_with("run") || name.ends_with("run_id") => text.parse().ok(),
        _ => None,
    }
}

fn flatten(path: &str, value: &Json, pairs: &mut Vec<(String, Value)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Json::Object(map) => map.iter().for_each(|(name, value)| flatten(&below(name), value, pairs)),
        Json::Array(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => {
            let words: Vec<String> = list.iter().map(plain).collect();
            pairs.push((path.to_owned(), Value::Text(words.join(", "))));
        }
        Json::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(at, value)| flatten(&below(&(at + 1).to_string()), value, pairs));
        }
        Json::String(text) if text.contains(WITHHELD) => pairs.push((path.to_owned(), Value::Withheld)),
        Json::String(text) => {
            pairs.push((path.to_owned(), instant(text).map_or_else(|| Value::Text(text.clone()), Value::At)));
        }
        other => pairs.push((path.to_owned(), Value::Text(plain(other)))),
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    if text.len() < 20 { None } else { text.parse().ok() }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
