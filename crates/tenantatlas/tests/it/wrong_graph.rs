//! A Graph that is not what it should be: the run says so in a code, and what to do.

use serde_json::Value;
use simulator::{Fault, Rule, Running};

use crate::program::{Program, simulator};

/// Starts a sync of a tenant whose Graph misbehaves, waits for its end, and gives exit code and run.
async fn sync(running: &Running, secret: Option<&str>, kind: &str) -> (Option<i32>, Value, String) {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    program.connect(running, "acme", secret).await;
    let worker = program.worker(&["--backoff-ms", "0"]).await;
    let ended = program.call(&["start", kind, "--tenant", "acme", "--wait"]).await;
    let listed = program.json(&["runs", "list", "--tenant", "acme"]).await;
    let run = program.run(listed["runs"][0]["id"].as_str().unwrap()).await;
    assert_eq!(worker.terminate().await, Some(0));
    (ended.code, run, ended.stdout)
}

fn codes(run: &Value) -> Vec<&str> {
    run["failures"].as_array().unwrap().iter().map(|failure| failure["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_end_the_run_with_what_to_do_about_them() {
    let running = simulator(5).await;
    for kind in ["policy.sync", "tenant.check_connection"] {
        let (code, run, told) = sync(&running, Some("not-the-secret"), kind).await;
        assert_eq!((code, &run["outcome"]), (Some(1), &"failed".into()), "{run:#}");
        assert_eq!(codes(&run), ["graph.credentials_rejected"]);
        assert!(told.contains("Enter a valid secret"), "{told}");
        assert!(!run.to_string().contains("not-the-secret") && !told.contains("not-the-secret"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_answers_html_is_named_as_such() {
    let running = simulator(5).await;
    running.faults().add(Rule::new(Fault::Html).method("GET"));
    let (code, run, told) = sync(&running, None, "tenant.check_connection").await;
    assert_eq!((code, &run["outcome"]), (Some(1), &"failed".into()), "{run:#}");
    assert_eq!(codes(&run), ["graph.unexpected_answer"]);
    assert!(told.contains("a proxy may answer"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_link_to_another_host_is_not_followed() {
    let running = simulator(20).await;
    running.faults().add(
        Rule::new(Fault::ForeignNextLink("https://example.org".to_owned())).path("/configurationPolicies?"),
    );
    let (code, run, _) = sync(&running, None, "policy.sync").await;
    assert_eq!((code, &run["outcome"]), (Some(3), &"partially_succeeded".into()), "{run:#}");
    assert_eq!((&run["reason_code"], codes(&run)), (&"sync.incomplete".into(), vec!["graph.foreign_link"]));
    assert_eq!(run["counts"]["deleted"], 0);
    assert_eq!(running.requests().hosts().len(), 1, "{:?}", running.requests().hosts());
}
