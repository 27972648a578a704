//! Ids that cannot be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use database::{Ts, Value, new_id};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id that sorts after those made before `now`.
            #[must_use]
            pub fn new(now: Ts) -> Self {
                Self(new_id(now))
            }

            /// Takes an id that was stored or sent.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Gives the id as a plain uuid.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<$name> for Value {
            fn from(id: $name) -> Self {
                Self::Uuid(id.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::from_str(text).map(Self)
            }
        })*
    };
}

ids! {
    /// Names a workspace.
    WorkspaceId,
    /// Names a tenant within a workspace.
    TenantId,
    /// Names a user.
    UserId,
    /// Names an operation run.
    RunId,
    /// Names a sign-in session.
    SessionId,
    /// Names an invitation within a workspace.
    InvitationId,
    /// Names an API token within a workspace.
    ApiTokenId,
    /// Names a row of the audit log.
    AuditId,
}
