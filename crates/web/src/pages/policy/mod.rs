//! One policy: its settings, whom it is assigned to, its versions, and its JSON.

mod document;
pub mod view;

use axum::extract::{self, Path, RawQuery};
use axum::response::{IntoResponse, Response};
use governance::policies::{self, Policy, PolicyId, Side, Version};
use ledger::{PageFrom, RunFilter, RunRow, RunSearch};
use tenancy::Ts;

use crate::components::{Link, Selected, State, Tab};
use crate::fields::Fields;
use crate::here::Here;
use crate::links;
use crate::pages::policies::{called, title_of};
use crate::problem::Problem;
use crate::shell::{self, Page, Place};
use crate::state::AppState;
use view::{Finder, PolicyPage, PolicyRun, PolicyTab, VersionLine, found_in};

pub(crate) use document::shown_document;

/// The tabs, as the address names them, and as people call them.
const TABS: [(&str, &str); 5] = [
    ("settings", "Settings"),
    ("assignments", "Assignments"),
    ("versions", "Versions"),
    ("json", "JSON"),
    ("runs", "Runs"),
];

/// The kind of the runs that read policies whole.
const READ_BY: &str = "policy.sync";

/// How many runs the tab of runs shows.
const RUNS_MAX: usize = 20;

/// Shows a policy.
///
/// # Errors
/// Not found, or the database could not be used.
pub async fn show(
    extract::State(app): extract::State<AppState>,
    here: Here,
    Path((_, _, policy)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenant = here.tenant()?;
    let id: PolicyId = policy.parse().map_err(|_| Problem::not_found())?;
    let found = policies::find(app.database(), &here.scope, id).await?.ok_or_else(Problem::not_found)?;
    let versions = policies::versions(app.database(), &here.scope, id).await?;
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let tab = fields.one("tab").ok().flatten().unwrap_or_default();
    let tab = TABS.iter().find(|(name, _)| *name == tab).map_or("settings", |(name, _)| *name);
    let number: Option<i32> = fields.one("version").ok().flatten().and_then(|number| number.parse().ok());
    let version = match number {
        None => versions.first(),
        Some(number) => {
            Some(versions.iter().find(|version| version.number == number).ok_or_else(Problem::not_found)?)
        }
    };
    let typed = fields.one("find").ok().flatten().filter(|_| tab == "settings");
    let address = links::policy(&here.workspace.slug, &tenant.slug, id.as_uuid());
    let shown = match (tab, version) {
        ("versions", _) => PolicyTab::Versions {
            all: versions.iter().map(|version| line(&here, &address, version)).collect(),
            compare: None,
        },
        ("runs", _) => runs(&app, &here, &found, &versions).await?,
        (_, None) => PolicyTab::Settings(Vec::new()),
        (tab, Some(version)) => {
            let shown = shown_document(&app, &here.scope, &found.key.ty, version.id).await?;
            document::tab(tab, &shown, version)
        }
    };
    let (shown, finder) = finder(shown, typed, number, &address);
    let page = PolicyPage { finder, ..build(&here, &found, &versions, &address, tab, shown)? };
    let page = Page {
        title: format!("{}, {}", page.name, tenant.name),
        place: Place::Policies,
        way: vec![Link::new("Policies", links::policies(&here.workspace.slug, &tenant.slug))],
        name: page.name.clone(),
        toasts: Vec::new(),
        main: view::page(&page),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Narrows the settings to what was looked for; the other tabs are not searched.
fn finder(
    shown: PolicyTab,
    typed: Option<String>,
    version: Option<i32>,
    address: &str,
) -> (PolicyTab, Option<Finder>) {
    let PolicyTab::Settings(settings) = shown else { return (shown, None) };
    let kept = version.map(|number| ("version".to_owned(), number.to_string()));
    let finder = |found| Finder {
        action: address.to_owned(),
        kept: kept.into_iter().collect(),
        typed: typed.clone().unwrap_or_default(),
        found,
    };
    match &typed {
        None => (PolicyTab::Settings(settings), Some(finder(None))),
        Some(wanted) => {
            let (settings, found) = found_in(settings, &wanted.to_lowercase());
            (PolicyTab::Settings(settings), Some(finder(Some(found))))
        }
    }
}

/// Lists the syncs of the tenant, and what each of them did to the policy as far as its versions tell.
async fn runs(
    app: &AppState,
    here: &Here,
    policy: &Policy,
    versions: &[Version],
) -> Result<PolicyTab, Problem> {
    let search = RunSearch::from(RunFilter { kinds: vec![READ_BY.to_owned()], ..RunFilter::default() });
    let page = app.ledger().search_ended(&here.scope, &search, PageFrom::Newest, RUNS_MAX).await?;
    let slug = &here.workspace.slug;
    let line = |run: &RunRow| {
        let recorded = versions.iter().find(|version| version.run == run.id);
        PolicyRun {
            state: State::of(run.status, run.outcome),
            to: Link::new(app.ledger().catalog().label_of(&run.kind), links::run(slug, run.id)),
            at: run.created_at.to_jiff(),
            did: match recorded {
                Some(version) => Some(format!("recorded version {}", version.number)),
                None if run.id == policy.run => Some("read it last, unchanged".to_owned()),
                None => None,
            },
        }
    };
    let tenant = &here.tenant()?.slug;
    let all = format!("{}?type={READ_BY}&tenant={tenant}&range=90d", links::operations(slug));
    Ok(PolicyTab::Runs {
        runs: page.runs.iter().map(line).collect(),
        all: Link::new("All policy syncs of this tenant", all),
    })
}

fn build(
    here: &Here,
    policy: &Policy,
    versions: &[Version],
    address: &str,
    shown_tab: &str,
    shown: PolicyTab,
) -> Result<PolicyPage, Problem> {
    let tenant = here.tenant()?;
    let slug = &here.workspace.slug;
    let tabs = TABS
        .iter()
        .map(|(name, label)| Tab {
            label: (*label).to_owned(),
            href: if *name == "settings" { address.to_owned() } else { format!("{address}?tab={name}") },
            count: (*name == "versions").then_some(crate::components::Count::Exactly(versions.len() as u64)),
            glyph: None,
            selected: Selected::when(*name == shown_tab),
        })
        .collect();
    Ok(PolicyPage {
        wall: here.wall.clone(),
        name: called(&policy.name, &policy.key.ty),
        kind: title_of(&policy.key.ty),
        platform: policy.platform.clone(),
        tenant: Link::new(&tenant.name, links::policies(slug, &tenant.slug)),
        graph_id: policy.key.graph_id.clone(),
        read_at: (
            policy.last_read_at.to_jiff(),
            Link::new("the run that read it", links::run(slug, policy.run)),
        ),
        changed_at: policy.graph_modified_at.map(Ts::to_jiff),
        first_seen_at: policy.first_seen_at.to_jiff(),
        missing_since: policy.missing_since.map(Ts::to_jiff),
        canonical_hash: policy.canonical_hash.map(|hash| hash.to_string().chars().take(12).collect()),
        versions: u64::try_from(policy.version_count).unwrap_or(0),
        tabs,
        finder: None,
        shown,
    })
}

fn line(here: &Here, address: &str, version: &Version) -> VersionLine {
    VersionLine {
        number: u64::try_from(version.number).unwrap_or(0),
        name: version.name.clone(),
        changed: version.changed.iter().map(|side| word(*side).to_owned()).collect(),
        captured_at: version.captured_at.to_jiff(),
        run: Link::new("this run", links::run(&here.workspace.slug, version.run)),
        size_bytes: version.size_bytes,
        json: format!("{address}?tab=json&version={}", version.number),
    }
}

pub(crate) fn word(side: Side) -> &'static str {
    match side {
        Side::Settings => "settings",
        Side::Assignments => "assignments",
    }
}
