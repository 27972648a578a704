//! Making a link.

use database::{Database, Ts, params, statement};

use super::{DemoError, DemoPerson, LINK_LIFE, only_simulated};
use crate::SecretToken;

statement! {
    /// A newer link of the same person replaces an older one.
    FORGET = "demo.forget_links", (Uuid, Time) -> (),
    both: "DELETE FROM demo_links WHERE user_id = $1 OR expires_at <= $2"
}
statement! {
    INSERT = "demo.offer_link", (Bytes, Uuid, Time, Time) -> (),
    both: "INSERT INTO demo_links (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)"
}

/// Makes the secret of a link that signs a person of the demo in, once and within [`LINK_LIFE`].
///
/// # Errors
/// [`DemoError::NotADemo`] where a tenant is a person's own or not simulated.
pub async fn offer(database: &Database, person: &DemoPerson, now: Ts) -> Result<SecretToken, DemoError> {
    let (token, user) = (SecretToken::random()?, person.user);
    let hash = token.hash();
    database
        .write("demo.offer_link", move |tx| {
            Box::pin(async move {
                only_simulated(tx).await?;
                tx.execute(&FORGET, params![user, now]).await?;
                tx.execute(&INSERT, params![hash, user, now, now.plus(LINK_LIFE)]).await?;
                Ok::<_, DemoError>(())
            })
        })
        .await?;
    Ok(token)
}
