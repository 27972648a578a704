//! Starting although a run cools, and running an ended run again.

use std::collections::HashSet;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::failure::FailureCode;
use ledger::{Ending, Force, Outcome, RunId, StartError, StartOptions, Started};
use rstest::rstest;
use serde_json::{Value, json};

use crate::house::{Cooling, Fixture, House, house};
use crate::starting::succeeded;

async fn forced(house: &House, kind: &str) -> Result<Started, StartError> {
    let options = StartOptions { force: Force::Yes, ..StartOptions::default() };
    house.ledger.start_with(&house.contoso, kind, Value::Null, options).await
}

async fn ended(house: &House, ending: &Ending) -> RunId {
    let started = house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it starts");
    assert!(matches!(started, Started::Created(_)), "{started:?}");
    let session = house.session().await;
    let claimed = house.claim_one(session).await;
    house.ledger.finish(claimed.claim, &claimed.kind, ending).await.expect("it ends");
    started.run().id
}

#[rstest]
#[tokio::test]
async fn force_passes_over_a_cooling_run_and_is_written_down_as_forced(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let cooling = ended(&house, &succeeded()).await;
    let plain = house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it answers");
    assert!(matches!(&plain, Started::Cooling { run, .. } if run.id == cooling), "{plain:?}");
    let started = forced(&house, Cooling::KIND).await.expect("it starts");
    assert!(matches!(&started, Started::Created(run) if run.id != cooling), "{started:?}");
    let log = house.log().await;
    let last = log.last().expect("a row");
    assert_eq!((last.action.as_str(), last.subject_id.clone()), ("run.forced", started.run().id.to_string()));
    let kept = house.ledger.show(&house.contoso, cooling).await.expect("an answer").expect("it is there");
    assert_eq!(kept.row.outcome, Outcome::Succeeded, "what has ended stays as it is");
}

#[rstest]
#[tokio::test]
async fn force_never_passes_over_an_active_run(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let first = house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it starts");
    for _ in 0..2 {
        let again = forced(&house, Cooling::KIND).await.expect("it answers");
        assert!(matches!(&again, Started::Active(run) if run.id == first.run().id), "{again:?}");
        house.claim(house.session().await).await;
    }
    assert_eq!(house.log().await.len(), 1, "a reuse is not written down");
}

#[rstest]
#[tokio::test]
async fn force_where_nothing_cools_is_an_ordinary_start(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    assert!(matches!(forced(&house, Fixture::KIND).await.expect("it starts"), Started::Created(_)));
    assert_eq!(house.log().await[0].action, "run.started");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn forced_starts_that_race_make_one_run(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let cooling = ended(&house, &succeeded()).await;
    let racing: Vec<_> = (0..12)
        .map(|_| {
            let (ledger, scope) = (house.ledger.clone(), house.contoso.clone());
            let options = StartOptions { force: Force::Yes, ..StartOptions::default() };
            tokio::spawn(async move { ledger.start_with(&scope, Cooling::KIND, Value::Null, options).await })
        })
        .collect();
    let mut ids = HashSet::new();
    for start in racing {
        ids.insert(start.await.expect("no start panics").expect("every start answers").run().id);
    }
    assert!(ids.len() == 1 && !ids.contains(&cooling), "{ids:?}");
    assert_eq!(house.log().await.iter().filter(|row| row.action == "run.forced").count(), 1);
}

#[rstest]
#[tokio::test]
async fn force_takes_a_right_of_its_own(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let system = tenancy::access::system(house.whole.workspace(), None);
    let options = StartOptions { force: Force::Yes, ..StartOptions::default() };
    let refused = house.ledger.start_with(&system, crate::house::Whole::KIND, Value::Null, options).await;
    let refused = refused.expect_err("the system may keep house, not force");
    assert!(refused.to_string().ends_with("takes the right `force`"), "{refused}");
}

/// The cooldown is chosen when the run ends, by its kind and by how it ended.
#[rstest]
#[tokio::test]
async fn only_work_that_was_done_cools_and_only_where_its_kind_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ending = |outcome, reason| Ending { outcome, reason, ..succeeded() };
    for warm in [
        ending(Outcome::Cancelled, None),
        ending(Outcome::Blocked, None),
        ending(Outcome::Failed, Some(FailureCode::PAYLOAD_INVALID)),
        ending(Outcome::Failed, Some(FailureCode::WORKER_LOST)),
        ending(Outcome::Failed, Some(FailureCode::DISPATCH_FAILED)),
    ] {
        let run = ended(&house, &warm).await;
        let shown = house.ledger.show(&house.contoso, run).await.expect("an answer").expect("a run");
        assert!(shown.reuse_until <= shown.row.completed_at, "{warm:?}");
    }
    for cold in [
        ending(Outcome::Failed, Some(FailureCode::GRAPH_THROTTLED)),
        ending(Outcome::PartiallySucceeded, Some(FailureCode::SYNC_INCOMPLETE)),
        succeeded(),
    ] {
        let run = ended(&house, &cold).await;
        let next = house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it answers");
        assert!(matches!(&next, Started::Cooling { run: cooling, .. } if cooling.id == run), "{next:?}");
        let next = forced(&house, Cooling::KIND).await.expect("it starts").run().id;
        house.ledger.cancel(&house.contoso, next).await.expect("it ends, and does not cool");
    }
    let fixture = house.start().await;
    house.work().await;
    assert_ne!(house.start().await, fixture, "a kind without a cooldown");
}

