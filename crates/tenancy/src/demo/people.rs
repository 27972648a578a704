//! The people of a demo: one of each role.

use database::{Database, Ts, params, statement};

use super::{DemoError, only_simulated};
use crate::access::{Reach, Role};
use crate::audit::{self, Action, Entry};
use crate::membership::{self, MembershipError, NewMember};
use crate::{Scope, UserId};

statement! {
    /// Without a password: only a link signs them in. Answers with no row when the address is taken.
    INSERT = "demo.insert_person", (Uuid, Text, Text, Time) -> (Uuid),
    both: "INSERT INTO users (id, kind, email, name, created_at) VALUES ($1, 'person', $2, $3, $4)
        ON CONFLICT (email) DO NOTHING RETURNING id"
}
statement! {
    FIND = "demo.find_person", (Text) -> (Uuid),
    both: "SELECT id FROM users WHERE email = $1 AND kind = 'person'"
}

/// A person of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they are in the workspace.
    pub role: Role,
}

/// Makes sure that the scope's workspace has a person of each role, the most powerful one first.
///
/// # Errors
/// [`DemoError::NotADemo`] where a tenant is a person's own or not simulated.
pub async fn ensure_people(
    database: &Database,
    scope: &Scope,
    now: Ts,
) -> Result<Vec<DemoPerson>, DemoError> {
    let mut people = Vec::new();
    for role in Role::ALL.iter().rev().copied() {
        let name = name_of(role).to_owned();
        let email = format!("{role}@demo.example");
        let entry = Entry::in_scope(scope, Action::UserCreated).with("email", email.clone());
        let written = name.clone();
        let user = database
            .write("demo.ensure_person", move |tx| {
                Box::pin(async move {
                    only_simulated(tx).await?;
                    let new = params![UserId::new(now), email.clone(), written, now];
                    let Some(made) = tx.query_opt(&INSERT, new).await? else {
                        let found = tx.query_one(&FIND, params![email]).await?;
                        return Ok::<_, DemoError>(UserId::from_uuid(found.get(0)?));
                    };
                    let user = UserId::from_uuid(made.get(0)?);
                    audit::record(tx, entry.about("user", user), now).await?;
                    Ok(user)
                })
            })
            .await?;
        let new = NewMember { user, role, reach: Reach::Workspace };
        match membership::add(database, scope, new, now).await {
            Ok(()) | Err(MembershipError::AlreadyMember) => {}
            Err(error) => return Err(error.into()),
        }
        people.push(DemoPerson { user, name, role });
    }
    Ok(people)
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::Owner => "Olga Owner",
        Role::Manager => "Mara Manager",
        Role::Operator => "Otto Operator",
        Role::Readonly => "Rita Readonly",
    }
}
