//! Accepting an invitation.

use std::sync::Arc;

use database::{Database, DatabaseError, Row, Ts, Tx, params, statement};
use secrecy::SecretString;
use uuid::Uuid;

use crate::access::{Reach, Role, read_role};
use crate::audit::{self, Action, Entry};
use crate::membership::{self, MembershipError, NewMember};
use crate::password::Hashing;
use crate::session::{NewSession, Session, open};
use crate::user::{CreateUserError, NewRow, NewUser, ServerAdmin, insert};
use crate::{InvitationId, RandomError, RequestInfo, TenantId, UserId, WorkspaceId, secret_token};

statement! {
    /// Whoever invited must still be in charge: an owner who was removed leaves no way in behind.
    LOOK = "invitation.look", (Bytes, Time) -> (Uuid, Uuid, Text, Text, Bool, Text, Text, Bool, Uuid),
    both: "SELECT i.workspace_id, i.id, i.email, i.role, i.narrowed, w.slug, w.name, EXISTS (SELECT 1 FROM users a WHERE a.email = i.email), i.invited_by
        FROM invitations i JOIN workspaces w ON w.id = i.workspace_id JOIN users b ON b.id = i.invited_by
        WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2
          AND b.disabled_at IS NULL AND (b.kind = 'platform' OR EXISTS (SELECT 1 FROM memberships m
            WHERE m.workspace_id = i.workspace_id AND m.user_id = b.id AND m.role = 'owner' AND NOT m.narrowed))"
}
statement! {
    TENANTS = "invitation.tenants_of", (Uuid, Uuid) -> (Uuid),
    both: "SELECT tenant_id FROM invitation_tenants WHERE workspace_id = $1 AND invitation_id = $2 ORDER BY tenant_id"
}
statement! {
    /// The one place where an invitation is used up.
    TAKE = "invitation.accept", (Uuid, Uuid, Uuid, Time) -> (Uuid),
    both: "UPDATE invitations SET accepted_at = $4, accepted_by = $3
        WHERE workspace_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $4 RETURNING id"
}

/// What an open invitation offers, for the page that its link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// The short name of the workspace.
    pub workspace: String,
    /// The name of the workspace.
    pub workspace_name: String,
    /// Whether the address has an account, which must then be signed in.
    pub account: Account,
}

/// Whether an address has an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Sign in, then accept.
    Exists,
    /// Accepting makes one.
    New,
}

/// What somebody without an account sends to accept.
#[derive(Clone, Debug)]
pub struct Accept {
    /// What they are called.
    pub name: String,
    /// Their password.
    pub password: SecretString,
    /// The request that it came by.
    pub request: Arc<RequestInfo>,
}

/// What accepting made.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The short name of the workspace.
    pub workspace: String,
    /// The session of the account that was made; none where one was signed in already.
    pub session: Option<NewSession>,
}

/// Why an invitation was not accepted; nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The link is unknown, used, taken back or too old.
    #[error("the invitation is not good any more; ask for a new one")]
    NotOpen,
    /// The address has an account, and that is not the one that accepts.
    #[error("the invitation is for an account that exists; sign in to it first")]
    OtherAccount,
    /// The account belongs to a member.
    #[error("the account is a member of the workspace already")]
    AlreadyMember,
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] CreateUserError),
    /// There is no reference for the session.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<MembershipError> for AcceptError {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::Database(error) => Self::Database(error),
            MembershipError::AlreadyMember => Self::AlreadyMember,
            // A tenant has gone since, or the like: what was offered is not there any more.
            _ => Self::NotOpen,
        }
    }
}

/// An invitation that is open.
struct Open {
    workspace: WorkspaceId,
    id: InvitationId,
    reach: Reach,
    invited_by: UserId,
    offer: Offer,
}

/// Says what a link offers; `None` if it is not good (any more).
///
/// # Errors
/// Any [`DatabaseError`].
pub async fn look(database: &Database, token: &str, now: Ts) -> Result<Option<Offer>, DatabaseError> {
    let Some(hash) = hash(token) else { return Ok(None) };
    let found = database
        .read("invitation.look", move |tx| Box::pin(async move { find(tx, hash, now).await }))
        .await?;
    Ok(found.map(|open| open.offer))
}

