//! Keys that a client gives to a start, so that a request whose answer was lost can be sent again.
//!
//! A key is for the way of the request only: what the work is, its identity says.

use std::fmt;
use std::str::FromStr;

use database::{DatabaseError, Row, Tx, params, statement};
use sha2::{Digest, Sha256};
use tenancy::UserId;

use crate::ensure::{self, Ask};
use crate::failure::{Failure, FailureCode, FailureSummary};
use crate::start::{Force, StartError, Started};
use crate::{Ledger, from_stored};

statement! {
    /// Takes the key. A second request with it waits here for the first one's end.
    OPEN = "ledger.start_key_open", (Uuid, Uuid, Text, Bytes, Time) -> (Uuid, Text, Bool),
    postgres: "/* ledger.start_key_open */ INSERT INTO start_keys AS k (workspace_id, actor_id, key, request_hash, created_at)
        VALUES ($1, $2, $3, $4, coalesce($5, ledger_now()))
        ON CONFLICT (workspace_id, actor_id, key) DO UPDATE SET request_hash = k.request_hash RETURNING run_id, answer, request_hash = $4",
    sqlite: "INSERT INTO start_keys AS k (workspace_id, actor_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, actor_id, key) DO UPDATE SET request_hash = k.request_hash RETURNING run_id, answer, request_hash = $4"
}
statement! {
    /// Notes the answer, in the transaction that makes it true.
    CLOSE = "ledger.start_key_close", (Uuid, Uuid, Text, Uuid, Text) -> (),
    both: "UPDATE start_keys SET run_id = $4, answer = $5 WHERE workspace_id = $1 AND actor_id = $2 AND key = $3"
}
statement! {
    /// Reads the run that a key was answered with, in the columns of a start and its failures.
    ANSWERED = "ledger.start_key_answered", (Uuid, Uuid, Text) -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool, Json),
    postgres: "/* ledger.start_key_answered */ SELECT id, $3::text = 'created', status, outcome, nullif(reuse_until, 'infinity'), initiator_name, created_at, completed_at,
          EXISTS (SELECT 1 FROM paused_kinds k WHERE k.workspace_id = r.workspace_id AND k.type = r.type), failure_summary
        FROM operation_runs r WHERE workspace_id = $1 AND id = $2",
    sqlite: "SELECT id, $3 = 'created', status, outcome, nullif(reuse_until, 9223372036854775807), initiator_name, created_at, completed_at,
          EXISTS (SELECT 1 FROM paused_kinds k WHERE k.workspace_id = r.workspace_id AND k.type = r.type), failure_summary
        FROM operation_runs r WHERE workspace_id = $1 AND id = $2"
}
statement! {
    /// Forgets keys that nobody sends again.
    PRUNE = "ledger.start_key_prune", (Time) -> (),
    postgres: "/* ledger.start_key_prune */ DELETE FROM start_keys WHERE created_at < coalesce($1, ledger_now()) - interval '24 hours'",
    sqlite: "DELETE FROM start_keys WHERE created_at < $1 - 86400000000"
}

/// The longest key, in characters.
pub const KEY_LENGTH_MAX: usize = 200;

/// A key by which a client tells its requests apart: 1 to 200 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// A text that is no key, or a key that is another start's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartKeyError {
    /// It is empty, too long, or holds other characters.
    #[error("an idempotency key has 1 to {KEY_LENGTH_MAX} visible ASCII characters")]
    Form,
    /// An earlier start with this key asked for something else.
    #[error("this idempotency key came with another start before; take a new key for a new start")]
    Reused,
}

impl FromStr for IdempotencyKey {
    type Err = StartKeyError;

