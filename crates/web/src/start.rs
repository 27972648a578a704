//! The one door by which pages and the API start an operation.
//!
//! It enqueues and answers at once: a new run, the one that stands for the same work, or why there is none.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::catalog::{InputError, Kind, RunScope};
use ledger::{StartError, StartKeyError, Started};
use serde_json::{Map, Value};
use tenancy::{Capability, Scope};

use crate::components::{Answer, Link, Permission, PostForm, State as RunState, Toast, ToastTone, toast};
use crate::csrf::{FIELD, SignedForm};
use crate::fields::Fields;
use crate::here::{Here, refusal};
use crate::links;
use crate::looks::Portion;
use crate::pages::sign_in::sentence;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// How many values one input may have.
const VALUES_MAX: usize = 500;

/// When to come back after the backlog was full.
const RETRY_BACKLOG: Duration = Duration::from_secs(60);

/// The code of a start that asked for no work.
const NOTHING_TO_DO: &str = "start.nothing_to_do";

/// Starts an operation of a tenant from a form.
///
/// # Errors
/// Not found, not allowed, or inputs that make no sense; a script gets the same as a toast.
pub async fn of_tenant(
    State(app): State<AppState>,
    here: Here,
    Path((_, _, kind)): Path<(String, String, String)>,
    form: Result<SignedForm, Problem>,
) -> Result<Response, Problem> {
    answer(&app, &here, &kind, form).await
}

/// Starts an operation of the workspace from a form.
///
/// # Errors
/// As [`of_tenant`].
pub async fn of_workspace(
    State(app): State<AppState>,
    here: Here,
    Path((_, kind)): Path<(String, String)>,
    form: Result<SignedForm, Problem>,
) -> Result<Response, Problem> {
    answer(&app, &here, &kind, form).await
}

async fn answer(
    app: &AppState,
    here: &Here,
    kind: &str,
    form: Result<SignedForm, Problem>,
) -> Result<Response, Problem> {
    let started = async {
        let SignedForm(fields) = form?;
        start(app, &here.scope, &here.workspace.name, kind, inputs(fields)?).await
    };
    let label = app.ledger().catalog().label_of(kind);
    match (started.await, here.looks.portion) {
        (Ok(started), Portion::Main) => Ok(toast(&told(here, kind, &label, &started)).into_response()),
        (Ok(started), Portion::Whole) => {
            let run = links::run(&here.workspace.slug, started.run().id);
            Ok(Redirect::to(&format!("{run}?answer={}", token(&started))).into_response())
        }
        (Err(problem), Portion::Main) if problem.code() != Code::SignedOut => Ok(refused(&problem)),
        (Err(problem), _) => Err(problem),
    }
}

/// Starts an operation in a scope; what pages and the API have in common.
///
/// # Errors
/// Not found for a kind that is none, not allowed with the role that is needed, invalid inputs, or the database is away.
pub async fn start(
    app: &AppState,
    scope: &Scope,
    workspace: &str,
    kind: &str,
    inputs: Value,
) -> Result<Started, Problem> {
    may_reach(app, scope, kind)?;
    let started = app.ledger().start(scope, kind, inputs).await;
    started.map_err(|error| refused_start(error, |needs| refusal(needs, workspace)))
}

/// Goes on only where the kind is about a tenant, or the visitor's role counts for the workspace as such.
///
/// # Errors
/// Not found for a kind that is none, or not allowed.
pub fn may_reach(app: &AppState, scope: &Scope, kind: &str) -> Result<(), Problem> {
    let known = app.ledger().catalog().get(kind).ok_or_else(Problem::not_found)?;
    if known.scope == RunScope::Workspace && scope.visible_tenants().is_some() {
        return Err(Problem::new(Code::NotAllowed, "Needs a role that counts for the whole workspace."));
    }
    Ok(())
}

/// Says why nothing was started; `refusal` makes the answer to whoever lacks a right.
#[must_use]
pub fn refused_start(error: StartError, refusal: impl Fn(Capability) -> Problem) -> Problem {
    let said = sentence(&error.to_string());
    match error {
        StartError::NotAllowed { needs, .. } => refusal(needs),
        StartError::Inputs(InputError::NothingToDo(_)) => {
            Problem::new(Code::Invalid, said).because(NOTHING_TO_DO)
        }
        StartError::Inputs(_) => Problem::new(Code::Invalid, said),
        StartError::WrongScope { kind, wanted } => {
            Problem::new(Code::Invalid, format!("{kind} runs for {wanted}."))
        }
        StartError::UnknownKind { .. } => Problem::not_found(),
        StartError::NotRepeatable { .. } => Problem::new(Code::Invalid, said).because("start.not_repeatable"),
        StartError::Key(StartKeyError::Form) => {
            Problem::new(Code::Malformed, said).because("start.key_malformed")
        }
        StartError::Key(_) => Problem::new(Code::Invalid, said).because("start.key_reused"),
        StartError::BacklogFull { .. } => {
            Problem::new(Code::Unavailable, said).because("queue.backlog_full").retry_after(RETRY_BACKLOG)
        }
        StartError::Database(error) => error.into(),
        other => Problem::internal(&other),
    }
}

