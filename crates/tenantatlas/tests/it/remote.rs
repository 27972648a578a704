//! Commands through a server: the same answers as beside the database, and refusals in the user's words.

use database::testing::{Backend, TestDatabase};
use rstest::rstest;
use serde_json::Value;

use crate::program::{Answer, Program, Started, simulator, write};

/// An installation that is served, and what its program is.
struct Served {
    here: Program,
    address: String,
    serving: Started,
    _database: TestDatabase,
}

impl Served {
    async fn on(backend: Backend, role: &str) -> Self {
        let database = backend.empty().await;
        let here = Program::on(&database);
        here.ok(&["migrate", "--seed"]).await;
        let serve = ["serve", "--listen", "127.0.0.1:0", "--role", role];
        let mut serving = here.start(&serve);
        let said = serving.until("TenantAtlas is at").await;
        let address = said.split([' ', ';']).find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { here, address, serving, _database: database }
    }

    /// Makes a member, and gives the program as they use it elsewhere.
    async fn client(&self, role: &str) -> Program {
        let email = format!("{role}@contoso.example");
        write(self.here.data_dir().parent().unwrap(), "password", b"harbour-lamp-seven-41\n");
        self.here.ok(&["users", "create", &email, "--name", role, "--password-file", "password"]).await;
        self.here.ok(&["members", "add", &email, "--role", role]).await;
        let create =
            ["tokens", "create", "--user", &email, "--name", "t", "--expires", "1d", "--rights", "all"];
        let token = self.here.ok(&create).await.stdout;
        Program::new().with("TENANTATLAS_TOKEN", token.trim()).with("TENANTATLAS_SERVER", &self.address)
    }
}