    fn from_str(text: &str) -> Result<Self, StartKeyError> {
        let fits =
            (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(StartKeyError::Form) }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// What is known of a key.
pub(crate) enum Opened {
    /// Nothing: this request is the first.
    First,
    /// The same request was answered before, like this.
    Answered(Started),
}

/// Takes a key for a start.
///
/// # Errors
/// [`StartKeyError::Reused`] if it came with another start.
pub(crate) async fn open(
    tx: &mut Tx<'_>,
    ask: &Ask,
    key: &IdempotencyKey,
    user: UserId,
) -> Result<Opened, StartError> {
    let workspace = ask.scope.workspace();
    let values = params![workspace, user, key.0.as_str(), request_hash(ask), tx.sqlite_now()];
    let row = tx.query_one(&OPEN, values).await?;
    if !row.get::<bool>(2)? {
        return Err(StartKeyError::Reused.into());
    }
    let (run, answer): (Option<uuid::Uuid>, Option<String>) = (row.get(0)?, row.get(1)?);
    let Some((run, answer)) = run.zip(answer) else { return Ok(Opened::First) };
    match tx.query_opt(&ANSWERED, params![workspace, run, answer.as_str()]).await? {
        Some(row) => Ok(Opened::Answered(answered(&answer, &row)?)),
        // Runs are kept far longer than keys; were one gone all the same, the request is a new one.
        None => Ok(Opened::First),
    }
}

/// Notes what a start with a key was answered with.
pub(crate) async fn close(
    tx: &mut Tx<'_>,
    ask: &Ask,
    key: &IdempotencyKey,
    user: UserId,
    started: &Started,
) -> Result<(), DatabaseError> {
    let values = params![ask.scope.workspace(), user, key.0.as_str(), started.run().id, word(started)];
    tx.execute(&CLOSE, values).await.map(|_| ())
}

impl Ledger {
    /// Forgets keys that are older than a day, and gives how many there were.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn prune_start_keys(&self) -> Result<u64, DatabaseError> {
        self.database
            .write_single("ledger.start_key_prune", |tx| {
                Box::pin(async move { tx.execute(&PRUNE, params![tx.sqlite_now()]).await })
            })
            .await
    }
}

const fn word(started: &Started) -> &'static str {
    match started {
        Started::Created(_) => "created",
        Started::Active(_) => "active",
        Started::Cooling { .. } => "cooling",
        Started::NotDispatched { .. } => "not_dispatched",
    }
}

/// Makes the answer again, with the run as it is now.
fn answered(word: &str, row: &Row) -> Result<Started, DatabaseError> {
    let started = ensure::read(row)?;
    let run = started.run().clone();
    Ok(match word {
        "cooling" => {
            let until = row.get::<Option<database::Ts>>(4)?.unwrap_or(run.created_at);
            Started::Cooling { run, until }
        }
        "active" => Started::Active(run),
        "not_dispatched" => {
            let failures: FailureSummary = from_stored("failure summary", row.get(9)?)?;
            let known: Vec<Failure> = failures.into();
            let failure = known.into_iter().next();
            let failure = failure.unwrap_or_else(|| Failure::of_code(FailureCode::DISPATCH_FAILED));
            Started::NotDispatched { run, failure }
        }
        _ => started,
    })
}

/// Hashes what was asked for: where, what, with what, and how.
fn request_hash(ask: &Ask) -> [u8; 32] {
    let force: &[u8] = if ask.force == Force::Yes { b"force" } else { b"" };
    let rerun_of = ask.rerun_of.map_or(uuid::Uuid::nil(), tenancy::RunId::as_uuid);
    Sha256::new()
        .chain_update(ask.scope.key())
        .chain_update(ask.parsed.identity.hash)
        .chain_update(rerun_of)
        .chain_update(force)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_short_visible_text() {
        for good in ["a", "5f0e8c2e-7a45-4c4e-9d8f-0d6f5d3c1a11", &"k".repeat(KEY_LENGTH_MAX)] {
            assert!(good.parse::<IdempotencyKey>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "ä", "a\n", &"k".repeat(KEY_LENGTH_MAX + 1)] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(StartKeyError::Form), "{bad:?}");
        }
        assert!(!format!("{:?}", "secret-ish".parse::<IdempotencyKey>()).contains("secret"));
    }
}
