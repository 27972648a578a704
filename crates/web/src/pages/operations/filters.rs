//! The tabs and filters above the list.

use ledger::Tally;

use super::bounded;
use crate::components::{Choice, DayRange, Filters, Link, Picker, Search, Selected, State, Tab, Take};
use crate::here::Here;
use crate::pages::operations::view::{ExtraColumn, REGION};
use crate::run_query::{By, RunQuery, SIZE, StateFilter};
use crate::run_range::Range;
use crate::state::AppState;

/// Gives the tabs; together they add up to all.
pub(super) fn tabs(asked: &RunQuery, totals: Tally, base: &str) -> Vec<Tab> {
    let tab = |label: &str, state: Option<StateFilter>, glyph: Option<State>| Tab {
        label: label.to_owned(),
        href: asked.with(base, |query| query.state = state),
        count: Some(bounded(counted_state(state, totals))),
        glyph,
        selected: Selected::when(tab_of(asked.state) == state),
    };
    vec![
        tab("All", None, None),
        tab("Active", Some(StateFilter::Active), Some(State::Running)),
        tab("Succeeded", Some(StateFilter::Succeeded), Some(State::Succeeded)),
        tab("Partial", Some(StateFilter::Partial), Some(State::Partial)),
        tab("Failed", Some(StateFilter::Failed), Some(State::Failed)),
        tab("Other", Some(StateFilter::Other), Some(State::Cancelled)),
    ]
}

/// Gives how many runs are in a state.
pub(super) fn counted_state(state: Option<StateFilter>, totals: Tally) -> u64 {
    match state {
        None => totals.all(),
        Some(StateFilter::Active) => totals.active(),
        Some(StateFilter::Queued) => totals.queued,
        Some(StateFilter::Running) => totals.running,
        Some(StateFilter::Succeeded) => totals.succeeded,
        Some(StateFilter::Partial) => totals.partial,
        Some(StateFilter::Failed) => totals.failed,
        Some(StateFilter::Cancelled) => totals.cancelled,
        Some(StateFilter::Blocked) => totals.blocked,
        Some(StateFilter::Other) => totals.cancelled + totals.blocked,
    }
}

/// Gives the tab that a state is shown under.
fn tab_of(state: Option<StateFilter>) -> Option<StateFilter> {
    match state {
        Some(StateFilter::Queued | StateFilter::Running) => Some(StateFilter::Active),
        Some(StateFilter::Cancelled | StateFilter::Blocked) => Some(StateFilter::Other),
        other => other,
    }
}

/// Gives the filter form.
pub(super) fn form(app: &AppState, here: &Here, asked: &RunQuery, base: &str) -> Filters {
    let state = asked.state.map(|state| ("state".to_owned(), state.token().to_owned()));
    let code = asked.code.clone().map(|code| ("code".to_owned(), code));
    let identity = asked.identity.clone().map(|identity| ("identity".to_owned(), identity));
    let size = (asked.size != SIZE).then(|| ("size".to_owned(), asked.size.to_string()));
    Filters {
        action: base.to_owned(),
        region: REGION.to_owned(),
        kept: state.into_iter().chain(code).chain(identity).chain(size).collect(),
        search: Some(Search {
            placeholder: "Run ID, reason code, policy name".to_owned(),
            label: "Search runs".to_owned(),
            value: asked.q.clone().unwrap_or_default(),
        }),
        pickers: vec![types(app, asked), tenants(here, asked), starters(asked), ranges(here, asked)],
        columns: Some(columns(asked)),
        clear: (!asked.written().is_empty()).then(|| Link::new("Clear", base)),
    }
}

/// Says in words what narrows the list.
pub(super) fn words(app: &AppState, asked: &RunQuery, here: &Here) -> Vec<String> {
    let mut words: Vec<String> = asked.state.map(|state| state.label().to_owned()).into_iter().collect();
    words.extend(asked.kinds.iter().map(|kind| app.ledger().catalog().label_of(kind)));
    words.extend(asked.places.iter().map(|(slug, _)| {
        let tenant = here.tenants.iter().find(|tenant| tenant.slug == *slug);
        tenant.map_or_else(|| "Workspace".to_owned(), |tenant| tenant.name.clone())
    }));
    words.extend(asked.by.map(|by| format!("started by {}", starter(by).to_lowercase())));
    words.extend(asked.code.clone());
    words.extend(asked.identity.clone().map(|identity| format!("identity {identity}")));
    words.extend(asked.q.clone().map(|typed| format!("“{typed}”")));
    words.push(asked.range.words(&here.wall).to_lowercase());
    words
}