/// Says that a call was refused in one clear way.
fn refused(answer: &Answer, code: i32, told: &[&str]) {
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(code), ""), "{answer:?}");
    for text in told {
        assert!(answer.stderr.contains(text), "`{text}` is not in {answer:?}");
    }
    assert!(answer.stderr.starts_with("error: ") && !answer.stderr.contains("tat_"), "{answer:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_what_its_database_answers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let graph = simulator(12).await;
    let served = Served::on(backend, "all").await;
    served.here.connect(&graph, "contoso", None).await;
    let client = served.client("operator").await;
    let synced = client.ok(&["start", "inventory.sync", "--tenant", "contoso", "--wait"]).await;
    assert!(synced.stdout.contains("Inventory sync is queued"), "{synced:?}");
    let synced = client.json(&["start", "policy.sync", "--tenant", "contoso", "--wait"]).await;
    assert_eq!((&synced["outcome"], &synced["tenant"]), (&"succeeded".into(), &"contoso".into()));
    let run = synced["short_id"].as_str().unwrap();
    let policies = served.here.json(&["policies", "list", "--tenant", "contoso"]).await;
    let policy = policies["policies"][0]["id"].as_str().unwrap();
    for same in [
        &["runs", "list"][..],
        &["runs", "list", "--status", "succeeded,failed", "--limit", "1", "--kind", "policy.sync"],
        &["runs", "list", "--status", "queued"],
        &["runs", "show", run],
        &["runs", "watch", run],
        &["policies", "list", "--tenant", "contoso"],
        &["policies", "list", "--missing"],
        &["policies", "versions", policy],
        &["inventory", "--tenant", "contoso"],
        &["inventory"],
    ] {
        assert_eq!(client.json(same).await, served.here.json(same).await, "{same:?}");
    }
    let tenants = client.json(&["tenants", "list"]).await;
    assert_eq!(tenants["tenants"][0]["slug"], "contoso");
    assert_eq!(tenants["tenants"][0]["client_id"], Value::Null, "how it signs in stays there");
    let shown = client.json(&["policies", "show", &policy[policy.len() - 12..]]).await;
    assert_eq!(shown["policy"]["id"], policy);
    assert!(shown["payload"]["settings"].is_object(), "{shown}");
    assert!(client.ok(&["policies", "list"]).await.stdout.contains("contoso"));
    assert_eq!(served.serving.terminate().await, Some(0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_server_follow_one_another_to_the_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let graph = simulator(12).await;
    let served = Served::on(backend, "all").await;
    served.here.connect(&graph, "contoso", None).await;
    let client = served.client("operator").await;
    client.ok(&["start", "policy.sync", "--tenant", "contoso", "--wait"]).await;
    for _ in 0..3 {
        client.ok(&["start", "tenant.check_connection", "--tenant", "contoso", "--wait"]).await;
    }
    for (list, key, limit, all) in [("runs", "runs", "1", 4), ("policies", "policies", "7", 0)] {
        let whole = client.json(&[list, "list", "--limit", "200"]).await[key].as_array().unwrap().clone();
        assert!(whole.len() > 3 && (all == 0 || whole.len() == all), "{list}: {}", whole.len());
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = match &after {
                None => client.json(&[list, "list", "--limit", limit]).await,
                Some(after) => client.json(&[list, "list", "--limit", limit, "--after", after]).await,
            };
            seen.extend(page[key].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, whole, "{list}");
    }
    assert_eq!(served.serving.terminate().await, Some(0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_called_off_and_watched_through_a_server(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let served = Served::on(backend, "web").await;
    let client = served.client("operator").await;
    let started = client.json(&["start", "policy.sync", "--tenant", "contoso"]).await;
    assert_eq!((&started["started"], &started["run"]["initiator"]), (&"created".into(), &"operator".into()));
    let again = client.ok(&["start", "policy.sync", "--tenant", "contoso"]).await;
    assert!(again.stdout.contains("already queued, started by operator"), "{again:?}");
    let run = started["run"]["short_id"].as_str().unwrap();
    assert_eq!(client.json(&["runs", "cancel", run]).await["cancelled"], "ended");
    assert_eq!(client.json(&["runs", "cancel", run]).await["cancelled"], "nothing");
    let repeated = client.json(&["runs", "again", run]).await;
    assert_eq!(repeated["started"], "created", "{repeated}");
    let new = repeated["run"]["id"].as_str().unwrap();
    assert_eq!(client.run(new).await["rerun_of"], started["run"]["id"]);
    let watched = client.call(&["runs", "watch", run]).await;
    assert_eq!(watched.code, Some(4), "{watched:?}");
    served.here.ok(&["tenants", "disconnect", "fabrikam"]).await;
    let refused = client.call(&["start", "policy.sync", "--tenant", "fabrikam", "--json"]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("not_dispatched") && refused.stdout.contains("queue.dispatch_failed"));
    let reader = served.client("readonly").await;
    let kept_out = reader.call(&["start", "policy.sync", "--tenant", "contoso"]).await;
    self::refused(&kept_out, 1, &["Needs the Operator role"]);
    assert_eq!(served.serving.terminate().await, Some(0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_told_in_the_users_words(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let served = Served::on(backend, "web").await;
    let client = served.client("operator").await;
    refused(&client.call(&["runs", "show", "00000000"]).await, 2, &["there is no run `00000000`"]);
    refused(&client.call(&["policies", "show", "00000000"]).await, 2, &["there is no policy `00000000`"]);
    for command in [&["start", "policy.sync"][..], &["runs", "list"], &["policies", "list"], &["inventory"]] {
        let unknown = client.call(&[command, &["--tenant", "nowhere"]].concat()).await;
        refused(&unknown, 2, &["there is no tenant `nowhere`"]);
    }
    let other = client.call(&["tenants", "list", "--workspace", "other"]).await;
    refused(&other, 2, &["there is no workspace `other` on the server"]);
    let unknown = client.call(&["start", "moon.land", "--tenant", "contoso"]).await;
    refused(&unknown, 2, &["there is no such operation"]);
    let cursor = client.call(&["runs", "list", "--after", "bm9uc2Vuc2U"]).await;
    refused(&cursor, 2, &["was not given for this list"]);
    for command in [&["migrate"][..], &["users", "list"], &["tenants", "disconnect", "contoso"], &["demo"]] {
        refused(&client.call(command).await, 2, &["works on the database itself", "--server"]);
    }
    let stranger = client.with("TENANTATLAS_TOKEN", format!("tat_{}_{}", "0".repeat(32), "A".repeat(51)));
    refused(&stranger.call(&["tenants", "list"]).await, 1, &["does not know the token"]);
    let silent = stranger.with("TENANTATLAS_TOKEN", "");
    refused(&silent.call(&["tenants", "list"]).await, 2, &["TENANTATLAS_TOKEN", "--token-file"]);
    assert_eq!(served.serving.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_read_from_a_file_and_goes_to_nobody_else() {
    let served = Served::on(Backend::Sqlite, "web").await;
    let client = served.client("owner").await;
    let token = client.variable("TENANTATLAS_TOKEN");
    let client = client.with("TENANTATLAS_TOKEN", "");
    write(client.data_dir().parent().unwrap(), "token", format!("{token}\n").as_bytes());
    client.ok(&["tenants", "list", "--token-file", "token"]).await;
    let clear =
        client.call(&["tenants", "list", "--token-file", "token", "--server", "http://192.0.2.1"]).await;
    refused(&clear, 2, &["plain http to another machine"]);
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let away = client.call(&["tenants", "list", "--token-file", "token", "--server", &address]).await;
    refused(&away, 1, &["cannot be reached", &address]);
    let graph = simulator(1).await;
    let other =
        client.call(&["tenants", "list", "--token-file", "token", "--server", &graph.login_url()]).await;
    refused(&other, 1, &["is no TenantAtlas"]);
    assert_eq!(served.serving.terminate().await, Some(0));
}
