//! Syncs that end well: what is there is kept, what did not change makes no version, and what did makes one.

use database::testing::Backend;
use governance::{inventory, policies};
use ledger::summary::CountKey;
use ledger::{Outcome, RunDetail};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::Availability;

use crate::house::house;

fn count(run: &RunDetail, key: CountKey) -> u64 {
    run.row.counts.get(key).unwrap_or_else(|| panic!("{key} is counted"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_keeps_every_object_and_a_second_finds_everything_unchanged(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 120).await;
    let first = house.run("policy.sync", Value::Null).await;
    assert_eq!(first.row.outcome, Outcome::Succeeded, "{:?}", first.failures);
    let there: usize = house.tenant.counts().values().sum();
    assert!(there >= 120, "the tenant holds {there}");
    let total = count(&first, CountKey::Total);
    assert_eq!((count(&first, CountKey::Created), count(&first, CountKey::Processed)), (total, total));
    assert_eq!(house.version_count().await, i64::try_from(total).expect("few versions"));
    let second = house.run("policy.sync", Value::Null).await;
    assert_eq!(second.row.outcome, Outcome::Succeeded, "{:?}", second.failures);
    assert_eq!((count(&second, CountKey::Unchanged), count(&second, CountKey::Updated)), (total, 0));
    assert_eq!(house.version_count().await, i64::try_from(total).expect("few versions"));
    assert_eq!(house.simulator.requests().non_get_count(), 0, "a sync only reads");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_change_in_the_tenant_makes_exactly_one_version(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 60).await;
    house.run("policy.sync", Value::Null).await;
    let before = house.version_count().await;
    let change = house.tenant.change_one(1).expect("something can be changed");
    let run = house.run("policy.sync", Value::Null).await;
    assert_eq!((count(&run, CountKey::Updated), count(&run, CountKey::Created)), (1, 0), "{change:?}");
    assert_eq!(house.version_count().await, before + 1);
    let filter = policies::Filter { name: Some(change.name.clone()), ..Default::default() };
    let found =
        policies::list(&house.database, &house.scope, &filter, None, 10).await.expect("a page").policies;
    let changed =
        found.iter().find(|policy| policy.version_count == 2).expect("the changed policy has two versions");
    let versions = policies::versions(&house.database, &house.scope, changed.id).await.expect("versions");
    assert_eq!(versions.iter().map(|version| version.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(versions[0].run, run.row.id, "a version names the run that made it");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_sync_lists_everything_and_covers_every_type(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 60).await;
    let run = house.run("inventory.sync", Value::Null).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded, "{:?}", run.failures);
    let coverage = inventory::coverage(&house.database, &house.scope).await.expect("coverage");
    assert!(
        coverage.iter().all(|row| row.reading.status == inventory::ReadingStatus::Complete),
        "{coverage:?}"
    );
    assert_eq!(coverage.len(), governance::contract::Registry::builtin().types().len());
    assert_eq!(coverage.iter().map(|row| row.reading.seen).sum::<u64>(), count(&run, CountKey::Total));
    assert_eq!(house.version_count().await, 0, "an inventory reads no details");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_missing_after_a_complete_sync_and_back_when_it_is_seen_again(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 60).await;
    let only = json!({"policy_types": ["configurationPolicy"]});
    house.run("policy.sync", only.clone()).await;
    let id = house.tenant.ids("configurationPolicies").expect("the collection exists").remove(0);
    let snapshot = house.tenant.snapshot();
    house.tenant.delete("configurationPolicies", &id).expect("it is there");
    let gone = house.run("policy.sync", only.clone()).await;
    assert_eq!(count(&gone, CountKey::Deleted), 1);
    house.tenant.restore(&snapshot).expect("the snapshot is good");
    let back = house.run("policy.sync", only).await;
    assert_eq!(count(&back, CountKey::Deleted), 0);
    let totals = policies::totals(&house.database, &house.scope).await.expect("totals");
    assert_eq!(totals.iter().map(|total| total.missing).sum::<u64>(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_type_without_a_licence_is_skipped_and_the_run_still_succeeds(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 40).await;
    house
        .tenant
        .set_availability("deviceHealthScripts", Availability::Unlicensed)
        .expect("the collection exists");
    let run = house.run("policy.sync", Value::Null).await;
    assert_eq!((run.row.outcome, run.failures.is_empty()), (Outcome::Succeeded, true), "{:?}", run.failures);
    let coverage = inventory::coverage(&house.database, &house.scope).await.expect("coverage");
    let scripts = coverage.iter().find(|row| row.ty == "deviceHealthScript").expect("it is covered");
    assert_eq!(scripts.reading.status, inventory::ReadingStatus::Unlicensed);
}
