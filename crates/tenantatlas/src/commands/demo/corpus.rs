//! What was loaded from a folder of exports, collection by collection, and what of it is kept.

use std::collections::{BTreeMap, BTreeSet};

use contract::capabilities;
use governance::{inventory, policies};
use serde_json::json;
use tenancy::Scope;

use super::policy::type_of;
use super::story::Story;
use super::world::LoadedCorpus;
use crate::present::Table;
use crate::problem::Problem;
use crate::wiring::Installation;

/// Tells what was loaded, what was skipped and why, and whether that is the whole index.
pub(super) fn tell_loaded(corpus: &LoadedCorpus, story: &mut Story) -> Result<(), Problem> {
    let report = &corpus.report;
    let mut skipped: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for skip in &report.skipped {
        *skipped.entry(&skip.collection).or_default().entry(&skip.reason).or_default() += 1;
    }
    let collections: BTreeSet<&str> =
        report.loaded.keys().map(String::as_str).chain(skipped.keys().copied()).collect();
    let headings = ["collection", "loaded", "own id", "no id", "id used before", "skipped", "why"];
    let mut table = Table::new(story.output(), &headings).right(1).right(2).right(3).right(4).right(5);
    for collection in collections {
        let loaded = report.loaded.get(collection).copied().unwrap_or_default();
        let reasons = skipped.get(collection);
        let why: Vec<String> =
            reasons.into_iter().flatten().map(|(reason, count)| format!("{count}: {reason}")).collect();
        table.row([
            if collection.is_empty() { "(none)".to_owned() } else { collection.to_owned() },
            loaded.total().to_string(),
            loaded.own_id.to_string(),
            loaded.derived_no_id.to_string(),
            loaded.derived_duplicate.to_string(),
            reasons.map_or(0, |reasons| reasons.values().sum::<usize>()).to_string(),
            why.join("; "),
        ]);
    }
    story.line(table)?;
    let loaded: usize = report.loaded.values().map(simulator::Loaded::total).sum();
    let left_out = report.skipped.len();
    story.found(json!({
        "folder": corpus.folder, "loaded": loaded, "skipped": left_out, "indexed": corpus.indexed,
        "collections": report.loaded, "skipped_files": report.skipped,
    }));
    match corpus.indexed {
        Some(indexed) => story.expect(
            loaded + left_out == indexed,
            format!(
                "{loaded} loaded + {left_out} skipped = {} of the {indexed} files that the index names",
                loaded + left_out
            ),
        ),
        None => story.line(format!("  {loaded} loaded + {left_out} skipped; the folder has no index")),
    }
}

/// Tells for each collection whether what is kept is what was loaded.
pub(super) async fn tell_stored(
    corpus: &LoadedCorpus,
    installation: &Installation,
    scope: &Scope,
    story: &mut Story,
) -> Result<(), Problem> {
    let database = &installation.database;
    let items = inventory::counts(database, scope).await?;
    let whole = policies::totals(database, scope).await?;
    let headings = ["collection", "type", "loaded", "in the inventory", "policies", "versions", ""];
    let mut table = Table::new(story.output(), &headings).right(2).right(3).right(4).right(5);
    let (mut checked, mut wrong, mut shown) = (0_usize, Vec::new(), Vec::new());
    for (collection, loaded) in &corpus.report.loaded {
        let loaded = loaded.total() as u64;
        let Some(ty) = type_of(collection).filter(|ty| capabilities(ty).list) else {
            table.row([
                collection.clone(),
                "-".to_owned(),
                loaded.to_string(),
                String::new(),
                String::new(),
                String::new(),
                "cannot be listed".to_owned(),
            ]);
            continue;
        };
        let listed = items.iter().find(|count| count.ty == ty.key).map_or(0, |count| count.present);
        let total = whole.iter().find(|total| total.ty == ty.key);
        let (kept, versions) = total.map_or((0, 0), |total| (total.present, total.versions));
        let is_versioned = capabilities(ty).version;
        let same = listed == loaded && (!is_versioned || kept == loaded);
        checked += 1;
        if !same {
            wrong.push(format!("{collection}: {loaded} loaded, {listed} in the inventory, {kept} policies"));
        }
        let of_versioned = |count: u64| if is_versioned { count.to_string() } else { "-".to_owned() };
        let verdict = if same { "stored = loaded" } else { "NOT THE SAME" };
        table.row([
            collection.clone(),
            ty.key.clone(),
            loaded.to_string(),
            listed.to_string(),
            of_versioned(kept),
            of_versioned(versions),
            verdict.to_owned(),
        ]);
        shown.push(json!({
            "collection": collection, "type": ty.key, "loaded": loaded, "inventory": listed,
            "policies": is_versioned.then_some(kept), "versions": is_versioned.then_some(versions), "same": same,
        }));
    }
    story.line(table)?;
    story.found(json!(shown));
    story.expect(
        wrong.is_empty(),
        match wrong.is_empty() {
            true => format!("stored = loaded for all {checked} types"),
            false => format!("stored = loaded for every type, but {}", wrong.join("; ")),
        },
    )
}