/// Makes the form of a button that starts an operation, and says whether the visitor may press it.
#[must_use]
pub fn button(app: &AppState, here: &Here, kind: &str) -> (Permission, PostForm) {
    let tenant = here.tenant().ok().map(|tenant| tenant.slug.as_str());
    button_for(app, here, tenant, kind)
}

/// Makes the same for a tenant that the page is not about.
#[must_use]
pub fn button_for(app: &AppState, here: &Here, tenant: Option<&str>, kind: &str) -> (Permission, PostForm) {
    let needs = app.ledger().catalog().get(kind).map_or(Capability::Maintain, |kind: &Kind| kind.needs);
    let form = PostForm {
        action: links::start(&here.workspace.slug, tenant, kind),
        fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
        confirm: None,
        answer: Answer::Toast,
    };
    let permission =
        here.obstacle(needs).map_or(Permission::Granted, |reason| Permission::Refused { reason });
    (permission, form)
}

/// What is said of a run that waits for its kind to be resumed.
pub const PAUSED: &str = "This kind of operation is paused; the run waits until it is resumed.";

/// Says what became of a start, by the word that an address carries.
#[must_use]
pub fn token(started: &Started) -> &'static str {
    match started {
        Started::Created(_) => "queued",
        Started::Active(_) => "active",
        Started::Cooling { .. } => "cooling",
        Started::NotDispatched { .. } => "not_dispatched",
    }
}

/// Says what became of a start in the words of the toast.
#[must_use]
pub fn told(here: &Here, kind: &str, label: &str, started: &Started) -> Toast {
    let run = started.run();
    let tenant = here.tenant().map_or_else(|_| here.workspace.name.clone(), |tenant| tenant.name.clone());
    let go = Some(Link::new("View run", links::run(&here.workspace.slug, run.id)));
    let state = ToastTone::Run(RunState::of(run.status, run.outcome));
    let ago = here.wall.relative(run.created_at.to_jiff());
    let told = |tone, title: String, text: String| Toast { tone, title, text, go: go.clone(), again: None };
    match started {
        Started::Created(run) if run.is_paused => {
            told(state, format!("{label} queued"), format!("{tenant}. {PAUSED}"))
        }
        Started::Created(_) => {
            told(state, format!("{label} queued"), format!("{tenant}. You will be notified when it ends."))
        }
        Started::Active(run) => {
            let by = if run.initiator.is_empty() { "the system" } else { &run.initiator };
            told(state, "Already running".to_owned(), format!("Started by {by} {ago}."))
        }
        Started::Cooling { run, until } => {
            let ago = here.wall.relative(run.completed_at.unwrap_or(run.created_at).to_jiff());
            let from = here.wall.minute(until.to_jiff());
            told(
                state,
                "Nothing new was started".to_owned(),
                format!("An equal run ended {ago}. A new one can start at {from}."),
            )
        }
        Started::NotDispatched { failure, .. } => {
            let why = failure.message.as_str();
            let text = format!("Nothing was started; the attempt is recorded as Failed: {why}.");
            let again = PostForm {
                action: links::start(
                    &here.workspace.slug,
                    here.tenant().ok().map(|tenant| tenant.slug.as_str()),
                    kind,
                ),
                fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
                ..PostForm::default()
            };
            let title = format!("Could not queue {}", label.to_lowercase());
            Toast { again: Some(again), ..told(ToastTone::Error, title, text) }
        }
    }
}

fn refused(problem: &Problem) -> Response {
    let nothing = problem.body().reason_code.as_deref() == Some(NOTHING_TO_DO);
    let refused = Toast {
        tone: if nothing { ToastTone::Info } else { ToastTone::Error },
        title: if nothing { "Nothing to do" } else { problem.code().title() }.to_owned(),
        text: problem.detail().to_owned(),
        go: None,
        again: None,
    };
    let mut response = (problem.code().status(), toast(&refused)).into_response();
    if problem.code() == Code::Unavailable {
        response.headers_mut().insert(RETRY_AFTER, RETRY_BACKLOG.as_secs().into());
    }
    response
}

/// Reads the inputs of an operation from the fields of its form: each field is a list of texts.
fn inputs(mut fields: Fields) -> Result<Value, Problem> {
    let names: Vec<String> = fields.names().map(str::to_owned).collect();
    let mut inputs = Map::new();
    for name in names {
        let values = fields.all(&name);
        if values.len() > VALUES_MAX {
            return Err(Problem::invalid(name, "has more than 500 values"));
        }
        inputs.insert(name, values.into());
    }
    Ok(Value::Object(inputs))
}
