//! Lists and details: what the scope may see, each run once.

use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{ActiveFilter, Outcome, RunFilter, RunStatus};
use rstest::rstest;
use serde_json::json;
use tenancy::access;
use tenancy::workspace::{self, Origin};

use crate::house::{Fixture, House, connect, house};
use crate::starting::succeeded;

/// Starts and ends runs with inputs of their own, oldest first.
async fn ended(house: &House, count: usize) -> Vec<ledger::RunId> {
    let session = house.session().await;
    let mut ids = Vec::new();
    for n in 0..count {
        let started =
            house.ledger.start(&house.contoso, Fixture::KIND, json!({"types": [format!("t{n}")]})).await;
        ids.push(started.expect("it starts").run().id);
        let claimed = house.claim_one(session).await;
        house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    }
    ids
}

#[rstest]
#[tokio::test]
async fn pages_hold_every_run_once_newest_first(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let mut expected = ended(&house, 7).await;
    expected.reverse();
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page =
            house.ledger.list_ended(&house.whole, &RunFilter::default(), after, 3).await.expect("a page");
        seen.extend(page.runs.iter().map(|run| run.id));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (expected, 3));
}

#[rstest]
#[tokio::test]
async fn filters_narrow_by_kind_outcome_time_and_tenant(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ids = ended(&house, 2).await;
    house.ledger.start(&house.fabrikam, Fixture::KIND, json!({})).await.expect("it starts");
    let list = |filter: RunFilter, scope: tenancy::Scope| {
        let ledger = house.ledger.clone();
        async move { ledger.list_ended(&scope, &filter, None, 50).await.expect("a page").runs.len() }
    };
    let with = |filter: RunFilter| list(filter, house.whole.clone());
    assert_eq!(with(RunFilter { kinds: vec!["fixture.sync".to_owned()], ..Default::default() }).await, 2);
    assert_eq!(with(RunFilter { kinds: vec!["never.heard".to_owned()], ..Default::default() }).await, 0);
    assert_eq!(with(RunFilter { outcomes: vec![Outcome::Succeeded], ..Default::default() }).await, 2);
    assert_eq!(
        with(RunFilter { outcomes: vec![Outcome::Failed, Outcome::Blocked], ..Default::default() }).await,
        0
    );
    let shown = house.ledger.show(&house.whole, ids[1]).await.expect("a run").expect("it is there");
    let later = shown.row.created_at.plus(Duration::from_secs(3600));
    assert_eq!(
        with(RunFilter {
            since: Some(shown.row.created_at.minus(Duration::from_secs(3600))),
            ..Default::default()
        })
        .await,
        2
    );
    assert_eq!(with(RunFilter { since: Some(later), ..Default::default() }).await, 0);
    assert_eq!(list(RunFilter::default(), house.fabrikam.clone()).await, 0);
    let active = |filter: RunFilter, scope: tenancy::Scope| {
        let ledger = house.ledger.clone();
        async move { ledger.list_active(&scope, &filter).await.expect("a list").len() }
    };
    assert_eq!(active(RunFilter::default(), house.fabrikam.clone()).await, 1);
    assert_eq!(active(RunFilter::default(), house.contoso.clone()).await, 0);
    let running = RunFilter { active: ActiveFilter::Only(RunStatus::Running), ..Default::default() };
    assert_eq!(active(running, house.whole.clone()).await, 0);
}

#[rstest]
#[tokio::test]
async fn another_workspace_sees_nothing_of_it(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let id = house.start().await;
    let now = database::Clock::system().now();
    let slug = "other".parse().expect("a slug");
    workspace::ensure(&house.database, &slug, "Other", Origin::Own, now).await.expect("a workspace");
    let whole = access::console(&house.database, "other", None, now).await.expect("the console may act");
    connect(&house.database, &whole, "contoso").await;
    let stranger = access::console(&house.database, "other", Some("contoso"), now).await.expect("a tenant");
    for scope in [&whole, &stranger] {
        assert!(house.ledger.list_active(scope, &RunFilter::default()).await.expect("a list").is_empty());
        assert!(house.ledger.show(scope, id).await.expect("an answer").is_none());
        assert!(house.ledger.notices(scope).await.expect("notices").is_empty());
    }
    let own = house.ledger.start(&stranger, Fixture::KIND, json!({})).await.expect("it starts");
    assert_ne!(own.run().id, id, "the same work elsewhere is other work");
}

#[rstest]
#[tokio::test]
async fn a_kind_that_the_catalogue_does_not_know_is_shown_and_never_claimed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    house.start().await;
    house.database.batch("UPDATE operation_runs SET type = 'moon.base_build'").await;
    let listed = house.ledger.list_active(&house.whole, &RunFilter::default()).await.expect("a list");
    assert_eq!(house.ledger.catalog().label_of(&listed[0].kind), "moon base build");
    assert!(house.claim(house.session().await).await.is_empty());
}
