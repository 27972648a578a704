//! Doing the work: how a run ends, and when it is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::failure::{Failure, FailureCode};
use ledger::summary::CountKey;
use ledger::{Outcome, RunDetail, RunStatus};
use rstest::rstest;
use tracing::Level;
use worker::{ActiveRun, Interrupted, Stop, WorkFuture, WorkerOptions};

use crate::house::{Brief, does, failed, house, ledger_on, options, processed, start, succeeded, until};
use crate::log::Log;

fn ended(run: &RunDetail) -> (Outcome, Option<&str>) {
    (run.row.outcome, run.row.reason_code.as_deref())
}

#[rstest]
#[tokio::test]
async fn a_queued_run_is_worked_on_and_ends_with_the_counts_of_its_attempt(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start("one").await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            assert_eq!(run.claimed().inputs["name"], "one");
            run.progress(processed(1), "half way").await?;
            Ok(succeeded(processed(2)))
        })
    });
    let worker = house.worker(works, options());
    let run = house.ended(id).await;
    assert_eq!(ended(&run), (Outcome::Succeeded, None));
    assert_eq!((run.row.counts, run.row.attempt), (processed(2), 1));
    worker.stop().await;
    house.nothing_is_left().await;
    assert_eq!(house.ledger.live_workers().await.expect("a count"), 0, "the session was closed");
}

#[rstest]
#[tokio::test]
async fn a_run_that_this_process_queues_is_found_at_once_and_another_processs_within_the_poll(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let other = ledger_on(house.database.another_handle().await);
    let works = || does(|_| Box::pin(async { Ok(succeeded(processed(1))) }));
    let slow = house.worker(works(), WorkerOptions { poll: Duration::from_secs(3600), ..options() });
    house.ended(house.start("before the first look, or after it").await).await;
    // The first has been looked for by now; nothing but being woken finds the second.
    house.ended(house.start("by the process itself").await).await;
    slow.stop().await;
    let poll = Duration::from_millis(500);
    let polling = house.worker(works(), WorkerOptions { poll, ..options() });
    house.ended(house.start("to see that it works").await).await;
    let began = Instant::now();
    house.ended(start(&other, &house.scope, "by another process").await).await;
    // Twice the poll, since the machine is shared: the next poll alone would come later.
    assert!(began.elapsed() < poll * 2, "it took {:?}", began.elapsed());
    polling.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_panic_ends_the_run_with_its_code_alone_and_the_worker_lives_on(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let (log, _guard) = Log::take();
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        assert_ne!(run.claimed().inputs["name"], "at once", "no await came before");
        Box::pin(async move {
            run.progress(processed(3), "nearly there").await?;
            if run.claimed().inputs["name"] == "later" {
                panic!("could not sign in with client_secret=Zq8~Kx2mPd7Rt4Wv9Yb1Nc6Hs3Jf5Lg0");
            }
            Ok(succeeded(processed(4)))
        })
    });
    let worker = house.worker(works, options());
    for (name, counts) in [("at once", processed(0)), ("later", processed(3))] {
        let run = house.ended(house.start(name).await).await;
        assert_eq!(ended(&run), (Outcome::Failed, Some("ops.panicked")));
        assert_eq!(
            run.row.counts.get(CountKey::Processed).unwrap_or(0),
            counts.get(CountKey::Processed).unwrap_or(0)
        );
        assert_eq!(run.row.attempt, 1, "a fault of the program is not tried again");
        assert_eq!(
            run.failures.listed(),
            [Failure::of_code(FailureCode::PANICKED)],
            "nothing of its message is kept"
        );
    }
    let run = house.ended(house.start("afterwards").await).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded);
    let errors = log.lines(Level::ERROR);
    assert!(errors.iter().any(|line| line.contains("could not sign in with client_secret=")), "{errors:?}");
    assert!(!errors.iter().any(|line| line.contains("Zq8~Kx2m")), "{errors:?}");
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn inputs_that_no_longer_parse_end_the_run_and_are_not_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|_| Box::pin(async { Err(failed(FailureCode::PAYLOAD_INVALID, false)) }));
    let id = house.start("old").await;
    let worker = house.worker(works, options());
    let run = house.ended(id).await;
    assert_eq!(ended(&run), (Outcome::Failed, Some("ops.payload_invalid")));
    assert_eq!((run.row.attempt, run.events.len()), (1, 0));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn work_past_its_max_runtime_is_stopped_and_ends_with_its_code_and_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let stopped = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&stopped);
    let works = does(move |run: &ActiveRun| -> WorkFuture<'_> {
        let end = OnDrop(Arc::clone(&seen));
        Box::pin(async move {
            let _end = end;
            run.progress(processed(7), "for ever").await?;
            std::future::pending().await
        })
    });
    let worker = house.worker(works, options());
    let run = house.ended(house.start_brief().await).await;
    assert_eq!(ended(&run), (Outcome::Failed, Some("ops.deadline_exceeded")));
    assert_eq!((run.row.counts, run.row.attempt), (processed(7), 1));
    assert_eq!(stopped.load(Ordering::SeqCst), 1, "the work had ended before its run did");
    worker.stop().await;
    house.nothing_is_left().await;
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_whose_time_is_over_does_not_end_while_its_work_still_does_something(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (let_go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let works = does(move |_| {
        // No await, so it cannot be stopped here.
        let _ = gate.lock().expect("nobody panics").recv();
        Box::pin(std::future::pending())
    });
    let worker = house.worker(works, options());
    let id = house.start_brief().await;
    house.until(id, "is worked on", |run| run.row.status == RunStatus::Running).await;
    let began = Instant::now();
    until("its time to pass", || began.elapsed() > Brief::MAX_RUNTIME * 2).await;
    assert_eq!(house.show(id).await.row.status, RunStatus::Running);
    drop(let_go);
    assert_eq!(ended(&house.ended(id).await), (Outcome::Failed, Some("ops.deadline_exceeded")));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_failure_that_may_pass_is_tried_again_and_each_try_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            run.progress(processed(100), "trying").await?;
            match run.claimed().attempt {
                3 => Ok(succeeded(processed(3))),
                _ => Err(failed(FailureCode::GRAPH_THROTTLED, true)),
            }
        })
    });
    let id = house.start("throttled").await;
    let worker = house.worker(works, options());
    let run = house.ended(id).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded);
    assert_eq!((run.row.counts, run.row.attempt), (processed(3), 3));
    let events: Vec<_> =
        run.events.iter().map(|e| (e.event.as_str(), e.attempt, e.reason_code.as_deref())).collect();
    assert_eq!(events, [("retry", 1, Some("graph.throttled")), ("retry", 2, Some("graph.throttled"))]);
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_failed_attempt_waits_before_it_is_repeated(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|_| Box::pin(async { Err(failed(FailureCode::GRAPH_THROTTLED, true)) }));
    let ids = [house.start("one").await, house.start("two").await, house.start("three").await];
    let long = Duration::from_secs(300);
    let worker = house.worker(works, WorkerOptions { backoff: long, ..options() });
    for id in ids {
        house.until(id, "was given back", |run| run.events.len() == 1).await;
    }
    // Their waits are spread over five minutes; that all three came due in this moment is next to impossible.
    let again = |run: &RunDetail| run.row.attempt > 1;
    let mut waiting = 0;
    for id in ids {
        waiting += usize::from(!again(&house.show(id).await));
    }
    assert!(waiting > 0, "none of them waits");
    house.database.set_ledger_clock_ahead(long).await;
    for id in ids {
        house.until(id, "was tried again", again).await;
    }
    worker.stop().await;
}

