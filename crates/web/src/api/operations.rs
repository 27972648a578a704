//! Runs: listing, starting, showing, cancelling.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{HeaderName, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use ledger::catalog::InputError;
use ledger::{
    Cancelled, Force, IdempotencyKey, RunDetail, RunId, StartError, StartKeyError, StartOptions, Started,
};
use tenancy::Capability;
use tenancy::tenant::{self, Tenant};

use super::Caller;
use super::address::{self, Bare};
use super::parameters::{Form, Parameters, Spec, bad_cursor};
use super::shapes::{
    CancelAnswer, CancelResult, RunDetailShape, RunListShape, RunShape, StartAnswer, StartRequest,
    StartResult, instant,
};
use crate::components::Wall;
use crate::headers::single;
use crate::json::JsonBody;
use crate::problem::{Code, Problem, ProblemBody};
use crate::run_query::{Known, RunQuery};
use crate::start;
use crate::state::AppState;

/// What a filter by state takes.
const STATE: Form = Form::Word(&[
    "active",
    "queued",
    "running",
    "succeeded",
    "partial",
    "failed",
    "cancelled",
    "blocked",
    "other",
]);

/// What a filter by range takes.
const RANGE: Form = Form::Word(&["24h", "7d", "30d", "90d"]);

/// What a file of runs can be asked for: the filters of the list.
pub const EXPORT: Spec = &[
    ("format", Form::Word(&["csv", "json"])),
    ("state", STATE),
    ("type", Form::Texts),
    ("tenant", Form::Texts),
    ("by", Form::Who),
    ("range", RANGE),
    ("from", Form::Day),
    ("to", Form::Day),
    ("on", Form::Day),
    ("code", Form::Text),
    ("identity", Form::Digits),
    ("q", Form::Text),
];

/// What a list of runs can be asked for.
pub const PARAMETERS: Spec = &[
    ("state", STATE),
    ("type", Form::Texts),
    ("tenant", Form::Texts),
    ("by", Form::Who),
    ("range", RANGE),
    ("from", Form::Day),
    ("to", Form::Day),
    ("on", Form::Day),
    ("code", Form::Text),
    ("identity", Form::Digits),
    ("q", Form::Text),
    ("size", Form::Rows),
    ("older", Form::Cursor),
    ("newer", Form::Cursor),
];

