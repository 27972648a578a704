//! What a run is, as every verb of the ledger speaks of it.

use std::fmt;
use std::str::FromStr;

use database::DatabaseError;

macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident = $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant),*
        }

        impl $name {
            /// Every value, in the order of the table in the design.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Gives the stored word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }

        impl FromStr for $name {
            type Err = DatabaseError;

            fn from_str(text: &str) -> Result<Self, DatabaseError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(DatabaseError::Stored { what: $what, value: text.to_owned() }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

stored_words! {
    /// Where a run is in its life.
    RunStatus = "run status" {
        /// Waits to be claimed.
        Queued = "queued",
        /// Somebody works on it.
        Running = "running",
        /// It is over, for good.
        Completed = "completed",
    }
}
stored_words! {
    /// How a run ended.
    Outcome = "run outcome" {
        /// It has not ended.
        Pending = "pending",
        /// All of it was done.
        Succeeded = "succeeded",
        /// Some of it was done; the failures say what was not.
        PartiallySucceeded = "partially_succeeded",
        /// It was not done.
        Failed = "failed",
        /// A precondition refused it.
        Blocked = "blocked",
        /// Somebody called it off.
        Cancelled = "cancelled",
    }
}
