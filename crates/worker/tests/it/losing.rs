//! Lost sessions and databases that go away.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use database::testing::Backend;
use database::{DatabaseError, statement};
use ledger::{Outcome, RunStatus};
use rstest::rstest;
use tracing::Level;
use worker::{ActiveRun, Interrupted, Registry, Stop, WorkFuture, WorkerOptions};

use crate::house::{House, does, house, ledger_on, options, processed, run_worker, succeeded, until};
use crate::log::Log;

statement! {
    FREEZE = "worker_test.freeze_sessions", () -> (I64),
    postgres: "SELECT id FROM worker_sessions FOR UPDATE"
}

/// When an attempt began, and when and why its work ended.
type History = Arc<Mutex<Vec<(i16, Instant, Option<Instant>, Option<Stop>)>>>;

/// Notes the end of an attempt, however it comes.
struct Ends(History, usize);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.lock().expect("nobody panics")[self.1].2 = Some(Instant::now());
    }
}

/// Work that succeeds at once, but for the first attempt of a run called `long`: that goes on until it is stopped.
fn long_goes_on_at_first(history: &History) -> Registry {
    let history = Arc::clone(history);
    does(move |run: &ActiveRun| -> WorkFuture<'_> {
        let history = Arc::clone(&history);
        Box::pin(async move {
            let attempt = run.claimed().attempt;
            let at = {
                let mut all = history.lock().expect("nobody panics");
                all.push((attempt, Instant::now(), None, None));
                all.len() - 1
            };
            let _ends = Ends(Arc::clone(&history), at);
            run.progress(processed(50), "working").await?;
            if attempt > 1 || run.claimed().inputs["name"] != "long" {
                return Ok(succeeded(processed(2)));
            }
            let why = run.stopped().await;
            history.lock().expect("nobody panics")[at].3 = Some(why);
            // It tries to end the run all the same.
            if why == Stop::LeaseLost { Ok(succeeded(processed(1))) } else { Err(Interrupted::Stopped(why)) }
        })
    })
}

#[rstest]
#[tokio::test]
async fn a_worker_that_lost_its_session_stops_its_work_and_only_the_final_attempt_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let history = History::default();
    let first = house.worker(long_goes_on_at_first(&history), options());
    let id = house.start("long").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    house.database.set_ledger_clock_ahead(options().lease * 2).await;
    let second = run_worker(ledger_on((*house.database).clone()), long_goes_on_at_first(&history), options());
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.attempt, run.row.counts), (Outcome::Succeeded, 2, processed(2)));
    let events: Vec<_> = run.events.iter().map(|e| (e.event.as_str(), e.attempt)).collect();
    assert_eq!(events, [("worker_lost", 1)]);
    until("the first attempt to have ended", || history.lock().expect("nobody panics")[0].2.is_some()).await;
    let firsts: Vec<_> = history.lock().expect("nobody panics").iter().take(1).map(|h| h.3).collect();
    // It is told, unless it was stopped before it could look.
    assert!(matches!(firsts[..], [Some(Stop::LeaseLost) | None]), "{firsts:?}");
    assert_eq!(house.show(id).await, run, "nothing was written after the end");
    house.ended(house.start("the first lives on").await).await;
    assert!(first.is_alive() && second.is_alive());
    first.stop().await;
    second.stop().await;
    house.nothing_is_left().await;
}

