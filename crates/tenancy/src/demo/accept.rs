//! Using a link.

use std::sync::Arc;

use database::{Database, DatabaseError, Row, Ts, params, statement};
use uuid::Uuid;

use super::{DemoError, only_simulated};
use crate::audit::{self, Action, Entry};
use crate::session::{NewSession, open};
use crate::{RequestInfo, UserId, secret_token};

statement! {
    LOOK = "demo.look", (Bytes, Time) -> (Text),
    both: "SELECT u.name FROM demo_links l JOIN users u ON u.id = l.user_id AND u.disabled_at IS NULL
        WHERE l.token_hash = $1 AND l.expires_at > $2"
}
statement! {
    /// The one place where a link is used up.
    TAKE = "demo.take_link", (Bytes, Time) -> (Uuid),
    both: "DELETE FROM demo_links WHERE token_hash = $1 AND expires_at > $2 RETURNING user_id"
}
statement! {
    WHO = "demo.who", (Uuid) -> (Text, Text),
    both: "SELECT email, name FROM users WHERE id = $1 AND kind = 'person' AND disabled_at IS NULL"
}

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoOffer {
    /// Whom it signs in.
    pub name: String,
}

/// Says whom a link signs in; `None` if it is not good (any more). Looking does not use it up.
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn look(database: &Database, token: &str, now: Ts) -> Result<Option<DemoOffer>, DatabaseError> {
    if !secret_token::is_well_formed(token) {
        return Ok(None);
    }
    let hash = secret_token::hash_of(token);
    let row: Option<Row> = database
        .read("demo.look", move |tx| Box::pin(async move { tx.query_opt(&LOOK, params![hash, now]).await }))
        .await?;
    row.map(|row| Ok(DemoOffer { name: row.get(0)? })).transpose()
}

/// Signs the person of a link in, once; the request must come from this machine.
///
/// # Errors
/// [`DemoError::Refused`] whatever is wrong with the link; nothing was written then.
pub async fn accept(
    database: &Database,
    token: &str,
    request: Arc<RequestInfo>,
    now: Ts,
) -> Result<NewSession, DemoError> {
    if !secret_token::is_well_formed(token) || !request.is_from_this_machine() {
        return Err(DemoError::Refused);
    }
    let hash = secret_token::hash_of(token);
    database
        .write("demo.accept", move |tx| {
            Box::pin(async move {
                only_simulated(tx).await?;
                let taken = tx.query_opt(&TAKE, params![hash, now]).await?.ok_or(DemoError::Refused)?;
                let user = UserId::from_uuid(taken.get::<Uuid>(0)?);
                let who = tx.query_opt(&WHO, params![user]).await?.ok_or(DemoError::Refused)?;
                let (email, name): (String, String) = (who.get(0)?, who.get(1)?);
                let entry = Entry::by(user, &name, &request, Action::SignedIn).with("through", "demo link");
                let session = NewSession::prepare(user, email, name, Arc::clone(&request), now)?;
                open(tx, &session, now).await?;
                audit::record(tx, entry.about("session", session.session.id), now).await?;
                Ok::<_, DemoError>(session)
            })
        })
        .await
}
