//! Many who ask at once, and workers that are killed.

use std::collections::BTreeSet;
use std::time::Duration;

use database::Clock;
use database::testing::Backend;
use rstest::rstest;
use serde_json::Value;
use simulator::{Fault, Rule};

use crate::program::{Program, seeded, simulator};

/// How many ask at once.
const STARTS: usize = 20;

/// Makes every answer slow enough that a sync is still under way when something happens to it.
const SLOW: Duration = Duration::from_millis(400);

/// How long after a kill the run must have been taken over: the lease of a second, a third of it between two looks,
/// and the rest for a machine that is busy with other tests.
const TAKEN_OVER_MAX: Duration = Duration::from_secs(8);

async fn start_all_at_once(program: &Program) -> Vec<Value> {
    let calls = (0..STARTS).map(|_| program.json(&["start", "policy.sync", "--tenant", "acme"]));
    let mut calls: Vec<_> = calls.map(Box::pin).collect();
    let mut answers = Vec::new();
    // All are begun before the first is waited for.
    std::future::poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if calls.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    answers
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_starts_at_once_are_one_run(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (program, _database) = seeded(backend).await;
    let running = simulator(10).await;
    program.connect(&running, "acme", None).await;
    let slow = running.faults().add(Rule::new(Fault::Delay(SLOW)));
    let mut workers = vec![program.worker(&["--name", "one"]).await];
    if backend == Backend::Postgres {
        workers.push(program.worker(&["--name", "two"]).await);
    }

    let answers = start_all_at_once(&program).await;
    assert_eq!(answers.len(), STARTS);
    let ids: BTreeSet<&str> = answers.iter().map(|answer| answer["run"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "{answers:#?}");
    let created = answers.iter().filter(|answer| answer["started"] == "created").count();
    assert_eq!(created, 1, "{answers:#?}");

    running.faults().remove(slow);
    let id = (*ids.first().unwrap()).to_owned();
    let run = program.run_until(&id, |run| run["status"] == "completed").await;
    assert_eq!((&run["outcome"], &run["attempt"]), (&"succeeded".into(), &1.into()), "{run:#}");
    let listed = program.json(&["runs", "list", "--tenant", "acme"]).await;
    assert_eq!(listed["runs"].as_array().unwrap().len(), 1);
    for worker in workers {
        assert_eq!(worker.terminate().await, Some(0));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_is_replaced_and_only_the_final_attempt_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, _database) = seeded(backend).await;
    let running = simulator(20).await;
    program.connect(&running, "acme", None).await;
    let slow = running.faults().add(Rule::new(Fault::Delay(SLOW)));
    let doomed = program.worker(&["--lease", "1", "--name", "doomed"]).await;
    let started = program.json(&["start", "policy.sync", "--tenant", "acme"]).await;
    let id = started["run"]["id"].as_str().unwrap();
    let some = |run: &Value| run["progress"]["counts"]["processed"].as_u64().is_some_and(|done| done > 0);
    let before = program.run_until(id, some).await;
    assert_eq!((&before["status"], &before["attempt"]), (&"running".into(), &1.into()), "{before:#}");

    // PostgreSQL has the other worker beside it; an SQLite file has room for it only afterwards.
    let mut beside = None;
    if backend == Backend::Postgres {
        beside = Some(program.worker(&["--lease", "1", "--name", "heir"]).await);
    }
    let killed_at = Clock::system().now();
    doomed.kill().await;
    running.faults().remove(slow);
    let heir = match beside {
        Some(heir) => heir,
        None => program.worker(&["--lease", "1", "--name", "heir"]).await,
    };

    let run = program.run_until(id, |run| run["status"] == "completed").await;
    assert_eq!((&run["outcome"], &run["attempt"]), (&"succeeded".into(), &2.into()), "{run:#}");
    let events = run["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{run:#}");
    assert_eq!((&events[0]["event"], &events[0]["attempt"]), (&"worker_lost".into(), &1.into()));
    let at: jiff::Timestamp = events[0]["at"].as_str().unwrap().parse().unwrap();
    let waited = database::Ts::from(at).since(killed_at);
    assert!(waited < TAKEN_OVER_MAX, "taken over only after {waited:?}");

    // The final attempt read everything once; what the lost one had read is found unchanged and counted once.
    let counts = &run["counts"];
    let count = |key: &str| counts[key].as_u64().unwrap();
    assert_eq!(count("total"), count("processed"));
    assert_eq!(count("processed"), count("created") + count("updated") + count("unchanged"));
    assert!(count("unchanged") > 0 && count("created") > 0, "{run:#}");
    let again = program.json(&["start", "policy.sync", "--tenant", "acme", "--wait"]).await;
    assert_eq!(again["counts"]["total"], counts["total"]);
    assert_eq!(again["counts"]["unchanged"], again["counts"]["total"]);
    assert_eq!(heir.terminate().await, Some(0));
}
