//! One search over a workspace: runs, tenants, policies and pages, in groups.

pub mod view;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use governance::policies::{self, Filter, Policy};
use ledger::{PageFrom, RunFilter, RunRow, RunSearch};
use tenancy::{Capability, Scope};

use crate::components::{Icon, Link, Related, State as RunState};
use crate::fields::Fields;
use crate::here::Here;
use crate::links;
use crate::pages::operations::tenant_name;
use crate::pages::policies::{called, title_of};
use crate::problem::Problem;
use crate::run_query::run_in;
use crate::shell::{self, Page, Place};
use crate::state::AppState;
use view::{Group, SearchPage};

/// How many results a group shows.
const RESULTS_MAX: usize = 8;

/// The longest text that is looked for, in characters.
const TEXT_MAX: usize = 200;

/// How far back runs are looked for, in days; older ones are found in the list of runs.
const RUN_DAYS: u64 = 90;

/// Shows what matches.
///
/// # Errors
/// The database could not be used.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (typed, told) = match fields.one_up_to("q", TEXT_MAX) {
        Ok(typed) => (typed.unwrap_or_default().trim().to_owned(), None),
        Err(problem) => (String::new(), Some(format!("{}.", problem.detail()))),
    };
    let groups = if typed.is_empty() { Vec::new() } else { groups(&app, &here, &typed).await? };
    let page = SearchPage { action: links::search(&here.workspace.slug), typed, told, groups };
    let page = Page {
        title: format!("Search, {}", here.workspace.name),
        place: Place::Elsewhere,
        way: Vec::new(),
        name: "Search".to_owned(),
        toasts: Vec::new(),
        main: view::page(&page),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

async fn groups(app: &AppState, here: &Here, typed: &str) -> Result<Vec<Group>, Problem> {
    let scope = &here.scope;
    let filter = Filter { name: Some(typed.to_owned()), ..Filter::default() };
    let (runs, policies) = tokio::try_join!(runs(app, scope, typed), async {
        Ok(policies::list(app.database(), scope, &filter, None, RESULTS_MAX).await?)
    },)?;
    let slug = &here.workspace.slug;
    let more = |noun: &str, href: String| Some(Link::new(format!("All {noun} that match"), href));
    let all_runs = format!("{}?{}", links::operations(slug), query_of(typed));
    let is_full = runs.len() == RESULTS_MAX;
    let groups = vec![
        Group { title: "Pages", results: pages(here, typed), more: None },
        Group {
            title: "Runs",
            results: runs.iter().map(|run| run_result(app, here, run)).collect(),
            more: if is_full { more("runs", all_runs) } else { None },
        },
        Group { title: "Tenants", results: tenants(here, typed), more: None },
        Group {
            title: "Policies",
            results: policies.policies.iter().filter_map(|policy| policy_result(here, policy)).collect(),
            more: None,
        },
    ];
    Ok(groups.into_iter().filter(|group| !group.results.is_empty()).collect())
}

/// Finds runs: the one that is named, else those that hold the text, active ones first.
async fn runs(app: &AppState, scope: &Scope, typed: &str) -> Result<Vec<RunRow>, Problem> {
    if let Some(run) = run_in(typed) {
        return Ok(app.ledger().show(scope, run).await?.map(|detail| detail.row).into_iter().collect());
    }
    let since = app.now().minus(std::time::Duration::from_secs(RUN_DAYS * 86_400));
    let search = RunSearch {
        filter: RunFilter { since: Some(since), ..RunFilter::default() },
        text: Some(typed.to_owned()),
        ..RunSearch::default()
    };
    let (mut found, ended) = tokio::try_join!(
        app.ledger().search_active(scope, &search),
        app.ledger().search_ended(scope, &search, PageFrom::Newest, RESULTS_MAX),
    )?;
    found.extend(ended.runs);
    found.truncate(RESULTS_MAX);
    Ok(found)
}

fn run_result(app: &AppState, here: &Here, run: &RunRow) -> Related {
    let state = RunState::of(run.status, run.outcome);
    let tenant = tenant_name(here, run).unwrap_or_else(|| "Workspace".to_owned());
    let label = format!("{}, {}", app.ledger().catalog().label_of(&run.kind), state.label());
    let mut note = format!("{tenant}, {}", here.wall.relative(run.created_at.to_jiff()));
    if let Some(code) = &run.reason_code {
        note = format!("{note}, {code}");
    }
    Related {
        icon: state.icon(),
        to: Link::new(label, links::run(&here.workspace.slug, run.id)),
        note: Some(note),
    }
}

fn tenants(here: &Here, typed: &str) -> Vec<Related> {
    let wanted = typed.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let found = here.tenants.iter().filter(|tenant| {
        holds(&tenant.name)
            || holds(&tenant.slug)
            || holds(&tenant.graph_tenant_id)
            || holds(&tenant.external_id.to_string())
    });
    let result = |tenant: &tenancy::tenant::Tenant| Related {
        icon: Icon::Tenant,
        to: Link::new(&tenant.name, links::policies(&here.workspace.slug, &tenant.slug)),
        note: Some(tenant.slug.clone()),
    };
    found.take(RESULTS_MAX).map(result).collect()
}

fn policy_result(here: &Here, policy: &Policy) -> Option<Related> {
    let tenant = here.tenant_of(policy.key.tenant)?;
    Some(Related {
        icon: Icon::Policy,
        to: Link::new(
            called(&policy.name, &policy.key.ty),
            links::policy(&here.workspace.slug, &tenant.slug, policy.id.as_uuid()),
        ),
        note: Some(format!("{}, {}", title_of(&policy.key.ty), tenant.name)),
    })
}

/// Finds pages by their names; every word that was typed must be in the name.
fn pages(here: &Here, typed: &str) -> Vec<Related> {
    let slug = &here.workspace.slug;
    let mut all = vec![
        (Icon::Operations, "Operations".to_owned(), links::operations(slug)),
        (Icon::Tenant, "Tenants".to_owned(), links::tenants(slug)),
        (Icon::Bell, "Notifications".to_owned(), links::notifications(slug)),
    ];
    if here.scope.allows(Capability::ManageTenants) {
        all.push((Icon::Tenant, "Add tenant".to_owned(), links::new_tenant(slug)));
    }
    for tenant in &here.tenants {
        let name = &tenant.name;
        all.push((Icon::Policy, format!("Policies of {name}"), links::policies(slug, &tenant.slug)));
        all.push((Icon::Inventory, format!("Inventory of {name}"), links::inventory(slug, &tenant.slug)));
    }
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let matches = |name: &str| words.iter().all(|word| name.to_lowercase().contains(word));
    all.into_iter()
        .filter(|(_, name, _)| matches(name))
        .take(RESULTS_MAX)
        .map(|(icon, name, href)| Related { icon, to: Link::new(name, href), note: None })
        .collect()
}

fn query_of(typed: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", typed)
        .append_pair("range", "90d")
        .finish()
}
