//! Making a set-up token, while nobody has an account.

use database::{Database, DatabaseError, Ts, Tx, params, statement};

use super::{FirstStartError, TOKEN_LIFE};
use crate::SecretToken;

statement! {
    /// Holds the installation, so that one first account is made however many try.
    HOLD = "first_start.hold", () -> (I64),
    postgres: "SELECT 1::bigint FROM installation WHERE id = 1 FOR NO KEY UPDATE",
    sqlite: "SELECT 1 FROM installation WHERE id = 1",
}
statement! {
    ANYBODY = "first_start.anybody", () -> (Bool),
    both: "SELECT EXISTS (SELECT 1 FROM users WHERE kind = 'person')"
}
statement! {
    FORGET = "first_start.forget", (Time) -> (),
    both: "DELETE FROM setup_tokens WHERE expires_at <= $1"
}
statement! {
    INSERT = "first_start.offer", (Bytes, Time, Time) -> (),
    both: "INSERT INTO setup_tokens (token_hash, created_at, expires_at) VALUES ($1, $2, $3)"
}

/// Makes a set-up token to print; `None` once somebody has an account.
///
/// Tokens of earlier starts, and of other processes, stay good until they expire or one of them is used.
///
/// # Errors
/// [`FirstStartError::Random`] if the machine gives no random bytes.
pub async fn offer(database: &Database, now: Ts) -> Result<Option<SecretToken>, FirstStartError> {
    let token = SecretToken::random()?;
    let hash = token.hash();
    let offered = database
        .write("first_start.offer", move |tx| {
            Box::pin(async move {
                if hold_while_nobody(tx).await?.is_none() {
                    return Ok::<_, DatabaseError>(false);
                }
                tx.execute(&FORGET, params![now]).await?;
                tx.execute(&INSERT, params![hash, now, now.plus(TOKEN_LIFE)]).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(offered.then_some(token))
}

/// Says whether the first account is still to be made.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn is_open(database: &Database) -> Result<bool, DatabaseError> {
    database
        .read("first_start.is_open", |tx| {
            Box::pin(async move { Ok(!tx.query_one(&ANYBODY, &[]).await?.get::<bool>(0)?) })
        })
        .await
}

/// The proof that nobody has an account, good until the transaction ends.
pub(super) struct Nobody;

/// Holds the installation and says whether nobody has an account.
pub(super) async fn hold_while_nobody(tx: &mut Tx<'_>) -> Result<Option<Nobody>, DatabaseError> {
    tx.query_one(&HOLD, &[]).await?;
    let anybody: bool = tx.query_one(&ANYBODY, &[]).await?.get(0)?;
    Ok((!anybody).then_some(Nobody))
}
