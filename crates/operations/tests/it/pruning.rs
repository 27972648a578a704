//! `ops.prune_runs`, from its start to its end.

use std::time::Duration;

use database::testing::Backend;
use ledger::{Outcome, StartError, Started};
use rstest::rstest;
use serde_json::Value;
use tenancy::{Capability, access};

use crate::house::house;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn prune_twice_at_once_runs_once_and_keeps_ninety_days(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 5).await;
    let old = house.run("tenant.check_connection", Value::Null).await;
    house.database.set_ledger_clock_ahead(Duration::from_secs(91 * 24 * 60 * 60)).await;
    let newer = house.run("tenant.check_connection", Value::Null).await;
    let whole = access::system(house.scope.workspace(), None);
    let starts: Vec<_> = (0..12)
        .map(|_| {
            let (ledger, whole) = (house.ledger.clone(), whole.clone());
            tokio::spawn(async move { ledger.start(&whole, "ops.prune_runs", Value::Null).await })
        })
        .collect();
    let mut made = Vec::new();
    for start in starts {
        if let Started::Created(run) = start.await.expect("no start panics").expect("it starts") {
            made.push(run.id);
        }
    }
    let mut removed = 0;
    // A worker may end the first before the last has asked; none of them removes what another did.
    for id in &made {
        let run = house.ended(&whole, *id).await;
        assert_eq!(run.row.outcome, Outcome::Succeeded, "{:?}", run.failures);
        removed += run.row.counts.get(ledger::summary::CountKey::Deleted).unwrap_or(0);
    }
    assert!((1..12).contains(&made.len()), "{} runs were made", made.len());
    assert_eq!(removed, 1);
    assert!(house.ledger.show(&house.scope, old.row.id).await.expect("an answer").is_none());
    assert!(house.ledger.show(&house.scope, newer.row.id).await.expect("an answer").is_some());
}

#[rstest]
#[tokio::test]
async fn nobody_with_a_role_prunes(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on, 5).await;
    for role in access::Role::ALL {
        let held = access::capabilities_of(*role, &access::Reach::Workspace);
        assert!(!held.allow(Capability::Maintain), "{role}");
    }
    let schedule = access::schedule(house.scope.workspace(), None, "x");
    assert!(schedule.allows(Capability::Maintain));
    let inside = tenancy::Scope::restored(house.scope.workspace(), None, tenancy::Actor::System);
    let refused = house.ledger.start(&inside, "ops.prune_runs", Value::Null).await;
    assert!(matches!(refused, Err(StartError::NotAllowed { .. })), "{refused:?}");
}
