//! The server on a real socket.

use database::Clock;
use database::testing::Backend;
use ledger::Ledger;
use ledger::catalog::Catalog;
use tenancy::secrets::MasterKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use web::options::Options;
use web::state::{AppState, Parts};

#[tokio::test]
async fn the_server_answers_on_a_socket_and_stops_when_told() {
    let database = Backend::Sqlite.fresh().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let state = AppState::new(Parts {
        database: (*database).clone(),
        ledger: Ledger::new((*database).clone(), Catalog::default(), Clock::system()),
        clock: Clock::system(),
        master_key: MasterKey::from_bytes([1; 32]),
        cursor_key: [2; 32],
        options: Options::loopback(at),
        version: "0.0.0",
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(web::server::serve(listener, state, async move {
        let _ = stopped.await;
    }));
    let ask = |text: String| async move {
        let mut stream = TcpStream::connect(at).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it is answered and closed");
        answer
    };
    let good = ask(format!("GET /healthz HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")).await;
    assert!(good.starts_with("HTTP/1.1 200 OK\r\n") && good.ends_with("ok\n"), "{good}");
    assert!(!good.to_lowercase().contains("\r\nserver:"), "{good}");
    let ambiguous = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {at}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked, identity\r\nConnection: close\r\n\r\n0\r\n\r\n"
    );
    assert!(ask(ambiguous).await.starts_with("HTTP/1.1 4"), "ambiguous framing is refused");
    let headers = format!(
        "GET /healthz HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nX: {}\r\n\r\n",
        "a".repeat(80_000)
    );
    let large = ask(headers).await;
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 431"), "{large}");
    stop.send(()).expect("the server listens");
    serving.await.expect("the server stops");
    assert!(TcpStream::connect(at).await.is_err(), "nobody listens any more");
}
