//! `serve`: pages and API over the installation, and what it refuses.

use database::testing::Backend;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::Program;

/// Asks the server for a path and gives its whole answer.
async fn get(address: &str, path: &str) -> String {
    let host = address.strip_prefix("http://").expect("it speaks plain HTTP on this machine");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

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
    let link = serving.until("first-start?token=").await;
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200 "));
    let stranger = get(address, "/w/default/operations").await;
    assert!(stranger.starts_with("HTTP/1.1 303 "), "a stranger signs in first: {stranger}");
    let page = get(address, link.trim().strip_prefix(address).unwrap()).await;
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<form"), "{page}");
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
