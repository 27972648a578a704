//! Running again, anyway, and not now: the same deeds as on a run's page.

use database::testing::Backend;
use rstest::rstest;

use crate::program::seeded;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_run_is_run_again_and_an_active_one_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let (program, _database) = seeded(on).await;
    let start =
        ["start", "inventory.sync", "--tenant", "contoso", "--type", "configurationPolicy", "--force"];
    let started = program.json(&start).await;
    let first = started["run"]["id"].as_str().expect("an id");
    assert_eq!((&started["started"], &started["paused"]), (&"created".into(), &false.into()));
    assert_eq!(program.json(&start).await["started"], "active", "force never passes over an active run");
    let early = program.call(&["runs", "again", first]).await;
    assert_eq!(early.code, Some(2), "{early:?}");
    assert!(early.stderr.contains("it has not ended"), "{early:?}");
    program.ok(&["runs", "cancel", first]).await;
    let again = program.json(&["runs", "again", first]).await;
    assert_eq!(again["started"], "created");
    let run = program.run(again["run"]["id"].as_str().expect("an id")).await;
    let earlier = program.run(first).await;
    assert_eq!(run["rerun_of"], first);
    assert_eq!((&run["kind"], &run["inputs"]), (&earlier["kind"], &earlier["inputs"]));
    assert_eq!(program.json(&["runs", "again", first, "--force"]).await["started"], "active");
    let unknown = program.call(&["runs", "again", "01a1fb67-ea1c-7609-b005-e7d5082b5c07"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_kind_takes_starts_and_every_list_says_that_it_waits(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let (program, _database) = seeded(on).await;
    assert_eq!(program.json(&["kinds", "pause", "policy.sync"]).await["changed"], true);
    assert_eq!(program.json(&["kinds", "pause", "policy.sync"]).await["changed"], false);
    let started = program.ok(&["start", "policy.sync", "--tenant", "contoso"]).await;
    assert!(started.stderr.contains("`policy.sync` is paused"), "{started:?}");
    let listed = program.json(&["runs", "list"]).await;
    assert_eq!(listed["runs"][0]["paused"], true);
    let id = listed["runs"][0]["id"].as_str().expect("an id");
    assert!(program.ok(&["runs", "list"]).await.stdout.contains("queued, paused"));
    assert!(program.ok(&["runs", "show", id]).await.stdout.contains("waits until its kind is resumed"));
    let kinds = program.json(&["kinds", "list"]).await;
    let paused = |kind: &str| {
        let all = kinds["kinds"].as_array().expect("a list");
        all.iter().find(|one| one["kind"] == kind).expect("the kind")["paused_since"].is_string()
    };
    assert!(paused("policy.sync") && !paused("inventory.sync"));
    program.ok(&["kinds", "resume", "policy.sync"]).await;
    assert_eq!(program.run(id).await["paused"], false);
    let unknown = program.call(&["kinds", "pause", "policy.dance"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("there are inventory.sync, "), "{unknown:?}");
}
