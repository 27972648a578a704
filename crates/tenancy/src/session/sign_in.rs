//! Signing in.
//!
//! Whatever is wrong (the address, the password, the account, the number of tries before), the answer is the same
//! and one hash was computed for it.

use std::sync::Arc;
use std::time::Duration;

use database::{Database, DatabaseError, Ts, Tx, params, statement};
use secrecy::{ExposeSecret, SecretString};

use super::{CsrfSecret, LIFE_MAX, Rotation, Session};
use crate::audit::{self, Action, Entry};
use crate::password::{self, HashError, Hashing, Verdict};
use crate::softlock::{self, Gate};
use crate::user::{Email, ServerAdmin};
use crate::{RandomError, RequestInfo, SecretToken, SessionId, UserId, secret_token};

statement! {
    CANDIDATE = "session.candidate", (Text) -> (Uuid, Text, Text, Bool),
    both: "SELECT id, name, password_hash, disabled_at IS NULL FROM users WHERE email = $1 AND kind = 'person'"
}
statement! {
    /// The account may have been disabled, or its password changed, while the hash was computed.
    STILL_GOOD = "session.still_good", (Uuid, Text) -> (Uuid),
    postgres: "SELECT id FROM users WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL FOR NO KEY UPDATE",
    sqlite: "SELECT id FROM users WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
}
statement! {
    REHASH = "session.rehash", (Uuid, Text) -> (),
    both: "UPDATE users SET password_hash = $2 WHERE id = $1"
}
statement! {
    DROP_REPLACED = "session.drop_replaced", (Uuid) -> (),
    both: "DELETE FROM sessions WHERE id = $1"
}
statement! {
    INSERT = "session.open", (Uuid, Uuid, Bytes, Bytes, Time, Time, Text, Text) -> (),
    both: "INSERT INTO sessions (id, user_id, token_hash, csrf_secret, created_at, last_seen_at, expires_at, proved_at, user_agent, address)
        VALUES ($1, $2, $3, $4, $5, $5, $6, $5, $7, $8)"
}

/// What a person sends to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The address as it was typed.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The session that the browser had before; it ends.
    pub replaces: Option<SessionId>,
    /// The request that it came by.
    pub request: Arc<RequestInfo>,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The reference for the browser's cookie.
    pub token: SecretToken,
    /// The session itself.
    pub session: Session,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Address and password do not belong together, the account is shut, or it is too early for another try.
    #[error(
        "the e-mail address or the password is not right, or it was tried too often; wait a moment and try again"
    )]
    Refused,
    /// What was sent is too long to be a password of ours; no account was looked at.
    #[error("the e-mail address or the password is too long")]
    TooLong,
    /// The password could not be hashed, or too many wait for that.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// There is no reference for the session.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Who might be signing in.
struct Candidate {
    user: UserId,
    name: String,
    hash: Option<String>,
}

/// What is known before a password is looked at.
#[derive(Default)]
struct Admission {
    /// None where no password may be looked at.
    candidate: Option<Candidate>,
    /// The wait that began with this try, unless it turns out to be right; and whose it is.
    delay: Option<(String, Duration)>,
}

/// Signs somebody in with address and password.
///
/// # Errors
/// [`SignInError::Refused`] for every reason there is to refuse; [`HashError::Busy`] within
/// [`SignInError::Hash`] if too many are signing in, before anything was counted.
pub async fn sign_in(
    database: &Database,
    hashing: &Hashing,
    sign_in: SignIn,
    now: Ts,
) -> Result<NewSession, SignInError> {
    let SignIn { email, password, replaces, request } = sign_in;
    if password.expose_secret().len() > 4 * password::LENGTH_MAX {
        return Err(SignInError::TooLong);
    }
    // A text that is no address is treated as one that nobody has.
    let email = email.parse::<Email>().ok();
    let turn = hashing.turn().await?;
    let Admission { candidate, delay } = admit(database, email.clone(), &request, now).await?;
    let stored = candidate.as_ref().and_then(|candidate| candidate.hash.clone());
    let verdict = turn.verify(&password, stored.clone()).await?;
    match (verdict, candidate, stored, email) {
        (Verdict::Right { rehashed }, Some(candidate), Some(stored), Some(email)) => {
            let entry = Entry::by(candidate.user, &candidate.name, &request, Action::SignedIn);
            let new = NewSession::prepare(candidate.user, email.to_string(), candidate.name, request, now)?;
            let begun = new.clone();
            database
                .write("session.sign_in", move |tx| {
                    Box::pin(async move {
                        let user = begun.session.user;
                        tx.query_opt(&STILL_GOOD, params![user, stored])
                            .await?
                            .ok_or(SignInError::Refused)?;
                        if let Some(rehashed) = rehashed {
                            tx.execute(&REHASH, params![user, rehashed]).await?;
                        }
                        if let Some(replaced) = replaces {
                            tx.execute(&DROP_REPLACED, params![replaced]).await?;
                        }
                        softlock::clear(tx, &softlock::account(&email)).await?;
                        open(tx, &begun, now).await?;
                        let entry = entry.about("session", begun.session.id);
                        audit::record(tx, entry, now).await.map_err(SignInError::Database)
                    })
                })
                .await?;
            Ok(new)
        }
        _ => {
            settle_refusal(database, request, delay, now).await?;
            Err(SignInError::Refused)
        }
    }
}

