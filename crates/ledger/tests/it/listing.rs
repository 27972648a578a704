//! Lists and details: what the scope may see, each run once.

use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{
    ActiveFilter, EndedRuns, Outcome, PageFrom, RunFilter, RunPlace, RunSearch, RunStatus, StartedBy, Tally,
};
use rstest::rstest;
use serde_json::json;
use tenancy::access;
use tenancy::workspace::{self, Origin};

use crate::house::{Fixture, House, connect, house};
use crate::starting::succeeded;

/// Starts and ends runs with inputs of their own, oldest first.
pub(crate) async fn ended(house: &House, count: usize) -> Vec<ledger::RunId> {
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

#[rstest]
#[tokio::test]
async fn pages_lead_back_to_where_they_came_from(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let mut newest_first = ended(&house, 5).await;
    newest_first.reverse();
    let page = |from: PageFrom| {
        let (ledger, whole) = (house.ledger.clone(), house.whole.clone());
        async move {
            let page = ledger.search_ended(&whole, &RunSearch::default(), from, 2).await.expect("a page");
            (page.runs.iter().map(|run| run.id).collect::<Vec<_>>(), page.next, page.previous)
        }
    };
    let ids = |range: std::ops::Range<usize>| newest_first[range].to_vec();
    let first = page(PageFrom::Newest).await;
    assert_eq!(first, (ids(0..2), Some(newest_first[1]), None));
    let second = page(PageFrom::OlderThan(newest_first[1])).await;
    assert_eq!(second, (ids(2..4), Some(newest_first[3]), Some(newest_first[2])));
    let third = page(PageFrom::OlderThan(newest_first[3])).await;
    assert_eq!(third, (ids(4..5), None, Some(newest_first[4])));
    assert_eq!(
        page(PageFrom::NewerThan(newest_first[4])).await,
        (ids(2..4), Some(newest_first[3]), Some(newest_first[2]))
    );
    assert_eq!(page(PageFrom::NewerThan(newest_first[2])).await, (ids(0..2), Some(newest_first[1]), None));
}

#[rstest]
#[tokio::test]
async fn two_runs_of_the_same_instant_across_a_page_border_are_there_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ids = ended(&house, 4).await;
    let first = house.ledger.show(&house.whole, ids[0]).await.expect("a run").expect("it is there");
    let at = match on {
        Backend::Sqlite => first.row.created_at.as_micros().to_string(),
        Backend::Postgres => format!("'{}'", first.row.created_at),
    };
    house.database.batch(&format!("UPDATE operation_runs SET created_at = {at}")).await;
    let (mut seen, mut from) = (Vec::new(), PageFrom::Newest);
    loop {
        let page =
            house.ledger.search_ended(&house.whole, &RunSearch::default(), from, 1).await.expect("a page");
        seen.extend(page.runs.iter().map(|run| run.id));
        let Some(next) = page.next else { break };
        from = PageFrom::OlderThan(next);
    }
    seen.reverse();
    assert_eq!(seen, ids);
}

