//! Cancelling a run and stopping a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use database::testing::Backend;
use ledger::summary::CountKey;
use ledger::{Cancelled, Outcome, RunStatus};
use rstest::rstest;
use worker::{ActiveRun, Interrupted, Registry, Stop, WorkFuture, WorkerOptions};

use crate::house::{Room, does, house, options, processed, succeeded, until};

/// Work that goes on in small steps until it must stop.
fn goes_on() -> Registry {
    does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            for step in 1.. {
                run.progress(processed(step), "stepping").await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(succeeded(processed(0)))
        })
    })
}

fn succeeds() -> Registry {
    does(|_| Box::pin(async { Ok(succeeded(processed(1))) }))
}

#[rstest]
#[tokio::test]
async fn a_cancelled_run_stops_at_its_next_step_and_ends_cancelled_with_the_counts_so_far(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let worker = house.worker(goes_on(), options());
    let id = house.start("called off").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    assert_eq!(house.ledger.cancel(&house.scope, id).await.expect("it answers"), Cancelled::Requested);
    let run = house.ended(id).await;
    assert_eq!(
        (run.row.outcome, run.row.reason_code.as_deref()),
        (Outcome::Cancelled, Some("ops.cancelled"))
    );
    assert!(run.row.counts.get(CountKey::Processed) > Some(0), "{:?}", run.row.counts);
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_cancelled_run_whose_work_was_done_all_the_same_ends_as_what_it_did(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            assert_eq!(run.stopped().await, Stop::Cancelled);
            assert_eq!(run.still_held(), Err(Interrupted::Stopped(Stop::Cancelled)));
            Ok(succeeded(processed(9)))
        })
    });
    let worker = house.worker(works, options());
    let id = house.start("too late").await;
    house.until(id, "is worked on", |run| run.row.status == RunStatus::Running).await;
    house.ledger.cancel(&house.scope, id).await.expect("it answers");
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.counts), (Outcome::Succeeded, processed(9)));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_failure_of_a_cancelled_run_ends_it_as_cancelled_with_its_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            run.progress(processed(4), "waiting").await?;
            run.stopped().await;
            Err(crate::house::failed(ledger::failure::FailureCode::GRAPH_TIMEOUT, true))
        })
    });
    let worker = house.worker(works, options());
    let id = house.start("called off").await;
    house.until(id, "is worked on", |run| run.row.status == RunStatus::Running).await;
    house.ledger.cancel(&house.scope, id).await.expect("it answers");
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.counts), (Outcome::Cancelled, processed(4)));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_stopping_worker_gives_its_run_back_and_another_goes_on_with_it(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let first = house.worker(goes_on(), options());
    let id = house.start("handed over").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    let took = first.stop().await;
    assert!(took < options().grace / 2, "work that heeds the stop is not waited for: {took:?}");
    let run = house.show(id).await;
    assert_eq!(
        (run.row.status, run.row.attempt),
        (RunStatus::Queued, 0),
        "the attempt is not held against it"
    );
    let events: Vec<_> = run.events.iter().map(|e| (e.event.as_str(), e.reason_code.as_deref())).collect();
    assert_eq!(events, [("release", None)], "nobody was lost");
    assert!(run.failures.is_empty());
    let second = house.worker(succeeds(), options());
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.attempt, run.row.counts), (Outcome::Succeeded, 1, processed(1)));
    second.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn work_that_does_not_heed_a_stop_is_ended_within_the_grace_and_its_run_given_back(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let room = Arc::new(Room::default());
    let inside = Arc::clone(&room);
    let works = does(move |_| {
        let room = Arc::clone(&inside);
        Box::pin(async move {
            let _inside = room.enter();
            std::future::pending().await
        })
    });
    let grace = Duration::from_secs(1);
    let worker = house.worker(works, WorkerOptions { grace, ..options() });
    let id = house.start("deaf").await;
    until("somebody at work", || room.now() == 1).await;
    let took = worker.stop().await;
    assert!(took < grace * 2, "the grace was {grace:?}, and it took {took:?}");
    assert_eq!(room.now(), 0, "the work has ended");
    let run = house.show(id).await;
    assert_eq!((run.row.status, run.row.attempt), (RunStatus::Queued, 0));
    let second = house.worker(succeeds(), options());
    house.ended(id).await;
    second.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_worker_stops_within_its_grace_though_the_database_answers_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let grace = Duration::from_millis(800);
    let worker =
        house.worker(goes_on(), WorkerOptions { grace, lease: Duration::from_secs(30), ..options() });
    let id = house.start("in the dark").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    let blocked = house.block().await;
    let began = Instant::now();
    until("the worker to ask in vain", || began.elapsed() > options().poll * 4).await;
    let took = worker.stop().await;
    blocked.release().await;
    assert!(took < grace * 2, "the grace was {grace:?}, and it took {took:?}");
}

#[rstest]
#[tokio::test]
async fn a_worker_that_is_dropped_takes_its_work_with_it(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let room = Arc::new(Room::default());
    let inside = Arc::clone(&room);
    let works = does(move |_| {
        let room = Arc::clone(&inside);
        Box::pin(async move {
            let _inside = room.enter();
            std::future::pending().await
        })
    });
    let first = house.worker(works, options());
    let id = house.start("orphaned").await;
    until("somebody at work", || room.now() == 1).await;
    drop(first);
    until("nobody at work", || room.now() == 0).await;
    let second = house.worker(succeeds(), options());
    let run = house.ended(id).await;
    assert_eq!(
        (run.row.outcome, run.row.attempt),
        (Outcome::Succeeded, 2),
        "its heartbeat has ended as well"
    );
    second.stop().await;
    house.nothing_is_left().await;
}