/// Finds the account and counts the try, before it is known whether it is right.
///
/// An address without an account is counted like any other, so that it takes no less time.
async fn admit(
    database: &Database,
    email: Option<Email>,
    request: &RequestInfo,
    now: Ts,
) -> Result<Admission, DatabaseError> {
    let Some(email) = email else { return Ok(Admission::default()) };
    let network = softlock::network(request);
    database
        .write("session.admit", move |tx| {
            Box::pin(async move {
                if let Some(network) = &network
                    && softlock::is_shut(tx, network, now).await?
                {
                    return Ok(Admission::default());
                }
                let row = tx.query_opt(&CANDIDATE, params![email.as_str()]).await?;
                let Gate::Open { wait } = softlock::pass(tx, &softlock::account(&email), now).await? else {
                    return Ok(Admission::default());
                };
                let mut admission =
                    Admission { candidate: None, delay: wait.map(|w| ("unknown".to_owned(), w)) };
                if let Some(row) = row {
                    let (user, enabled): (_, bool) = (UserId::from_uuid(row.get(0)?), row.get(3)?);
                    let candidate = Candidate { user, name: row.get(1)?, hash: row.get(2)? };
                    admission.candidate = enabled.then_some(candidate);
                    admission.delay = wait.map(|wait| (user.to_string(), wait));
                }
                Ok(admission)
            })
        })
        .await
}

/// Counts a refusal against the network that it came from, and writes down the waits that begin with it.
async fn settle_refusal(
    database: &Database,
    request: Arc<RequestInfo>,
    of_account: Option<(String, Duration)>,
    now: Ts,
) -> Result<(), DatabaseError> {
    let network = softlock::network(&request);
    let (about, account) = (Arc::clone(&request), of_account.clone());
    let of_network = database
        .write("session.settle_refusal", move |tx| {
            Box::pin(async move {
                let delayed = |wait: Duration| {
                    Entry::by_system(&request, Action::SignInDelayed).with("wait_seconds", wait.as_secs())
                };
                if let Some((user, wait)) = of_account {
                    audit::record(tx, delayed(wait).about("user", user), now).await?;
                }
                if let Some(network) = network
                    && let Gate::Open { wait: Some(wait) } = softlock::pass(tx, &network, now).await?
                {
                    let network = request.network().unwrap_or_default();
                    audit::record(tx, delayed(wait).about("network", network), now).await?;
                    return Ok::<_, DatabaseError>(Some(wait));
                }
                Ok(None)
            })
        })
        .await?;
    if let Some((user, wait)) = account {
        softlock::tell(&format!("user {user}"), &about, wait);
    }
    if let Some(wait) = of_network {
        softlock::tell("network", &about, wait);
    }
    Ok(())
}

impl NewSession {
    /// Makes a session that is not written yet.
    pub(crate) fn prepare(
        user: UserId,
        email: String,
        name: String,
        request: Arc<RequestInfo>,
        now: Ts,
    ) -> Result<Self, RandomError> {
        let csrf = CsrfSecret::from_bytes(secret_token::random_bytes()?);
        let session = Session {
            id: SessionId::new(now),
            user,
            email,
            name,
            created_at: now,
            expires_at: now.plus(LIFE_MAX),
            proved_at: now,
            rotation: Rotation::NotDue,
            csrf,
            server_admin: ServerAdmin::No,
            request,
        };
        Ok(Self { token: SecretToken::random()?, session })
    }
}

/// Writes a session.
pub(crate) async fn open(tx: &mut Tx<'_>, new: &NewSession, now: Ts) -> Result<(), DatabaseError> {
    let session = &new.session;
    let row = params![
        session.id,
        session.user,
        new.token.hash(),
        session.csrf.bytes().to_vec(),
        now,
        session.expires_at,
        session.request.agent(),
        session.request.address(),
    ];
    tx.execute(&INSERT, row).await.map(|_| ())
}
