//! Connections that can be cut: what a reset, and the end of the simulator, need.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A handle with which a connection is cut from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    cut: AtomicBool,
    reader: Mutex<Option<Waker>>,
}

impl Line {
    /// Resets the connection: the peer sees no answer and no orderly end.
    pub(crate) fn cut(&self) {
        self.shared.cut.store(true, Ordering::Release);
        let reader = self.shared.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn is_cut(&self) -> bool {
        self.shared.cut.load(Ordering::Acquire)
    }

    fn wake_on_cut(&self, waker: &Waker) {
        *self.shared.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

/// The connections that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    open: Arc<Mutex<Vec<Weak<Shared>>>>,
}

impl Lines {
    /// Cuts every open connection.
    pub(crate) fn cut_all(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for shared in open.iter().filter_map(Weak::upgrade) {
            Line { shared }.cut();
        }
    }

    fn add(&self, line: &Line) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|known| known.strong_count() > 0);
        open.push(Arc::downgrade(&line.shared));
    }
}

/// Accepts connections that can be cut.
#[derive(Debug)]
pub(crate) struct CuttableListener {
    pub(crate) listener: TcpListener,
    pub(crate) lines: Lines,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The listener of the library retries what can be retried.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers to this connection may be late");
        }
        let line = Line::default();
        self.lines.add(&line);
        (CuttableStream { stream, line }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().line.clone()
    }
}

/// A stream that fails on both sides once its line is cut.
#[derive(Debug)]
pub(crate) struct CuttableStream {
    stream: TcpStream,
    line: Line,
}

impl CuttableStream {
    fn check(&self) -> io::Result<()> {
        if self.line.is_cut() {
            // Closing then sends a reset rather than an orderly end; if not, the peer still sees an end.
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Registered before the check, so that a cut between the two still wakes.
        self.line.wake_on_cut(cx.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
