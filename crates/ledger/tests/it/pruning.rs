//! Pruning: what is old goes with all that hangs on it, and nothing that somebody still needs.

use std::collections::BTreeSet;
use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{PRUNE_BATCH, PrunedRuns, RunFilter, RunId};
use rstest::rstest;
use serde_json::json;
use tenancy::{Scope, access};

use crate::house::{Cooling, Fixture, House, house};
use crate::starting::succeeded;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts a run of a name and ends it at once.
async fn ended(house: &House, name: &str) -> RunId {
    house.ledger.start(&house.contoso, Fixture::KIND, json!({"types": [name]})).await.expect("it starts");
    end(house).await
}

/// Works on the one run that is due.
async fn end(house: &House) -> RunId {
    let session = house.session().await;
    let claimed = house.claim_one(session).await;
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    claimed.claim.run
}

fn system(house: &House) -> Scope {
    access::system(house.whole.workspace(), None)
}

async fn all(house: &House) -> BTreeSet<RunId> {
    let filter = RunFilter::default();
    let ended = house.ledger.list_ended(&house.whole, &filter, None, 200).await.expect("a list").runs;
    let active = house.ledger.list_active(&house.whole, &filter).await.expect("a list");
    ended.into_iter().chain(active).map(|run| run.id).collect()
}

#[rstest]
#[tokio::test]
async fn pruning_keeps_ninety_days(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let old = ended(&house, "old").await;
    house.database.set_ledger_clock_ahead(DAY * 89).await;
    let newer = ended(&house, "newer").await;
    let none = house.ledger.prune_runs(&system(&house)).await.expect("it prunes");
    assert_eq!(none, PrunedRuns { runs: 0, more: false });
    house.database.set_ledger_clock_ahead(DAY * 90 + Duration::from_secs(60)).await;
    let one = house.ledger.prune_runs(&system(&house)).await.expect("it prunes");
    assert_eq!((one.runs, all(&house).await), (1, BTreeSet::from([newer])));
    assert!(house.ledger.show(&house.contoso, old).await.expect("it is asked").is_none());
    let notices = house.ledger.notices(&house.whole).await.expect("notices");
    assert!(notices.iter().all(|notice| notice.run == newer) && !notices.is_empty(), "{notices:?}");
}

#[rstest]
#[tokio::test]
async fn a_run_that_cools_is_active_or_is_referred_to_is_never_pruned(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (first, second) = (ended(&house, "first").await, ended(&house, "second").await);
    house.ledger.start(&house.contoso, Cooling::KIND, json!({})).await.expect("it starts");
    let cools = end(&house).await;
    let fired = ended(&house, "fired").await;
    let waits = house.start().await;
    // What repeats a run and what a schedule did last point at runs.
    let (first_hex, second_hex, fired_hex) = (hex(first), hex(second), hex(fired));
    let workspace = hex_of(house.whole.workspace().as_uuid());
    let (open, close) = if on == Backend::Sqlite { ("x'", "'") } else { ("'\\x", "'") };
    let id = |hex: &str| match on {
        Backend::Sqlite => format!("{open}{hex}{close}"),
        Backend::Postgres => format!("'{hex}'::uuid"),
    };
    let time = if on == Backend::Sqlite { "1" } else { "'2026-01-01'" };
    house
        .database
        .batch(&format!(
            "UPDATE operation_runs SET rerun_of = {} WHERE id = {};
             INSERT INTO schedules (workspace_id, id, name, type, cadence, origin, computed_at, created_at)
               VALUES ({ws}, {one}, 'x', 'fixture.sync', '{{}}', 'person', {time}, {time});
             INSERT INTO schedule_fires (workspace_id, schedule_id, due_at, fired_at, run_id)
               VALUES ({ws}, {one}, {time}, {time}, {});",
            id(&first_hex),
            id(&second_hex),
            id(&fired_hex),
            ws = id(&workspace),
            one = id(&workspace),
        ))
        .await;
    house.database.set_ledger_clock_ahead(DAY * 91).await;
    // The cooldown was a quarter of an hour; one that lasts is made here.
    let forever = if on == Backend::Sqlite { "9223372036854775807" } else { "'infinity'" };
    house
        .database
        .batch(&format!("UPDATE operation_runs SET reuse_until = {forever} WHERE id = {}", id(&hex(cools))))
        .await;
    let scope = system(&house);
    house.ledger.prune_traces(&scope).await.expect("it prunes");
    let pruned = house.ledger.prune_runs(&scope).await.expect("it prunes");
    assert_eq!(pruned.runs, 1, "the run that repeats another goes first");
    assert_eq!(all(&house).await, BTreeSet::from([first, cools, fired, waits]));
    let pruned = house.ledger.prune_runs(&scope).await.expect("it prunes");
    assert_eq!((pruned.runs, all(&house).await), (1, BTreeSet::from([cools, fired, waits])));
    assert_eq!(house.ledger.prune_runs(&scope).await.expect("it prunes").runs, 0);
    // Who may not keep house removes nothing, and neither does the house of another workspace.
    house.database.batch(&format!("DELETE FROM schedule_fires WHERE run_id = {}", id(&fired_hex))).await;
    let stranger = access::system(tenancy::WorkspaceId::from_uuid(uuid::Uuid::from_u128(7)), None);
    for scope in [Scope::restored(house.whole.workspace(), None, tenancy::Actor::System), stranger] {
        assert_eq!(house.ledger.prune_runs(&scope).await.expect("it answers").runs, 0);
    }
    assert_eq!(house.ledger.prune_runs(&scope).await.expect("it prunes").runs, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pruners_at_once_remove_each_run_once_in_small_batches(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let one = ended(&house, "one").await;
    let count = u64::from(PRUNE_BATCH) + 20;
    let (made, id) = match on {
        Backend::Sqlite => (
            format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"),
            "randomblob(16)",
        ),
        Backend::Postgres => {
            (format!("WITH n AS (SELECT generate_series(1, {count}) AS i)"), "gen_random_uuid()")
        }
    };
    let columns = "tenant_id, scope_id, type, identity_hash, status, outcome, dedupe_open, reuse_until, not_before, created_at, completed_at, inputs";
    house
        .database
        .batch(&format!(
            "{made} INSERT INTO operation_runs (workspace_id, id, {columns})
             SELECT workspace_id, {id}, {columns} FROM operation_runs, n WHERE status = 'completed'"
        ))
        .await;
    house.database.set_ledger_clock_ahead(DAY * 91).await;
    let pruners: Vec<_> = (0..4)
        .map(|_| {
            let (ledger, scope) = (house.ledger.clone(), system(&house));
            tokio::spawn(async move {
                let mut removed = 0;
                loop {
                    let batch = ledger.prune_runs(&scope).await.expect("it prunes");
                    assert!(batch.runs <= u64::from(PRUNE_BATCH));
                    removed += batch.runs;
                    if !batch.more {
                        return removed;
                    }
                }
            })
        })
        .collect();
    let mut removed = 0;
    for pruner in pruners {
        removed += pruner.await.expect("no pruner panics");
    }
    while let PrunedRuns { runs: 1.., .. } =
        house.ledger.prune_runs(&system(&house)).await.expect("it prunes")
    {
        removed += 1;
    }
    assert_eq!(removed, count + 1);
    assert!(!all(&house).await.contains(&one));
}

fn hex(run: RunId) -> String {
    hex_of(run.as_uuid())
}

fn hex_of(id: uuid::Uuid) -> String {
    id.simple().to_string()
}
