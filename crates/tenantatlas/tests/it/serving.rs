//! `serve`: pages and API over the installation, and what it refuses.

use database::testing::Backend;
use rstest::rstest;

use crate::program::Program;
use crate::visitor::Visitor;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn it_serves_offers_the_first_account_and_stops_when_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    let mut serving = program.start(&["serve", "--listen", "127.0.0.1:0"]);
    let said = serving.until("TenantAtlas is at").await;
    let address = said.split([' ', ';']).find(|word| word.starts_with("http://")).unwrap();
    let link = serving.until_told("first-start?token=").await;
    let mut visitor = Visitor::of(address);
    assert_eq!(visitor.get("/healthz").await.status, 200);
    let stranger = visitor.get("/w/default/operations").await;
    assert_eq!(stranger.status, 303, "a stranger signs in first: {stranger:?}");
    let page = visitor.get(link.trim().strip_prefix(address).unwrap()).await;
    assert!(page.status == 200 && page.body.contains("<form"), "{page:?}");
    // Whoever serves an SQLite file works on it too, so nobody else may.
    if backend == Backend::Sqlite {
        assert_eq!(program.call(&["worker"]).await.code, Some(1));
    }
    assert_eq!(serving.terminate().await, Some(0));
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused_without_a_proxy() {
    let database = Backend::Sqlite.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    let refused = program.call(&["serve", "--listen", "0.0.0.0:0"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("put a proxy that ends TLS in front"), "{refused:?}");
    let refused =
        program.call(&["serve", "--listen", "127.0.0.1:0", "--public-url", "https://atlas.example"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_fired_by_a_process_of_their_own_on_postgresql_only() {
    let database = Backend::Postgres.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    let mut one = program.start(&["serve", "--role", "scheduler"]);
    let mut other = program.start(&["worker", "--scheduler"]);
    one.until("are fired here").await;
    other.until("works on").await;
    let began = std::time::Instant::now();
    loop {
        let listed = program.json(&["schedules", "list"]).await;
        let schedules = listed["schedules"].as_array().unwrap();
        if let [schedule] = &schedules[..] {
            assert_eq!(
                (&schedule["type"], &schedule["origin"]),
                (&"ops.prune_runs".into(), &"system".into())
            );
            assert!(schedule["next_due_at"].is_string() && schedule["last"].is_null(), "{schedule}");
            break;
        }
        assert!(schedules.is_empty() && began.elapsed() < crate::program::PATIENCE, "{listed}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((one.terminate().await, other.terminate().await), (Some(0), Some(0)));

    let file = Program::new();
    file.ok(&["migrate", "--seed"]).await;
    let refused = file.call(&["serve", "--role", "scheduler"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("--role all, or PostgreSQL"), "{refused:?}");
}
