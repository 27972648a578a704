//! Reads from the Graph of one tenant: with its token, at its pace, with the usual attempts.

use std::sync::Arc;

use contract::ThrottleFamily;
use url::Url;

use crate::backoff::{Backoff, retry_after};
use crate::batch::{Batcher, Outcome};
use crate::budget::cost;
use crate::cancel::Cancel;
use crate::challenge::Refused;
use crate::error::{ErrorKind, GraphError, Retry};
use crate::gate::{Gate, Lane, Priority};
use crate::options::GraphOptions;
use crate::origin::stays_on;
use crate::refusal::is_transient;
use crate::token::{Token, TokenCache};
use crate::transport::{Answer, Call, Transport};

/// What belongs to the reading of one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    transport: Transport,
    options: Arc<GraphOptions>,
    gate: Arc<Gate>,
    tokens: Arc<TokenCache>,
    graph: Url,
    priority: Priority,
    batcher: Option<Arc<Batcher>>,
}

/// What came back, and which sign-in it was asked for with.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) outcome: Result<Answer, GraphError>,
    pub(crate) round: u64,
}

impl Session {
    pub(crate) fn new(
        transport: Transport,
        options: Arc<GraphOptions>,
        gate: Arc<Gate>,
        tokens: Arc<TokenCache>,
    ) -> Self {
        let graph = tokens.connection().cloud.graph();
        Self { transport, options, gate, tokens, graph, priority: Priority::Normal, batcher: None }
    }

    /// Returns the same session for requests of another urgency.
    pub(crate) fn with_priority(&self, priority: Priority) -> Self {
        Self { priority, ..self.clone() }
    }

    /// Returns the same session for requests that travel together.
    pub(crate) fn in_batches(&self, batcher: &Arc<Batcher>) -> Self {
        Self { batcher: Some(Arc::clone(batcher)), ..self.clone() }
    }

    pub(crate) fn options(&self) -> &GraphOptions {
        &self.options
    }

    /// Returns the Graph address of this connection, without a version.
    pub(crate) fn graph(&self) -> &Url {
        &self.graph
    }

    pub(crate) fn priority(&self) -> Priority {
        self.priority
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
    /// A token goes to the connection's own Graph address only. A refused token is replaced once,
    /// and once more if Graph then demands claims; transient failures are tried again until the
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
        let mut refused: Option<Refused> = None;
        let mut batcher = self.batcher.as_deref();
        loop {
            cancel.check()?;
            let token = self.token(refused.as_ref(), cancel).await?;
            let sent = match batcher {
                None => self.alone(url, lane, &token, cancel).await?,
                Some(together) => {
                    self.gate.pass_in_batch(lane, cost(lane.family, url), cancel).await?;
                    match together.ask(url, &self.graph, cancel).await? {
                        Outcome::Sent(sent) => *sent,
                        // What a batch does not answer is asked for by itself.
                        Outcome::Unanswered => {
                            batcher = None;
                            continue;
                        }
                    }
                }
            };
            let (error, asked) = match sent.outcome {
                Ok(answer) if answer.status == 200 => {
                    self.slow_down_near_the_limit(&answer, lane);
                    return Ok(answer);
                }
                Ok(answer) if answer.status == 401 => {
                    refused = Some(Refused::again(refused.take(), sent.round, &answer)?);
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

    /// Sends a batch of reads and returns what came back, whatever its status.
    ///
    /// # Errors
    /// Those of a sign-in, and `graph.cancelled`.
    pub(crate) async fn post_batch(
        &self,
        url: &Url,
        body: &[u8],
        cancel: &Cancel,
    ) -> Result<Sent, GraphError> {
        let token = self.token(None, cancel).await?;
        let permit = cancel.race(self.gate.place(self.priority)).await?;
        let call = Call::Batch { url, bearer: &token.bearer, priority: self.priority, body };
        let outcome = self.transport.exchange(call, cancel).await;
        drop(permit);
        Ok(Sent { outcome, round: token.round })
    }

    async fn alone(&self, url: &Url, lane: Lane, token: &Token, cancel: &Cancel) -> Result<Sent, GraphError> {
        let permit = self.gate.pass(lane, cost(lane.family, url), self.priority, cancel).await?;
        let call = Call::Get { url, bearer: &token.bearer, priority: self.priority };
        let outcome = self.transport.exchange(call, cancel).await;
        drop(permit);
        Ok(Sent { outcome, round: token.round })
    }

    async fn token(&self, refused: Option<&Refused>, cancel: &Cancel) -> Result<Token, GraphError> {
        self.tokens.token(refused, &self.transport, &self.options, cancel).await
    }

    /// Holds a family back for a moment when an answer says that its limit is nearly reached.
    ///
    /// Graph sends the share that is used only when it is above 0.8.
    fn slow_down_near_the_limit(&self, answer: &Answer, lane: Lane) {
        let share = answer.headers.get("x-ms-throttle-limit-percentage");
        let share = share.and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
        if share.is_some_and(|share| share >= 1.0) {
            self.gate.hold(lane, self.options.backoff_base);
        }
    }
}
