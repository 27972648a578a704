//! The demo that stays, and other commands beside it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_stays_and_other_commands_work_beside_it() {
    let program = Program::new();
    let mut demo = program.start(&["demo", "--policies", "30", "--listen", "127.0.0.1:0"]);
    let said = demo.until("The pages are at").await;
    let address = said.split_whitespace().find_map(|word| word.strip_suffix('.')?.strip_prefix("http://"));
    let address = address.expect("the address of the pages").to_owned();
    let link = demo.until("Olga Owner").await;
    demo.until("Ctrl-C stops it").await;
    sign_in(&address, link.split("token=").nth(1).unwrap().trim()).await;

    let run = program.json(&["start", "policy.sync", "--tenant", "contoso", "--wait"]).await;
    assert_eq!((&run["status"], &run["outcome"]), (&"completed".into(), &"succeeded".into()));
    let check = program.ok(&["tenants", "check", "fabrikam"]).await;
    assert!(check.stdout.contains("Check connection: succeeded"), "{check:?}");
    let listed = program
        .json(&[
            "runs",
            "list",
            "--kind",
            "policy.sync",
            "--tenant",
            "contoso",
            "--status",
            "succeeded",
            "--limit",
            "2",
        ])
        .await;
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2);
    assert_eq!(listed["runs"][0]["id"], run["id"]);
    let next = program
        .json(&[
            "runs",
            "list",
            "--kind",
            "policy.sync",
            "--tenant",
            "contoso",
            "--after",
            listed["next"].as_str().unwrap(),
        ])
        .await;
    assert_eq!(next["runs"].as_array().unwrap().len(), 2);
    let shown = program.ok(&["runs", "show", run["short_id"].as_str().unwrap()]).await;
    assert!(
        shown.stdout.contains(run["id"].as_str().unwrap()) && shown.stdout.contains("started by    Console"),
        "{shown:?}"
    );
    program.ok(&["runs", "watch", run["short_id"].as_str().unwrap()]).await;

    let policies = program
        .json(&["policies", "list", "--tenant", "contoso", "--type", "configurationPolicy", "--limit", "500"])
        .await;
    let changed = policies["policies"].as_array().unwrap().iter().find(|policy| policy["version_count"] == 2);
    let id = changed.expect("the demo changed one").get("id").unwrap().as_str().unwrap();
    let policy = program.json(&["policies", "show", &id[24..]]).await;
    assert_eq!(policy["versions"].as_array().unwrap().len(), 2);
    assert_eq!(policy["versions"][0]["changed"], serde_json::json!(["settings"]));
    assert!(policy["payload"]["object"]["id"].is_string() && policy["payload"]["settings"].is_array());
    let first = program.json(&["policies", "show", id, "--version", "1", "--payload"]).await;
    assert_ne!(first, policy["payload"]);
    let inventory = program.json(&["inventory", "--tenant", "contoso"]).await;
    let types = inventory["tenants"][0]["types"].as_array().unwrap();
    assert!(types.iter().all(|ty| ty["status"] == "complete"), "{inventory:#}");

    let doctor = program.json(&["doctor"]).await;
    assert_eq!(doctor["healthy"], true, "{doctor:#}");
    let second = program.call(&["worker"]).await;
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("another TenantAtlas process already works on"), "{second:?}");
    let fresh = program.call(&["migrate", "--fresh", "--yes"]).await;
    assert_eq!(fresh.code, Some(1), "{fresh:?}");

    assert_eq!(demo.terminate().await, Some(0));
    let left = program.json(&["runs", "list", "--status", "queued,running"]).await;
    assert_eq!(left["runs"], serde_json::json!([]));
}

/// Follows a link of the demo, which signs in once.
async fn sign_in(address: &str, token: &str) {
    let shown = ask(address, &format!("GET /demo/sign-in?token={token} HTTP/1.1"), "", "").await;
    assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("Olga Owner"), "{shown}");
    let form = format!("Origin: http://{address}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let body = format!("token={token}");
    let entered = ask(address, "POST /demo/sign-in HTTP/1.1", &form, &body).await;
    assert!(entered.starts_with("HTTP/1.1 303 "), "{entered}");
    let cookie = entered.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    let page = ask(address, "GET /w/default/operations HTTP/1.1", &cookie, "").await;
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("Policy sync"), "{page}");
    let again = ask(address, "POST /demo/sign-in HTTP/1.1", &form, &body).await;
    assert!(again.starts_with("HTTP/1.1 410 "), "a link is good once: {again}");
}

async fn ask(address: &str, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line}\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_is_not_served_to_other_machines() {
    let program = Program::new();
    let refused = program.call(&["demo", "--listen", "0.0.0.0:0"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("a demo is for this one"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_fault_of_the_program() {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    for arguments in [&["tenants", "list"][..], &["--help"], &["demo", "--exit"]] {
        let mut command: Command = program.bare(arguments);
        command.env("TENANTATLAS_DATA_DIR", program.data_dir());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output =
            tokio::time::timeout(crate::program::PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}
