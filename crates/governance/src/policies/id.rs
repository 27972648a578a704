//! Ids of policies and versions.

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
            pub(crate) fn new(now: Ts) -> Self {
                Self(new_id(now))
            }

            /// Takes an id that was stored or sent.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Returns the id as a plain uuid.
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
    /// Names a policy within a workspace.
    PolicyId,
    /// Names a version of a policy within a workspace.
    VersionId,
}
