//! Kinds that are paused, and a backlog that is full: starts that wait, and starts that are refused.

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{PauseError, Pausing, StartError, Started};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::access;

use crate::house::{Cooling, Fixture, house};

#[rstest]
#[tokio::test]
async fn a_paused_kind_takes_starts_and_is_not_claimed_until_it_is_resumed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let now = database::Clock::system().now();
    let server = access::server_console(&house.database, now).await.expect("the console may act");
    let workspace = house.whole.workspace();
    let pause = || house.ledger.pause_kind(&server, workspace, Fixture::KIND);
    assert_eq!(pause().await.expect("it is paused"), Pausing::Changed);
    assert_eq!(pause().await.expect("it is so already"), Pausing::Unchanged);
    let started = house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it is taken");
    assert!(matches!(&started, Started::Created(run) if run.is_paused), "{started:?}");
    let other = house.ledger.start(&house.contoso, Cooling::KIND, Value::Null).await.expect("it starts");
    assert!(!other.run().is_paused);
    let active = house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list");
    let waiting: Vec<_> = active.iter().filter(|run| run.is_paused).map(|run| run.id).collect();
    assert_eq!(waiting, [started.run().id]);
    let shown = house.ledger.show(&house.contoso, started.run().id).await.expect("an answer").expect("a run");
    assert!(shown.row.is_paused);
    let session = house.session().await;
    assert_eq!(house.claim_one(session).await.claim.run, other.run().id, "the other kind goes on");
    let listed = house.ledger.paused_kinds(&house.whole).await.expect("a list");
    assert_eq!(listed.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), [Fixture::KIND]);

    let resume = || house.ledger.resume_kind(&server, workspace, Fixture::KIND);
    assert_eq!(resume().await.expect("it is resumed"), Pausing::Changed);
    assert_eq!(resume().await.expect("it is so already"), Pausing::Unchanged);
    assert_eq!(house.claim_one(session).await.claim.run, started.run().id);
    let log = house.log().await;
    let kinds: Vec<_> =
        log.iter().filter(|row| row.subject_type == "kind").map(|row| row.action.as_str()).collect();
    assert_eq!(kinds, ["kind.paused", "kind.resumed"]);
    let unknown = house.ledger.pause_kind(&server, workspace, "moon.land").await.expect_err("no such kind");
    assert!(matches!(unknown, PauseError::UnknownKind { .. }), "{unknown}");
}

#[rstest]
#[tokio::test]
async fn over_the_backlog_limit_a_start_is_refused_and_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ledger = house.ledger.clone().with_backlog_max(2);
    let start = |ty: &'static str| ledger.start(&house.contoso, Fixture::KIND, json!({"types": [ty]}));
    let first = start("a").await.expect("it starts").run().id;
    start("b").await.expect("it starts");
    let before = house.log().await.len();
    let refused = start("c").await.expect_err("two wait already");
    assert!(matches!(refused, StartError::BacklogFull { waiting_max: 2 }), "{refused}");
    assert_eq!(house.log().await.len(), before);
    assert_eq!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").len(), 2);
    let reused = start("a").await.expect("a reuse adds nothing");
    assert!(matches!(&reused, Started::Active(run) if run.id == first), "{reused:?}");
    // What runs does not wait.
    assert_eq!(house.claim(house.session().await).await.len(), 2);
    assert!(matches!(start("c").await.expect("there is room"), Started::Created(_)));
}