/// The key that makes a request the same start however often it is sent.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Lists runs: the same filters by the same names as the page.
///
/// # Errors
/// Not found, not allowed, or a filter that makes no sense.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/operations", operation_id = "listRuns", tag = "operations",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("state" = Option<String>, Query, description = "active, queued, running, succeeded, partial, failed, cancelled, blocked or other"),
        ("type" = Option<Vec<String>>, Query, description = "Operations, such as policy.sync"),
        ("tenant" = Option<Vec<String>>, Query, description = "Short names of tenants, or workspace"),
        ("by" = Option<String>, Query, description = "me, schedule, system, or the id of a user"),
        ("range" = Option<String>, Query, description = "24h, 7d, 30d or 90d; 30d if nothing is said"),
        ("from" = Option<String>, Query, description = "The first day, such as 2026-11-01"),
        ("to" = Option<String>, Query, description = "The last day"),
        ("on" = Option<String>, Query, description = "One day"),
        ("code" = Option<String>, Query, description = "A reason code, such as graph.throttled"),
        ("identity" = Option<String>, Query, description = "How the identity begins"),
        ("q" = Option<String>, Query, description = "Text in the reason code, the context or the failures"),
        ("size" = Option<u32>, Query, description = "How many rows a page has; 50 if nothing is said"),
        ("older" = Option<String>, Query, description = "The next of the page before"),
        ("newer" = Option<String>, Query, description = "The previous of the page after"),
    ),
    responses(
        (status = 200, description = "A page of runs", body = RunListShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<RunListShape>, Problem> {
    caller.require(Capability::See)?;
    let (asked, tenants) = asked(&app, &caller, query.as_deref(), PARAMETERS).await?;
    let wall = Wall::new(app.now().to_jiff(), TimeZone::UTC);
    let search = asked.search(&caller.scope, &wall);
    let seen = app.ledger().overview(&caller.scope, &search, asked.from, asked.size, 0).await?;
    let cursor = |from| asked.cursor(from, &caller.scope, app.cursors()).map(|(_, cursor)| cursor);
    let catalog = app.ledger().catalog();
    Ok(Json(RunListShape {
        items: seen
            .active
            .iter()
            .chain(&seen.ended.runs)
            .map(|run| RunShape::of(run, catalog, &tenants))
            .collect(),
        next: seen.ended.next.and_then(|run| cursor(ledger::PageFrom::OlderThan(run))),
        previous: seen.ended.previous.and_then(|run| cursor(ledger::PageFrom::NewerThan(run))),
    }))
}

/// Starts an operation, or gives the run that stands for the same work.
///
/// # Errors
/// Not found, not allowed, inputs that make no sense, or work that cannot be handed to workers: then the attempt is
/// recorded, and the problem names the run.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/operations", operation_id = "startRun", tag = "operations",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200, pattern = "^[!-~]+$", description = "1 to 200 visible characters. The same key and request within a day give the same answer and start nothing more; with another request the key is refused"),
    ),
    request_body = StartRequest,
    responses(
        (status = 201, description = "A new run was queued", body = StartAnswer),
        (status = 200, description = "The run that stands for the same work", body = StartAnswer),
        (status = "default", description = "Why nothing was started", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn start(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
    headers: HeaderMap,
    JsonBody(request): JsonBody<StartRequest>,
) -> Result<Response, Problem> {
    let key = key(&headers)?;
    let scope = match &request.tenant {
        Some(tenant) => caller.narrowed(&app, tenant).await?,
        None => caller.scope.clone(),
    };
    let Some(kind) = app.ledger().catalog().get(&request.kind) else {
        return Err(Problem::body_at("/type", "there is no such operation"));
    };
    if !scope.allows(kind.needs) {
        return Err(caller.refusal(kind.needs));
    }
    start::may_reach(&app, &scope, kind.token)?;
    let rerun_of = request.rerun_of.map(RunId::from_uuid);
    let inputs = match rerun_of {
        Some(run) if request.inputs.is_null() => {
            let earlier = app.ledger().show(&scope, run).await?;
            let none = || StartError::NotRepeatable { run, why: "there is no such run here" };
            earlier.ok_or_else(|| start::refused_start(none(), |needs| caller.refusal(needs)))?.inputs
        }
        _ => request.inputs,
    };
    let force = if request.force { Force::Yes } else { Force::No };
    let started = app.ledger().start_with(&scope, kind.token, inputs, StartOptions { force, rerun_of, key });
    let started = started.await.map_err(|error| {
        let in_body = is_about_the_body(&error);
        let problem = start::refused_start(error, |needs| caller.refusal(needs));
        if in_body { problem.in_body() } else { problem }
    })?;
    let (status, result, until) = match &started {
        Started::Created(_) => (StatusCode::CREATED, StartResult::Created, None),
        Started::Active(_) => (StatusCode::OK, StartResult::Active, None),
        Started::Cooling { until, .. } => (StatusCode::OK, StartResult::Cooling, Some(instant(*until))),
        Started::NotDispatched { run, failure } => {
            let why = format!(
                "Nothing was started; the attempt is recorded as failed: {}.",
                failure.message.as_str()
            );
            let problem = Problem::new(Code::Invalid, why).because(failure.code.to_string());
            return Err(problem.recorded_by(run.id));
        }
    };
    let run = started.run();
    let answer = StartAnswer {
        result,
        run_id: run.id.as_uuid(),
        initiator: run.initiator.clone(),
        created_at: instant(run.created_at),
        may_start_at: until,
        paused: run.is_paused,
    };
    let location = format!("/api/v1/workspaces/{}/operations/{}", caller.workspace, run.id);
    Ok((status, [(LOCATION, location)], Json(answer)).into_response())
}

/// Shows a run.
///
/// # Errors
/// Not found or not allowed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/operations/{run}", operation_id = "showRun", tag = "operations",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("run" = uuid::Uuid, Path, description = "The id of the run"),
    ),
    responses(
        (status = 200, description = "The run", body = RunDetailShape),
        (status = "default", description = "Why there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
    Path((_, run)): Path<(String, String)>,
) -> Result<Json<RunDetailShape>, Problem> {
    caller.require(Capability::See)?;
    let detail = find(&app, &caller, &run).await?;
    let tenants = tenant::list(app.database(), &caller.scope).await?;
    Ok(Json(RunDetailShape::of(detail, app.ledger().catalog(), &tenants)))
}

/// Cancels a run: at once while it waits, by asking while it is under way. Again is harmless.
///
/// # Errors
/// Not found, or not allowed with the role that is needed.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/operations/{run}/cancel", operation_id = "cancelRun", tag = "operations",
    params(
        ("workspace" = String, Path, description = "The short name of the workspace"),
        ("run" = uuid::Uuid, Path, description = "The id of the run"),
    ),
    responses(
        (status = 200, description = "What became of it", body = CancelAnswer),
        (status = "default", description = "Why it was not cancelled", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn cancel(
    State(app): State<AppState>,
    caller: Caller,
    _: Bare,
    Path((_, run)): Path<(String, String)>,
) -> Result<Json<CancelAnswer>, Problem> {
    let detail = find(&app, &caller, &run).await?;
    let own = detail.initiator.is_some() && detail.initiator == caller.scope.actor().user();
    caller.require(if own { Capability::CancelOwnRuns } else { Capability::CancelAnyRun })?;
    let result = match app.ledger().cancel(&caller.scope, detail.row.id).await? {
        Cancelled::Ended => CancelResult::Ended,
        Cancelled::Requested => CancelResult::Requested,
        Cancelled::Nothing => CancelResult::Nothing,
    };
    Ok(Json(CancelAnswer { result }))
}

/// Reads which runs a query asks for, with the tenants that the caller may see.
pub(super) async fn asked(
    app: &AppState,
    caller: &Caller,
    query: Option<&str>,
    spec: Spec,
) -> Result<(RunQuery, Vec<Tenant>), Problem> {
    let parameters = Parameters::read(query, spec)?;
    parameters.exclude("on", &["from", "to", "range"])?;
    parameters.exclude("range", &["from", "to"])?;
    parameters.exclude("older", &["newer"])?;
    if let (Some(from), Some(to)) = (parameters.get("from"), parameters.get("to"))
        && from > to
    {
        return Err(Problem::query("from", "lies after to"));
    }
    let tenants = tenant::list(app.database(), &caller.scope).await?;
    let known: Vec<_> = tenants.iter().map(|tenant| (tenant.slug.clone(), tenant.id)).collect();
    let known = Known { scope: &caller.scope, tenants: &known, cursors: app.cursors() };
    let asked = RunQuery::read(query.unwrap_or_default(), known)?;
    let cursor = ["older", "newer"].into_iter().find(|name| parameters.get(name).is_some());
    if let Some(name) = cursor.filter(|_| asked.from == ledger::PageFrom::Newest) {
        return Err(bad_cursor(name));
    }
    match asked.ignored.first() {
        Some(wrong) => Err(Problem::query("tenant", wrong.trim_end_matches('.'))),
        None => Ok((asked, tenants)),
    }
}

/// Says whether the body makes no sense, as opposed to asking for what cannot be done.
fn is_about_the_body(error: &StartError) -> bool {
    match error {
        StartError::Inputs(error) => !matches!(error, InputError::NothingToDo(_)),
        StartError::WrongScope { .. } => true,
        _ => false,
    }
}

/// Reads the key of a start; none where none was sent.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let malformed = || start::refused_start(StartKeyError::Form.into(), |_| Problem::not_found());
    if !headers.contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    // One that is there twice is none: nobody knows which of them a proxy kept.
    let key = single(headers, &IDEMPOTENCY_KEY).ok_or_else(malformed)?;
    key.parse().map(Some).map_err(|_| malformed())
}

async fn find(app: &AppState, caller: &Caller, run: &str) -> Result<RunDetail, Problem> {
    app.ledger().show(&caller.scope, address::id::<RunId>(run)?).await?.ok_or_else(Problem::not_found)
}
