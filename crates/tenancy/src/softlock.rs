//! Waiting times after wrong passwords: they grow, and they always end.
//!
//! An account, a network and a session each have their own. A few wrong passwords are free; then the wait
//! doubles from one second up to a quarter of an hour. During it no password is looked at, not even the right
//! one, and tries do not make it longer: nobody can shut somebody out for good. A session that is signed in has
//! a wait of its own, so that whoever attacks the account from outside does not disturb it.

use std::time::Duration;

use database::{DatabaseError, Ts, Tx, params, statement};
use sha2::{Digest, Sha256};

use crate::user::Email;
use crate::{RequestInfo, SessionId};

statement! {
    /// Makes the row if it is not there, and holds it until the transaction ends.
    HOLD = "softlock.hold", (Text, Text, Time) -> (I32, Time, Time),
    both: "INSERT INTO sign_in_delays AS d (kind, key, failures, retry_at, forget_at) VALUES ($1, $2, 0, $3, $3)
        ON CONFLICT (kind, key) DO UPDATE SET failures = d.failures RETURNING failures, retry_at, forget_at"
}
statement! {
    SET = "softlock.set", (Text, Text, I32, Time, Time) -> (),
    both: "UPDATE sign_in_delays SET failures = $3, retry_at = $4, forget_at = $5 WHERE kind = $1 AND key = $2"
}
statement! {
    LOOK = "softlock.look", (Text, Text, Time) -> (I32),
    both: "SELECT failures FROM sign_in_delays WHERE kind = $1 AND key = $2 AND retry_at > $3"
}
statement! {
    CLEAR = "softlock.clear", (Text, Text) -> (),
    both: "DELETE FROM sign_in_delays WHERE kind = $1 AND key = $2"
}
statement! {
    FORGET = "softlock.forget", (Time) -> (),
    both: "DELETE FROM sign_in_delays WHERE forget_at < $1"
}

/// The first wait.
pub(crate) const WAIT_FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// When wrong passwords are forgotten, counted from the last one.
pub(crate) const FORGET_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How many wrong passwords an account or a session has free.
pub(crate) const FREE_OF_ACCOUNT: i32 = 5;

/// How many a network has free: many people share one.
pub(crate) const FREE_OF_NETWORK: i32 = 50;

/// Whose wait it is.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    kind: &'static str,
    key: String,
    free: i32,
}

/// The wait of an address that somebody signs in with, whether it has an account or not: the work must be the same.
pub(crate) fn account(email: &Email) -> Key {
    let hash = Sha256::digest(email.as_str().as_bytes());
    let key = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    Key { kind: "account", key, free: FREE_OF_ACCOUNT }
}

/// The wait of a session that gives its password again.
pub(crate) fn session(session: SessionId) -> Key {
    Key { kind: "session", key: session.to_string(), free: FREE_OF_ACCOUNT }
}

/// The wait of a network; `None` where the address is unknown.
pub(crate) fn network(request: &RequestInfo) -> Option<Key> {
    request.network().map(|key| Key { kind: "network", key, free: FREE_OF_NETWORK })
}

/// Whether a password may be looked at now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It may; the try is counted. A wait begins with it where one is given.
    Open { wait: Option<Duration> },
    /// It is too early.
    Shut,
}

/// Counts a try and says whether it may be made; the count comes first, so that a hundred at once gain nothing.
pub(crate) async fn pass(tx: &mut Tx<'_>, of: &Key, now: Ts) -> Result<Gate, DatabaseError> {
    let row = tx.query_one(&HOLD, params![of.kind, of.key.clone(), now]).await?;
    let (failures, retry_at, forget_at): (i32, Ts, Ts) = (row.get(0)?, row.get(1)?, row.get(2)?);
    if retry_at > now {
        return Ok(Gate::Shut);
    }
    let failures = if forget_at <= now { 1 } else { failures.saturating_add(1) };
    let wait = wait_after(failures, of.free);
    let retry_at = wait.map_or(now, |wait| now.plus(wait));
    let values = params![of.kind, of.key.clone(), failures, retry_at, now.plus(FORGET_AFTER)];
    tx.execute(&SET, values).await?;
    Ok(Gate::Open { wait })
}

/// Tells the log that a wait has begun: for `whom`, and from which network at most, never from which address.
pub(crate) fn tell(whom: &str, request: &RequestInfo, wait: Duration) {
    let network = request.network().unwrap_or_default();
    tracing::warn!(
        delay.of = whom,
        client.network = %network,
        request.id = %request.id(),
        wait_seconds = wait.as_secs(),
        "sign-in is delayed after wrong passwords"
    );
}

/// Says whether it is too early, without counting.
pub(crate) async fn is_shut(tx: &mut Tx<'_>, of: &Key, now: Ts) -> Result<bool, DatabaseError> {
    Ok(tx.query_opt(&LOOK, params![of.kind, of.key.clone(), now]).await?.is_some())
}

/// Forgets the wrong passwords: the right one came.
pub(crate) async fn clear(tx: &mut Tx<'_>, of: &Key) -> Result<(), DatabaseError> {
    tx.execute(&CLEAR, params![of.kind, of.key.clone()]).await.map(|_| ())
}

/// Removes what is long over.
pub(crate) async fn forget(tx: &mut Tx<'_>, now: Ts) -> Result<u64, DatabaseError> {
    tx.execute(&FORGET, params![now]).await
}

/// Gives the wait after so many tries in a row; `None` while they are free.
fn wait_after(failures: i32, free: i32) -> Option<Duration> {
    let doublings = u32::try_from(failures.checked_sub(free)?).ok()?;
    let wait = 2u32.checked_pow(doublings).and_then(|factor| WAIT_FIRST.checked_mul(factor));
    Some(wait.map_or(WAIT_MAX, |wait| wait.min(WAIT_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a5_the_wait_doubles_and_has_an_end() {
        let seconds = |failures| wait_after(failures, 5).map(|wait| wait.as_secs());
        assert_eq!([4, 5, 6, 7, 8].map(seconds), [None, Some(1), Some(2), Some(4), Some(8)]);
        assert_eq!([14, 15, 60, i32::MAX].map(seconds), [Some(512), Some(900), Some(900), Some(900)]);
    }
}
