//! Making a workspace, by whoever administers the server.

use database::{Database, DatabaseError, Ts, params, statement};

use super::{Workspace, read};
use crate::access::{Reach, Role, ServerScope};
use crate::audit::{self, Action, Entry};
use crate::membership::{self, MembershipError, NewMember};
use crate::user::{NameError, PersonName};
use crate::{Slug, UserId, WorkspaceId};

statement! {
    /// Answers with no row when the slug is taken.
    CREATE = "workspace.create", (Uuid, Text, Text, Time) -> (Uuid, Text, Text),
    both: "INSERT INTO workspaces (id, slug, name, seeded, created_at) VALUES ($1, $2, $3, false, $4)
        ON CONFLICT (slug) DO NOTHING RETURNING id, slug, name"
}

/// What a new workspace needs.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    /// Its short name, which stays.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Its first Owner; without one, only the console can let somebody in.
    pub owner: Option<UserId>,
}

/// Why no workspace was made; nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateWorkspaceError {
    /// The password was given too long ago for this.
    #[error("this needs the password again")]
    NotProved,
    /// There is a workspace of this short name.
    #[error("there is a workspace of this short name already")]
    Taken,
    /// The name cannot be kept.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The Owner has no account.
    #[error("there is no such user")]
    NoSuchUser,
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<MembershipError> for CreateWorkspaceError {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::Database(error) => Self::Database(error),
            _ => Self::NoSuchUser,
        }
    }
}

/// Makes a workspace and its first Owner, all or nothing.
///
/// # Errors
/// [`CreateWorkspaceError::Taken`] if the slug is another one's.
pub async fn create(
    database: &Database,
    scope: &ServerScope,
    new: NewWorkspace,
    now: Ts,
) -> Result<Workspace, CreateWorkspaceError> {
    if !scope.channel().is_proved(now) {
        return Err(CreateWorkspaceError::NotProved);
    }
    let (id, slug) = (WorkspaceId::new(now), new.slug.to_string());
    let name = PersonName::parse(&new.name)?.into_string();
    let by = scope.actor().user();
    let created = Entry::on_server(scope, Action::WorkspaceCreated)
        .about("workspace", id)
        .with("slug", slug.clone())
        .with("name", name.clone());
    let added = Entry::on_server(scope, Action::MemberAdded).in_workspace(id);
    database
        .write("workspace.create", move |tx| {
            Box::pin(async move {
                let row = tx.query_opt(&CREATE, params![id, slug, name, now]).await?;
                let made = read(&row.ok_or(CreateWorkspaceError::Taken)?)?;
                audit::record(tx, created, now).await?;
                if let Some(user) = new.owner {
                    let owner = NewMember { user, role: Role::Owner, reach: Reach::Workspace };
                    membership::ensure_person(tx, user).await?;
                    membership::insert(tx, id, &owner, by, added, now).await?;
                }
                Ok(made)
            })
        })
        .await
}
