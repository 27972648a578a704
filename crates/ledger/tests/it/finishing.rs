//! Claims and ends: a lease with a fence, and only the final attempt's counts.

use std::time::Duration;

use database::testing::Backend;
use ledger::failure::{Failure, FailureCode, FailureSummary};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Finished, GiveBack, GivenBack, Held, Outcome, RunStatus};
use rstest::rstest;
use serde_json::json;

use crate::house::{Fixture, LEASE, house};
use crate::starting::succeeded;
use ledger::catalog::Operation;

fn counted(processed: u64) -> Ending {
    let counts = SummaryCounts::default().with(CountKey::Total, 10).with(CountKey::Processed, processed);
    Ending { counts, ..succeeded() }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn racing_workers_claim_a_run_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = std::sync::Arc::new(house(on).await);
    let id = house.start().await;
    let mut claims = Vec::new();
    for _ in 0..8 {
        let house = std::sync::Arc::clone(&house);
        claims.push(tokio::spawn(async move { house.claim(house.session().await).await }));
    }
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.expect("no claim panics"));
    }
    assert_eq!(claimed.len(), 1);
    assert_eq!((claimed[0].claim.run, claimed[0].attempt, claimed[0].claim.fence), (id, 1, 1));
}

#[rstest]
#[tokio::test]
async fn a_claim_carries_what_the_work_needs(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    house.ledger.start(&house.contoso, Fixture::KIND, json!({"types": ["b", "a"]})).await.expect("it starts");
    let claimed = house.claim_one(house.session().await).await;
    assert_eq!(claimed.inputs, json!({"types": ["a", "b"]}));
    assert_eq!(claimed.scope.tenant(), house.contoso.tenant());
    assert_eq!(claimed.scope.actor(), house.contoso.actor());
    assert!(!claimed.scope.allows(tenancy::Capability::ManageTenants), "a run may do its work and no more");
}

#[rstest]
#[tokio::test]
async fn a_worker_claims_only_the_kinds_it_knows(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    house.start().await;
    let session = house.session().await;
    let none =
        house.ledger.claim(session, vec!["other.kind".to_owned()], 10, LEASE).await.expect("claiming works");
    assert!(none.is_empty());
    house.claim_one(session).await;
}

#[rstest]
#[tokio::test]
async fn an_expired_session_claims_nothing_and_never_comes_back(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    house.start().await;
    let session = house.session().await;
    house.database.set_ledger_clock_ahead(LEASE + Duration::from_secs(1)).await;
    assert!(!house.ledger.beat(session, LEASE).await.expect("it answers").alive);
    assert!(house.claim(session).await.is_empty());
    house.database.set_ledger_clock_ahead(Duration::ZERO).await;
    let live = house.session().await;
    assert!(house.ledger.beat(live, LEASE).await.expect("it answers").alive);
}

#[rstest]
#[tokio::test]
async fn a_resent_end_of_the_same_attempt_is_harmless_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let claimed = house.claim_one(house.session().await).await;
    let finish = |ending: Ending| {
        let (ledger, claimed) = (house.ledger.clone(), claimed.clone());
        async move { ledger.finish(claimed.claim, &claimed.kind, &ending).await.expect("it answers") }
    };
    assert_eq!(finish(counted(10)).await, Finished::Done);
    assert_eq!(finish(counted(3)).await, Finished::Done);
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!(shown.row.counts.get(CountKey::Processed), Some(10), "completed never changes");
}

#[rstest]
#[tokio::test]
async fn a_retry_counts_as_an_attempt_a_release_does_not_and_both_are_told(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let session = house.session().await;
    let first = house.claim_one(session).await;
    let throttled = FailureSummary::from(Failure::of_code(FailureCode::GRAPH_THROTTLED));
    let back = house.ledger.give_back(
        first.claim,
        GiveBack::Retry,
        Duration::from_secs(60),
        Some(FailureCode::GRAPH_THROTTLED),
        &throttled,
    );
    assert_eq!(back.await.expect("it is given back"), GivenBack::Queued);
    assert!(house.claim(session).await.is_empty(), "it is not due yet");
    house.database.set_ledger_clock_ahead(Duration::from_secs(61)).await;
    let session = house.session().await;
    let second = house.claim_one(session).await;
    assert_eq!((second.attempt, second.claim.fence), (2, 2));
    let none = FailureSummary::default();
    let back = house.ledger.give_back(second.claim, GiveBack::Release, Duration::ZERO, None, &none);
    assert_eq!(back.await.expect("it is given back"), GivenBack::Queued);
    let third = house.claim_one(session).await;
    assert_eq!((third.attempt, third.claim.fence), (2, 3), "the released attempt was given back");
    house.ledger.finish(third.claim, &third.kind, &counted(10)).await.expect("it ends");
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    let events: Vec<_> =
        shown.events.iter().map(|e| (e.event.as_str(), e.attempt, e.reason_code.as_deref())).collect();
    assert_eq!(events, [("retry", 1, Some("graph.throttled")), ("release", 2, None)]);
    assert_eq!((shown.row.outcome, shown.row.attempt), (Outcome::Succeeded, 2));
}

#[rstest]
#[tokio::test]
async fn when_the_attempts_are_spent_a_retry_ends_the_run_with_the_last_failures(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let session = house.session().await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let claimed = house.claim_one(session).await;
        let failures = FailureSummary::from(Failure::of_code(FailureCode::GRAPH_UNAVAILABLE));
        let code = Some(FailureCode::GRAPH_UNAVAILABLE);
        let back =
            house.ledger.give_back(claimed.claim, GiveBack::Retry, Duration::ZERO, code, &failures).await;
        answers.push(back.expect("it is given back"));
    }
    assert_eq!(answers, [GivenBack::Queued, GivenBack::Queued, GivenBack::Failed]);
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!((shown.row.status, shown.row.outcome), (RunStatus::Completed, Outcome::Failed));
    assert_eq!(shown.failures.first_code(), Some(&FailureCode::GRAPH_UNAVAILABLE));
    assert!(house.claim(session).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn progress_is_fenced_and_shown_for_the_current_attempt_only(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let session = house.session().await;
    let first = house.claim_one(session).await;
    let counts = SummaryCounts::default().with(CountKey::Processed, 7);
    assert_eq!(house.ledger.progress(first.claim, &counts, "reading").await.expect("it is kept"), Held::Yes);
    let progress = |_: ()| async {
        let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
        shown.progress.map(|p| (p.counts.get(CountKey::Processed), p.phase))
    };
    assert_eq!(progress(()).await, Some((Some(7), Some("reading".to_owned()))));
    house
        .ledger
        .give_back(first.claim, GiveBack::Release, Duration::ZERO, None, &FailureSummary::default())
        .await
        .expect("released");
    let second = house.claim_one(session).await;
    assert_eq!(progress(()).await, None, "progress of an attempt that was given back is not this one's");
    assert_eq!(house.ledger.progress(first.claim, &counts, "late").await.expect("it answers"), Held::Lost);
    assert_eq!(house.ledger.progress(second.claim, &counts, "again").await.expect("it is kept"), Held::Yes);
}
