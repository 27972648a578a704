//! The token of one connection: fetched once, kept while it is fresh, replaced once when refused.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::challenge::Refused;
use crate::connection::Connection;
use crate::error::{ErrorKind, GraphError};
use crate::login::{Grant, sign_in};
use crate::options::GraphOptions;
use crate::transport::Transport;

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_mins(5);
/// The part of its life that a token is used for when the margin would leave less.
const SHORT_LIFE_SHARE: f64 = 0.8;

/// A token that may be sent to the Graph address of its connection.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) bearer: HeaderValue,
    /// Which sign-in it came from; names the token when it is refused.
    pub(crate) round: u64,
    fresh_until: Instant,
}

/// The token cache of one connection; one sign-in is under way at a time, and those who waited
/// for it share how it ended.
pub(crate) struct TokenCache {
    connection: Connection,
    state: Mutex<State>,
    /// Sign-ins that came to an end, so that a waiter sees that one ended while it waited.
    rounds: AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    failure: Option<GraphError>,
}

impl TokenCache {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, state: Mutex::default(), rounds: AtomicU64::new(0) }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Tells whether a token is kept that may still be used, or is being fetched.
    pub(crate) fn is_warm(&self) -> bool {
        self.state.try_lock().map_or(true, |state| state.token.as_ref().is_some_and(Token::is_fresh))
    }

    /// Returns a fresh token, and signs in if there is none.
    ///
    /// `refused` is a token that Graph did not accept; a token of its round is replaced by one with
    /// the claims that Graph demands, a newer one is returned as it is.
    pub(crate) async fn token(
        &self,
        refused: Option<&Refused>,
        transport: &Transport,
        options: &GraphOptions,
        cancel: &Cancel,
    ) -> Result<Token, GraphError> {
        let before = self.rounds.load(Ordering::Acquire);
        let mut state = cancel.race(self.state.lock()).await?;
        if let Some(token) = &state.token
            && token.is_fresh()
            && refused.is_none_or(|refused| refused.round != token.round)
        {
            return Ok(token.clone());
        }
        if self.rounds.load(Ordering::Acquire) != before
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        let asked_at = Instant::now();
        let claims = refused.and_then(|refused| refused.claims.as_deref());
        let signed_in = Box::pin(sign_in(&self.connection, claims, transport, options, cancel)).await;
        if let Err(error) = &signed_in
            && error.kind() == ErrorKind::Cancelled
        {
            // Only this caller gave up; whoever waits signs in for itself.
            return Err(error.clone());
        }
        let round = self.rounds.fetch_add(1, Ordering::AcqRel) + 1;
        match signed_in {
            Ok(grant) => {
                let token = Token::new(grant, round, asked_at);
                *state = State { token: Some(token.clone()), failure: None };
                Ok(token)
            }
            Err(error) => {
                *state = State { token: None, failure: Some(error.clone()) };
                Err(error)
            }
        }
    }
}

impl Token {
    fn new(grant: Grant, round: u64, asked_at: Instant) -> Self {
        Self { bearer: grant.bearer, round, fresh_until: asked_at + usable(grant.life) }
    }

    fn is_fresh(&self) -> bool {
        Instant::now() < self.fresh_until
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("round", &self.round).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// Returns how long a token of this life is used: to five minutes before its end, and 80 % of the
/// life where that is more.
fn usable(life: Duration) -> Duration {
    life.saturating_sub(MARGIN).max(life.mul_f64(SHORT_LIFE_SHARE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_to_five_minutes_before_its_end_and_a_short_one_for_most_of_its_life() {
        for (life, expected) in [(3600, 3300), (86_400, 86_100), (600, 480), (5, 4), (1, 0)] {
            assert_eq!(usable(Duration::from_secs(life)).as_secs(), expected);
        }
    }
}
