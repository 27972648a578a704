//! Fixed words: what stored and sent fields may hold.

use std::str::FromStr;

use database::DatabaseError;

/// A word that is none of those a field may hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {allowed}")]
pub struct UnknownWord {
    /// What was given.
    pub found: String,
    /// What may be given.
    pub allowed: &'static str,
}

/// Makes an enum whose values are stored and sent as fixed words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $allowed:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant),*
        }

        impl $name {
            /// Every one there is, in the order of their meaning.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Gives the stored word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::words::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::words::UnknownWord { found: text.to_owned(), allowed: $allowed }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Reads a stored word.
pub(crate) fn stored<T: FromStr>(what: &'static str, word: &str) -> Result<T, DatabaseError> {
    word.parse().map_err(|_| DatabaseError::Stored { what, value: word.to_owned() })
}