/// Accepts for somebody without an account: makes the account, the membership and a session, all or nothing.
///
/// # Errors
/// [`AcceptError::OtherAccount`] if the address has an account: see [`accept_as`].
pub async fn accept(
    database: &Database,
    hashing: &Hashing,
    token: &str,
    accept: Accept,
    now: Ts,
) -> Result<Accepted, AcceptError> {
    // Looked at before anything is hashed: who has no invitation costs nothing.
    let offer = look(database, token, now).await?.ok_or(AcceptError::NotOpen)?;
    if offer.account == Account::Exists {
        return Err(AcceptError::OtherAccount);
    }
    let email = offer.email.parse().map_err(|_| AcceptError::NotOpen)?;
    let new = NewUser { email, name: accept.name, password: accept.password };
    let row = NewRow::prepare(hashing, new, ServerAdmin::No).await?;
    let (hash, request) = (hash(token).ok_or(AcceptError::NotOpen)?, accept.request);
    let workspace = offer.workspace;
    let session = database
        .write("invitation.accept", move |tx| {
            Box::pin(async move {
                let held = hold(tx, hash, now).await?;
                let user = insert(tx, row, now).await?.ok_or(AcceptError::OtherAccount)?;
                let entry = |action| Entry::by(user.id, &user.name, &request, action);
                audit::record(tx, entry(Action::UserCreated).about("user", user.id), now).await?;
                join(tx, &held, user.id, &entry, now).await?;
                let session = NewSession::prepare(
                    user.id,
                    user.email.clone(),
                    user.name.clone(),
                    Arc::clone(&request),
                    now,
                )?;
                open(tx, &session, now).await?;
                let signed_in = entry(Action::SignedIn).about("session", session.session.id);
                audit::record(tx, signed_in, now).await?;
                Ok::<_, AcceptError>(session)
            })
        })
        .await?;
    Ok(Accepted { workspace, session: Some(session) })
}

/// Accepts for the account that is signed in, which must be the one of the invitation's address.
///
/// # Errors
/// [`AcceptError::OtherAccount`] if it is another one.
pub async fn accept_as(
    database: &Database,
    session: &Session,
    token: &str,
    now: Ts,
) -> Result<Accepted, AcceptError> {
    let hash = hash(token).ok_or(AcceptError::NotOpen)?;
    let session = session.clone();
    let workspace = database
        .write("invitation.accept_as", move |tx| {
            Box::pin(async move {
                let open = hold(tx, hash, now).await?;
                if open.offer.email != session.email {
                    return Err(AcceptError::OtherAccount);
                }
                join(tx, &open, session.user, &|action| session.entry(action), now).await?;
                Ok(open.offer.workspace)
            })
        })
        .await?;
    Ok(Accepted { workspace, session: None })
}

/// Uses the invitation up and writes the membership.
async fn join(
    tx: &mut Tx<'_>,
    open: &Open,
    user: UserId,
    entry: &(impl Fn(Action) -> Entry + Send + Sync),
    now: Ts,
) -> Result<(), AcceptError> {
    let taken = tx.query_opt(&TAKE, params![open.workspace, open.id, user, now]).await?;
    taken.ok_or(AcceptError::NotOpen)?;
    let accepted = entry(Action::InvitationAccepted).in_workspace(open.workspace);
    audit::record(tx, accepted.about("invitation", open.id), now).await?;
    let new = NewMember { user, role: open.offer.role, reach: open.reach.clone() };
    let added = entry(Action::MemberAdded).in_workspace(open.workspace);
    Ok(membership::insert(tx, open.workspace, &new, Some(open.invited_by), added, now).await?)
}

/// Finds an open invitation and holds its workspace, so that it is used up once and nobody is removed meanwhile.
async fn hold(tx: &mut Tx<'_>, hash: [u8; 32], now: Ts) -> Result<Open, AcceptError> {
    let open = find(tx, hash, now).await?.ok_or(AcceptError::NotOpen)?;
    membership::lock_workspace(tx, open.workspace).await?;
    find(tx, hash, now).await?.ok_or(AcceptError::NotOpen)
}

async fn find(tx: &mut Tx<'_>, hash: [u8; 32], now: Ts) -> Result<Option<Open>, DatabaseError> {
    let Some(row) = tx.query_opt(&LOOK, params![hash, now]).await? else { return Ok(None) };
    let (workspace, id): (Uuid, Uuid) = (row.get(0)?, row.get(1)?);
    let reach = if row.get(4)? {
        let tenants = tx.query(&TENANTS, params![workspace, id]).await?;
        let tenants: Result<Vec<_>, _> = tenants.iter().map(|t| t.get(0).map(TenantId::from_uuid)).collect();
        Reach::Tenants(tenants?)
    } else {
        Reach::Workspace
    };
    let (workspace, id) = (WorkspaceId::from_uuid(workspace), InvitationId::from_uuid(id));
    let invited_by = UserId::from_uuid(row.get(8)?);
    Ok(Some(Open { workspace, id, reach, invited_by, offer: read(&row)? }))
}

fn read(row: &Row) -> Result<Offer, DatabaseError> {
    Ok(Offer {
        email: row.get(2)?,
        role: read_role(row, 3)?,
        workspace: row.get(5)?,
        workspace_name: row.get(6)?,
        account: if row.get(7)? { Account::Exists } else { Account::New },
    })
}

fn hash(token: &str) -> Option<[u8; 32]> {
    secret_token::is_well_formed(token).then(|| secret_token::hash_of(token))
}
