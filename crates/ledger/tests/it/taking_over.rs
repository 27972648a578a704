//! Lost workers: their runs are taken over, and nothing they still write counts.

use std::time::Duration;

use database::testing::Backend;
use ledger::failure::{FailureCode, FailureSummary};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Finished, GiveBack, GivenBack, Held, NoticeKind, Outcome, RunStatus};
use rstest::rstest;

use crate::house::{LEASE, house};
use crate::starting::succeeded;

#[rstest]
#[tokio::test]
async fn a_lost_lease_cannot_finish_the_run_and_the_final_attempts_counts_win(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let lost = house.claim_one(house.session().await).await;
    assert!(house.ledger.take_over().await.expect("it looks").is_empty(), "the lease still holds");
    house.database.set_ledger_clock_ahead(LEASE + Duration::from_secs(1)).await;
    let taken = house.ledger.take_over().await.expect("it takes over");
    assert_eq!(taken.iter().map(|t| (t.run, t.status)).collect::<Vec<_>>(), [(id, RunStatus::Queued)]);
    let ended = |n| Ending { counts: SummaryCounts::default().with(CountKey::Processed, n), ..succeeded() };
    let late = house.ledger.finish(lost.claim, &lost.kind, &ended(1)).await.expect("it answers");
    assert_eq!(late, Finished::Lost, "a zombie cannot finish a queued run");
    let second = house.claim_one(house.session().await).await;
    assert_eq!(second.attempt, 2);
    let late = house.ledger.finish(lost.claim, &lost.kind, &ended(1)).await.expect("it answers");
    assert_eq!(late, Finished::Lost, "nor one that another works on");
    let counts = SummaryCounts::default();
    assert_eq!(house.ledger.progress(lost.claim, &counts, "late").await.expect("it answers"), Held::Lost);
    let back = house
        .ledger
        .give_back(lost.claim, GiveBack::Retry, Duration::ZERO, None, &FailureSummary::default())
        .await;
    assert_eq!(back.expect("it answers"), GivenBack::Lost);
    house.ledger.finish(second.claim, &second.kind, &ended(2)).await.expect("it ends");
    let late = house.ledger.finish(lost.claim, &lost.kind, &ended(1)).await.expect("it answers");
    assert_eq!(late, Finished::Lost, "nor one that has ended");
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!(shown.row.counts.get(CountKey::Processed), Some(2));
    let events: Vec<_> = shown.events.iter().map(|e| (e.event.as_str(), e.attempt)).collect();
    assert_eq!(events, [("worker_lost", 1)]);
}

#[rstest]
#[tokio::test]
async fn a_run_that_loses_every_worker_ends_failed_with_its_code_and_one_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    for attempt in 1..=3 {
        house.claim_one(house.session().await).await;
        house.database.set_ledger_clock_ahead((LEASE + Duration::from_secs(1)) * attempt).await;
        house.ledger.take_over().await.expect("it takes over");
    }
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!((shown.row.status, shown.row.outcome), (RunStatus::Completed, Outcome::Failed));
    assert_eq!(shown.row.reason_code.as_deref(), Some("ops.worker_lost"));
    assert_eq!(shown.failures.first_code(), Some(&FailureCode::WORKER_LOST));
    assert_eq!(shown.events.len(), 3);
    let notices = house.ledger.notices(&house.contoso).await.expect("notices");
    assert_eq!(notices.iter().filter(|n| n.kind == NoticeKind::Terminal).count(), 1);
    house.start().await;
}

#[rstest]
#[tokio::test]
async fn a_run_past_its_deadline_is_taken_over_though_its_worker_lives(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let session = house.session().await;
    let kinds = vec!["fixture.sync".to_owned()];
    house.ledger.claim(session, kinds, 1, Duration::from_secs(5)).await.expect("it claims");
    house.database.set_ledger_clock_ahead(Duration::from_secs(6)).await;
    assert!(house.ledger.beat(session, LEASE).await.expect("it answers").alive);
    let taken = house.ledger.take_over().await.expect("it takes over");
    assert_eq!(taken.iter().map(|t| t.run).collect::<Vec<_>>(), [id]);
}

#[rstest]
#[tokio::test]
async fn a_session_that_was_closed_is_taken_over_at_once_and_swept_a_day_later(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    house.start().await;
    let session = house.session().await;
    house.claim_one(session).await;
    house.ledger.close_session(session).await.expect("it closes");
    assert_eq!(house.ledger.live_workers().await.expect("a count"), 0);
    assert_eq!(house.ledger.take_over().await.expect("it takes over").len(), 1);
    assert_eq!(house.ledger.sweep_sessions().await.expect("it sweeps"), 0);
    house.database.set_ledger_clock_ahead(Duration::from_secs(25 * 3600)).await;
    assert_eq!(house.ledger.sweep_sessions().await.expect("it sweeps"), 1);
}