#[rstest]
#[tokio::test]
async fn an_ended_run_is_run_again_as_a_new_run_that_names_it(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let inputs = json!({"types": ["b", "a"]});
    let first = house.ledger.start(&house.contoso, Fixture::KIND, inputs).await.expect("it starts").run().id;
    let too_soon = house.ledger.repeat(&house.contoso, first, Force::No).await.expect_err("it has not ended");
    assert!(matches!(too_soon, StartError::NotRepeatable { .. }), "{too_soon}");
    house.work().await;
    let again = house.ledger.repeat(&house.contoso, first, Force::No).await.expect("it starts");
    assert!(matches!(&again, Started::Created(run) if run.id != first), "{again:?}");
    let shown = house.ledger.show(&house.contoso, again.run().id).await.expect("an answer").expect("a run");
    assert_eq!((shown.rerun_of, &shown.inputs), (Some(first), &json!({"types": ["a", "b"]})));
    let log = house.log().await;
    let last = log.last().expect("a row");
    assert_eq!((last.action.as_str(), &last.detail["rerun_of"]), ("run.repeated", &json!(first.to_string())));
    let twice = house.ledger.repeat(&house.contoso, first, Force::No).await.expect("it answers");
    assert!(matches!(&twice, Started::Active(run) if run.id == again.run().id), "{twice:?}");
}

#[rstest]
#[tokio::test]
async fn what_is_repeated_is_an_ended_run_of_the_same_work_in_the_same_place(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let first = house.start().await;
    house.work().await;
    let elsewhere = house.ledger.repeat(&house.fabrikam, first, Force::No).await.expect_err("another tenant");
    assert_eq!(elsewhere.to_string(), format!("run `{first}` cannot be repeated: there is no such run here"));
    let options = StartOptions { rerun_of: Some(first), ..StartOptions::default() };
    for (kind, inputs) in [(Fixture::KIND, json!({"types": ["a"]})), (Cooling::KIND, Value::Null)] {
        let other = house.ledger.start_with(&house.contoso, kind, inputs, options.clone()).await;
        assert!(other.expect_err("other work").to_string().ends_with("it did other work"));
    }
    assert!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").is_empty());
}

#[rstest]
#[tokio::test]
async fn running_a_cooling_run_anyway_names_it_and_is_written_down_as_forced(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let cooling = ended(&house, &succeeded()).await;
    let plain = house.ledger.repeat(&house.contoso, cooling, Force::No).await.expect("it answers");
    assert!(matches!(plain, Started::Cooling { .. }), "{plain:?}");
    let anyway = house.ledger.repeat(&house.contoso, cooling, Force::Yes).await.expect("it starts");
    assert!(matches!(anyway, Started::Created(_)), "{anyway:?}");
    let log = house.log().await;
    let last = log.last().expect("a row");
    assert_eq!((last.action.as_str(), &last.detail["rerun_of"]), ("run.forced", &json!(cooling.to_string())));
}
