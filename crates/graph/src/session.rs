//! Reads from the Graph of one tenant: with its token, at its pace, with the usual attempts.

use std::sync::Arc;

use contract::ThrottleFamily;
use url::Url;

use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError, Retry};
use crate::options::GraphOptions;
use crate::origin::stays_on;
use crate::refusal::is_transient;
use crate::throttle::{Backoff, Gate, Lane, retry_after};
use crate::token::TokenCache;
use crate::transport::{Answer, Call, Transport};

/// What belongs to the reading of one tenant.
#[derive(Debug)]
pub(crate) struct Session {
    transport: Transport,
    options: Arc<GraphOptions>,
    gate: Arc<Gate>,
    tokens: Arc<TokenCache>,
    graph: Url,
}

impl Session {
    pub(crate) fn new(
        transport: Transport,
        options: Arc<GraphOptions>,
        gate: Arc<Gate>,
        tokens: Arc<TokenCache>,
    ) -> Self {
        let graph = tokens.connection().cloud.graph();
        Self { transport, options, gate, tokens, graph }
    }

    pub(crate) fn options(&self) -> &GraphOptions {
        &self.options
    }

    /// Returns the Graph address of this connection, without a version.
    pub(crate) fn graph(&self) -> &Url {
        &self.graph
    }

    /// Returns the pace of a throttle family.
    pub(crate) fn lane(&self, family: ThrottleFamily) -> Lane {
        let interval = match family {
            ThrottleFamily::ConditionalAccess => self.options.conditional_access_interval,
            _ => std::time::Duration::ZERO,
        };
        Lane { family, interval }
    }

    /// Reads one address and returns the answer if its status is 200.
    ///
    /// This is the only place that sends a token, and it sends it to the connection's own Graph
    /// address only. A refused token is replaced once; transient failures are tried again until the
    /// attempts are used up.
    ///
    /// # Errors
    /// Any [`GraphError`] but those about the content of an answer.
    pub(crate) async fn get(&self, url: &Url, lane: Lane, cancel: &Cancel) -> Result<Answer, GraphError> {
        if !stays_on(url, &self.graph) {
            return Err(GraphError::new(
                ErrorKind::ForeignLink,
                "An address leads away from the Graph address of the connection",
            ));
        }
        let mut backoff = Backoff::new(&self.options);
        let mut refused = None;
        loop {
            cancel.check()?;
            let token = self.tokens.token(refused, &self.transport, &self.options, cancel).await?;
            let permit = self.gate.pass(lane, cancel).await?;
            let call = Call::Get { url, bearer: &token.bearer };
            let outcome = self.transport.exchange(call, cancel).await;
            drop(permit);
            let (error, asked) = match outcome {
                Ok(answer) if answer.status == 200 => return Ok(answer),
                Ok(answer) if answer.status == 401 && refused.is_none() => {
                    refused = Some(token.round);
                    continue;
                }
                Ok(answer) if is_transient(answer.status) => {
                    (answer.refusal(), retry_after(&answer.headers, self.options.time.now()))
                }
                Ok(answer) => return Err(answer.refusal()),
                Err(error) => (error, None),
            };
            if error.retry() == Retry::Never || error.kind() == ErrorKind::Cancelled {
                return Err(error);
            }
            let Some(wait) = backoff.failed(asked) else {
                return Err(error);
            };
            tracing::debug!(
                error.code = error.code(),
                http.status = error.status(),
                ?wait,
                "a read is tried again"
            );
            if error.kind() == ErrorKind::Throttled || asked.is_some() {
                // The next request of this family would only meet the same answer.
                self.gate.hold(lane, wait);
            }
            cancel.sleep(wait).await?;
        }
    }
}
