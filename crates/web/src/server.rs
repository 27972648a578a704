//! Serving the router on a socket, within limits and until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::limits::{CONNECTIONS_MAX, HEADERS_MAX, HEADERS_WITHIN};
use crate::routes;
use crate::state::AppState;

/// How long requests that are being answered may go on after the server was told to stop.
pub const DRAIN: Duration = Duration::from_secs(20);

/// How long to wait before accepting again after the machine refused a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Serves pages and the API on a listener until `shutdown` is over, then lets answers that are under way finish.
pub async fn serve(listener: TcpListener, state: AppState, shutdown: impl Future<Output = ()>) {
    let router = routes::router(state);
    let turns = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::pin!(shutdown);
    loop {
        let turn = Arc::clone(&turns).acquire_owned();
        let accepting = async { (turn.await, listener.accept().await) };
        let (turn, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = accepting => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let one = connection(stream, peer, router.clone(), stopping.clone());
                tasks.spawn(async move {
                    one.await;
                    drop(turn);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: those in use are given back as connections end.
                tracing::warn!(error = %error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    stopping.cancel();
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections were cut off at shutdown");
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: axum::Router, stopping: CancellationToken) {
    let answer = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request.map(axum::body::Body::new))
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(HEADERS_MAX);
    let connection = http.serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
