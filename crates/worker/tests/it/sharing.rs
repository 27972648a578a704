//! Several workers, several runs, and a worker with nothing to do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use database::testing::Backend;
use database::{DatabaseError, statement};
use ledger::{Outcome, RunId, RunStatus};
use rstest::rstest;
use tokio_util::sync::CancellationToken;
use worker::{ActiveRun, Registry, Scheduler, WorkFuture, WorkerOptions};

use crate::house::{Room, does, house, ledger_on, options, processed, run_worker, succeeded, until};

statement! {
    TRANSACTIONS = "worker_test.transactions", () -> (I64),
    postgres: "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
}

const END_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_never_work_on_one_run_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    const RUNS: usize = 50;
    let house = house(on).await;
    let rooms: Arc<Mutex<HashMap<RunId, Arc<Room>>>> = Arc::default();
    let works = |rooms: &Arc<Mutex<HashMap<RunId, Arc<Room>>>>| -> Registry {
        let rooms = Arc::clone(rooms);
        does(move |run: &ActiveRun| -> WorkFuture<'_> {
            let room =
                Arc::clone(rooms.lock().expect("nobody panics").entry(run.claimed().claim.run).or_default());
            Box::pin(async move {
                let _inside = room.enter();
                tokio::time::sleep(Duration::from_millis(5)).await;
                run.still_held()?;
                // Every run comes back once, and changes hands more often than not.
                if run.claimed().attempt == 1 {
                    return Err(crate::house::failed(ledger::failure::FailureCode::GRAPH_TIMEOUT, true));
                }
                Ok(succeeded(processed(1)))
            })
        })
    };
    let workers: Vec<_> =
        (0..4).map(|_| run_worker(ledger_on((*house.database).clone()), works(&rooms), options())).collect();
    let mut ids = Vec::new();
    for n in 0..RUNS {
        ids.push(house.start(&format!("run {n}")).await);
    }
    for id in ids {
        let run = house.ended(id).await;
        assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Succeeded, 2));
    }
    for worker in workers {
        worker.stop().await;
    }
    let most: Vec<usize> = rooms.lock().expect("nobody panics").values().map(|room| room.most()).collect();
    assert_eq!(most, [1; RUNS]);
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn ten_runs_are_worked_on_at_most_as_many_at_once_as_the_worker_may(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let room = Arc::new(Room::default());
    let inside = Arc::clone(&room);
    let works = does(move |_| {
        let room = Arc::clone(&inside);
        Box::pin(async move {
            let _inside = room.enter();
            tokio::time::sleep(Duration::from_millis(30)).await;
            Ok(succeeded(processed(1)))
        })
    });
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(house.start(&format!("run {n}")).await);
    }
    let worker = house.worker(works, WorkerOptions { concurrency: 3, ..options() });
    for id in ids {
        house.ended(id).await;
    }
    assert_eq!(room.most(), 3);
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_that_keeps_a_thread_to_itself_does_not_cost_the_lease(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (let_go, gate) = std::sync::mpsc::channel::<()>();
    let (gate, stuck) = (Mutex::new(gate), Arc::new(AtomicUsize::new(0)));
    let is_stuck = Arc::clone(&stuck);
    let works = does(move |run: &ActiveRun| -> WorkFuture<'_> {
        if run.claimed().inputs["name"] == "selfish" {
            is_stuck.fetch_add(1, Ordering::SeqCst);
            // Blocks the thread of the runtime, as an endless computation would.
            let _ = gate.lock().expect("nobody panics").recv();
        }
        Box::pin(async { Ok(succeeded(processed(1))) })
    });
    let worker = house.worker(works, options());
    let id = house.start("selfish").await;
    until("a thread that is stuck", || stuck.load(Ordering::SeqCst) == 1).await;
    let began = Instant::now();
    until("two leases to pass", || began.elapsed() > options().lease * 2).await;
    let other = house.ended(house.start("modest").await).await;
    assert_eq!(other.row.outcome, Outcome::Succeeded);
    let run = house.show(id).await;
    assert_eq!((run.row.status, run.row.attempt), (RunStatus::Running, 1));
    drop(let_go);
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Succeeded, 1));
    worker.stop().await;
    house.nothing_is_left().await;
}

/// Only PostgreSQL counts what it was asked; worker and scheduler ask both the same.
#[rstest]
#[tokio::test]
async fn an_idle_worker_and_scheduler_make_at_most_three_statements_a_second(
    #[values(Backend::Postgres)] on: Backend,
) {
    const WATCHED: Duration = Duration::from_secs(4);
    /// More than a pool keeps.
    const ENDED_MAX: usize = 64;
    let house = house(on).await;
    // A server's process hands its counts in when it ends, or now and then; what made the house is handed in here.
    house.database.batch(END_OTHERS).await;
    let ledger = ledger_on(house.database.another_handle().await);
    let works = does(|_| Box::pin(async { Ok(succeeded(processed(1))) }));
    let stop = CancellationToken::new();
    let scheduling = tokio::spawn(Scheduler::new(ledger.clone(), Vec::new()).run(stop.clone()));
    let worker = run_worker(ledger, works, WorkerOptions::default());
    let transactions = || async {
        // A connection that was ended above may not know of it yet; each is found out once.
        for _ in 0..ENDED_MAX {
            let read = house.database.read("worker_test.transactions", |tx| {
                Box::pin(async move { tx.query_one(&TRANSACTIONS, &[]).await?.get::<i64>(0) })
            });
            let counted: Result<i64, DatabaseError> = read.await;
            match counted {
                Err(error) if error.is_away() => {}
                counted => return counted.expect("the server counts"),
            }
        }
        panic!("the server went away")
    };
    // Connections are made and statements prepared in the first moments.
    transactions().await;
    let settled = Instant::now();
    until("the warm-up to be counted", || settled.elapsed() > Duration::from_millis(1500)).await;
    // What is counted was handed in up to a second after it happened.
    let most = 3 * i64::try_from(WATCHED.as_secs() + 1).expect("seconds");
    let mut made = Vec::new();
    // The server's own housekeeping can add to the count, but nothing takes from it.
    while made.iter().all(|made| *made > most) && made.len() < 3 {
        let (before, began) = (transactions().await, Instant::now());
        until("the worker to be watched", || began.elapsed() > WATCHED).await;
        made.push(transactions().await - before);
    }
    let least = made.iter().min().copied().unwrap_or_default();
    // Hardly any would mean that the worker does not look, or the server does not count.
    assert!((most / 3..=most).contains(&least), "{made:?} statements in {WATCHED:?}");
    stop.cancel();
    scheduling.await.expect("the scheduler stops when it is told");
    worker.stop().await;
    house.nothing_is_left().await;
}
