//! The policies of a tenant, as they were last read whole.

pub mod view;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use governance::contract::Registry;
use governance::inventory::{self, Depth};
use governance::policies::{self, Filter, Policy};
use tenancy::Ts;

use crate::components::{Narrowed, Pager};
use crate::here::Here;
use crate::links;
use crate::object_query::{ObjectQuery, SIZE};
use crate::problem::Problem;
use crate::shell::{self, Page, Place};
use crate::start;
use crate::state::AppState;
use axum::response::Redirect;
use view::{PoliciesPage, PolicyLine, REGION};

/// Names the list in cursors.
pub(crate) const LIST: &str = "policies";

/// Leads from a tenant to its policies.
///
/// # Errors
/// There is no such tenant.
pub async fn of_tenant(here: Here) -> Result<Redirect, Problem> {
    Ok(Redirect::to(&links::policies(&here.workspace.slug, &here.tenant()?.slug)))
}

/// Shows the list.
///
/// # Errors
/// Not found, or the database could not be used.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenant = here.tenant()?;
    let base = links::policies(&here.workspace.slug, &tenant.slug);
    let asked = ObjectQuery::read(query.as_deref().unwrap_or_default(), LIST, &here.scope, app.cursors())?;
    let filter = Filter { types: asked.types.clone(), name: asked.q.clone(), presence: asked.presence };
    let (list, coverage) = tokio::try_join!(
        policies::list(app.database(), &here.scope, &filter, asked.after.clone(), SIZE),
        inventory::coverage(app.database(), &here.scope),
    )?;
    let detailed = coverage.iter().filter(|one| one.depth == Depth::Detailed);
    let mut types: Vec<(String, String)> =
        detailed.clone().map(|one| (one.ty.clone(), title_of(&one.ty))).collect();
    types.sort_by(|one, other| one.1.cmp(&other.1));
    let shown = list.policies.len() as u64;
    let page = PoliciesPage {
        wall: here.wall.clone(),
        tenant: tenant.name.clone(),
        synced_at: detailed.filter_map(|one| one.complete_at).max().map(Ts::to_jiff),
        running: None,
        sync: start::button(&app, &here, "policy.sync"),
        filters: asked.form(&base, REGION, &types),
        narrowed: if asked.is_narrowed() { Narrowed::Yes } else { Narrowed::No },
        policies: list
            .policies
            .iter()
            .map(|policy| line(&here.workspace.slug, &tenant.slug, policy))
            .collect(),
        pager: Pager {
            shown,
            first: None,
            total: None,
            noun: ("policy", "policies"),
            newer: asked.after.is_some().then(|| crate::run_query::address(&base, &asked.written())),
            older: list.next.as_ref().map(|next| asked.page(&base, LIST, next, &here.scope, app.cursors())),
            words: ("First page", "Next"),
        },
    };
    let page = Page {
        title: format!("Policies, {}", tenant.name),
        place: Place::Policies,
        way: vec![crate::components::Link::new(&tenant.name, &base)],
        name: "Policies".to_owned(),
        toasts: Vec::new(),
        main: view::page(&page),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Gives what people call a type; its key where this version does not know it.
pub(crate) fn title_of(ty: &str) -> String {
    Registry::builtin().get(ty).map_or_else(|| ty.to_owned(), |ty| ty.title.clone())
}

/// Gives what people call an object: its name, or its type's where Microsoft keeps one of it and no name.
pub(crate) fn called(name: &str, ty: &str) -> String {
    if name.trim().is_empty() { title_of(ty) } else { name.to_owned() }
}

fn line(workspace: &str, tenant: &str, policy: &Policy) -> PolicyLine {
    PolicyLine {
        id: policy.id.to_string(),
        name: called(&policy.name, &policy.key.ty),
        href: links::policy(workspace, tenant, policy.id.as_uuid()),
        kind: title_of(&policy.key.ty),
        platform: policy.platform.clone(),
        versions: u64::try_from(policy.version_count).unwrap_or(0),
        changed_at: policy.graph_modified_at.map(Ts::to_jiff),
        read_at: policy.last_read_at.to_jiff(),
        missing_since: policy.missing_since.map(Ts::to_jiff),
    }
}