#[rstest]
#[tokio::test]
async fn a_search_narrows_by_place_starter_code_and_time_alone_and_together(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ids = ended(&house, 2).await;
    house.ledger.start(&house.fabrikam, Fixture::KIND, json!({})).await.expect("it starts");
    let whole = house.ledger.start(&house.whole, "fixture.whole", json!({})).await.expect("it starts");
    house
        .database
        .batch("UPDATE operation_runs SET reason_code = 'graph.throttled' WHERE tenant_id IS NULL")
        .await;
    let contoso = house.contoso.tenant().expect("a tenant");
    let me = StartedBy::User(house.whole.actor().user().expect("a user"));
    let found = |search: RunSearch| {
        let (ledger, scope) = (house.ledger.clone(), house.whole.clone());
        async move {
            let seen = ledger.overview(&scope, &search, PageFrom::Newest, 50, 0).await.expect("an overview");
            let counted = Tally::sum(seen.days.iter().map(|day| day.runs));
            (seen.active.len(), seen.ended.runs.len(), counted.all())
        }
    };
    let all = RunSearch::default();
    assert_eq!(found(all.clone()).await, (2, 2, 4));
    assert_eq!(found(RunSearch { ended: EndedRuns::LeftOut, ..all.clone() }).await, (2, 0, 4));
    assert_eq!(found(RunSearch { places: vec![RunPlace::Tenant(contoso)], ..all.clone() }).await, (0, 2, 2));
    assert_eq!(found(RunSearch { places: vec![RunPlace::Workspace], ..all.clone() }).await, (1, 0, 1));
    assert_eq!(found(RunSearch { by: Some(me), ..all.clone() }).await, (2, 2, 4));
    assert_eq!(found(RunSearch { by: Some(StartedBy::Schedule), ..all.clone() }).await, (0, 0, 0));
    let throttled = RunSearch { code: Some("graph.throttled".to_owned()), ..all.clone() };
    assert_eq!(found(throttled.clone()).await, (1, 0, 1));
    let last =
        house.ledger.show(&house.whole, ids[1]).await.expect("a run").expect("it is there").row.created_at;
    let before = RunSearch { until: Some(last.minus(Duration::from_secs(60))), ..all };
    assert_eq!(found(before.clone()).await, (2, 0, 0), "what is active is shown whatever its age");
    let together = RunSearch { places: vec![RunPlace::Workspace], by: Some(me), until: None, ..throttled };
    assert_eq!(found(together).await, (1, 0, 1));
    assert!(house.ledger.show(&house.contoso, whole.run().id).await.expect("an answer").is_none());
}

#[rstest]
#[tokio::test]
async fn days_are_those_of_the_zone_that_was_asked_for(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    house.start().await;
    let at = match on {
        Backend::Sqlite => (20_000 * 86_400_i64 + 23 * 3_600) * 1_000_000,
        Backend::Postgres => 20_000 * 86_400 + 23 * 3_600,
    };
    let at = if on == Backend::Sqlite { at.to_string() } else { format!("to_timestamp({at})") };
    house.database.batch(&format!("UPDATE operation_runs SET created_at = {at}")).await;
    for (ahead, day) in [(0, 20_000), (3_600, 20_001), (-86_400, 19_999)] {
        let days = house.ledger.tally(&house.whole, &RunSearch::default(), ahead).await.expect("a tally");
        let found: Vec<_> = days.iter().map(|day| (day.day, day.runs.queued, day.runs.all())).collect();
        assert_eq!(found, [(day, 1, 1)]);
    }
}

#[rstest]
#[tokio::test]
async fn the_pulse_tells_of_workers_runs_and_unread_notices(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    house.start().await;
    let before = house.ledger.pulse(&house.whole).await.expect("a pulse");
    assert_eq!((before.workers, before.running, before.unread, before.lease_until), (0, 0, 1, None));
    let session = house.session().await;
    let claimed = house.claim_one(session).await;
    let during = house.ledger.pulse(&house.whole).await.expect("a pulse");
    assert_eq!((during.workers, during.running), (1, 1));
    assert_eq!(house.ledger.pulse(&house.fabrikam).await.expect("a pulse").running, 0);
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    assert_eq!(house.ledger.pulse(&house.whole).await.expect("a pulse").unread, 2);
    assert_eq!(house.ledger.mark_read(&house.whole, None).await.expect("it is read"), 2);
    assert_eq!(house.ledger.mark_read(&house.whole, None).await.expect("again"), 0);
    assert_eq!(house.ledger.pulse(&house.whole).await.expect("a pulse").unread, 0);
    assert!(
        house
            .ledger
            .notices(&house.whole)
            .await
            .expect("notices")
            .iter()
            .all(|notice| notice.read_at.is_some())
    );
}