fn types(app: &AppState, asked: &RunQuery) -> Picker {
    let catalog = app.ledger().catalog();
    let mut kinds: Vec<String> = catalog.kinds().map(|kind| kind.token.to_owned()).collect();
    kinds.extend(asked.kinds.iter().filter(|kind| catalog.get(kind).is_none()).cloned());
    let choices = kinds
        .into_iter()
        .map(|kind| Choice {
            label: catalog.label_of(&kind),
            selected: Selected::when(asked.kinds.contains(&kind)),
            value: kind,
        })
        .collect();
    let value = match asked.kinds.as_slice() {
        [] => "Any".to_owned(),
        [one] => catalog.label_of(one),
        many => format!("{} types", many.len()),
    };
    picker("type", "Type", value, !asked.kinds.is_empty(), Take::Any, choices)
}

fn tenants(here: &Here, asked: &RunQuery) -> Picker {
    let selected = |slug: &str| Selected::when(asked.places.iter().any(|(named, _)| named == slug));
    let mut choices: Vec<Choice> = here
        .tenants
        .iter()
        .map(|tenant| Choice {
            value: tenant.slug.clone(),
            label: tenant.name.clone(),
            selected: selected(&tenant.slug),
        })
        .collect();
    if here.scope.visible_tenants().is_none() {
        choices.push(Choice {
            value: "workspace".to_owned(),
            label: "Runs of the workspace".to_owned(),
            selected: selected("workspace"),
        });
    }
    let value = match asked.places.as_slice() {
        [] => "Any".to_owned(),
        [(one, _)] => choices
            .iter()
            .find(|choice| choice.value == *one)
            .map_or(one.clone(), |choice| choice.label.clone()),
        many => format!("{} tenants", many.len()),
    };
    picker("tenant", "Tenant", value, !asked.places.is_empty(), Take::Any, choices)
}

fn starters(asked: &RunQuery) -> Picker {
    let choice = |value: &str, label: &str, selected: bool| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: Selected::when(selected),
    };
    let mut choices = vec![
        choice("", "Anyone", asked.by.is_none()),
        choice("me", starter(By::Me), asked.by == Some(By::Me)),
        choice("schedule", starter(By::Schedule), asked.by == Some(By::Schedule)),
        choice("system", starter(By::System), asked.by == Some(By::System)),
    ];
    if let Some(By::User(user)) = asked.by {
        choices.push(choice(&user.to_string(), "One person", true));
    }
    let value = asked.by.map_or("Anyone", starter).to_owned();
    picker("by", "Started by", value, asked.by.is_some(), Take::One, choices)
}

fn ranges(here: &Here, asked: &RunQuery) -> Picker {
    let choices = Range::NAMED
        .iter()
        .map(|(value, label, range)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            selected: Selected::when(asked.range == *range),
        })
        .collect();
    let days = match asked.range {
        Range::Between(from, to) => DayRange { from, to },
        Range::On(date) => DayRange { from: Some(date), to: Some(date) },
        Range::Hours(_) | Range::Days(_) => DayRange { from: None, to: None },
    };
    // The usual range is marked too: nobody shall think that older runs are gone.
    let picker = picker("range", "Created", asked.range.words(&here.wall), true, Take::One, choices);
    Picker { days: Some(days), ..picker }
}

fn columns(asked: &RunQuery) -> Picker {
    let choices = ExtraColumn::ALL
        .iter()
        .map(|column| Choice {
            value: column.token().to_owned(),
            label: column.label().to_owned(),
            selected: Selected::when(asked.columns.iter().any(|name| name == column.token())),
        })
        .collect();
    picker("cols", "Columns", String::new(), false, Take::Any, choices)
}

fn picker(name: &str, label: &str, value: String, marked: bool, take: Take, choices: Vec<Choice>) -> Picker {
    Picker {
        name: name.to_owned(),
        label: label.to_owned(),
        value,
        marked: Selected::when(marked),
        take,
        choices,
        days: None,
    }
}

const fn starter(by: By) -> &'static str {
    match by {
        By::Me => "Me",
        By::User(_) => "One person",
        By::Schedule => "Schedule",
        By::System => "System",
    }
}
