//! A handle that asks a reading to stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::GraphError;

/// Asks every call that was given this handle, or a clone of it, to stop.
///
/// A call looks at it before each request, during every wait, and while an answer is under way.
/// Whoever stops ends with `graph.cancelled`.
#[derive(Debug, Clone, Default)]
pub struct Cancel(CancellationToken);

impl Cancel {
    /// Makes a handle that nobody has cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks all holders of this handle to stop; calling again changes nothing.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Tells whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Fails if somebody asked to stop.
    pub(crate) fn check(&self) -> Result<(), GraphError> {
        if self.is_cancelled() {
            return Err(GraphError::cancelled());
        }
        Ok(())
    }

    /// Runs `work` to its end, or drops it as soon as somebody asks to stop.
    pub(crate) async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, GraphError> {
        tokio::select! {
            biased;
            () = self.0.cancelled() => Err(GraphError::cancelled()),
            done = work => Ok(done),
        }
    }

    /// Waits, unless somebody asks to stop.
    pub(crate) async fn sleep(&self, wait: Duration) -> Result<(), GraphError> {
        self.race(tokio::time::sleep(wait)).await
    }
}

impl From<CancellationToken> for Cancel {
    fn from(token: CancellationToken) -> Self {
        Self(token)
    }
}
