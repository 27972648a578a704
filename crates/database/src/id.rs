//! Ids that sort by the time they were made.

use std::sync::{LazyLock, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use crate::Ts;

/// Keeps ids of the same millisecond in the order in which this process made them.
static CONTEXT: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

/// Makes a UUIDv7 for `now`; ids of one process sort in the order in which they were made.
///
/// The bytes sort alike in both databases (RFC 9562, section 5.7).
#[must_use]
pub fn new_id(now: Ts) -> Uuid {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).expect("less than a second of nanoseconds fits");
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(&*context, micros / 1_000_000, nanos))
}

/// Declares types for ids, so that the id of one thing cannot be given where another's is meant.
///
/// Who declares them depends on `serde` and `uuid`.
#[macro_export]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(::uuid::Uuid);

        impl $name {
            /// Makes a new id that sorts after those made before `now`.
            #[must_use]
            pub fn new(now: $crate::Ts) -> Self {
                Self($crate::new_id(now))
            }

            /// Takes an id that was stored or sent.
            #[must_use]
            pub const fn from_uuid(id: ::uuid::Uuid) -> Self {
                Self(id)
            }

            /// Gives the id as a plain uuid.
            #[must_use]
            pub const fn as_uuid(self) -> ::uuid::Uuid {
                self.0
            }
        }

        impl From<$name> for $crate::Value {
            fn from(id: $name) -> Self {
                Self::Uuid(id.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, ::uuid::Error> {
                text.parse().map(Self)
            }
        })*
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_instant_sort_in_the_order_they_were_made() {
        let now = Ts::from_micros(1_800_000_000_000_000);
        let made: Vec<Uuid> = (0..1000).map(|_| new_id(now)).collect();
        let mut sorted = made.clone();
        sorted.sort();
        assert_eq!(made, sorted);
    }
}
