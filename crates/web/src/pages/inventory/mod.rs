//! The inventory of a tenant: every object as it was last observed, and how well each type was read.

pub mod view;

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use governance::inventory::{self, Coverage, Filter, Item, ReadingStatus};
use tenancy::Ts;

use crate::components::{Link, Narrowed, Pager};
use crate::here::Here;
use crate::links;
use crate::object_query::{ObjectQuery, SIZE};
use crate::pages::policies::{called, title_of};
use crate::problem::Problem;
use crate::shell::{self, Page, Place};
use crate::start;
use crate::state::AppState;
use view::{CoverageLine, InventoryPage, ItemLine, REGION, Reading};

/// Names the list in cursors.
const LIST: &str = "inventory";

/// Shows the inventory.
///
/// # Errors
/// Not found, or the database could not be used.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenant = here.tenant()?;
    let slug = &here.workspace.slug;
    let base = links::inventory(slug, &tenant.slug);
    let asked = ObjectQuery::read(query.as_deref().unwrap_or_default(), LIST, &here.scope, app.cursors())?;
    let filter = Filter { types: asked.types.clone(), name: asked.q.clone(), presence: asked.presence };
    let (list, coverage) = tokio::try_join!(
        inventory::list(app.database(), &here.scope, &filter, asked.after.clone(), SIZE),
        inventory::coverage(app.database(), &here.scope),
    )?;
    let newest = newest(coverage);
    let mut types: Vec<(String, String)> = newest.keys().map(|ty| (ty.clone(), title_of(ty))).collect();
    types.sort_by(|one, other| one.1.cmp(&other.1));
    let page = InventoryPage {
        wall: here.wall.clone(),
        tenant: tenant.name.clone(),
        complete_at: newest.values().filter_map(|one| one.complete_at).max().map(Ts::to_jiff),
        sync: start::button(&app, &here, "inventory.sync"),
        coverage: newest.values().map(|one| reading(slug, one)).collect(),
        filters: asked.form(&base, REGION, &types),
        narrowed: if asked.is_narrowed() { Narrowed::Yes } else { Narrowed::No },
        pager: Pager {
            shown: list.items.len() as u64,
            first: None,
            total: None,
            noun: ("object", "objects"),
            newer: asked.after.is_some().then(|| crate::run_query::address(&base, &asked.written())),
            older: list.next.as_ref().map(|next| asked.page(&base, LIST, next, &here.scope, app.cursors())),
            words: ("First page", "Next"),
        },
        items: list.items.into_iter().map(|item| line(slug, &tenant.slug, item)).collect(),
    };
    let page = Page {
        title: format!("Inventory, {}", tenant.name),
        place: Place::Inventory,
        way: vec![Link::new(&tenant.name, links::policies(slug, &tenant.slug))],
        name: "Inventory".to_owned(),
        toasts: Vec::new(),
        main: view::page(&page),
    };
    Ok(shell::page(&app, &here, &page).into_response())
}

/// Keeps the last reading of each type, whichever depth it had.
fn newest(all: Vec<Coverage>) -> BTreeMap<String, Coverage> {
    let mut newest: BTreeMap<String, Coverage> = BTreeMap::new();
    for one in all {
        let later = newest.get(&one.ty).is_none_or(|known| known.observed_at < one.observed_at);
        if later {
            newest.insert(one.ty.clone(), one);
        }
    }
    newest
}

fn reading(workspace: &str, of: &Coverage) -> CoverageLine {
    CoverageLine {
        title: title_of(&of.ty),
        key: of.ty.clone(),
        reading: match of.reading.status {
            ReadingStatus::Complete => Reading::Complete,
            ReadingStatus::Partial => Reading::Partial,
            ReadingStatus::Denied => Reading::Denied,
            ReadingStatus::Unlicensed => Reading::Unlicensed,
        },
        seen: of.reading.seen,
        failed: of.reading.failed,
        observed_at: Some(of.observed_at.to_jiff()),
        code: of.reading.code.clone(),
        run: Some(links::run(workspace, of.run)),
    }
}

fn line(workspace: &str, tenant: &str, item: Item) -> ItemLine {
    ItemLine {
        id: format!("item-{}-{}", item.key.ty, item.key.graph_id),
        name: called(&item.name, &item.key.ty),
        href: item.policy.map(|policy| links::policy(workspace, tenant, policy.as_uuid())),
        kind: title_of(&item.key.ty),
        platform: item.platform,
        last_seen_at: item.last_seen_at.to_jiff(),
        first_seen_at: item.first_seen_at.to_jiff(),
        missing_since: item.missing_since.map(Ts::to_jiff),
    }
}