#[rstest]
#[tokio::test]
async fn a_failure_that_may_not_pass_is_not_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            run.progress(processed(5), "asking").await?;
            Err(failed(FailureCode::GRAPH_FORBIDDEN, false))
        })
    });
    let id = house.start("forbidden").await;
    let worker = house.worker(works, options());
    let run = house.ended(id).await;
    assert_eq!(ended(&run), (Outcome::Failed, Some("graph.forbidden")));
    assert_eq!((run.row.counts, run.row.attempt, run.events.len()), (processed(5), 1, 0));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn when_the_attempts_are_spent_the_run_fails_with_the_last_code_and_the_final_attempts_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        Box::pin(async move {
            let attempt = run.claimed().attempt;
            run.progress(processed(10 - u64::from(attempt.unsigned_abs())), "trying").await?;
            let code = if attempt < 3 { FailureCode::GRAPH_TIMEOUT } else { FailureCode::GRAPH_UNAVAILABLE };
            Err(failed(code, true))
        })
    });
    let id = house.start("never").await;
    let worker = house.worker(works, options());
    let run = house.ended(id).await;
    assert_eq!(ended(&run), (Outcome::Failed, Some("graph.unavailable")));
    assert_eq!(run.failures.first_code(), Some(&FailureCode::GRAPH_UNAVAILABLE));
    assert_eq!((run.row.counts, run.row.attempt, run.events.len()), (processed(7), 3, 2));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn work_that_stops_without_being_told_to_does_not_go_round_for_ever(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let works = does(|run: &ActiveRun| -> WorkFuture<'_> {
        let said = match run.claimed().inputs["name"].as_str() {
            Some("lost") => Stop::LeaseLost,
            Some("cancelled") => Stop::Cancelled,
            _ => Stop::ShuttingDown,
        };
        Box::pin(async move { Err(Interrupted::Stopped(said)) })
    });
    let worker = house.worker(works, options());
    for name in ["lost", "cancelled", "shutting down"] {
        let run = house.ended(house.start(name).await).await;
        assert_eq!(ended(&run), (Outcome::Failed, Some("ops.internal")), "{name}");
        assert_eq!(run.row.attempt, 3, "{name}");
    }
    worker.stop().await;
    house.nothing_is_left().await;
}
