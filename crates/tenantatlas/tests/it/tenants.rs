//! Connecting tenants from the command line.

use crate::program::{Program, seeded, simulator};
use database::testing::Backend;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_added_checked_disconnected_and_connected_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, _database) = seeded(backend).await;
    let running = simulator(5).await;
    program.connect(&running, "acme", None).await;
    let worker = program.worker(&[]).await;
    program.ok(&["tenants", "check", "acme"]).await;
    let listed = program.json(&["tenants", "list"]).await;
    let acme = listed["tenants"].as_array().unwrap().iter().find(|tenant| tenant["slug"] == "acme").unwrap();
    assert_eq!((&acme["state"], &acme["check_code"]), (&"connected".into(), &serde_json::Value::Null));
    assert!(acme["checked_at"].is_string());

    program.ok(&["tenants", "disconnect", "acme"]).await;
    let refused = program.call(&["start", "policy.sync", "--tenant", "acme"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stdout.contains("queue.dispatch_failed") && refused.stdout.contains("disconnected"),
        "{refused:?}"
    );
    program.ok(&["tenants", "connect", "acme"]).await;
    let synced = program
        .ok(&["start", "policy.sync", "--tenant", "acme", "--type", "deviceCompliancePolicy", "--wait"])
        .await;
    assert!(synced.stdout.contains("succeeded"), "{synced:?}");
    assert_eq!(worker.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_run_can_be_cancelled_and_its_end_is_the_watchers_exit_code() {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    let started = program.json(&["start", "policy.sync", "--tenant", "contoso"]).await;
    let id = started["run"]["id"].as_str().unwrap();
    assert_eq!(started["started"], "created");
    assert_eq!(program.json(&["start", "policy.sync", "--tenant", "contoso"]).await["started"], "active");
    let late = program.call(&["runs", "watch", id, "--timeout", "0"]).await;
    assert_eq!(late.code, Some(1), "{late:?}");
    program.ok(&["runs", "cancel", id]).await;
    let watched = program.call(&["runs", "watch", id]).await;
    assert_eq!(watched.code, Some(4), "{watched:?}");
    let again = program.json(&["runs", "cancel", id]).await;
    assert_eq!(again["cancelled"], "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_there_is_changed_only_when_that_is_said() {
    let program = Program::new().with("TENANTATLAS_CLIENT_SECRET", "a secret");
    program.ok(&["migrate", "--seed"]).await;
    let add = ["tenants", "add", "--slug", "contoso", "--tenant-id", "contoso.example", "--client-id", "1"];
    let refused = program.call(&add).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--update"), "{refused:?}");
    let changed = program.json(&[&add[..], &["--update"]].concat()).await;
    assert_eq!(
        (&changed["graph_tenant_id"], &changed["cloud"]),
        (&"contoso.example".into(), &"global".into())
    );
}
