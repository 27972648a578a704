//! Transient failures: tried again, waited for, given up.

use std::time::{Duration, Instant};

use graph::{Cancel, Cloud, CollectionEnd, Connection, GraphClient, GraphOptions, Retry};
use simulator::{Fault, RetryAfter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{CONFIGURATION, configurations, connection, list, quick, world_of, world_with};

#[tokio::test]
async fn throttling_is_waited_out_with_and_without_a_stated_wait() {
    for wait in [
        RetryAfter::Absent,
        RetryAfter::Seconds(0),
        RetryAfter::Seconds(1_000_000_000),
        RetryAfter::DateIn(Duration::from_secs(3)),
        RetryAfter::Text("-5".to_owned()),
        RetryAfter::Text("soon".to_owned()),
        RetryAfter::Text("Thu, 01 Jan 1970 00:00:00 GMT".to_owned()),
        RetryAfter::Text("99999999999999999999999999".to_owned()),
    ] {
        let world = world_of(3).await;
        let rule = world.spoil(|rule| rule.times(3), Fault::Throttled(wait.clone()));
        assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete, "{wait:?}");
        assert_eq!(world.simulator.faults().fired(rule), 3, "{wait:?}");
    }
}

#[tokio::test]
async fn a_stated_wait_is_kept_and_bounded() {
    let options = GraphOptions {
        backoff_base: Duration::from_millis(1),
        stated_wait_cap: Duration::from_millis(200),
        backoff_cap: Duration::from_millis(200),
        ..quick()
    };
    for (wait, at_least) in [(RetryAfter::Seconds(3600), 200), (RetryAfter::Absent, 0)] {
        let world = world_with(options.clone(), |state| configurations(state, 1)).await;
        world.spoil(|rule| rule.times(1), Fault::Throttled(wait.clone()));
        let start = Instant::now();
        assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete);
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(at_least), "{wait:?} took {took:?}");
        assert!(took < Duration::from_secs(60), "{wait:?} took {took:?}");
    }
}

#[tokio::test]
async fn after_the_last_attempt_the_reason_is_named() {
    for (fault, code) in [
        (Fault::Throttled(RetryAfter::Absent), "graph.throttled"),
        (Fault::Status(500), "graph.unavailable"),
        (Fault::Status(502), "graph.unavailable"),
        (Fault::Status(503), "graph.unavailable"),
        (Fault::Status(504), "graph.unavailable"),
        (Fault::Reset, "graph.unreachable"),
        (Fault::CutBody(5), "graph.unreachable"),
    ] {
        let world = world_of(3).await;
        world.spoil(|rule| rule, fault.clone());
        let listed = world.list(CONFIGURATION).await;
        assert_eq!(listed.partial(), code, "{fault:?}");
        assert_eq!(listed.end.error().unwrap().retry(), Retry::Later, "{fault:?}");
        assert_eq!(world.reads(), 4, "{fault:?}: four attempts and no more");
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for status in [400, 403, 404, 405, 409, 423, 501] {
        let world = world_of(3).await;
        world.spoil(|rule| rule, Fault::Status(status));
        world.list(CONFIGURATION).await;
        assert_eq!(world.reads(), 1, "status {status}");
    }
}

#[tokio::test]
async fn an_error_names_the_ids_of_the_request_and_not_its_text() {
    let world = world_of(1).await;
    let body = br#"{"error":{"code":"Forbidden","message":"planted words - Activity ID: 0a1b2c3d-1111-4222-8333-444455556666 - end"}}"#;
    world.spoil(|rule| rule, Fault::Answer { status: 403, headers: Vec::new(), body: body.to_vec() });
    let end = world.list(CONFIGURATION).await.end;
    let error = end.error().unwrap();
    let sent = world.simulator.requests().matching(|request| request.status == Some(403));
    let correlation = error.correlation();
    assert_eq!(correlation.client_request_id.map(|id| id.to_string()), sent[0].client_request_id);
    assert!(correlation.request_id.is_some());
    assert_eq!(correlation.activity_id.unwrap().to_string(), "0a1b2c3d-1111-4222-8333-444455556666");
    assert_eq!(error.graph_code(), Some("Forbidden"));
    assert!(!format!("{error} {error:?} {end:?}").contains("planted"));
}

#[tokio::test]
async fn a_server_that_is_away_is_unreachable() {
    let world = world_of(1).await;
    let connection = connection(&world.simulator, &world.tenant);
    world.simulator.stop().await;
    let graph = world.client.connect(connection);
    assert_eq!(list(&graph, CONFIGURATION).await.partial(), "graph.unreachable");
    assert_eq!(graph.check(&Cancel::new()).await.unwrap_err().code(), "graph.unreachable");
}

/// Listens, and answers every connection with these bytes.
async fn parrot(bytes: &'static [u8]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Whether the other side still listens is its own affair.
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    address
}

async fn check_at(address: &str) -> &'static str {
    let connection = Connection {
        cloud: Cloud::simulated(address, address).unwrap(),
        tenant_id: "t".to_owned(),
        client_id: "c".to_owned(),
        secret: "s".into(),
    };
    let graph = GraphClient::new(quick()).unwrap().connect(connection);
    graph.check(&Cancel::new()).await.unwrap_err().code()
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_tls_failure() {
    let address = parrot(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(check_at(&format!("https://{address}")).await, "graph.tls");
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_unreachable() {
    let address = parrot(b"220 mail.example ESMTP\r\n").await;
    assert_eq!(check_at(&format!("http://{address}")).await, "graph.unreachable");
}
