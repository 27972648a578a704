//! Requests that are sent twice because their answer was lost.

use std::collections::HashSet;
use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{Force, StartError, StartKeyError, StartOptions, Started};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::Scope;
use tenancy::tenant::{self, TenantState};

use crate::house::{Cooling, Fixture, House, house};

async fn keyed(house: &House, scope: &Scope, inputs: Value, key: &str) -> Result<Started, StartError> {
    let options = StartOptions { key: Some(key.parse().expect("a key")), ..StartOptions::default() };
    house.ledger.start_with(scope, Fixture::KIND, inputs, options).await
}

#[rstest]
#[tokio::test]
async fn the_same_key_and_request_give_the_same_answer_whatever_became_of_the_run(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let first = keyed(&house, &house.contoso, Value::Null, "k1").await.expect("it starts");
    assert!(matches!(first, Started::Created(_)), "{first:?}");
    assert_eq!(keyed(&house, &house.contoso, Value::Null, "k1").await.expect("again"), first);
    house.work().await;
    let replayed = keyed(&house, &house.contoso, Value::Null, "k1").await.expect("again");
    assert!(matches!(&replayed, Started::Created(run) if run.id == first.run().id), "{replayed:?}");
    assert_eq!(house.log().await.len(), 1, "one start, one row");
    let other_key = keyed(&house, &house.contoso, Value::Null, "k2").await.expect("it starts");
    assert!(matches!(&other_key, Started::Created(run) if run.id != first.run().id), "{other_key:?}");
    let reused = keyed(&house, &house.contoso, Value::Null, "k3").await.expect("it is active");
    assert!(matches!(&reused, Started::Active(run) if run.id == other_key.run().id), "{reused:?}");
    house.work().await;
    let still = keyed(&house, &house.contoso, Value::Null, "k3").await.expect("again");
    assert!(matches!(&still, Started::Active(run) if run.id == other_key.run().id), "{still:?}");
}

#[rstest]
#[tokio::test]
async fn the_same_key_with_another_request_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    keyed(&house, &house.contoso, json!({"types": ["a", "b"]}), "k").await.expect("it starts");
    keyed(&house, &house.contoso, json!({"types": ["b", "a"]}), "k")
        .await
        .expect("the same, written otherwise");
    let forced =
        StartOptions { force: Force::Yes, key: Some("k".parse().expect("a key")), ..StartOptions::default() };
    let inputs = json!({"types": ["a", "b"]});
    let refused = [
        keyed(&house, &house.contoso, json!({"types": ["a"]}), "k").await,
        keyed(&house, &house.fabrikam, json!({"types": ["a", "b"]}), "k").await,
        house.ledger.start_with(&house.contoso, Fixture::KIND, inputs, forced).await,
    ];
    for one in refused {
        let error = one.expect_err("it is another start");
        assert!(matches!(error, StartError::Key(StartKeyError::Reused)), "{error}");
    }
    assert_eq!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn requests_with_one_key_that_race_are_one_start(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = std::sync::Arc::new(house(on).await);
    let racing: Vec<_> = (0..10)
        .map(|_| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move { keyed(&house, &house.contoso, Value::Null, "k").await })
        })
        .collect();
    let mut ids = HashSet::new();
    for start in racing {
        let started = start.await.expect("no start panics").expect("every start answers");
        assert!(matches!(started, Started::Created(_)), "each is the answer to the one request: {started:?}");
        ids.insert(started.run().id);
    }
    assert_eq!(ids.len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_cools_and_what_was_not_handed_over_is_answered_alike_again(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let cooling = || {
        let options = StartOptions { key: Some("c".parse().expect("a key")), ..StartOptions::default() };
        house.ledger.start_with(&house.contoso, Cooling::KIND, Value::Null, options)
    };
    house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it starts");
    house.work().await;
    let first = cooling().await.expect("it cools");
    assert!(matches!(first, Started::Cooling { .. }), "{first:?}");
    assert_eq!(cooling().await.expect("it cools"), first);
    let now = database::Clock::system().now();
    let cut = TenantState::Disconnected;
    tenant::set_state(&house.database, &house.contoso, cut, now).await.expect("it is cut");
    let failed = keyed(&house, &house.contoso, Value::Null, "d").await.expect("it is recorded");
    assert!(matches!(failed, Started::NotDispatched { .. }), "{failed:?}");
    assert_eq!(keyed(&house, &house.contoso, Value::Null, "d").await.expect("again"), failed);
    let ended = house.ledger.list_ended(&house.whole, &Default::default(), None, 50).await.expect("a list");
    assert_eq!(ended.runs.len(), 2, "the attempt is recorded once");
}

#[rstest]
#[tokio::test]
async fn a_refused_start_leaves_its_key_free_and_old_keys_are_forgotten(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let full = house.ledger.clone().with_backlog_max(0);
    let options = || StartOptions { key: Some("k".parse().expect("a key")), ..StartOptions::default() };
    let refused = full.start_with(&house.contoso, Fixture::KIND, json!({"types": ["a"]}), options()).await;
    assert!(matches!(refused, Err(StartError::BacklogFull { .. })), "{refused:?}");
    keyed(&house, &house.contoso, Value::Null, "k").await.expect("the key is free");
    assert_eq!(house.ledger.prune_start_keys().await.expect("it prunes"), 0);
    house.database.set_ledger_clock_ahead(Duration::from_secs(86_400 + 60)).await;
    assert_eq!(house.ledger.prune_start_keys().await.expect("it prunes"), 1);
}
