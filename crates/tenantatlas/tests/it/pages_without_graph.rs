//! Looking at pages never asks Microsoft: the whole program, every page of the inventory, a Graph that is watched,
//! and a Graph that is away.

use axum::http::Method;
use database::testing::Backend;
use rstest::rstest;
use web::routes::{self, Door};

use crate::program::{Program, seeded, simulator};
use crate::visitor::Visitor;

/// Gives every page of the product, about things that are there.
fn pages(run: &str, policy: &str, member: &str) -> Vec<String> {
    let shown = routes::inventory().into_iter().filter(|route| route.door == Door::Page);
    let shown = shown.filter(|route| route.method == Method::GET).map(|route| {
        let filled = route
            .path
            .replace("{workspace}", "default")
            .replace("{tenant}", "acme")
            .replace("{run}", run)
            .replace("{policy}", policy)
            .replace("{member}", member);
        assert!(!filled.contains('{'), "say here what stands for the rest of {filled}");
        filled
    });
    shown.collect()
}

async fn synced(program: &Program) -> (String, String) {
    let worker = program.worker(&["--name", "one"]).await;
    let mut last = String::new();
    for kind in ["tenant.check_connection", "inventory.sync", "policy.sync"] {
        let answer = program.json(&["start", kind, "--tenant", "acme"]).await;
        last = answer["run"]["id"].as_str().unwrap().to_owned();
        let ended = program.run_until(&last, |run| run["status"] == "completed").await;
        assert_eq!(ended["outcome"], "succeeded", "{ended:#}");
    }
    assert_eq!(worker.terminate().await, Some(0));
    let policies = program.json(&["policies", "list", "--tenant", "acme"]).await;
    let policy = policies["policies"][0]["id"].as_str().unwrap_or_else(|| panic!("{policies:#}")).to_owned();
    (last, policy)
}

/// Looks at every page and says how each answered.
async fn looked_at(visitor: &mut Visitor, pages: &[String]) -> Vec<(String, u16)> {
    let mut seen = Vec::new();
    for path in pages {
        let page = visitor.get(path).await;
        // A file has no title.
        if page.status == 200 && !path.ends_with("/export") {
            assert!(page.body.contains("<h1"), "{path} has a title: {}", page.body);
        }
        seen.push((path.clone(), page.status));
    }
    seen
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_page_renders_from_the_database_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, _database) = seeded(backend).await;
    let graph = simulator(40).await;
    program.connect(&graph, "acme", None).await;
    let (run, policy) = synced(&program).await;
    let mut serving = program.start(&["serve", "--role", "web", "--listen", "127.0.0.1:0"]);
    let mut visitor = Visitor::first(&mut serving).await;
    let members = program.json(&["members", "list"]).await;
    let pages = pages(&run, &policy, members["members"][0]["user"].as_str().unwrap());

    graph.requests().clear();
    let watched = looked_at(&mut visitor, &pages).await;
    assert!(graph.requests().is_empty(), "{:?}", graph.requests().all());
    for (path, status) in &watched {
        let wanted = match path.as_str() {
            // Gone once there is an account; there in a demo only.
            "/first-start" | "/demo/sign-in" => [404, 404],
            // Without a token it is the answer to one that is not good.
            "/invitation" => [404, 410],
            // Some only send on.
            _ => [200, 303],
        };
        assert!(wanted.contains(status), "{path} answered {status}");
    }
    let shown = watched.iter().filter(|(_, status)| *status == 200).count();
    assert!(shown >= 9, "{watched:?}");

    // The door is shut, not only unused: the port refuses.
    let door = graph.address();
    graph.stop().await;
    assert!(std::net::TcpStream::connect(door).is_err(), "nobody listens there any more");
    assert_eq!(looked_at(&mut visitor, &pages).await, watched);
    assert_eq!(serving.terminate().await, Some(0));
}