/// Only PostgreSQL can keep one session's heartbeat waiting while everybody else goes on.
#[rstest]
#[tokio::test]
async fn a_lease_that_cannot_be_renewed_stops_the_work_before_another_begins(
    #[values(Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let history = History::default();
    let first = house.worker(long_goes_on_at_first(&history), options());
    let id = house.start("long").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    let database = house.database.another_handle().await;
    let (frozen, is_frozen) = tokio::sync::oneshot::channel();
    let (thaw, thawed) = tokio::sync::oneshot::channel::<()>();
    let freezing = tokio::spawn(async move {
        let hold = database.write("worker_test.freeze", move |tx| {
            Box::pin(async move {
                tx.query(&FREEZE, &[]).await?;
                frozen.send(()).expect("the test waits for it");
                let _ = thawed.await;
                Ok::<_, DatabaseError>(())
            })
        });
        hold.await
    });
    is_frozen.await.expect("the sessions can be locked");
    let second = run_worker(ledger_on((*house.database).clone()), long_goes_on_at_first(&history), options());
    let run = house.ended(id).await;
    assert_eq!((run.row.attempt, run.row.counts), (2, processed(2)));
    drop(thaw);
    freezing.await.expect("it does not panic").expect("the lock can be given back");
    let history = history.lock().expect("nobody panics").clone();
    let [(1, _, Some(first_ended), _), (2, second_began, ..)] = history[..] else { panic!("{history:?}") };
    assert!(first_ended < second_began, "two worked on it for {:?}", first_ended - second_began);
    first.stop().await;
    second.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_database_that_answers_nobody_for_longer_than_the_lease_costs_an_attempt_and_not_the_worker(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let (log, _guard) = Log::take();
    let house = house(on).await;
    let history = History::default();
    let worker = house.worker(long_goes_on_at_first(&history), options());
    let id = house.start("long").await;
    house.until(id, "shows progress", |run| run.progress.is_some()).await;
    let blocked = house.block().await;
    until("the work to have stopped", || history.lock().expect("nobody panics")[0].2.is_some()).await;
    let waited = Instant::now();
    until("a moment to pass", || waited.elapsed() > options().lease).await;
    blocked.release().await;
    let run = house.ended(id).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded);
    let warnings = log.lines(Level::WARN);
    assert!((1..20).contains(&warnings.len()), "{} warnings: {warnings:#?}", warnings.len());
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_worker_waits_in_peace_for_a_database_that_refuses_everything(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let (log, _guard) = Log::take();
    let house = house(on).await;
    house.database.batch("ALTER TABLE worker_sessions RENAME TO gone").await;
    let works = does(|_| Box::pin(async { Ok(succeeded(processed(1))) }));
    let worker = house.worker(works, WorkerOptions { poll: Duration::ZERO, ..options() });
    until("a first try", || !log.lines(Level::WARN).is_empty()).await;
    let id = house.start("patient").await;
    let began = Instant::now();
    until("two seconds to pass", || began.elapsed() > Duration::from_secs(2)).await;
    let tries = log.lines(Level::WARN);
    assert!((2..=5).contains(&tries.len()), "{tries:#?}");
    house.database.batch("ALTER TABLE gone RENAME TO worker_sessions").await;
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Succeeded, 1));
    worker.stop().await;
    house.nothing_is_left().await;
}

#[rstest]
#[tokio::test]
async fn a_run_whose_end_could_not_be_written_at_first_ends_once_the_database_is_back(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (let_go, gate) = tokio::sync::watch::channel(false);
    let works = does(move |_| {
        let mut gate = gate.clone();
        Box::pin(async move {
            gate.wait_for(|open| *open).await.expect("the test lives");
            Ok(succeeded(processed(6)))
        })
    });
    let lease = Duration::from_secs(30);
    let worker = house.worker(works, WorkerOptions { lease, ..options() });
    let id = house.start("late end").await;
    house.until(id, "is worked on", |run| run.row.status == RunStatus::Running).await;
    rename(&house, "operation_runs", "gone").await;
    let_go.send(true).expect("the work listens");
    let began = Instant::now();
    until("some tries to fail", || began.elapsed() > Duration::from_millis(500)).await;
    rename(&house, "gone", "operation_runs").await;
    let run = house.ended(id).await;
    assert_eq!((run.row.outcome, run.row.attempt, run.row.counts), (Outcome::Succeeded, 1, processed(6)));
    worker.stop().await;
    house.nothing_is_left().await;
}

async fn rename(house: &House, from: &str, to: &str) {
    house.database.batch(&format!("ALTER TABLE {from} RENAME TO {to}")).await;
}

/// Lets the first claim of one run take longer than a lease of a second, and then succeed.
const SLOW_CLAIM: &str = "
    CREATE FUNCTION claim_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.status = 'running' AND NEW.attempt = 1 AND NEW.inputs ->> 'name' = 'lost' THEN PERFORM pg_sleep(1.5); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER claim_slowly BEFORE UPDATE ON operation_runs FOR EACH ROW EXECUTE FUNCTION claim_slowly()";

/// Only PostgreSQL can be made to answer one statement late.
#[rstest]
#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_freed_and_the_other_runs_of_its_session_are_not_disturbed(
    #[values(Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (let_go, gate) = tokio::sync::watch::channel(false);
    let works = does(move |run: &ActiveRun| -> WorkFuture<'_> {
        let mut gate = gate.clone();
        Box::pin(async move {
            if run.claimed().inputs["name"] == "other" {
                gate.wait_for(|open| *open).await.expect("the test lives");
            }
            Ok(succeeded(processed(1)))
        })
    });
    let worker = house.worker(works, options());
    let other = house.start("other").await;
    house.until(other, "is worked on", |run| run.row.status == RunStatus::Running).await;
    house.database.batch(SLOW_CLAIM).await;
    let lost = house.start("lost").await;
    house.until(lost, "was claimed after all", |run| run.row.status == RunStatus::Running).await;
    house.ended(house.start("a third, to see that the worker goes on").await).await;
    let_go.send(true).expect("the work listens");
    let run = house.ended(other).await;
    assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Succeeded, 1));
    let run = house.ended(lost).await;
    assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Succeeded, 2));
    worker.stop().await;
    house.nothing_is_left().await;
}
