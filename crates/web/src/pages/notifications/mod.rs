//! What the visitor was told about the runs that they started.

pub mod view;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::{Notice, NoticeKind, RunId, RunStatus};

use crate::components::{Answer, Link, PostForm, State as RunState};
use crate::csrf::{FIELD, SignedForm};
use crate::here::Here;
use crate::links;
use crate::problem::Problem;
use crate::shell::{self, Page, Place};
use crate::state::AppState;
use view::{NoticeLine, NotificationsPage};

/// Shows the notices, newest first.
///
/// # Errors
/// The database could not be used.
pub async fn show(State(app): State<AppState>, here: Here) -> Result<Response, Problem> {
    let notices = app.ledger().notices(&here.scope).await?;
    let unread = notices.iter().any(|notice| notice.read_at.is_none());
    let page = NotificationsPage {
        wall: here.wall.clone(),
        notices: notices.iter().map(|notice| line(&app, &here, notice)).collect(),
        mark_all: unread.then(|| mark(&here, None)),
        operations: Link::new("Operations", links::operations(&here.workspace.slug)),
    };
    let page = Page {
        title: format!("Notifications, {}", here.workspace.name),
        place: Place::Elsewhere,
        way: Vec::new(),
        name: "Notifications".to_owned(),
        toasts: Vec::new(),
        main: view::page(&page),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Marks one run's notices as read, or all of them.
///
/// # Errors
/// The form is not one of ours, or the database could not be used.
pub async fn read(
    State(app): State<AppState>,
    here: Here,
    SignedForm(mut fields): SignedForm,
) -> Result<Redirect, Problem> {
    let run = fields.one("run")?;
    fields.end()?;
    let run: Option<RunId> = run
        .map(|id| id.parse())
        .transpose()
        .map_err(|_| Problem::invalid("run", "must be the id of a run"))?;
    app.ledger().mark_read(&here.scope, run).await?;
    Ok(Redirect::to(&links::notifications(&here.workspace.slug)))
}

fn line(app: &AppState, here: &Here, notice: &Notice) -> NoticeLine {
    let label = app.ledger().catalog().label_of(&notice.run_kind);
    let (state, sentence) = match notice.kind {
        NoticeKind::Queued => (RunState::Queued, format!("{label} queued")),
        NoticeKind::Terminal => {
            let state = RunState::of(RunStatus::Completed, notice.outcome);
            (state, format!("{label} ended, {}", state.label()))
        }
    };
    NoticeLine {
        state,
        sentence,
        tenant: notice.tenant.and_then(|id| here.tenant_of(id)).map(|tenant| tenant.name.clone()),
        at: notice.created_at.to_jiff(),
        run: links::run(&here.workspace.slug, notice.run),
        mark: notice.read_at.is_none().then(|| mark(here, Some(notice.run))),
    }
}

fn mark(here: &Here, run: Option<RunId>) -> PostForm {
    let mut fields = vec![(FIELD.to_owned(), here.visitor.form_token())];
    fields.extend(run.map(|run| ("run".to_owned(), run.to_string())));
    PostForm {
        action: format!("{}/read", links::notifications(&here.workspace.slug)),
        fields,
        confirm: None,
        answer: Answer::Page,
    }
}
